"""DTMF heard in the audio at 8 kHz, with ITU-T Q.24's limits: codes 0..15 are 0-9, *, #, A-D."""

from typing import TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview

class ToneListener:
    """One direction of one call. Each press once, 130 to 150 ms after its end (100 ms of it are TONE_HOLD).

    Accepted: frequencies within 1.5 %, 0 to -36 dBm0 a tone, the high one up to 4 dB above or 8 dB below the
    low one, 40 ms and more, interruptions up to 20 ms, noise 15 dB below. Refused: frequencies 3.5 % off,
    presses below 23 ms, and whatever has other energy than that of two tones.
    """

    def frame(self, pcm: _Bytes, position: int) -> list[tuple[int, int, int]]:
        """The presses (event, start, duration) told after these samples (S16LE mono 8 kHz) at `position`.

        Positions and durations in 8 kHz samples, to about 2 ms. A position that does not follow ends a press.
        Raises ValueError for an odd number of bytes.
        """

    def idle(self, position: int) -> list[tuple[int, int, int]]:
        """No audio came up to `position`: what was going on or held back."""

    def events_seen(self) -> None:
        """The peer sends RFC 4733 events: drop what is not told yet and look for nothing any more."""
