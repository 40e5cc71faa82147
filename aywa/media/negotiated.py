"""Between descriptions and legs: what is offered for a port, and what was agreed on as a leg's format."""

from __future__ import annotations

from random import Random

from aywa.media.format import Codec, EventFormat, MediaFormat, PayloadFormat, SrtpKeys, SrtpSuite
from aywa.proto.sdp.audio import Accepted, CodecOrder, LocalAudio
from aywa.proto.sdp.crypto import ENTROPY_BYTES, CryptoSuite, LocalSrtp, SrtpUse
from aywa.proto.sdp.formats import AudioFormat, formats_for
from aywa.proto.sdp.opus_parameters import opus_parameters_of
from aywa.settings import MediaSettings

_CODECS = {codec.value.lower(): codec for codec in Codec}
# What a leg decodes at a time; the numbers that matter come first.
MAX_CODECS, MAX_EVENTS = 8, 4
_NARROW_HZ = 8000
_NARROW_OPUS_BPS = 12_000  # the sweet spot for narrow-band speech ends there (RFC 7587 section 3.1.1)


def local_audio(host: str, port: int, settings: MediaSettings, rng: Random) -> LocalAudio:
    """This side's stream at an RTP address, by the settings.

    Its SRTP keys are cut from `rng`, which must be a `SystemRandom` wherever keys are worth anything.
    """
    return LocalAudio(
        host,
        port,
        formats_for(settings.codecs),
        ptime_ms=settings.ptime_ms,
        max_ptime_ms=60,  # what a leg takes
        order=CodecOrder(settings.codec_order),
        srtp=LocalSrtp(
            SrtpUse(settings.srtp),
            tuple(CryptoSuite(name) for name in settings.srtp_suites),
            rng.randbytes(ENTROPY_BYTES),
        ),
    )


def media_format(accepted: Accepted) -> MediaFormat:
    """What an offer and its answer agreed on, as the leg has it."""
    keys = accepted.crypto
    return MediaFormat(
        send=_payload(accepted.send),
        receive=tuple(_payload(audio) for audio in accepted.receive[:MAX_CODECS]),
        events=_event(accepted.events) if accepted.events else None,
        receive_events=tuple(_event(audio) for audio in accepted.receive_events[:MAX_EVENTS]),
        ptime_ms=accepted.ptime_ms,
        comfort_noise=tuple(audio.payload_type for audio in accepted.comfort_noise),
        srtp=SrtpKeys(SrtpSuite(keys.suite.value), keys.local, keys.remote) if keys else None,
        remote_rtcp=accepted.rtcp if accepted.has_address else None,
        rtcp_mux=accepted.rtcp_mux,
    )


def summary(accepted: Accepted) -> dict[str, object]:
    """What was agreed on in a few words for the timeline: no keys, no addresses."""
    return {
        "codec": _CODECS[accepted.send.name.lower()].value,
        "clock_rate_hz": accepted.send.clock_rate,
        "ptime_ms": accepted.ptime_ms,
        "srtp": accepted.crypto.suite.value if accepted.crypto else None,
    }


def _payload(audio: AudioFormat) -> PayloadFormat:
    codec = _CODECS[audio.name.lower()]
    if codec is not Codec.OPUS:
        return PayloadFormat(codec, audio.payload_type, audio.clock_rate)
    wishes = opus_parameters_of(audio.parameters)
    bitrate = wishes.max_bitrate
    if wishes.max_playback_rate <= _NARROW_HZ:
        bitrate = min(bitrate or _NARROW_OPUS_BPS, _NARROW_OPUS_BPS)
    return PayloadFormat(codec, audio.payload_type, audio.clock_rate, wishes.fec, wishes.dtx, bitrate)


def _event(audio: AudioFormat) -> EventFormat:
    return EventFormat(audio.payload_type, audio.clock_rate)
