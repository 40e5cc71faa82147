"""Tones, phrases, the envelope, the model's table and the plan's fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.answering.envelope import Envelope
from aywa.answering.evidence import LENGTH, interpolated, probabilities
from aywa.answering.heard import Heard
from aywa.answering.languages import DIGITS, TABLES
from aywa.answering.outcomes import Evidence, Outcome
from aywa.answering.phrases import PhraseKind, hits_of, plain
from aywa.answering.plan import Act, parse_plan
from aywa.answering.tones import Tone, ToneKind, kind_of
from aywa.errors import RequestError

RATE = 8000


def tone(begin_s: float, seconds: float, hz: float, second_hz: float = 0.0) -> Tone:
    begin = round(begin_s * RATE)
    return Tone(begin, begin + round(seconds * RATE), hz, hz, second_hz)


@pytest.mark.parametrize(
    ("new", "spoken", "kind"),
    [
        (tone(1, 0.12, 1000), True, ToneKind.BEEP),
        (tone(1, 0.08, 1000), True, ToneKind.NOTHING),
        (tone(1, 0.15, 440), True, ToneKind.NOTHING),
        (tone(1, 0.2, 440), True, ToneKind.BEEP),
        (tone(1, 0.2, 440), False, ToneKind.NOTHING),
        (tone(1, 2.0, 440), False, ToneKind.RINGING),
        (tone(1, 0.5, 1100), False, ToneKind.FAX_CALLS),
        (tone(1, 0.5, 1100), True, ToneKind.BEEP),
        (tone(1, 2.0, 2100), True, ToneKind.FAX_ANSWERS),
        (tone(1, 0.3, 2100), True, ToneKind.BEEP),
        (tone(1, 9.0, 800), True, ToneKind.NOTHING),
    ],
)
def test_what_a_tone_is(new: Tone, spoken: bool, kind: ToneKind) -> None:
    assert kind_of(new, [], spoken=spoken) is kind


def test_tones_in_a_row() -> None:
    heard = Heard(0)
    for number in range(3):
        heard.tone_ended(tone(number, 0.5, 425))
    assert [kind for _, kind in heard.tones] == [ToneKind.RINGING, ToneKind.RINGING, ToneKind.BUSY]
    again = Heard(0)
    for number, hz in enumerate((950, 1400, 1800)):
        again.tone_ended(tone(0.33 * number, 0.33, hz))
    assert [kind for _, kind in again.tones][1:] == [ToneKind.INFORMATION, ToneKind.INFORMATION]


def test_ringing_tone_is_no_beep_whatever_noise_is_between() -> None:
    heard = Heard(0)
    heard.tone_ended(tone(0, 1.0, 425))
    heard.speech_started(3 * RATE)
    heard.speech_stopped(4 * RATE)
    heard.advance(5 * RATE)
    heard.tone_ended(tone(5, 1.0, 425))
    assert heard.tones[-1][1] is ToneKind.RINGING
    assert heard.beep() is None


def test_a_tone_is_no_speech() -> None:
    heard = Heard(0)
    heard.speech_started(800)
    heard.advance(RATE)
    assert heard.speaks
    heard.tone_began(tone(0.1, 0.5, 900))
    heard.advance(RATE + 800)
    assert not heard.speaks
    assert heard.speech() == []


@pytest.mark.parametrize("language", sorted(TABLES))
def test_every_language_has_every_kind(language: str) -> None:
    assert set(TABLES[language]) == set(PhraseKind)
    assert len(DIGITS[language].split()) == 10
    for kind, phrases in TABLES[language].items():
        for phrase in phrases:
            text = plain(phrase.replace("#", "7"))
            assert hits_of(text, (language,)).get(kind), (kind, phrase)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Leave a message after the beep!", PhraseKind.MESSAGE),
        ("You've reached the office", PhraseKind.REACHED),
        ("Drücken Sie die 3", PhraseKind.MENU),
        ("press seven", PhraseKind.MENU),
        ("À la tonalité", PhraseKind.TONE),
        ("Bitte nennen Sie Ihren Namen", PhraseKind.SCREEN),
    ],
)
def test_phrases_whatever_accents_and_case(text: str, kind: PhraseKind) -> None:
    assert kind in hits_of(text, ("en", "de", "fr"))


def test_phrases_are_whole_words() -> None:
    assert hits_of("this is shiny", ("en",)) == {}
    assert hits_of("hit the high note", ("en",)) == {}


def test_only_the_languages_asked_for() -> None:
    assert hits_of("hinterlassen sie", ("en",)) == {}


def test_steady_noise_is_not_loud() -> None:
    envelope = Envelope()
    for frame in range(200):
        level = 40_000.0 if 100 <= frame < 150 else 900.0 + 200 * (frame % 2)
        envelope.add(frame * 160, level)
    assert list(envelope.loud(0, 200 * 160)) == [(100 * 160, 150 * 160)]


def test_all_is_loud_while_nothing_is_known() -> None:
    assert list(Envelope().loud(100, 900)) == [(100, 900)]


@given(st.floats(0, 20))
def test_longer_speech_never_speaks_more_for_a_person(x: float) -> None:
    assert interpolated(LENGTH, x) <= interpolated(LENGTH, x + 0.1)


@given(st.lists(st.tuples(st.sampled_from(list(Outcome)), st.floats(-50, 50)), max_size=12))
def test_probabilities_add_up(weights: list[tuple[Outcome, float]]) -> None:
    chances = probabilities([Evidence("x", 1.0, tuple(weights))])
    assert sum(chances.values()) == pytest.approx(1)
    assert all(0 <= chance <= 1 for chance in chances.values())


def test_a_plan_in_the_public_names() -> None:
    plan = parse_plan(
        {
            "machineDetectionTimeout": 20,
            "machineDetectionSpeechThreshold": 3000,
            "machineDetectionSpeechEndThreshold": 900,
            "machineDetectionSilenceTimeout": 4000,
            "beepMaxAwaitSeconds": 15,
            "backoffPlan": {"startAtSeconds": 2, "frequencySeconds": 5},
            "actions": {"ivr": "press-keys", "screening": "hang-up"},
            "keys": {"ivr": "w1#"},
            "languages": ["de"],
        },
        "Call us.",
    )
    own = plan.settings
    assert (own.detection_timeout_s, own.speech_threshold_s, own.speech_end_s) == (20, 3.0, 0.9)
    assert (own.silence_timeout_s, own.beep_max_await_s, own.start_at_s) == (4.0, 15, 2)
    assert own.languages == ("de",)
    assert plan.message == "Call us."
    assert plan.act(Outcome.IVR) is Act.PRESS_KEYS
    assert plan.act(Outcome.SCREENING) is Act.HANG_UP
    assert plan.act(Outcome.MACHINE) is Act.LEAVE_MESSAGE
    assert plan.act(Outcome.FAX) is Act.HANG_UP


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"machineDetectionTimeout": 2}, "machineDetectionTimeout"),
        ({"machineDetectionTimeout": True}, "machineDetectionTimeout"),
        ({"beepMaxAwaitSeconds": "x"}, "beepMaxAwaitSeconds"),
        ({"languages": ["xx"]}, "languages"),
        ({"actions": {"machine": "dance"}}, "actions"),
        ({"actions": []}, "actions"),
        ({"keys": {"ivr": "1x"}}, "keys"),
        ({"keys": {"human": "1"}}, "keys"),
        ({"message": "x" * 1001}, "message"),
    ],
)
def test_a_wrong_plan_names_its_field(data: dict[str, object], field: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_plan(data)
    assert caught.value.field == field
