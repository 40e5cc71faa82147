"""The call's ear for endings: keeps what the caller said last and has its sound judged at each pause."""

from __future__ import annotations

from collections.abc import Callable

import trio

from aywa.call.timeline import Timeline
from aywa.errors import ProviderError
from aywa.ports.turn_sound import RATE_HZ, TurnSoundModel
from aywa.turn.events import SoundJudged

_RATIO = RATE_HZ // 8000  # samples per sample of the timeline
_BYTES = 2
_SLACK_SAMPLES = 8000 // 100  # of the timeline: positions are exact to 5 ms
_LATEST_S = 1.5  # a verdict that takes longer decides nothing any more


class EndSound:
    """An `UplinkTap`. Without a model it does nothing."""

    def __init__(
        self,
        model: TurnSoundModel | None,
        nursery: trio.Nursery,
        timeline: Timeline,
        receive: Callable[[SoundJudged], None],
    ) -> None:
        self._model = model
        self._nursery = nursery
        self._timeline = timeline
        self._receive = receive
        self._kept = bytearray()
        self._end = 0  # position after what is kept, on the timeline
        self._speech = 0  # counts stretches of speech: a verdict on an earlier one is thrown away

    def feed(self, pcm: bytes, end_sample: int) -> None:
        """Audio up to this timeline sample, 16 kHz S16LE mono."""
        if self._model is None:
            return
        begin = end_sample - len(pcm) // (_BYTES * _RATIO)
        if abs(begin - self._end) > _SLACK_SAMPLES:
            self._kept.clear()  # time is missing: what was said before is another matter
        self._kept += pcm
        self._end = end_sample
        most = int(self._model.seconds * RATE_HZ) * _BYTES
        del self._kept[: max(0, len(self._kept) - most)]

    def speech_started(self, sample: int) -> None:
        """The caller speaks again."""
        self._speech += 1

    def speech_stopped(self, sample: int) -> None:
        """The caller's last voiced sample was this one: what does its sound say?"""
        if self._model is not None and self._kept:
            self._nursery.start_soon(self._judge, self._model, bytes(self._kept), sample, name="end of turn")

    async def _judge(self, model: TurnSoundModel, pcm: bytes, sample: int) -> None:
        speech = self._speech
        try:
            with trio.move_on_after(_LATEST_S) as bound:
                complete = await model.complete(pcm)
        except ProviderError as error:
            self._timeline.add("turn.sound_failed", detail=error.detail)
            return
        if bound.cancelled_caught or speech != self._speech:
            return
        self._timeline.add("turn.sound", sample=sample, complete=round(complete, 3))
        self._receive(SoundJudged(sample, complete))
