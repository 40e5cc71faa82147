"""The echo guard of a phone leg, as the engine's uplink runs it."""

from typing import TypeAlias

_Bytes: TypeAlias = bytes | bytearray | memoryview

class EchoGuard:
    """Finds what was sent in what is heard, and takes it out. PCM is S16LE mono at 8 kHz,
    positions are samples of the leg's timeline. One guard belongs to one call.
    """

    def sent(self, position: int, pcm: _Bytes) -> None:
        """What was really sent from `position` on; a gap counts as silence. Raises ValueError for
        an odd number of bytes.
        """
    def process(self, position: int, pcm: _Bytes) -> tuple[bytes, int]:
        """What was heard from `position` on: what is left for detector and recogniser, and the verdict
        on its last 20 ms or less: 0 untouched (nothing was sent or nothing is audible), 1 the caller, 2 an
        echo, lowered to the line's noise, 3 the caller over an echo, which is subtracted. Raises ValueError
        for an odd number of bytes.
        """
    @property
    def locked(self) -> bool:
        """Whether an echo path is known at present."""
    @property
    def delay_samples(self) -> int | None:
        """Delay of the strongest echo, 8 kHz samples, 0..3583; None while none was found."""
    @property
    def return_loss_db(self) -> float | None:
        """Energy sent over energy that came back, about the last 50 echo frames, dB; None while none."""
    @property
    def echo_frames(self) -> int:
        """Frames of 20 ms that were an echo by the known path."""
    @property
    def state_bytes(self) -> int:
        """Memory of one guard."""
