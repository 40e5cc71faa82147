"""What a startSpeakingPlan makes of the thresholds of turn taking."""

from __future__ import annotations

from dataclasses import replace

from aywa.model.start_speaking import (
    DEFAULT_WAIT_FUNCTION,
    BuiltInEndpointing,
    CurveEndpointing,
    CustomEndpointing,
    EndpointingServer,
    HeuristicEndpointing,
    StartSpeakingPlan,
)
from aywa.model.wait_function import compile_wait_function
from aywa.turn.endpointing_settings import EndpointingMode, EndpointingSettings
from aywa.turn.settings import TurnSettings

WAIT_SECONDS = 0.4  # of a plan that does not say
_MODES = {
    "model": EndpointingMode.MODEL,
    "adaptive": EndpointingMode.ADAPTIVE,
    "transcript": EndpointingMode.TRANSCRIPT,
    "fixed": EndpointingMode.FIXED,
}


def usual_endpointing(mode: str, language: str) -> EndpointingSettings:
    """As the runtime's settings have it."""
    return EndpointingSettings(_MODES[mode], language=language or None)


def start_plan(plan: StartSpeakingPlan | None, settings: TurnSettings) -> TurnSettings:
    """The settings with what the plan says otherwise."""
    if plan is None:
        return settings
    ending = replace(
        settings.endpointing,
        rules=plan.custom_endpointing_rules,
        audio_wait_s=WAIT_SECONDS if plan.wait_seconds is None else plan.wait_seconds,
    )
    if (marks := plan.transcription_endpointing_plan) is not None:
        ending = replace(
            ending,
            on_punctuation_s=marks.on_punctuation_seconds,
            on_no_punctuation_s=marks.on_no_punctuation_seconds,
            on_number_s=marks.on_number_seconds,
        )
    return _smart(plan, replace(settings, endpointing=ending))


def endpointing_server(plan: StartSpeakingPlan | None) -> EndpointingServer | None:
    """Whom the plan asks how long to wait."""
    smart = None if plan is None else plan.smart_endpointing_plan
    return smart.server if isinstance(smart, CustomEndpointing) else None


def _smart(plan: StartSpeakingPlan, settings: TurnSettings) -> TurnSettings:
    """A smart plan goes before a recogniser's own end of turn, which goes before a transcription plan."""
    ending = settings.endpointing
    match plan.smart_endpointing_plan:
        case HeuristicEndpointing():
            ending = replace(ending, mode=EndpointingMode.TRANSCRIPT, native=False)
        case CurveEndpointing(wait_function=text):
            ending = _by_curve(ending, text)
        case CustomEndpointing():
            ending = replace(ending, mode=EndpointingMode.WEBHOOK, native=False)
        case BuiltInEndpointing() as own:
            ending = replace(
                ending, mode=_MODES[own.mode], native=False, language=own.language or ending.language
            )
            if own.wait_function is not None:
                ending = replace(ending, curve=compile_wait_function(own.wait_function))
            if own.fixed_seconds is not None:
                settings = replace(settings, wait_s=own.fixed_seconds)
        case None:
            ending = _without_smart_plan(plan, ending)
    return replace(settings, endpointing=ending)


def _without_smart_plan(plan: StartSpeakingPlan, ending: EndpointingSettings) -> EndpointingSettings:
    """Older assistants say in one word what a smart plan says; else the transcription plan decides."""
    older = plan.smart_endpointing_enabled
    if older == "livekit":
        return _by_curve(ending, DEFAULT_WAIT_FUNCTION)
    if older is True:
        return replace(ending, mode=EndpointingMode.TRANSCRIPT, native=False)
    if older is False or plan.transcription_endpointing_plan is not None:
        return replace(ending, mode=EndpointingMode.TRANSCRIPT)
    return ending


def _by_curve(ending: EndpointingSettings, text: str) -> EndpointingSettings:
    curve = compile_wait_function(text)
    return replace(ending, mode=EndpointingMode.MODEL, native=False, curve=curve)
