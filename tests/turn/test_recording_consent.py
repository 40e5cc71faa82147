"""Consent to a recording: what counts as one, in which language, and when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.turn.consent_phrases import LANGUAGES, Said, read_consent, refuses_alone, stops_recording
from aywa.turn.recording_consent import (
    TRANSITIONS,
    AskAgain,
    ConsentKind,
    ConsentSettings,
    ConsentState,
    RecordingConsent,
    Settled,
)

YES = {
    "en": ("Yes.", "sure, go ahead", "I don't mind"),
    "es": ("Sí, claro", "vale", "no hay problema"),
    "fr": ("oui d'accord", "bien sûr", "pas de problème"),
    "it": ("sì, va bene", "certo", "nessun problema"),
    "de": ("Ja, gerne.", "einverstanden", "Nein, nichts dagegen"),
    "ru": ("да, конечно", "согласна", "я не против"),
    "pt": ("sim, tudo bem", "concordo", "sem problema"),
}
NO = {
    "en": ("No, thank you", "I'd rather not", "yes but do not record this"),
    "es": ("no, gracias", "prefiero que no"),
    "fr": ("non merci", "surtout pas"),
    "it": ("no grazie", "preferirei di no"),
    "de": ("Nein danke", "lieber nicht", "Ja aber bitte nicht aufnehmen"),
    "ru": ("нет, спасибо", "лучше не надо"),
    "pt": ("não, obrigado", "prefiro que não"),
}
STOP = {
    "en": (
        "Please stop recording.",
        "turn the recording off",
        "I do not want to be recorded",
        "don't record this",
    ),
    "es": ("no me graben por favor", "pare la grabación"),
    "fr": ("ne m'enregistrez pas", "arrêtez l'enregistrement", "je ne veux pas être enregistré"),
    "it": ("non registrate", "fermi la registrazione"),
    "de": ("Nehmen Sie das bitte nicht auf", "bitte nicht aufzeichnen", "stoppen Sie die Aufnahme"),
    "ru": ("не записывайте меня", "выключите запись", "я не хочу чтобы меня записывали"),
    "pt": ("não quero que me gravem", "pare de gravar"),
}
OTHER = (
    "Do you have a record of my booking?",
    "is this call recorded",
    "my payment was not recorded",
    "non riesco a registrare il mio account",
    "Ich komme nicht, machen Sie auf",
    "no, I want two rooms",
    "schneiden Sie das Brot mit",
    "I would like a room without a record player",
)


def pairs(table: dict[str, tuple[str, ...]]) -> list[str]:
    return [text for language in LANGUAGES for text in table[language]]


@pytest.mark.parametrize("text", pairs(YES))
def test_a_yes(text: str) -> None:
    agreed = Said.AGREED
    if text.startswith("Nein"):
        agreed = Said.REFUSED  # a no beside "nothing against it": what refuses is followed
    assert read_consent(text) is agreed


@pytest.mark.parametrize("text", pairs(NO))
def test_a_no(text: str) -> None:
    assert read_consent(text) is Said.REFUSED


@pytest.mark.parametrize("text", pairs(STOP))
def test_asking_for_the_end_of_a_recording(text: str) -> None:
    assert stops_recording(text)
    assert refuses_alone(text)


@pytest.mark.parametrize("text", OTHER)
def test_what_has_only_similar_words(text: str) -> None:
    assert stops_recording(text) == ""


def asked(kind: ConsentKind, **settings: float) -> RecordingConsent:
    consent = RecordingConsent(ConsentSettings(kind, **settings))  # type: ignore[arg-type]
    consent.message_over(10.0, 80_000, heard=True)
    assert consent.state is ConsentState.ASKING
    return consent


def test_whoever_stays_agrees_but_not_before() -> None:
    consent = asked(ConsentKind.STAY, wait_s=3.0)
    consent.handle_timers(12.99, 103_920)
    assert consent.actions() == []
    consent.handle_timers(13.0, 104_000)
    assert consent.actions() == [Settled(ConsentState.GIVEN, 104_000)]
    assert consent.deadline is None


def test_who_stays_may_still_refuse_and_an_order_is_no_refusal() -> None:
    consent = asked(ConsentKind.STAY)
    consent.words("no breakfast please, only a room", 11.0, 88_000)
    assert consent.open
    consent.words("do not record me", 11.5, 92_000)
    assert consent.actions() == [Settled(ConsentState.DECLINED, 92_000, "do not record me")]


def test_a_yes_before_the_question_was_heard_is_no_consent() -> None:
    consent = RecordingConsent(ConsentSettings(ConsentKind.VERBAL))
    consent.words("yes hello", 1.0, 8_000)
    assert consent.state is ConsentState.ANNOUNCING
    consent.words("no", 1.5, 12_000)
    assert consent.state is ConsentState.DECLINED


def test_what_is_not_understood_is_asked_once_more() -> None:
    consent = asked(ConsentKind.VERBAL)
    consent.words("what is this about", 11.0, 88_000)
    assert consent.actions() == [AskAgain()]
    consent.message_over(14.0, 112_000, heard=True)
    consent.handle_timers(22.0, 176_000)
    assert consent.actions() == [Settled(ConsentState.TIMED_OUT, 176_000)]


def test_the_key_agrees_and_any_other_refuses() -> None:
    for key, state in (("1", ConsentState.GIVEN), ("2", ConsentState.DECLINED)):
        consent = asked(ConsentKind.KEY)
        consent.words("yes", 10.5, 84_000)
        assert consent.open, "a word is no key"
        consent.key(key, 88_000)
        assert consent.actions() == [Settled(state, 88_000, key=key)]


def test_a_message_that_was_not_heard_is_no_announcement() -> None:
    consent = RecordingConsent(ConsentSettings(ConsentKind.STAY))
    consent.message_over(3.0, 24_000, heard=False)
    assert consent.state is ConsentState.TIMED_OUT


@given(
    st.sampled_from(ConsentKind),
    st.lists(
        st.one_of(
            st.tuples(st.just("words"), st.sampled_from(["yes", "no", "hm", "stop recording", ""])),
            st.tuples(st.just("key"), st.sampled_from("0123456789*#")),
            st.tuples(st.just("over"), st.booleans()),
            st.tuples(st.just("time"), st.floats(0, 9)),
            st.tuples(st.just("withdraw"), st.none()),
        ),
        max_size=12,
    ),
)
def test_it_is_settled_once_and_given_only_after_the_message(
    kind: ConsentKind, steps: list[tuple[str, object]]
) -> None:
    consent, now = RecordingConsent(ConsentSettings(kind)), 0.0
    heard, settled = False, []
    for sample, (what, value) in enumerate(steps):
        before = consent.state
        match what:
            case "words":
                consent.words(str(value), now, sample)
            case "key":
                consent.key(str(value), sample)
            case "over":
                heard |= bool(value) and before is ConsentState.ANNOUNCING
                consent.message_over(now, sample, heard=bool(value))
            case "time":
                now += float(str(value))
                consent.handle_timers(now, sample)
            case _:
                consent.withdraw(sample)
        settled += [action for action in consent.actions() if isinstance(action, Settled)]
        assert consent.state is before or any(
            (old, new) == (before, consent.state) for old, _, new in TRANSITIONS
        )
    assert len(settled) == (not consent.open)
    if consent.state is ConsentState.GIVEN and kind is not ConsentKind.KEY:
        assert heard
