"""Pure parts of failover: health, order, the joint of two answers, the seam of two voices, the replay."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import ProviderError, ProviderFault
from aywa.ports.llm import ChatRequest, Message, Role
from aywa.ports.routes import RouteEvent, RouteFailed, RouteRecovered, RouteSwitched, Stage
from aywa.ports.tts import SpeechChunk, WordMark
from aywa.providers.failover.attempts import Journey, Order
from aywa.providers.failover.continuation import GO_ON, Joint, continued
from aywa.providers.failover.phrase_seam import PhraseSeam
from aywa.providers.failover.replay import LONGEST, PRE_ROLL, Replay
from aywa.providers.failover.route import (
    OPEN_S,
    PROBE_S,
    REFUSED_S,
    UNASKED_S,
    Fitness,
    Health,
    Route,
    RouteHealth,
)
from tests.kit.coded_speech import Code

WELL, PROBE, ILL = Fitness.WELL, Fitness.PROBE, Fitness.ILL


def error(fault: ProviderFault | None, retry_after_s: float | None = None) -> ProviderError:
    return ProviderError("no", provider="p", stage="llm", fault=fault, retry_after_s=retry_after_s)


@pytest.mark.parametrize(
    ("fault", "retry_after_s", "times", "ill_s"),
    [
        (ProviderFault.TIMEOUT, None, 1, 0.0),
        (ProviderFault.TIMEOUT, None, 2, OPEN_S[0]),
        (ProviderFault.CLOSED, None, 2, OPEN_S[0]),
        (None, None, 2, OPEN_S[0]),
        (ProviderFault.UNAVAILABLE, 9.0, 1, 9.0),
        (ProviderFault.RATE_LIMITED, 17.0, 1, 17.0),
        (ProviderFault.RATE_LIMITED, None, 1, UNASKED_S),
        (ProviderFault.UNAUTHORISED, None, 1, REFUSED_S),
        (ProviderFault.FUNDS, None, 1, REFUSED_S),
        (ProviderFault.REFUSED, None, 1, REFUSED_S),
        (ProviderFault.BAD_REQUEST, None, 9, 0.0),
    ],
)
def test_how_long_a_route_is_left_alone(
    fault: ProviderFault | None, retry_after_s: float | None, times: int, ill_s: float
) -> None:
    health = RouteHealth()
    for _ in range(times):
        health.failed(100.0, error(fault, retry_after_s))
    if not ill_s:
        assert health.fitness(100.0) is WELL
        return
    assert health.fitness(100.0 + ill_s - 0.01) is ILL
    assert health.fitness(100.0 + ill_s) is PROBE


def test_one_request_asks_whether_a_route_is_back() -> None:
    health, now = RouteHealth(), 100.0
    health.failed(now, error(ProviderFault.TIMEOUT))
    for wait in OPEN_S:
        health.failed(now, error(ProviderFault.TIMEOUT))
        now += wait
        assert health.fitness(now) is PROBE
        health.asked(now)
        assert health.fitness(now) is ILL, "one at a time"
    health.released()
    assert health.fitness(now) is PROBE, "the one who asked was called back"
    health.asked(now)
    assert health.fitness(now + PROBE_S) is PROBE, "the one who asked was never heard of again"
    assert health.succeeded(now)
    assert health.fitness(now) is WELL
    assert not health.succeeded(now), "it was well already"


def journey(count: int, told: list[RouteEvent] | None = None) -> Journey[str]:
    routes = [Route(name, name) for name in "abcd"[:count]]
    return Journey(Stage.THINKING, routes, Health(), (told if told is not None else []).append)


def test_the_preferred_route_is_asked_first_and_each_once_more_if_all_fail_at_once() -> None:
    order = Order(journey(3), 100.0)
    names = []
    while (route := order.next(100.0)) is not None:
        names.append(route.name)
        fault = ProviderFault.TIMEOUT if route.name == "b" else ProviderFault.CLOSED
        order.lost(route, error(fault))
    assert names == ["a", "b", "c", "a", "c"], "one that was late is not waited for again"


def test_a_route_that_is_ill_is_asked_last_and_a_probe_has_less_time() -> None:
    chain = journey(2)
    first = chain.routes[0]
    chain.failed(first, error(ProviderFault.RATE_LIMITED, 5.0), 100.0)
    order = Order(chain, 101.0)
    assert order.reason == "ill"
    assert [order.next(101.0), order.next(101.0)] == [chain.routes[1], first]
    order = Order(chain, 106.0)
    assert order.next(106.0) is first
    assert order.first_s(first) == first.deadlines.probe_s
    alone = journey(1)
    only = alone.routes[0]
    order = Order(alone, 100.0)
    order.next(100.0)
    assert order.first_s(only) == only.deadlines.patience_s, "there is nobody else to ask"


def test_each_change_of_route_is_told_once() -> None:
    told: list[RouteEvent] = []
    chain = journey(3, told)
    a, b, c = chain.routes
    chain.goes_by(a, "", 0.0)
    assert told == []
    chain.failed(a, error(ProviderFault.CLOSED), 100.0)
    chain.goes_by(b, "closed", 0.25, a)
    chain.goes_by(b, "", 0.0)
    chain.goes_by(c, "ill", 0.0)
    chain.goes_by(a, "", 0.0)
    assert told == [
        RouteFailed(Stage.THINKING, "a", ProviderFault.CLOSED, "no"),
        RouteSwitched(Stage.THINKING, "a", "b", "closed", 250),
        RouteSwitched(Stage.THINKING, "b", "c", "ill", 0),
        RouteRecovered(Stage.THINKING, "a"),
    ]


SAID = "We have a room for Friday. It costs eighty"


@pytest.mark.parametrize(
    ("said", "goes_on", "whole"),
    [
        (SAID, " euros a night.", "We have a room for Friday. It costs eighty euros a night."),
        (SAID, "euros a night.", "We have a room for Friday. It costs eighty euros a night."),
        (SAID, f"{SAID} euros.", "We have a room for Friday. It costs eighty euros."),
        (SAID, "It costs eighty euros.", "We have a room for Friday. It costs eighty euros."),
        (SAID, "it costs: eighty euros.", "We have a room for Friday. It costs eighty euros."),
        (SAID, "It is eighty.", "We have a room for Friday. It costs eighty It is eighty."),
        (SAID, ", or ninety.", "We have a room for Friday. It costs eighty, or ninety."),
        (SAID, SAID, SAID),
        ("We have a room. ", "We have a room. Yes.", "We have a room. Yes."),
        ("", "We have a room.", "We have a room."),
        ("Yes", "Yes it is.", "Yes Yes it is."),  # one word alone may be said twice
    ],
)
def test_an_answer_is_gone_on_with(said: str, goes_on: str, whole: str) -> None:
    """However the text comes in pieces."""
    random = Random(goes_on)
    for _ in range(20):
        joint, text, at = Joint(said), said, 0
        while at < len(goes_on):
            step = random.randrange(1, 9)
            text += joint.feed(goes_on[at : at + step])
            at += step
        assert text + joint.flush() == whole


@given(st.text(max_size=60), st.lists(st.text(max_size=8), max_size=12))
def test_nothing_is_added_to_the_text_but_a_space(said: str, pieces: list[str]) -> None:
    joint = Joint(said)
    given_text = "".join(joint.feed(piece) for piece in pieces) + joint.flush()
    assert "".join(pieces).strip().endswith(given_text.strip())


def test_who_goes_on_is_told_what_was_said() -> None:
    request = ChatRequest((Message(Role.SYSTEM, "prompt"), Message(Role.USER, "a room")))
    assert continued(request, "  ") is request
    asked = continued(request, "We have ").messages[2:]
    assert [(each.role, each.text) for each in asked] == [
        (Role.ASSISTANT, "We have"),
        (Role.SYSTEM, GO_ON),
    ]


TEXT = "Room twelve is yours, from Friday until Sunday."


@pytest.mark.parametrize("marks", [True, False])
def test_a_phrase_breaks_between_words(marks: bool) -> None:
    """Wherever the voice breaks off: whole words were given, and the rest begins with the next one."""
    code = Code()
    pcm, begins = code.speak(TEXT, 400)
    words = [word.strip(".,").lower() for word in TEXT.split()]
    for cut in range(0, len(pcm), 1600):
        seam, heard = PhraseSeam(TEXT, 400.0), b""
        for start in range(0, cut, 800):
            spoken = [WordMark(word, at) for word, at in begins if start <= 2 * at < start + 800]
            ready = seam.feed(SpeechChunk(pcm[start : start + 800], tuple(spoken) if marks else ()))
            heard += b"" if ready is None else ready.pcm
        rest = [word.strip(".,").lower() for word in seam.rest().split()]
        assert code.heard(heard, [400]) + rest == words, f"cut at {cut}"
        assert len(heard) // 2 == seam.given


def test_a_voice_without_pauses_and_marks_is_not_held_for_ever() -> None:
    seam, given_samples = PhraseSeam("one long hum " * 20), 0
    for _ in range(40):
        ready = seam.feed(SpeechChunk(b"\x00\x20" * 800))
        given_samples += 0 if ready is None else len(ready.pcm) // 2
    assert given_samples >= 32_000 - 9600


def test_a_voice_whose_marks_are_other_words_goes_on_by_their_number() -> None:
    seam = PhraseSeam("It costs 80 euros today.")
    marks = [("It", 0), ("costs", 4000), ("eighty", 8000), ("euros", 12_000)]
    for at in range(4):
        seam.feed(SpeechChunk(b"\x00\x20" * 4000, (WordMark(*marks[at]),)))
    assert seam.rest() == "euros today."


class Told:
    """A session that notes what it is given."""

    def __init__(self) -> None:
        self.given: list[tuple[str, int]] = []

    def feed_nowait(self, pcm: bytes, end_sample: int) -> None:
        self.given.append(("pcm", end_sample))

    def speech_started(self, at_sample: int) -> None:
        self.given.append(("start", at_sample))

    def speech_stopped(self, at_sample: int) -> None:
        self.given.append(("stop", at_sample))

    def expect(self, phrases: tuple[str, ...]) -> None: ...

    def events(self) -> None: ...  # type: ignore[override]


def test_another_recogniser_hears_what_has_no_final_yet() -> None:
    replay, end = Replay(), 0

    def feed(seconds: float) -> None:
        nonlocal end
        for _ in range(round(seconds * 50)):
            end += 160
            replay.fed(bytes(640), end)

    feed(10.0)
    silent = Told()
    assert replay.give(silent) == PRE_ROLL * 4, "in silence no more than the beginning of a word"  # type: ignore[arg-type]
    replay.started(end)
    began = end
    feed(3.0)
    replay.stopped(end)
    stopped = end
    feed(0.2)
    told = Told()
    replay.give(told)  # type: ignore[arg-type]
    assert ("start", began) in told.given
    assert ("stop", stopped) in told.given
    positions = [at for kind, at in told.given if kind == "pcm"]
    assert positions == list(range(began - PRE_ROLL + 160, end + 1, 160))
    replay.final(stopped)
    told = Told()
    replay.give(told)  # type: ignore[arg-type]
    assert all(at > stopped for _, at in told.given)
    assert not replay.pending
    replay.started(end)
    feed(60.0)
    told = Told()
    assert replay.give(told) <= LONGEST * 4  # type: ignore[arg-type]
