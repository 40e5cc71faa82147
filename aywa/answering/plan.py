"""What an assistant wants done when its call is answered by somebody else than a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from aywa.answering.languages import TABLES
from aywa.answering.outcomes import Outcome
from aywa.answering.settings import AnsweringSettings
from aywa.errors import RequestError

_KEYS = frozenset("0123456789*#ABCDabcdwW")  # w: half a second of pause
_MOST_TEXT = 1000


class Act(Enum):
    """What follows from an outcome."""

    TALK = "talk"
    LEAVE_MESSAGE = "leave-message"
    PRESS_KEYS = "press-keys"
    HANG_UP = "hang-up"


def _acts() -> dict[Outcome, Act]:
    return {
        Outcome.HUMAN: Act.TALK,
        Outcome.MACHINE: Act.LEAVE_MESSAGE,
        Outcome.SCREENING: Act.TALK,
        Outcome.IVR: Act.TALK,
        Outcome.FAX: Act.HANG_UP,
        Outcome.UNKNOWN: Act.TALK,
    }


@dataclass(frozen=True, slots=True)
class AnsweringPlan:
    """`message` is left on machines: empty, there is none and the call ends. `screening_message` opens the
    talk with a phone's assistant. `keys` by outcome are pressed before we talk; `w` in them is half a second.
    `wait`: say nothing until the verdict; else a person is assumed, and the talk stops when it was none.
    """

    settings: AnsweringSettings = field(default_factory=AnsweringSettings)
    acts: Mapping[Outcome, Act] = field(default_factory=_acts)
    message: str = ""
    screening_message: str = ""
    keys: Mapping[Outcome, str] = field(default_factory=dict)
    wait: bool = True

    def act(self, outcome: Outcome) -> Act:
        """What to do. Nobody hangs up on a person, and nothing is left or pressed where nothing is given."""
        act = self.acts.get(outcome, Act.TALK)
        if outcome is Outcome.HUMAN:
            return Act.TALK
        if act is Act.LEAVE_MESSAGE and not self.message:
            return Act.HANG_UP
        if act is Act.PRESS_KEYS and not self.keys.get(outcome):
            return Act.TALK
        return act


# field of `voicemailDetection`: what it sets, samples or seconds to a second, lowest, highest.
_NUMBERS: dict[str, tuple[str, float, float, float]] = {
    "startAtSeconds": ("start_at_s", 1, 0, 30),
    "beepMaxAwaitSeconds": ("beep_max_await_s", 1, 0, 60),
    "machineDetectionTimeout": ("detection_timeout_s", 1, 3, 59),
    "machineDetectionSpeechThreshold": ("speech_threshold_s", 1000, 1000, 6000),
    "machineDetectionSpeechEndThreshold": ("speech_end_s", 1000, 500, 5000),
    "machineDetectionSilenceTimeout": ("silence_timeout_s", 1000, 2000, 10000),
    "greetingSilenceSeconds": ("greeting_silence_s", 1, 1, 30),
    "probability": ("probability", 1, 0.5, 0.999),
}


def parse_plan(data: Mapping[str, object], message: str = "") -> AnsweringPlan:
    """A plan out of an assistant's `voicemailDetection`. Raises RequestError (400) that names the field.

    Times ending in `Seconds` or `Timeout` are seconds, `machineDetection…Threshold` and `…SilenceTimeout`
    milliseconds. `backoffPlan.startAtSeconds` is taken as `startAtSeconds`. `message`: the assistant's
    `voicemailMessage`.
    """
    values: dict[str, float] = {}
    backoff = data.get("backoffPlan")
    fields = {**backoff, **data} if isinstance(backoff, Mapping) else data
    for name, (target, per_second, low, high) in _NUMBERS.items():
        if (value := fields.get(name)) is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise RequestError(f"{name} must be a number from {low:g} to {high:g}", field=name)
        values[target] = value / per_second
    languages = data.get("languages", AnsweringSettings().languages)
    if not isinstance(languages, list | tuple) or not all(each in TABLES for each in languages):
        raise RequestError(f"languages must be some of {', '.join(TABLES)}", field="languages")
    return AnsweringPlan(
        settings=AnsweringSettings(**values, languages=tuple(languages)),  # type: ignore[arg-type]
        acts=_parsed_acts(data),
        message=_text(data, "message", message),
        screening_message=_text(data, "screeningMessage", ""),
        keys=_parsed_keys(data),
        wait=data.get("waitForVerdict", True) is not False,
    )


def _parsed_acts(data: Mapping[str, object]) -> dict[Outcome, Act]:
    acts = _acts()
    given = data.get("actions", {})
    if not isinstance(given, Mapping):
        raise RequestError("actions must be an object", field="actions")
    for name, act in given.items():
        try:
            acts[Outcome[str(name).upper()]] = Act(act)
        except (KeyError, ValueError):
            outcomes = ", ".join(each.name.lower() for each in Outcome)
            rule = f"actions maps {outcomes} to {', '.join(each.value for each in Act)}"
            raise RequestError(rule, field="actions") from None
    return acts


def _parsed_keys(data: Mapping[str, object]) -> dict[Outcome, str]:
    given = data.get("keys", {})
    wrong = RequestError("keys maps screening or ivr to 1 to 32 of 0-9 * # A-D w", field="keys")
    if not isinstance(given, Mapping):
        raise wrong
    keys: dict[Outcome, str] = {}
    for name, pressed in given.items():
        if name not in ("screening", "ivr") or not isinstance(pressed, str):
            raise wrong
        if not 1 <= len(pressed) <= 32 or not _KEYS.issuperset(pressed):
            raise wrong
        keys[Outcome[name.upper()]] = pressed
    return keys


def _text(data: Mapping[str, object], name: str, default: str) -> str:
    text = data.get(name, default)
    if not isinstance(text, str) or len(text) > _MOST_TEXT:
        raise RequestError(f"{name} must be a text of at most {_MOST_TEXT} characters", field=name)
    return text.strip()
