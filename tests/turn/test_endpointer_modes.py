"""The endpointer where words decide: boundaries, waits, native ends, a server's advice; and its laws."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aywa.turn.endpointing import (
    AdviceWanted,
    Boundary,
    Endpointer,
    EndpointResult,
    EndpointState,
    NothingSaid,
    UserTurn,
    WaitChosen,
    Why,
)
from aywa.turn.endpointing_settings import EndpointingMode, EndpointingSettings
from aywa.turn.expectation import Expectation, ValueKind
from aywa.turn.settings import TurnSettings
from aywa.turn.wait_choice import MAX_WAIT_S, WaitSource

MODEL = TurnSettings(endpointing=EndpointingSettings())
WEBHOOK = TurnSettings(endpointing=EndpointingSettings(EndpointingMode.WEBHOOK))
RATE = 8000


class Caller:
    """Speaks to one endpointer, as an engine and a recogniser would tell it."""

    def __init__(self, settings: TurnSettings = MODEL) -> None:
        self.endpointer = Endpointer(settings)
        self.now = 100.0
        self.results: list[tuple[float, EndpointResult]] = []

    def until(self, moment: float) -> None:
        while (deadline := self.endpointer.deadline) is not None and deadline <= moment:
            self.now = max(self.now, deadline)
            self.endpointer.handle_timers(self.now)
            self.drain()
        self.now = moment

    def drain(self) -> None:
        self.results += [(round(self.now, 3), result) for result in self.endpointer.results()]

    def says(self, text: str, *, seconds: float = 1.0, end_of_turn: float | None = None) -> float:
        """Words, and the moment of their last sample; 300 ms later the final is there."""
        begun, over = self.now, self.now + seconds
        self.endpointer.speech_started(int(begun * RATE), begun + 0.05)
        self.until(over + 0.15)
        self.endpointer.partial(text, self.now)
        self.until(over + 0.2)
        self.endpointer.speech_stopped(int(over * RATE), self.now, 0.2)
        self.drain()
        self.until(over + 0.3)
        self.endpointer.final(text, self.now, int(begun * RATE), int(over * RATE), end_of_turn=end_of_turn)
        self.drain()
        return over

    def taken(self) -> list[tuple[float, UserTurn]]:
        return [(at, each) for at, each in self.results if isinstance(each, UserTurn)]

    def of(self, kind: type) -> list[EndpointResult]:
        return [each for _, each in self.results if isinstance(each, kind)]


def test_a_finished_sentence_is_taken_sooner_than_one_that_is_not() -> None:
    delays = []
    for text in ("i would like to book a room for two nights", "i would like to book a room for"):
        caller = Caller()
        over = caller.says(text)
        caller.until(over + 5)
        ((at, turn),) = caller.taken()
        assert (turn.text, turn.why) == (text, Why.FINAL)
        assert turn.wait is not None
        assert turn.wait.source is WaitSource.MODEL
        delays.append(at - over)
    assert delays[0] < 0.75
    assert delays[1] > 1.5


def test_a_pause_behind_an_open_word_is_survived() -> None:
    caller = Caller()
    over = caller.says("please enter your")
    caller.until(over + 1.4)
    caller.says("account number please")
    caller.until(caller.now + 5)
    ((_, turn),) = caller.taken()
    assert turn.text == "please enter your account number please"


def test_the_boundary_is_told_at_the_end_of_speech_and_again_with_other_words() -> None:
    caller = Caller()
    caller.endpointer.speech_started(0, 100.05)
    caller.endpointer.partial("i need a room", 101.0)
    caller.now = 101.2
    caller.endpointer.speech_stopped(RATE, 101.2, 0.2)
    caller.drain()
    assert [(at, each.text) for at, each in caller.results if isinstance(each, Boundary)] == [
        (101.2, "i need a room")
    ]
    caller.endpointer.final("I need a room.", 101.25)
    caller.endpointer.final("", 101.26)
    caller.drain()
    assert len(caller.of(Boundary)) == 1  # the same words
    caller.endpointer.partial("tonight at the latest please", 101.3)
    caller.drain()
    assert caller.of(Boundary)[-1].text.endswith("at the latest please")  # type: ignore[union-attr]


def test_the_boundary_of_half_a_sentence_comes_late() -> None:
    """Most halves go on before it; where one does not, the answer is there when the turn is taken."""
    caller = Caller()
    over = caller.says("i need a")
    caller.until(over + 0.5)
    assert not caller.of(Boundary)
    caller.until(over + 5.0)
    ((told, _),) = [each for each in caller.results if isinstance(each[1], Boundary)]
    ((taken, turn),) = [each for each in caller.results if isinstance(each[1], UserTurn)]
    assert isinstance(turn, UserTurn)
    assert turn.wait is not None
    assert turn.wait.seconds > 1.2
    assert taken - told == pytest.approx(MODEL.speculation.lead_s, abs=0.002)


def test_who_goes_on_before_it_is_no_boundary() -> None:
    caller = Caller()
    over = caller.says("i need a")
    caller.until(over + 0.6)
    caller.endpointer.speech_started(int(caller.now * RATE), caller.now + 0.05)
    caller.until(over + 3.0)
    assert not caller.of(Boundary)


def test_every_wait_is_told_with_its_reason() -> None:
    caller = Caller()
    caller.says("i need a")
    chosen = [each for each in caller.of(WaitChosen) if isinstance(each, WaitChosen)]
    assert chosen
    assert chosen[-1].wait.source is WaitSource.MODEL
    assert "last ARTICLE" in chosen[-1].wait.clues
    assert chosen[-1].language == "en"


def test_the_recognisers_own_end_of_turn() -> None:
    caller = Caller()
    over = caller.says("i need a", end_of_turn=0.95)
    caller.until(over + 5)
    ((at, turn),) = caller.taken()
    assert at - over == pytest.approx(0.3, abs=0.01)  # when it says so
    assert turn.wait is not None
    assert turn.wait.source is WaitSource.NATIVE


def test_the_servers_advice_decides_and_is_asked_once_for_the_same_words() -> None:
    caller = Caller(WEBHOOK)
    over = caller.says("i need a")
    assert [each.text for each in caller.of(AdviceWanted)] == ["i need a"]  # type: ignore[union-attr]
    caller.endpointer.advised("i need a", 0.35, caller.now)
    caller.until(over + 5)
    ((at, turn),) = caller.taken()
    assert at - over == pytest.approx(0.35)
    assert turn.wait is not None
    assert turn.wait.source is WaitSource.ADVICE


def test_advice_on_other_words_is_not_taken() -> None:
    caller = Caller(WEBHOOK)
    over = caller.says("i need a")
    caller.endpointer.advised("i need", 0.3, caller.now)
    caller.until(over + 1.0)
    assert caller.taken() == []


@pytest.mark.parametrize("answered", [True, False])
def test_a_server_that_fails_costs_at_most_its_deadline(answered: bool) -> None:
    settings = replace(WEBHOOK, endpointing=replace(WEBHOOK.endpointing, advice_timeout_s=0.9))
    caller = Caller(settings)
    over = caller.says("no thank you")
    if answered:
        caller.endpointer.advised("no thank you", None, caller.now)
    caller.until(over + 5)
    ((at, _),) = caller.taken()
    assert at - over == pytest.approx(0.75 if answered else 0.15 + 0.9, abs=0.15)


def test_a_sound_that_is_finished_shortens_the_wait() -> None:
    caller, plain = Caller(), Caller()
    for each in (caller, plain):
        each.says("i need a room")
    caller.endpointer.sound_judged(0.99, caller.now)
    assert caller.endpointer.deadline is not None
    assert plain.endpointer.deadline is not None
    assert caller.endpointer.deadline < plain.endpointer.deadline


def test_a_number_that_is_asked_for() -> None:
    caller = Caller()
    caller.endpointer.assistant_said("What is your phone number?")
    over = caller.says("zero one seven two")
    caller.until(over + 2.0)
    assert caller.taken() == []
    caller.until(over + 2.1)
    over = caller.says("five five five zero one nine")
    caller.until(over + 0.5)
    ((_, turn),) = caller.taken()
    assert turn.wait is not None
    assert turn.wait.source is WaitSource.VALUE_DONE


def test_what_the_model_expects_holds_until_words_were_taken() -> None:
    caller = Caller()
    caller.endpointer.expect(Expectation(ValueKind.NUMBER, 4))
    over = caller.says("one two three four")
    caller.until(over + 0.5)
    assert len(caller.taken()) == 1
    over = caller.says("one two three")
    caller.until(over + 2.0)
    assert len(caller.taken()) == 2  # nothing is asked for any more


def test_who_goes_on_after_a_cut_is_judged_with_what_he_had_said() -> None:
    caller = Caller()
    over = caller.says("the conference has been", end_of_turn=1.0)
    caller.until(over + 0.9)
    over = caller.says("extended")
    caller.until(over + 0.75)
    assert [turn.text for _, turn in caller.taken()] == ["the conference has been", "extended"]


def test_pauses_are_learnt_also_after_a_cut() -> None:
    caller = Caller(TurnSettings(endpointing=EndpointingSettings(EndpointingMode.ADAPTIVE)))
    waits = []
    for _ in range(12):
        over = caller.says("and then")
        caller.until(over + 1.2)
        caller.says("it went on")
        caller.until(caller.now + 6)
        waits.append(caller.taken()[-1][1].wait)
    assert waits[0] is not None
    assert waits[-1] is not None
    assert waits[-1].seconds > waits[0].seconds + 0.3
    assert caller.endpointer.renewed()._end is caller.endpointer._end  # what was learnt stays


def test_a_cough_is_reported_once_the_pause_is_long_enough() -> None:
    caller = Caller()
    over = caller.says("")
    assert caller.of(NothingSaid) == []
    caller.until(over + 1)
    ((at, _),) = [(at, each) for at, each in caller.results if isinstance(each, NothingSaid)]
    assert at - over == pytest.approx(0.45)


steps = st.one_of(
    st.just(("speech", "", 0.0)),
    st.just(("stop", "", 0.0)),
    st.tuples(
        st.just("partial"), st.sampled_from(["", "um", "i need a", "yes please", "12"]), st.floats(0, 1)
    ),
    st.tuples(st.just("final"), st.sampled_from(["", "i need a", "a room.", "0172"]), st.floats(0, 1)),
    st.tuples(st.just("advised"), st.sampled_from(["i need a", "yes please"]), st.floats(0, 15)),
    st.tuples(st.just("sound"), st.just(""), st.floats(0, 1)),
    st.tuples(st.just("expect"), st.sampled_from(["Your phone number?", "Yes or no?"]), st.just(0.0)),
    st.tuples(st.just("wait"), st.just(""), st.floats(0, 3)),
)
modes = st.sampled_from([replace(MODEL, endpointing=EndpointingSettings(mode)) for mode in EndpointingMode])


@given(st.lists(steps, max_size=40), modes)
@settings(max_examples=150, deadline=None)
def test_every_turn_that_begins_ends(script: list[tuple[str, str, float]], chosen: TurnSettings) -> None:
    """Whatever comes in whatever order: no deadline that does not move, and no state without an exit."""
    caller = Caller(chosen)
    for name, text, value in script:
        _carry_out(caller, name, text, value)
        caller.drain()
        deadline = caller.endpointer.deadline
        open_turn = caller.endpointer.state is not EndpointState.QUIET
        assert (deadline is not None) is open_turn
        if caller.endpointer.state is EndpointState.WAITING and deadline is not None:
            assert deadline <= caller.now + MAX_WAIT_S + chosen.final_timeout_s
    caller.until(caller.now + chosen.max_utterance_s + MAX_WAIT_S + 1)
    assert caller.endpointer.state is EndpointState.QUIET
    assert caller.endpointer.text == ""


def _carry_out(caller: Caller, name: str, text: str, value: float) -> None:
    endpointer, now = caller.endpointer, caller.now
    sample = int(now * RATE)
    match name:
        case "speech":
            endpointer.speech_started(sample, now)
        case "stop":
            endpointer.speech_stopped(sample, now, 0.2)
        case "partial":
            endpointer.partial(text, now, end_of_turn=value if value > 0.5 else None)
        case "final":
            endpointer.final(text, now, end_of_turn=value if value > 0.5 else None)
        case "advised":
            endpointer.advised(text, value if value > 1 else None, now)
        case "sound":
            endpointer.sound_judged(value, now)
        case "expect":
            endpointer.assistant_said(text)
        case _:
            caller.until(now + value)
