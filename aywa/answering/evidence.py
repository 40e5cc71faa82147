"""The model: what is heard, as log-odds of each outcome against a person.

Every row adds to the score of an outcome; a person's score is always 0. The probability of an outcome is its
share of the exponentials. So +2.2 makes an outcome that was even nine times as likely as a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import exp

from aywa.answering.heard import Heard, Span
from aywa.answering.outcomes import SAMPLES_PER_S, Evidence, Outcome
from aywa.answering.phrases import PhraseKind, hits_of
from aywa.answering.settings import AnsweringSettings
from aywa.answering.tones import ToneKind

_RECORDED = (Outcome.MACHINE, Outcome.SCREENING, Outcome.IVR)
_M, _S, _I, _F = Outcome.MACHINE, Outcome.SCREENING, Outcome.IVR, Outcome.FAX

# Before anything is heard: of the calls that are answered about half are answered by people.
PRIOR = ((_M, -0.3), (_S, -1.5), (_I, -1.0), (_F, -5.0), (Outcome.UNKNOWN, -5.0))

# Speech in all, in units of `speech_threshold_s`: log-odds of a machine. People answer with one word or
# with the name of their company; greetings go on.
LENGTH = (
    (0.0, -2.0), (0.35, -2.0), (0.65, -1.0), (1.0, 0.0), (1.6, 0.8),
    (2.2, 1.0), (2.7, 1.5), (3.2, 2.6), (4.0, 4.2), (6.0, 6.0),
)  # fmt: skip

# Pieces of speech after the first, each longer than a word: a recording has them, a waiting person has not.
MORE_SPEECH = 0.3

# Silence since the last speech, in units of `speech_end_s`, after the first 0.45 s, which any greeting has.
SILENCE = -3.0
SILENCE_FREE_S = 0.45
SILENCE_MOST = -4.6  # after a long greeting, silence makes no person of a machine

# Words that were understood in all.
FEW_WORDS, FEW = 4, -1.0
MANY_WORDS, MANY = 14, 1.0

BEEP_AFTER_SPEECH = 9.0
BEEP_FIRST = 4.0
BEEP_ALONE = SAMPLES_PER_S // 2  # samples of quiet: the first of several tones would be a network's
FAX_CALLS = 4.0

# What a kind of phrase says, once; each further phrase of the kind adds `AGAIN`.
AGAIN = 0.5
PHRASES: dict[PhraseKind, tuple[tuple[Outcome, float], ...]] = {
    PhraseKind.MESSAGE: ((_M, 6.0), (_S, 1.0)),
    PhraseKind.TONE: ((_M, 5.0), (_S, 2.5)),
    PhraseKind.ABSENT: ((_M, 3.0), (_S, 1.0), (_I, 1.0)),
    PhraseKind.REACHED: ((_M, 2.5), (_I, 2.0)),
    PhraseKind.CONNECTS: ((_S, 4.0), (_I, 2.5)),
    PhraseKind.SCREEN: ((_S, 9.0), (_M, 1.0)),
    PhraseKind.ASKED: ((_S, 1.5),),
    PhraseKind.MENU: ((_I, 5.5), (_M, 1.0), (_S, 1.0)),
    PhraseKind.QUEUE: ((_I, 5.0), (_M, 1.0)),
    PhraseKind.COMPANY: ((_I, 2.0), (_M, 0.5)),
    PhraseKind.PERSON: ((_M, -4.0), (_S, -4.0), (_I, -4.0)),
    PhraseKind.GREETING: ((_M, -1.0), (_S, -1.0), (_I, -1.0)),
}


def evidence_of(heard: Heard, settings: AnsweringSettings) -> list[Evidence]:
    """Everything that speaks for or against an outcome now."""
    found = [Evidence("prior", "", PRIOR)]
    speech = heard.speech()
    if speech:
        found.extend(_of_speech(heard, speech, settings))
    found.extend(_of_tones(heard))
    found.extend(_of_words(heard.words, settings))
    return found


def probabilities(evidence: Iterable[Evidence]) -> dict[Outcome, float]:
    """Of every outcome, which add up to 1."""
    scores = dict.fromkeys(Outcome, 0.0)
    for each in evidence:
        for outcome, weight in each.weights:
            scores[outcome] += weight
    highest = max(scores.values())
    shares = {outcome: exp(score - highest) for outcome, score in scores.items()}
    whole = sum(shares.values())
    return {outcome: share / whole for outcome, share in shares.items()}


def _of_speech(heard: Heard, speech: Sequence[Span], settings: AnsweringSettings) -> list[Evidence]:
    spoken = sum(span.seconds for span in speech)
    points = interpolated(LENGTH, spoken / settings.speech_threshold_s)
    found = [Evidence("speech_s", spoken, tuple((each, points) for each in _RECORDED))]
    more = sum(span.seconds >= 0.8 for span in speech[1:])
    if more:
        found.append(
            Evidence("further_speech", float(more), tuple((o, more * MORE_SPEECH) for o in _RECORDED))
        )
    silence = (heard.at - speech[-1].end) / SAMPLES_PER_S
    # While a tone sounds nobody waits for us.
    if silence > SILENCE_FREE_S and heard.tone is None and heard.beep() is None:
        points = max(SILENCE_MOST, SILENCE * (silence - SILENCE_FREE_S) / settings.speech_end_s)
        found.append(Evidence("silence_s", silence, tuple((each, points) for each in _RECORDED)))
    return found


def _of_tones(heard: Heard) -> list[Evidence]:
    found: list[Evidence] = []
    beep = heard.beep()
    if beep is not None:
        spoken = heard.spoken_before(beep.start)
        if not spoken and (heard.tone is not None or heard.at < beep.end + BEEP_ALONE):
            return found
        weight = BEEP_AFTER_SPEECH if spoken else BEEP_FIRST
        found.append(Evidence("beep_hz", beep.last_hz, ((Outcome.MACHINE, weight),)))
    calls = sum(kind is ToneKind.FAX_CALLS for _, kind in (*heard.before, *heard.tones))
    if calls:
        found.append(Evidence("fax_tones", float(calls), ((Outcome.FAX, calls * FAX_CALLS),)))
    return found


def _of_words(words: str, settings: AnsweringSettings) -> list[Evidence]:
    if not words:
        return []
    found = []
    count = len(words.split())
    if count <= FEW_WORDS or count >= MANY_WORDS:
        points = FEW if count <= FEW_WORDS else MANY
        found.append(Evidence("words", float(count), tuple((each, points) for each in _RECORDED)))
    for kind, phrases in hits_of(words, settings.languages).items():
        if kind is PhraseKind.GREETING and count > FEW_WORDS:
            continue  # a recording says hello too
        weights = tuple(
            (outcome, weight + (AGAIN if weight > 0 else -AGAIN) * (len(phrases) - 1))
            for outcome, weight in PHRASES[kind]
        )
        found.append(Evidence(f"phrase_{kind.name.lower()}", ", ".join(phrases), weights))
    return found


def interpolated(table: Sequence[tuple[float, float]], x: float) -> float:
    """The value between two rows of a table that rises in x; the last row's beyond it."""
    for (x0, y0), (x1, y1) in pairwise(table):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return table[-1][1]
