"""What answers made ahead may cost (livekit/agents #4219: they doubled the tokens of a call)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aywa.turn.speculation_budget import SpeculationBudget, SpeculationCost, estimated_tokens
from aywa.turn.speculation_settings import SpeculationSettings

SETTINGS = SpeculationSettings(
    budget_tokens=1000, completion_tokens=100, budget_characters=100, phrase_characters=60
)


def test_nothing_is_begun_that_could_go_beyond_it() -> None:
    budget = SpeculationBudget(SETTINGS)
    assert budget.admits(900)
    assert not budget.admits(901)
    budget.dropped(SpeculationCost(prompt_tokens=300, completion_tokens=100))
    assert budget.admits(500)
    assert not budget.admits(501)


def test_a_budget_of_nothing() -> None:
    assert not SpeculationBudget(SpeculationSettings(budget_tokens=0)).admits(0)


def test_a_provider_that_counts_more_than_we_do_is_believed() -> None:
    budget = SpeculationBudget(SETTINGS)
    budget.counted(100, 150)
    assert budget.admits(600)
    assert not budget.admits(601)
    budget.counted(100, 80)
    assert not budget.admits(901)
    budget.counted(0, 80)
    budget.counted(100, 0)
    assert budget.admits(900)


def test_phrases_have_a_bound_each_and_all_together() -> None:
    budget = SpeculationBudget(SETTINGS)
    assert budget.admits_phrase(60)
    assert not budget.admits_phrase(61)
    budget.dropped(SpeculationCost(characters=60))
    assert budget.admits_phrase(40)
    assert not budget.admits_phrase(41)


def test_estimates_count_bytes() -> None:
    assert estimated_tokens() == estimated_tokens("") == 0
    assert estimated_tokens("word") == 1
    assert estimated_tokens("words") == 2
    assert estimated_tokens("слово") == 3


@given(st.lists(st.tuples(st.integers(0, 800), st.integers(0, 100)), max_size=40))
def test_what_was_dropped_never_costs_more_than_the_budget(answers: list[tuple[int, int]]) -> None:
    budget = SpeculationBudget(SETTINGS)
    for prompt, completion in answers:
        if budget.admits(prompt):
            budget.dropped(SpeculationCost(prompt, completion))
    assert budget.tokens <= SETTINGS.budget_tokens
