"""What words mean while the assistant speaks: tables."""

from __future__ import annotations

import pytest

from aywa.turn.barge_in_phrases import LANGUAGES, acknowledgements, interruptions
from aywa.turn.barge_in_settings import BargeInMode, BargeInSettings
from aywa.turn.judgement import Judge, Reason, Said, Verdict
from aywa.turn.question import question_open
from aywa.turn.words import heard_words, is_sound

STATEMENT = Said(begun=True, question=False, recent="We have a quiet room with a view of the old town.")
QUESTION = Said(begun=True, question=True, recent="Would you like breakfast?")
UNHEARD = Said(begun=False)
USUAL = Judge(BargeInSettings())


@pytest.mark.parametrize(
    ("text", "said", "verdict", "reason"),
    [
        ("", STATEMENT, Verdict.UNDECIDED, Reason.NO_WORDS),
        ("...", STATEMENT, Verdict.UNDECIDED, Reason.NO_WORDS),
        ("Uh-huh.", STATEMENT, Verdict.RESUME, Reason.ACKNOWLEDGEMENT),
        ("uh huh", STATEMENT, Verdict.RESUME, Reason.ACKNOWLEDGEMENT),
        ("Mm-hmm, yeah, okay.", STATEMENT, Verdict.RESUME, Reason.ACKNOWLEDGEMENT),
        ("I’m listening", STATEMENT, Verdict.RESUME, Reason.ACKNOWLEDGEMENT),
        ("Hmmmm", STATEMENT, Verdict.RESUME, Reason.SOUND),
        ("er, um", QUESTION, Verdict.RESUME, Reason.SOUND),
        ("yes", STATEMENT, Verdict.RESUME, Reason.ACKNOWLEDGEMENT),
        ("yes", QUESTION, Verdict.COMMIT, Reason.ANSWER),
        ("uh-huh", QUESTION, Verdict.COMMIT, Reason.ANSWER),
        ("Hum hum.", STATEMENT, Verdict.RESUME, Reason.ACKNOWLEDGEMENT),
        ("no", STATEMENT, Verdict.COMMIT, Reason.INTERRUPTION),
        ("yeah but", STATEMENT, Verdict.COMMIT, Reason.INTERRUPTION),
        ("Don't do that", STATEMENT, Verdict.COMMIT, Reason.INTERRUPTION),
        ("hmm", UNHEARD, Verdict.RESUME, Reason.SOUND),
        ("a single room", STATEMENT, Verdict.COMMIT, Reason.WORDS),
        ("okay a single room", STATEMENT, Verdict.COMMIT, Reason.WORDS),
        ("a view of the old", STATEMENT, Verdict.RESUME, Reason.ECHO),
        ("iet room with a vi", STATEMENT, Verdict.RESUME, Reason.ECHO),  # cut at both ends
        ("the old", STATEMENT, Verdict.COMMIT, Reason.WORDS),  # too short to be sure of an echo
        ("a view of the lake", STATEMENT, Verdict.COMMIT, Reason.WORDS),
    ],
)
def test_what_words_mean(text: str, said: Said, verdict: Verdict, reason: Reason) -> None:
    judgement = USUAL.judge(text, said)
    assert (judgement.verdict, judgement.reason) == (verdict, reason)
    assert judgement.words == len(heard_words(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_of_every_language_does_what_its_set_says(language: str) -> None:
    for phrase in acknowledgements(language):
        assert USUAL.judge(phrase, STATEMENT).verdict is Verdict.RESUME, phrase
        assert USUAL.judge(phrase.upper() + "!", STATEMENT).verdict is Verdict.RESUME, phrase
    for phrase in interruptions(language):
        judgement = USUAL.judge(phrase.title() + ".", STATEMENT)
        assert (judgement.verdict, judgement.reason) == (Verdict.COMMIT, Reason.INTERRUPTION), phrase


def test_a_phrase_without_its_accents_is_the_same_phrase() -> None:
    for plain in ("si", "tá bom", "ta bom", "tres bien", "sì", "поняла"):
        assert USUAL.judge(plain, STATEMENT).verdict is Verdict.RESUME, plain


@pytest.mark.parametrize(
    ("mode", "num_words", "text", "begun", "verdict"),
    [
        (BargeInMode.WORDS, 3, "the other", True, Verdict.KEEP),
        (BargeInMode.WORDS, 3, "the other room", True, Verdict.COMMIT),
        (BargeInMode.WORDS, 3, "wait", True, Verdict.COMMIT),  # says it in one word
        (BargeInMode.WORDS, 3, "yeah yeah yeah", True, Verdict.RESUME),
        (BargeInMode.WORDS, 3, "the other", False, Verdict.COMMIT),  # nothing is interrupted
        (BargeInMode.REVERSIBLE, 2, "Friday", True, Verdict.KEEP),
        (BargeInMode.VOICE, 3, "Friday", True, Verdict.COMMIT),
    ],
)
def test_how_many_words_take_the_floor(
    mode: BargeInMode, num_words: int, text: str, begun: bool, verdict: Verdict
) -> None:
    judge = Judge(BargeInSettings(mode=mode, num_words=num_words))
    assert judge.judge(text, Said(begun=begun)).verdict is verdict


def test_lists_of_ones_own() -> None:
    judge = Judge(BargeInSettings(acknowledgements=("roger",), interruptions=("mayday",), num_words=2))
    assert judge.judge("roger", STATEMENT).verdict is Verdict.RESUME
    assert judge.judge("mayday", STATEMENT).verdict is Verdict.COMMIT
    assert judge.judge("okay", STATEMENT).verdict is Verdict.KEEP
    empty = Judge(BargeInSettings(acknowledgements=(), interruptions=()))
    assert empty.judge("okay", STATEMENT).verdict is Verdict.COMMIT


@pytest.mark.parametrize(
    "word", ["mm", "hmm", "mhm", "mmmm", "ah", "aah", "uh", "um", "er", "erm", "oh", "eh", "хм", "мм", "эм"]
)
def test_sounds(word: str) -> None:
    assert all(map(is_sound, heard_words(word)))


@pytest.mark.parametrize("word", ["me", "his", "him", "here", "amen", "no", "yes", "hem", "мама"])
def test_words_are_no_sounds(word: str) -> None:
    assert not is_sound(word)


@pytest.mark.parametrize(
    ("heard", "text", "is_open"),
    [
        ("", "", False),
        ("Would you like breakfast?", "Would you like breakfast?", True),
        ("Would you like", "Would you like breakfast?", True),
        ("Would", "Would you like breakfast?", False),
        ("We have a room. Would you like it?", "We have a room. Would you like it? It is free.", True),
        ("Would you like it? It is", "Would you like it? It is quiet and has a view.", True),
        ("Would you like it? It is quiet and has", "Would you like it? It is quiet and has a view.", False),
        ("Would you like it? Thank you.", "Would you like it? Thank you. Goodbye then.", True),
        ("We have a", "We have a room. Would you like it?", False),
        ("¿Quiere desayunar?", "¿Quiere desayunar?", True),
        ("Good morning.", "Good morning. How may I help?", False),
    ],
)
def test_whether_a_question_is_open(heard: str, text: str, is_open: bool) -> None:
    assert question_open(heard, text) is is_open
