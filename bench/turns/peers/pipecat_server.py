"""Pipecat on the dialogues: Silero, its turn strategies, mock services, raw RTP.

Variants: `default` (voice begins a turn, Smart Turn v3.2 ends it), `words` (three words begin one).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from loguru import logger
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    StartFrame,
    TextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.turns.user_start import MinWordsUserTurnStartStrategy
from pipecat.turns.user_stop import TurnAnalyzerUserTurnStopStrategy
from pipecat.turns.user_turn_processor import UserTurnProcessor
from pipecat.turns.user_turn_strategies import UserTurnStrategies
from pipecat.workers.runner import WorkerRunner

from bench.peers.pipecat_server import worker_of
from bench.peers.rtp_endpoint import RATE_HZ
from bench.turns.peers.services import Call, serve

_MIN_WORDS = 3


class Recogniser(FrameProcessor):
    """Pushes what the caller told; the audio ends here."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._waiting: set[asyncio.Task[None]] = set()
        call.told = self._told

    def _told(self, kind: str, text: str) -> None:
        frame_type = TranscriptionFrame if kind == "final" else InterimTranscriptionFrame
        task = asyncio.get_running_loop().create_task(self.push_frame(frame_type(text, "caller", "")))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Pass everything on."""
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)


class Model(FrameProcessor):
    """Answers a finished turn; an interruption ends what it does."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._call = call
        self._heard: list[str] = []
        self._guess = ""
        self._thinking: asyncio.Task[None] | None = None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take one frame."""
        await super().process_frame(frame, direction)
        if isinstance(frame, TranscriptionFrame):
            self._heard.append(frame.text)
            self._guess = ""
            return
        if isinstance(frame, InterimTranscriptionFrame):
            self._guess = frame.text
            return
        if isinstance(frame, InputAudioRawFrame):
            return
        await self.push_frame(frame, direction)
        if isinstance(frame, InterruptionFrame):
            self._stop()
        elif isinstance(frame, UserStoppedSpeakingFrame):
            self._answer()
        elif isinstance(frame, StartFrame):
            self._begin("")

    def _answer(self) -> None:
        """The turn is over: what was said since the last answer, and the guess if no final came yet."""
        heard = " ".join([*self._heard, self._guess]).strip()
        self._heard.clear()
        self._guess = ""
        if heard:
            self._begin(heard)

    def _begin(self, heard: str) -> None:
        self._stop()
        self._thinking = asyncio.get_running_loop().create_task(self._think(heard))

    def _stop(self) -> None:
        if self._thinking is not None:
            self._thinking.cancel()

    async def _think(self, heard: str) -> None:
        await self.push_frame(TextFrame(await self._call.think(heard)))


class Voice(FrameProcessor):
    """Speaks a text; an interruption ends it."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._call = call
        self._speaking: asyncio.Task[None] | None = None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take one frame."""
        await super().process_frame(frame, direction)
        if isinstance(frame, TextFrame) and not isinstance(frame, TranscriptionFrame):
            self._speaking = asyncio.get_running_loop().create_task(self._speak(frame.text))
            return
        if isinstance(frame, InterruptionFrame) and self._speaking is not None:
            self._speaking.cancel()
        await self.push_frame(frame, direction)

    async def _speak(self, text: str) -> None:
        await self.push_frame(TTSStartedFrame())
        async for piece in self._call.speak(text):
            await self.push_frame(TTSAudioRawFrame(piece, RATE_HZ, 1))
        await self.push_frame(TTSStoppedFrame())


class Pipecat:
    """A pipeline a call."""

    def __init__(self, variant: str) -> None:
        self._variant = variant

    def _strategies(self) -> UserTurnStrategies:
        stop = [TurnAnalyzerUserTurnStopStrategy(turn_analyzer=LocalSmartTurnAnalyzerV3())]
        if self._variant == "words":
            start = [MinWordsUserTurnStartStrategy(min_words=_MIN_WORDS)]
            return UserTurnStrategies(start=start, stop=stop)
        return UserTurnStrategies(stop=stop)

    async def start(self, call: Call) -> Callable[[], Awaitable[None]]:
        """Begin a call."""
        worker = worker_of(
            call.endpoint,
            [
                VADProcessor(vad_analyzer=SileroVADAnalyzer(sample_rate=RATE_HZ, params=VADParams())),
                Recogniser(call),
                UserTurnProcessor(user_turn_strategies=self._strategies()),
                Model(call),
                Voice(call),
            ],
        )
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        running = asyncio.create_task(runner.run())

        async def end() -> None:
            await worker.cancel()
            running.cancel()

        return end


if __name__ == "__main__":
    logger.remove()
    serve(Pipecat)
