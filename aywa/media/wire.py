"""A media format as the engine takes it."""

from __future__ import annotations

from aywa._native.wire import CodecSettings, NativeWire
from aywa.media.format import Codec, MediaFormat, PayloadFormat
from aywa.media.peer import packed_peer

_WIDEBAND_HZ = 16000
_NARROWBAND_HZ = 8000


def rate_hz_of(format: MediaFormat) -> int:
    """The rate of the PCM that suits what is sent: 16000 for wideband codecs, else 8000."""
    send = format.send
    wide = send.codec in (Codec.G722, Codec.OPUS) or send.clock_rate_hz == _WIDEBAND_HZ
    return _WIDEBAND_HZ if wide else _NARROWBAND_HZ


def native_wire(format: MediaFormat, rate_hz: int, *, before: MediaFormat | None = None) -> NativeWire:
    """`rate_hz`: of the leg. `before`: the format it takes the place of; a key that both have goes on.

    Raises ValueError for what the engine does not carry, MediaError for an RTCP address that is not IPv4's,
    MemoryError when memory is out.
    """
    events, srtp = format.events, format.srtp
    old = None if before is None else before.srtp
    same_suite = srtp is not None and old is not None and srtp.suite is old.suite
    return NativeWire(
        send=_settings(format.send),
        receive=tuple(_settings(payload) for payload in format.receive),
        events=None if events is None else (events.payload_type, events.clock_rate_hz),
        receive_events=tuple((event.payload_type, event.clock_rate_hz) for event in format.receive_events),
        comfort_noise=format.comfort_noise,
        ptime_ms=format.ptime_ms,
        rate_hz=rate_hz,
        keys=None if srtp is None else (srtp.suite.value, srtp.local, srtp.remote),
        keep_keys=(
            srtp is not None and old is not None and same_suite and srtp.local == old.local,
            srtp is not None and old is not None and same_suite and srtp.remote == old.remote,
        ),
        rtcp_peer=packed_peer(format.remote_rtcp),
        rtcp_mux=format.rtcp_mux,
    )


def _settings(payload: PayloadFormat) -> CodecSettings:
    return (
        payload.codec.value,
        payload.payload_type,
        payload.clock_rate_hz,
        payload.fec,
        payload.dtx,
        payload.bitrate_bps,
    )
