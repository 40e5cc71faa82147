"""A leg out of what both sides agreed on, for calls in either direction."""

from __future__ import annotations

from aywa.call.call_recording import wants_recording
from aywa.call.dependencies import CallDependencies
from aywa.ids import new_ssrc
from aywa.media.leg import BargeInPolicy, InbandDigits, LegParameters
from aywa.media.negotiated import media_format
from aywa.media.peer import NatPolicy
from aywa.ports.capture import CaptureMode
from aywa.proto.sdp.audio import Accepted
from aywa.settings import TrunkSettings
from aywa.turn.barge_in_settings import BargeInMode


def leg_parameters(
    dependencies: CallDependencies, trunk: TrunkSettings | None, accepted: Accepted, signalling_host: str
) -> LegParameters:
    """How the leg of a call on `trunk` behaves; `signalling_host`: where its SIP comes from, or ""."""
    settings, vad = dependencies.settings, dependencies.vad
    off = dependencies.turn_settings().barge_mode is BargeInMode.OFF
    media = dependencies.media.for_trunk(trunk)
    return LegParameters(
        # On an old hold from the start: the address comes with the re-INVITE that ends it.
        remote=accepted.remote if accepted.has_address else None,
        format=media_format(accepted),
        ssrc=new_ssrc(dependencies.rng),
        barge_in=BargeInPolicy.OFF if off else BargeInPolicy.IMMEDIATE,
        media_timeout_s=dependencies.media.media_timeout_s,
        record=wants_recording(settings.record, dependencies.assistant),
        echo_guard=settings.echo_guard,
        inband_digits=InbandDigits(settings.inband_digits),
        vad_mode=vad.mode,
        speech_start_ms=vad.start_ms,
        speech_stop_ms=dependencies.speech_stop_ms(),
        nat=NatPolicy(media.nat),
        signalling_host=signalling_host,
        capture=_capture(CaptureMode(media.pcap), dependencies),
        capture_packets=media.pcap_packets,
    )


def _capture(wanted: CaptureMode, dependencies: CallDependencies) -> CaptureMode:
    """Nothing that is said before consent is kept in a capture either."""
    assistant = dependencies.assistant
    plan = None if assistant is None else assistant.compliance_plan
    asks = plan is not None and plan.recording_consent_plan is not None
    if wanted is CaptureMode.OFF or not asks:
        return wanted
    return CaptureMode.HEADERS if wants_recording(dependencies.settings.record, assistant) else wanted
