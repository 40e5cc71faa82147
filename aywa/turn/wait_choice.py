"""How long to wait after the caller's last voiced sample, and why: the order of precedence, written once.

a custom rule that matches
> the recogniser's own end of turn, where it has one and no smart plan is set
> the mode: the value asked for, then text and sound; or what the webhook said; the caller's pauses; marks
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from math import exp, log

from aywa.turn.clues import kind_of, last_sentence
from aywa.turn.completeness import judge
from aywa.turn.endpointing_settings import EndpointingMode, EndpointingSettings
from aywa.turn.entity import Progress, progress_among, progress_of
from aywa.turn.expectation import Expectation, ValueKind
from aywa.turn.lexicon import PACKS
from aywa.turn.lexicon.pack import Kind

MAX_WAIT_S = 15.0  # of any rule, formula or server
_NAME_WAIT_S = 0.9  # between the first name and the family's
_CERTAIN = 0.001  # a probability is never further from 0 or 1


class WaitSource(Enum):
    """What chose a wait."""

    RULE = "a custom rule matches"
    NATIVE = "the recogniser's own end of turn"
    ADVICE = "the webhook's answer"
    VALUE_DONE = "the value asked for is complete"
    VALUE_OPEN = "the value asked for is not complete"
    MODEL = "how finished the words are"
    ADAPTIVE = "this caller's pauses"
    NUMBER = "a number stands last"
    MARK = "a mark stands last"
    NO_MARK = "no mark stands last"
    NOTHING = "there is no transcript to go by"
    FIXED = "the same pause always"


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of an open turn. Probabilities are 0..1."""

    text: str
    language: str = "en"
    expected: Expectation = field(default_factory=Expectation)
    native: float | None = None  # that the turn is over, by the recogniser
    sound: float | None = None  # that the turn is over, by its sound
    advice_s: float | None = None  # what the webhook said to this text
    caller_wait_s: float = 0.6  # what outlasts this caller's pauses
    fixed_wait_s: float = 0.5


@dataclass(frozen=True, slots=True)
class Wait:
    """So many seconds after the last voiced sample. `unfinished`: probability that more comes, if judged."""

    seconds: float
    source: WaitSource
    unfinished: float | None = None
    clues: tuple[str, ...] = ()


def choose_wait(settings: EndpointingSettings, evidence: Evidence) -> Wait:
    """The wait by the order of precedence; always finite, 0 to `MAX_WAIT_S`."""
    wait = _chosen(settings, evidence)
    return Wait(min(max(wait.seconds, 0.0), MAX_WAIT_S), wait.source, wait.unfinished, wait.clues)


def _chosen(settings: EndpointingSettings, evidence: Evidence) -> Wait:
    for rule in settings.rules:
        if rule.matches(evidence.expected.assistant_text, evidence.text):
            return Wait(rule.timeout_seconds, WaitSource.RULE)
    if settings.native and evidence.native is not None:
        if evidence.native >= settings.native_threshold:
            return Wait(settings.min_wait_s, WaitSource.NATIVE, 1.0 - evidence.native)
        return Wait(_curved(settings, 1.0 - evidence.native), WaitSource.NATIVE, 1.0 - evidence.native)
    match settings.mode:
        case EndpointingMode.FIXED:
            return Wait(evidence.fixed_wait_s, WaitSource.FIXED)
        case EndpointingMode.TRANSCRIPT:
            return _by_marks(settings, evidence)
        case EndpointingMode.ADAPTIVE:
            return _by_value(settings, evidence, Wait(evidence.caller_wait_s, WaitSource.ADAPTIVE))
        case EndpointingMode.WEBHOOK if evidence.advice_s is not None:
            return Wait(evidence.advice_s, WaitSource.ADVICE)
    return _by_value(settings, evidence, _by_model(settings, evidence))


def _by_marks(settings: EndpointingSettings, evidence: Evidence) -> Wait:
    text = evidence.text.rstrip()
    if not text:
        return Wait(0.0, WaitSource.NOTHING)
    words = last_sentence(text, PACKS[evidence.language]).words
    if words and _is_number(words[-1], evidence.language):
        return Wait(settings.on_number_s, WaitSource.NUMBER)
    if text.endswith((".", "!", "?", "…", "。", "？", "！")):
        return Wait(settings.on_punctuation_s, WaitSource.MARK)
    return Wait(settings.on_no_punctuation_s, WaitSource.NO_MARK)


def _is_number(word: str, language: str) -> bool:
    return kind_of(word, PACKS[language]) is Kind.NUMBER


def _by_model(settings: EndpointingSettings, evidence: Evidence) -> Wait:
    judged = judge(evidence.text, evidence.language, asked=evidence.expected.question_open)
    unfinished = judged.unfinished
    clues = judged.clues
    if evidence.sound is not None:
        odds = _odds(unfinished) - settings.sound_weight * _odds(evidence.sound)
        unfinished = 1.0 / (1.0 + exp(-odds))
        clues = (*clues, "sound")
    return Wait(_curved(settings, unfinished), WaitSource.MODEL, unfinished, clues)


def _by_value(settings: EndpointingSettings, evidence: Evidence, usual: Wait) -> Wait:
    """The usual wait, longer while a value is being said and shorter when it is complete."""
    expected = evidence.expected
    answered = progress_among(evidence.text, expected.phrases)
    if answered is not Progress.ABSENT:
        whole = answered is Progress.COMPLETE
        seconds = max(settings.entity_done_s if whole else settings.phrase_open_s, settings.min_wait_s)
        return Wait(min(seconds, usual.seconds), WaitSource.VALUE_DONE, usual.unfinished, usual.clues)
    if expected.kind is ValueKind.NONE or not evidence.text:
        return usual
    if expected.kind is ValueKind.NAME:
        longer = max(usual.seconds, _NAME_WAIT_S)
        return Wait(longer, WaitSource.VALUE_OPEN, usual.unfinished, usual.clues)
    match progress_of(evidence.text, expected, evidence.language):
        case Progress.COMPLETE:
            seconds = max(settings.entity_done_s, settings.min_wait_s)
            return Wait(min(seconds, usual.seconds), WaitSource.VALUE_DONE, usual.unfinished, usual.clues)
        case Progress.PARTIAL:
            seconds = max(settings.entity_open_s, usual.seconds)
            return Wait(seconds, WaitSource.VALUE_OPEN, usual.unfinished, usual.clues)
        case Progress.ABSENT:
            return usual


def _curved(settings: EndpointingSettings, unfinished: float) -> float:
    return max(settings.curve(unfinished), settings.min_wait_s)


def _odds(probability: float) -> float:
    bounded = min(max(probability, _CERTAIN), 1.0 - _CERTAIN)
    return log(bounded / (1.0 - bounded))
