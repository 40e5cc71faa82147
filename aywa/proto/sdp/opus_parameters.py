"""What the receiver of Opus asks for in its fmtp (RFC 7587 §6.1)."""

from __future__ import annotations

from dataclasses import dataclass

_LOWEST_BITRATE, _HIGHEST_BITRATE = 6_000, 510_000  # RFC 7587 §6.1, bit/s
_FULL_BAND_HZ = 48_000


@dataclass(frozen=True, slots=True)
class OpusParameters:
    """`fec`, `dtx` and `stereo`: the receiver has a use for them. `max_bitrate`: bit/s, 0 for no wish;
    `max_playback_rate`: Hz, the highest the receiver can play.
    """

    fec: bool = False
    dtx: bool = False
    stereo: bool = False
    max_bitrate: int = 0
    max_playback_rate: int = _FULL_BAND_HZ


def opus_parameters_of(parameters: str) -> OpusParameters:
    """Read an fmtp; what is unknown or malformed counts as absent."""
    values: dict[str, int] = {}
    for part in parameters.split(";"):
        name, _, text = part.partition("=")
        text = text.strip()
        if text.isascii() and text.isdigit() and len(text) <= 9:
            values.setdefault(name.strip().lower(), int(text))
    bitrate = values.get("maxaveragebitrate", 0)
    return OpusParameters(
        fec=values.get("useinbandfec") == 1,
        dtx=values.get("usedtx") == 1,
        stereo=values.get("stereo") == 1,
        max_bitrate=min(max(bitrate, _LOWEST_BITRATE), _HIGHEST_BITRATE) if bitrate else 0,
        max_playback_rate=values.get("maxplaybackrate", 0) or _FULL_BAND_HZ,
    )
