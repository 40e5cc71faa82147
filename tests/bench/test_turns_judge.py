"""The judgement of `bench.turns`, on waveforms whose cut-ins, yields and resumes are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aywa._native.g711 import encode_ulaw
from bench.turns.caller import Acted, Heard, Packet
from bench.turns.dialogue import Act, Dialogue, Disturb, Pause, Say
from bench.turns.hearing import UNKNOWN, Hearing
from bench.turns.judge import Judge
from bench.turns.outcome import Outcome
from bench.turns.recordings import RATE, Spoken
from bench.turns.sounds import Kind
from bench.turns.trace import Entry, Trace
from bench.turns.voice import answer_text, say

DIALOGUE = "7.en"
TEXT = answer_text("en", DIALOGUE, 1, 8)
SPEECH = say("en", DIALOGUE, TEXT)
OTHER_TEXT = answer_text("en", DIALOGUE, 2, 8)
OTHER = say("en", DIALOGUE, OTHER_TEXT)
FRAME = 160
SECONDS = 14


class Wire:
    """What a caller received: silence, and pieces of phrases at their places."""

    def __init__(self) -> None:
        self.codes = bytearray(b"\xff" * (SECONDS * RATE))

    def put(self, at_s: float, codes: bytes) -> Wire:
        """Codes from this moment on."""
        start = round(at_s * RATE)
        self.codes[start : start + len(codes)] = codes
        return self

    def packets(self) -> list[Packet]:
        """In packets of 20 ms, from moment 0."""
        return [
            Packet(at / RATE, at // FRAME, at, bytes(self.codes[at : at + FRAME]))
            for at in range(0, len(self.codes), FRAME)
        ]

    def hearing(self) -> Hearing:
        """As it was heard."""
        return Hearing(self.packets(), [SPEECH, OTHER])


def tone(seconds: float) -> np.ndarray:
    """Something audible from its first to its last sample."""
    return np.full(round(seconds * RATE), 2000.0)


def sentence(first_s: float, pause_s: float, second_s: float, after_s: float | None = None) -> Say:
    """Two words with a pause between them."""
    a, p, b = (round(each * RATE) for each in (first_s, pause_s, second_s))
    pcm = np.concatenate([tone(first_s), np.zeros(p), tone(second_s)])
    words = (Spoken("please", 0, a), Spoken("wait", a + p, a + p + b))
    return Say("en/test", "please wait", pcm, words, (Pause(a, a + p),) if p else (), after_s)


def cough(after_s: float | None = 1.0) -> Disturb:
    """A sound of half a second."""
    return Disturb(Kind.COUGH, "cough", tone(0.5), (), after_s)


def entries(*more: Entry, user: str = "please wait") -> Trace:
    """The log of a call with two answers."""
    fixed = [
        Entry(0.0, "*llm.request", {"n": 1, "asked": 0.0, "user": user, "text": TEXT}),
        Entry(0.2, "*tts.request", {"text": TEXT}),
        Entry(0.3, "*tts.first_byte", {"text": TEXT}),
        Entry(8.0, "*llm.request", {"n": 2, "asked": 8.0, "user": user, "text": OTHER_TEXT}),
        Entry(8.2, "*tts.request", {"text": OTHER_TEXT}),
        Entry(8.3, "*tts.first_byte", {"text": OTHER_TEXT}),
    ]
    return Trace(sorted([*fixed, *more], key=lambda entry: entry.at))


def outcomes(act: Act, begun: float, wire: Wire, trace: Trace | None = None) -> list[Outcome]:
    """One act, begun at this moment."""
    dialogue = Dialogue(DIALOGUE, "en", (act,), 0.0, 0.0, None, 1)
    heard = Heard(dialogue, wire.packets(), [Acted(0, begun, begun + len(act.pcm) / RATE)])
    return list(Judge(heard, wire.hearing(), trace or entries()).outcomes())


def judge(act: Act, begun: float, wire: Wire, trace: Trace | None = None) -> Outcome:
    """The act, which can be judged."""
    (outcome,) = outcomes(act, begun, wire, trace)
    return outcome


def test_a_phrase_is_found_with_its_samples() -> None:
    (run,) = Wire().put(1.0, SPEECH.codes).hearing().runs
    assert (run.phrase, run.first, run.last) == (0, 0, len(SPEECH.codes))
    assert run.begin == pytest.approx(1.0, abs=1e-3)
    assert run.end == pytest.approx(1.0 + len(SPEECH.codes) / RATE, abs=1e-3)


@pytest.mark.parametrize("start", [0, 1, 3333, 12345, 20001])
def test_any_piece_is_found_between_words_too(start: int) -> None:
    (run,) = Wire().put(2.003, SPEECH.codes[start : start + 4000]).hearing().runs
    assert (run.phrase, run.first, run.last) == (0, start, start + 4000)


def test_what_is_no_phrase_is_unknown() -> None:
    noise = np.random.default_rng(3).integers(0, 100, 800).astype(np.uint8).tobytes()
    runs = Wire().put(1.0, noise).hearing().runs
    assert {run.phrase for run in runs} == {UNKNOWN}


def test_half_a_word_is_heard_and_less_is_not() -> None:
    third = SPEECH.words[2]
    middle = (third.start + third.end) // 2
    for end, words in ((middle + 80, 3), (middle - 80, 2)):
        assert Wire().put(1.0, SPEECH.codes[:end]).hearing().heard_words(0) == words


def test_the_delay_runs_from_last_to_first_audible_sample() -> None:
    loud = int(np.flatnonzero(np.abs(np.frombuffer(SPEECH.pcm, "<i2").astype(int)) >= 256)[0])
    act = sentence(0.5, 0.0, 0.5)
    outcome = judge(act, 1.0, Wire().put(2.7, SPEECH.codes))
    assert outcome.response_ms == pytest.approx(700 + loud / 8, abs=5)
    assert outcome.failures == []


def test_an_answer_in_a_pause_is_a_cut_in_and_one_after_the_sentence_is_none() -> None:
    act = sentence(0.5, 1.2, 0.5)
    early = judge(act, 1.0, Wire().put(2.2, SPEECH.codes[:8000]).put(4.0, OTHER.codes))
    assert [pause.cut_in for pause in early.pauses] == [True]
    assert early.pauses[0].ms == pytest.approx(1200)
    over_the_rest = judge(act, 1.0, Wire().put(2.9, SPEECH.codes[:2000]).put(4.0, OTHER.codes))
    assert [pause.cut_in for pause in over_the_rest.pauses] == [True]
    fine = judge(act, 1.0, Wire().put(3.9, SPEECH.codes))
    assert [pause.cut_in for pause in fine.pauses] == [False]


def test_words_that_the_model_never_got_are_noticed() -> None:
    act = sentence(0.5, 0.0, 0.5)
    taken = Entry(2.1, "turn.taken", {})
    wire = Wire().put(2.7, SPEECH.codes)
    assert judge(act, 1.0, wire, entries(taken)).complete
    assert not judge(act, 1.0, wire, entries(taken, user="please")).complete


def test_no_answer() -> None:
    assert not judge(sentence(0.5, 0.0, 0.5), 1.0, Wire()).answered


def test_the_time_to_yield_ends_with_the_last_sample() -> None:
    act = sentence(0.6, 0.0, 0.6, after_s=1.0)
    heard = SPEECH.codes[: round(1.05 * RATE)]
    outcome = judge(act, 2.0, Wire().put(1.0, heard).put(4.0, OTHER.codes))
    assert outcome.what == "interruption"
    assert outcome.yield_ms == pytest.approx(50, abs=3)
    assert (outcome.missed, outcome.taken_back) == (False, False)
    assert outcome.response_ms == pytest.approx(800, abs=60)


def test_an_answer_that_talks_on_has_missed_the_interruption() -> None:
    outcome = judge(sentence(0.6, 0.0, 0.6, after_s=1.0), 2.0, Wire().put(1.0, SPEECH.codes))
    assert outcome.missed


def test_an_answer_that_goes_on_over_the_words_was_taken_back() -> None:
    stopped = round(1.05 * RATE)
    wire = Wire().put(1.0, SPEECH.codes[:stopped]).put(2.4, SPEECH.codes[stopped : stopped + 4000])
    assert judge(sentence(0.6, 0.0, 0.6, after_s=1.0), 2.0, wire).taken_back


def test_an_answer_that_was_over_is_not_interrupted() -> None:
    end = 1.0 + len(SPEECH.codes) / RATE
    outcome = judge(sentence(0.4, 0.0, 0.4, after_s=1.0), end - 0.1, Wire().put(1.0, SPEECH.codes))
    assert (outcome.what, outcome.yield_ms, outcome.missed) == ("turn", None, False)


@pytest.mark.parametrize(("words", "error"), [(2, 0), (3, 1), (0, 2)])
def test_heard_text_is_held_against_the_waveform(words: int, error: int) -> None:
    stopped = SPEECH.words[1].end + 40
    act = sentence(0.6, 0.0, 0.6, after_s=1.0)
    text = " ".join(TEXT.split()[:words])
    told = Entry(2.5, "turn.assistant", {"text": text, "interrupted": True})
    begun = 1.0 + stopped / RATE - 0.03
    wire = Wire().put(1.0, SPEECH.codes[:stopped]).put(7.0, OTHER.codes)
    assert judge(act, begun, wire, entries(replace(told, at=begun + 0.4))).heard_error == error


def test_audio_after_the_commit_is_stale() -> None:
    act = sentence(0.6, 0.0, 0.6, after_s=1.0)
    stopped = round(1.05 * RATE)
    commit = Entry(2.3, "turn.commit", {})
    clean = Wire().put(1.0, SPEECH.codes[:stopped]).put(9.0, OTHER.codes)
    assert judge(act, 2.0, clean, entries(commit)).stale == 0
    late = Wire().put(1.0, SPEECH.codes[:stopped]).put(2.5, SPEECH.codes[stopped : stopped + 800])
    assert judge(act, 2.0, late, entries(commit)).stale == 800


def test_a_cough_that_stops_nothing() -> None:
    outcome = judge(cough(), 2.0, Wire().put(1.0, SPEECH.codes))
    assert (outcome.cut, outcome.stays) == (False, False)


@pytest.mark.parametrize(
    ("goes_on_s", "jump", "stays"),
    [(2.9, 0, False), (3.25, 0, False), (3.4, 0, True), (2.9, 80, True), (2.9, -1000, True)],
)
def test_a_cough_that_stops_the_answer_until_it_goes_on(goes_on_s: float, jump: int, stays: bool) -> None:
    stopped = round(1.05 * RATE)
    wire = Wire().put(1.0, SPEECH.codes[:stopped]).put(goes_on_s, SPEECH.codes[stopped + jump :])
    outcome = judge(cough(), 2.0, wire)
    assert outcome.cut
    assert outcome.jump == jump
    assert outcome.resumed_after_ms == pytest.approx((goes_on_s - 2.5) * 1000, abs=5)
    assert outcome.stays is stays


def test_a_fade_is_not_counted_as_left_out() -> None:
    stopped = round(1.05 * RATE)
    fading = np.frombuffer(SPEECH.pcm, "<i2")[stopped : stopped + 160] * np.linspace(1, 0, 160)
    faded = SPEECH.codes[:stopped] + encode_ulaw(fading.astype("<i2").tobytes())
    wire = Wire().put(1.0, faded).put(2.9, SPEECH.codes[stopped + 160 :])
    outcome = judge(cough(), 2.0, wire)
    assert (outcome.cut, outcome.jump, outcome.stays) == (True, 0, False)


def test_an_answer_that_never_goes_on_stays_interrupted() -> None:
    outcome = judge(cough(), 2.0, Wire().put(1.0, SPEECH.codes[: round(1.05 * RATE)]))
    assert (outcome.cut, outcome.stays, outcome.resumed_after_ms) == (True, True, None)
    another = Wire().put(1.0, SPEECH.codes[: round(1.05 * RATE)]).put(2.8, OTHER.codes)
    assert judge(cough(), 2.0, another).stays


def test_something_said_into_idle_noise() -> None:
    assert judge(cough(None), 9.0, Wire().put(1.0, SPEECH.codes)).said is False
    assert judge(cough(None), 9.0, Wire().put(10.5, OTHER.codes)).said is True


def test_an_answer_that_stands_still_is_no_idle_line() -> None:
    stopped = round(1.05 * RATE)
    wire = Wire().put(7.0, SPEECH.codes[:stopped]).put(9.8, SPEECH.codes[stopped:])
    assert outcomes(cough(None), 9.0, wire) == []


def test_what_the_runtime_adds() -> None:
    taken = Entry(7.99, "turn.taken", {})
    outcome = judge(sentence(0.5, 0.0, 0.5), 6.4, Wire().put(8.32, OTHER.codes), entries(taken))
    assert outcome.request_ms == pytest.approx(10, abs=0.1)
    assert outcome.out_ms == pytest.approx(20, abs=0.5)
    speculated = judge(
        sentence(0.5, 0.0, 0.5), 6.4, Wire().put(8.32, OTHER.codes), entries(replace(taken, at=8.1))
    )
    assert speculated.request_ms == 0.0


def test_a_lead_in_is_not_said_twice() -> None:
    stopped = round(1.05 * RATE)
    leading = np.frombuffer(SPEECH.pcm, "<i2")[stopped - 40 : stopped] * np.linspace(0, 0.99, 40)
    after = encode_ulaw(leading.astype("<i2").tobytes()) + SPEECH.codes[stopped:]
    outcome = judge(cough(), 2.0, Wire().put(1.0, SPEECH.codes[:stopped]).put(2.9, after))
    assert (outcome.cut, outcome.jump, outcome.stays) == (True, 0, False)


def test_a_fade_ends_for_the_ear_where_it_is_no_longer_audible() -> None:
    stopped = round(1.05 * RATE)
    faint = np.frombuffer(SPEECH.pcm, "<i2")[stopped : stopped + 160] * np.linspace(0.05, 0, 160)
    wire = Wire().put(1.0, SPEECH.codes[:stopped] + encode_ulaw(faint.astype("<i2").tobytes()))
    outcome = judge(sentence(0.6, 0.0, 0.6, after_s=1.0), 2.0, wire.put(4.0, OTHER.codes))
    assert outcome.yield_ms == pytest.approx(50, abs=3)


def test_what_was_measured_while_the_machine_stood_still_is_left_out() -> None:
    act = sentence(0.5, 0.0, 0.5)
    wire = Wire().put(2.7, SPEECH.codes)
    for stall, kept in (((1.2, 1.3), 0), ((9.0, 9.1), 1)):
        heard = Heard(Dialogue(DIALOGUE, "en", (act,), 0.0, 0.0, None, 1), wire.packets())
        heard.acts.append(Acted(0, 1.0, 2.0))
        heard.stalls.append(stall)
        judged = Judge(heard, wire.hearing(), entries())
        assert len(list(judged.outcomes())) == kept
        assert judged.left_out == 1 - kept


def test_an_answer_that_the_next_act_began_with_is_an_answer() -> None:
    act, echo = sentence(0.5, 0.0, 0.5), Disturb(Kind.ECHO, "echo", np.zeros(1), (), 0.0)
    wire = Wire().put(2.7, bytes(b"\x7e" * 160) + SPEECH.codes)
    heard = Heard(Dialogue(DIALOGUE, "en", (act, echo), 0.0, 0.0, None, 1), wire.packets())
    heard.acts += [Acted(0, 1.0, 2.0), Acted(1, 2.71, 9.0)]
    assert next(Judge(heard, wire.hearing(), entries()).outcomes()).answered
