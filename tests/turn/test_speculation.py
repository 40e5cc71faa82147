"""When an answer is made ahead, which turn gets it, and that nothing is left of the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.turn.events import Decided, DropSpeculation, Speculate, TurnAction, Unused
from aywa.turn.same_words import same_words
from aywa.turn.speculation import TRANSITIONS, Speculation, SpeculationState
from aywa.turn.speculation_settings import SpeculationSettings

SETTINGS = SpeculationSettings(min_words=2, max_per_turn=3)


class Watched:
    """A machine, and what became of each answer it asked for."""

    def __init__(self, settings: SpeculationSettings = SETTINGS) -> None:
        self.log: list[TurnAction] = []
        self.machine = Speculation(settings, self.log.append)
        self.adopted: list[int] = []

    def take(self, text: str | None) -> int | None:
        speculation = self.machine.take(text)
        if speculation is not None:
            self.adopted.append(speculation)
        return speculation

    @property
    def begun(self) -> list[str]:
        """The texts of those that were asked for."""
        return [action.text for action in self.log if isinstance(action, Speculate)]

    @property
    def dropped(self) -> list[Unused]:
        """Why the others were dropped."""
        return [action.why for action in self.log if isinstance(action, DropSpeculation)]


def test_a_pause_and_the_same_words() -> None:
    watched = Watched()
    watched.machine.boundary("a room for Friday")
    assert watched.machine.state is SpeculationState.AHEAD
    assert watched.take("A room for Friday.") == 1
    assert (watched.begun, watched.dropped) == (["a room for Friday"], [])
    assert watched.machine.state is SpeculationState.IDLE
    assert watched.take("A room for Friday.") is None, "an answer is given once"


def test_other_words_replace_it() -> None:
    """One at a time: the one before is dropped before the next begins."""
    watched = Watched()
    watched.machine.boundary("a room for")
    watched.machine.boundary("a room for two")
    kinds = [type(action) for action in watched.log if not isinstance(action, Decided)]
    assert kinds == [Speculate, DropSpeculation, Speculate]
    assert watched.take("a room for two") == 2


def test_words_that_come_while_the_caller_speaks_drop_it_at_once() -> None:
    watched = Watched()
    watched.machine.boundary("a room for")
    watched.machine.heard("a room for")
    watched.machine.heard("A room, um, for")
    watched.machine.heard("a room")  # a recogniser that begins its final anew
    assert watched.dropped == []
    watched.machine.heard("a room for two")
    assert watched.dropped == [Unused.OTHER_WORDS]
    assert watched.take("a room for two") is None


def test_the_final_says_something_else() -> None:
    watched = Watched()
    watched.machine.boundary("a room for two")
    assert watched.take("a room for ten") is None
    assert watched.dropped == [Unused.OTHER_WORDS]


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("", False),
        ("um", False),
        ("a", False),
        ("Friday", False),
        ("um Friday", False),
        ("Friday.", True),
        ("yes", True),
        ("Да", True),
        ("21", True),
        ("a room", True),
    ],
)
def test_what_is_worth_an_answer(text: str, worth: bool) -> None:
    watched = Watched()
    watched.machine.boundary(text)
    assert bool(watched.begun) is worth


def test_a_turn_with_many_pauses_has_a_bound() -> None:
    """Once a call generated an answer for every pause of a turn (pipecat #4912)."""
    watched = Watched()
    words = ["one", "room", "for", "me", "and", "two", "rooms", "for", "my", "brother", "please"]
    for count in range(1, len(words) + 1):
        for _ in range(5):
            watched.machine.boundary(" ".join(words[:count]))
    assert len(watched.begun) == 3
    watched.machine.turn_over()
    watched.machine.boundary("and breakfast")
    assert len(watched.begun) == 4, "the next turn has its own"


def test_a_turn_that_nobody_answers() -> None:
    watched = Watched()
    watched.machine.boundary("a room please")
    assert watched.take(None) is None
    assert watched.dropped == [Unused.NO_TURN]


def test_off() -> None:
    watched = Watched(SpeculationSettings(enabled=False))
    watched.machine.boundary("a room please")
    assert watched.log == []


def test_nothing_begins_after_the_end() -> None:
    watched = Watched()
    watched.machine.boundary("a room please")
    watched.machine.close()
    watched.machine.close()
    watched.machine.boundary("and breakfast")
    assert watched.dropped == [Unused.CALL_ENDED]
    assert watched.machine.state is SpeculationState.OVER


def test_every_decision_says_what_it_saw() -> None:
    watched = Watched()
    watched.machine.boundary("well")
    watched.machine.boundary("well")
    watched.machine.boundary("well then")
    decided = [action for action in watched.log if isinstance(action, Decided)]
    assert [action.kind for action in decided] == ["speculation.passed", "speculation.decided"]
    assert decided[1].data == {"id": 1, "words": 2, "min_words": 2, "in_turn": 1, "max_per_turn": 3}


texts = st.sampled_from(["", "um", "a room", "A room.", "a room for", "a room for two", "yes", "room 21"])
steps = st.one_of(
    st.tuples(st.sampled_from(["boundary", "heard", "take"]), texts),
    st.tuples(st.sampled_from(["nobody", "over", "not now", "close"]), st.just("")),
)


@given(st.lists(steps, max_size=60), st.booleans())
def test_any_order(steps: list[tuple[str, str]], enabled: bool) -> None:
    """Never two at a time, each ends once, and only words that say the same get one."""
    watched = Watched(SpeculationSettings(enabled=enabled, max_per_turn=2))
    machine = watched.machine
    alive: tuple[int, str] | None = None
    seen: set[tuple[SpeculationState, SpeculationState]] = set()
    for name, text in steps:
        before, done = machine.state, len(watched.log)
        match name:
            case "boundary":
                machine.boundary(text)
            case "heard":
                machine.heard(text)
            case "take":
                if (taken := watched.take(text)) is not None:
                    assert alive is not None
                    assert alive[0] == taken
                    assert same_words(alive[1], text)
                    alive = None
            case "nobody":
                assert watched.take(None) is None
            case "over":
                machine.turn_over()
            case "not now":
                machine.drop(Unused.NOT_NOW)
            case "close":
                machine.close()
        for action in watched.log[done:]:
            if isinstance(action, Speculate):
                assert enabled
                assert alive is None, "two at a time"
                alive = (action.speculation, action.text)
            elif isinstance(action, DropSpeculation):
                assert alive is not None
                assert alive[0] == action.speculation
                alive = None
        assert (alive is not None) is (machine.state is SpeculationState.AHEAD)
        seen.add((before, machine.state))
    machine.close()
    dropped = [action.speculation for action in watched.log if isinstance(action, DropSpeculation)]
    assert sorted([*dropped, *watched.adopted]) == list(range(1, len(watched.begun) + 1))
    drawn = {(a, b) for a, _, b in TRANSITIONS}
    # A step that drops and begins, or drops and closes, passes through IDLE.
    both = {(a, c) for a, b in drawn for b2, c in drawn if b is b2}
    assert {pair for pair in seen if pair[0] is not pair[1]} <= drawn | both
