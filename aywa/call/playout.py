"""The way of the assistant's audio into the playout ring, and the marks that come back.

Audio goes in with the epoch that was last opened. When the engine has closed the gate the ring takes nothing;
the feed waits until the turn manager has decided, and goes on where it stopped or is cancelled.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from math import inf

import trio

from aywa._native.resample import Upsampler
from aywa.call.media_port import LegPort
from aywa.dsp.envelope import Envelope
from aywa.errors import MediaError
from aywa.turn.events import AudioWritten, PhraseWritten, PlayedTo, TurnInput, WordAt

SAMPLE_RATE_HZ = 8000
# Samples in the ring, which holds a little more: a second bridges any pause of the event loop that a caller
# would forgive, and more would only be dropped at the next interruption.
LOOKAHEAD = SAMPLE_RATE_HZ
PIECE = SAMPLE_RATE_HZ // 4  # samples a write offers at most
POLL_S = 0.1  # a lost low-water event costs no more than this, with up to a second in the ring
_UPSAMPLER_DELAY = 12  # samples that go in before the first one comes out
AUDIBLE = 256  # of 32768, -42 dBFS: below it a telephone plays nothing that is heard over the line's noise


class Playout:
    """Writes phrases into one leg. One writer at a time."""

    def __init__(
        self,
        leg: LegPort,
        receive: Callable[[TurnInput], None],
        audible: Callable[[int, int], None],
    ) -> None:
        self._leg = leg
        self._receive = receive
        self._audible = audible  # (turn, timeline sample) of a turn's first audible sample
        self.not_before = -inf  # nothing is written before this time
        self._epoch = leg.epoch
        self._written = leg.played
        self._wake = trio.Event()
        self._marks: dict[int, int | None] = {}  # mark id -> the turn whose first audible sample it follows
        self._next_mark = 1
        self._audible_turn = 0
        self._over = 0  # turns up to this one are
        self._envelope = Envelope()
        self._enveloped = (0, 0)  # the turn and phrase that it is of

    @property
    def drained(self) -> bool:
        """Whether all that was written has been sent."""
        return self._written <= self._leg.played

    def gate_opened(self, epoch: int, *, flushed: bool) -> None:
        """The manager has decided: go on with this epoch."""
        self._epoch = epoch
        if flushed:
            self._written = self._leg.played
            self._marks.clear()
        self.wake()

    def cancelled(self, turn: int) -> None:
        """Nothing more of this turn is written, nor of those before: a writer that had already been woken
        when it was cancelled runs once more before it notices."""
        self._over = max(self._over, turn)

    def wake(self) -> None:
        """There may be room in the ring."""
        self._wake.set()
        self._wake = trio.Event()

    def mark_reached(self, mark_id: int, played: int, timeline: int) -> None:
        """The engine has sent the sample before this mark."""
        turn = self._marks.pop(mark_id, None)
        if turn is not None:
            self._audible(turn, timeline - 1)  # a mark reports the sample after the one before it
        self._receive(PlayedTo(played, timeline))

    async def write(self, turn: int, phrase: int, pcm: bytes, words: tuple[WordAt, ...] = ()) -> None:
        """Write S16LE PCM at 8 kHz of any length; waits for room and for the gate."""
        if trio.current_time() < self.not_before:
            await trio.sleep_until(self.not_before)
        offset = 0
        total = len(pcm) // 2
        if self._enveloped != (turn, phrase):
            self._envelope, self._enveloped = Envelope(), (turn, phrase)
        levels = self._envelope.feed(pcm[: 2 * total])
        scale = self._leg.rate_hz // SAMPLE_RATE_HZ
        audio = _at_scale(pcm[: 2 * total], scale)
        first_audible = _first_audible(pcm) if self._audible_turn != turn else None
        while offset < total and turn > self._over:
            piece = min(total - offset, PIECE)
            if first_audible is not None and offset <= first_audible:
                piece = min(piece, first_audible + 1 - offset)  # so that the mark stands right behind it
            taken = self._write_piece(audio[2 * scale * offset : 2 * scale * (offset + piece)], scale)
            if not taken:
                await self._room()
                continue
            self._receive(AudioWritten(turn, phrase, taken, words, levels))
            words, levels = (), b""
            offset += taken
            if first_audible is not None and offset == first_audible + 1:
                self._audible_turn = turn
                self._mark(turn)
        await trio.lowlevel.checkpoint()

    def end_phrase(self, turn: int, phrase: int) -> None:
        """The phrase is in the ring whole."""
        self._mark(None)
        self._receive(PhraseWritten(turn, phrase))

    def _write_piece(self, pcm: bytes, scale: int) -> int:
        """Samples of 8 kHz that were taken."""
        leg = self._leg
        if self._written <= leg.played:  # the ring is dry: this is where the piece will begin
            self._written = leg.played
            self._receive(PlayedTo(leg.played, leg.timeline))
        room = LOOKAHEAD - (self._written - leg.played)
        if leg.epoch != self._epoch or room <= 0:
            return 0
        taken = leg.write_nowait(pcm[: 2 * scale * room], self._epoch) // scale
        self._written += taken
        return taken

    def _mark(self, turn: int | None) -> None:
        mark_id, self._next_mark = self._next_mark, self._next_mark + 1
        try:
            self._leg.mark_nowait(mark_id)
        except MediaError:
            return  # very short phrases: the next mark, or the drained ring, tells as much
        self._marks[mark_id] = turn

    async def _room(self) -> None:
        with trio.move_on_after(POLL_S):
            await self._wake.wait()


def _at_scale(pcm: bytes, scale: int) -> bytes:
    """Speech of 8 kHz for a leg of twice the rate, in the same place and as long."""
    if scale == 1:
        return pcm
    return Upsampler().process(pcm + bytes(2 * _UPSAMPLER_DELAY))[2 * scale * _UPSAMPLER_DELAY :]


def _first_audible(pcm: bytes) -> int | None:
    """The index of the first sample that can be heard."""
    samples = array("h")
    samples.frombytes(pcm[: len(pcm) // 2 * 2])
    return next((index for index, sample in enumerate(samples) if abs(sample) >= AUDIBLE), None)
