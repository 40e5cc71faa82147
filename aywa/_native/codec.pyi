"""The codecs of calls behind one interface; the engine calls the C functions of `codec.pxd`, the same ones.

PCM is S16LE mono. Names, PCM rates and RTP clocks: PCMU and PCMA 8000/8000 (RFC 3551, ITU-T G.711), G722
16000/8000 at 64 kbit/s (RFC 3551 section 4.5.2, ITU-T G.722), L16 8000/8000 or 16000/16000 (RFC 3551 section
4.5.11), opus 8000 or 16000 with 48000 (RFC 7587, RFC 6716, by libopus).
"""

from typing import TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview

class NativeCodec:
    """An encoder and a decoder of one codec, each with its own state."""

    def __init__(
        self,
        name: str,
        rate: int,
        clock_hz: int,
        *,
        fec: bool = False,
        dtx: bool = False,
        bitrate_bps: int = 0,
        sends: bool = True,
        receives: bool = True,
    ) -> None:
        """`fec`, `dtx`, `bitrate_bps` (0: 16 kbit/s at 8 kHz, 24 at 16, and 4 more
        with `fec`) are for opus.

        Raises ValueError for a name or a pair of rates that there is not.
        """

    def encode(self, pcm: _Bytes) -> bytes:
        """One packet's payload; empty when DTX has nothing to send.

        Raises ValueError for a number of samples that no packet of the codec has: G722 takes an even number,
        opus 2.5, 5, 10, 20, 40 or 60 ms; or without an encoder.
        """

    def decode(self, payload: _Bytes) -> bytes:
        """PCM of one packet's payload. Raises ParseError for what is none, or without a decoder."""

    def duration(self, payload: _Bytes) -> int:
        """The 8 kHz samples a payload stands for, without decoding it. Raises ParseError for what is none."""

    def conceal(self, samples: int, later: _Bytes | None = None) -> bytes:
        """The `samples` (0..1920) lost before the packet `later`, empty if the codec has no way of its own.

        Opus: from the error correction in `later` if it carries any, else extrapolated; a multiple of 2.5 ms.
        """

    def reset(self) -> None:
        """The decoder as it was when new. Raises ValueError without one."""

    def cut(self) -> None:
        """The encoder forgets what it has looked ahead on: speech stops here, and silence follows."""

    def expect_loss(self, percent: int) -> None:
        """Percentage of packets the far end loses, held to 0..100: what opus spends on error correction."""

    def set_complexity(self, complexity: int) -> None:
        """Of opus, 0..10, for measurements (5 when new). Raises ValueError out of range."""
