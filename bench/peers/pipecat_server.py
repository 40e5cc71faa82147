"""Calls on Pipecat, in its own virtual environment: `python -m bench.peers.pipecat_server CALLS
silero|webrtc`.

Transport in, VAD, mock STT, mock LLM, mock TTS, transport out: one pipeline, worker and runner a call, in one
process. The mock STT turns the end of speech into a transcript, the mock LLM answers each with a line, the
mock TTS has its recorded speech ready. Speech of the caller interrupts.
"""

from __future__ import annotations

import asyncio
import os
import sys

import webrtcvad  # type: ignore[import-untyped]
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADAnalyzer, VADParams
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    OutputAudioRawFrame,
    StartFrame,
    TextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.workers.runner import WorkerRunner

from bench.peers.rtp_endpoint import FRAME_BYTES, FRAME_S, RATE_HZ, RtpEndpoint, serve, tts_speech

_UTTERANCE_S = 5.0  # longer than the caller lets it speak
_TTS_PIECE = 10 * FRAME_BYTES  # what a TTS service sends at a time: 200 ms
_PAUSE_S = 0.1


class RtpInput(BaseInputTransport):
    """Packets to frames, put where `push_audio_frame` would put them."""

    def __init__(self, endpoint: RtpEndpoint, params: TransportParams) -> None:
        super().__init__(params)
        self._endpoint = endpoint

    async def start(self, frame: StartFrame) -> None:
        """Begin to receive."""
        await super().start(frame)
        await self.set_transport_ready(frame)
        self._endpoint.heard = self._take
        await self._endpoint.open()

    def _take(self, pcm: bytes) -> None:
        self._audio_in_queue.put_nowait(InputAudioRawFrame(pcm, RATE_HZ, 1))


class RtpOutput(BaseOutputTransport):
    """Frames of 20 ms to packets, on a grid as long as there is no pause."""

    def __init__(self, endpoint: RtpEndpoint, params: TransportParams) -> None:
        super().__init__(params)
        self._endpoint = endpoint
        self._due = 0.0

    async def start(self, frame: StartFrame) -> None:
        """Be ready to send."""
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        """Send when it is due."""
        loop = asyncio.get_running_loop()
        paused = loop.time() - self._due > _PAUSE_S
        if paused:
            self._due = loop.time()
        await asyncio.sleep(self._due - loop.time())
        self._endpoint.send(frame.audio, after_pause=paused)
        self._due += FRAME_S
        return True


class MockStt(FrameProcessor):
    """Swallows the audio; the end of speech is its transcript, the begin an interruption."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take one frame."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            return
        await self.push_frame(frame, direction)
        if isinstance(frame, VADUserStartedSpeakingFrame):
            await self.broadcast_interruption()
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            await self.push_frame(TranscriptionFrame("words", "caller", ""))


class MockLlm(FrameProcessor):
    """Answers a transcript with one sentence."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take one frame."""
        await super().process_frame(frame, direction)
        if isinstance(frame, TranscriptionFrame):
            await self.push_frame(TextFrame("An answer."))
        else:
            await self.push_frame(frame, direction)


class MockTts(FrameProcessor):
    """Has the recorded speech of any sentence at once."""

    def __init__(self, speech: bytes) -> None:
        super().__init__()
        self._speech = speech

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Take one frame."""
        await super().process_frame(frame, direction)
        if not isinstance(frame, TextFrame) or isinstance(frame, TranscriptionFrame):
            await self.push_frame(frame, direction)
            return
        await self.push_frame(TTSStartedFrame())
        for at in range(0, len(self._speech), _TTS_PIECE):
            await self.push_frame(TTSAudioRawFrame(self._speech[at : at + _TTS_PIECE], RATE_HZ, 1))
        await self.push_frame(TTSStoppedFrame())


class WebRtcAnalyzer(VADAnalyzer):
    """The WebRTC VAD in mode 1 for 20 ms frames, as our engine runs it; Pipecat ships none."""

    def __init__(self, params: VADParams) -> None:
        super().__init__(sample_rate=RATE_HZ, params=params)
        self._vad = webrtcvad.Vad(1)

    def num_frames_required(self) -> int:
        """Samples of one verdict."""
        return FRAME_BYTES // 2

    def voice_confidence(self, buffer: bytes) -> float:
        """1 or 0."""
        return float(self._vad.is_speech(buffer, RATE_HZ))


def _analyzer(vad: str) -> VADAnalyzer:
    params = VADParams(start_secs=0.06, stop_secs=0.5, min_volume=0.0)
    return (
        WebRtcAnalyzer(params) if vad == "webrtc" else SileroVADAnalyzer(sample_rate=RATE_HZ, params=params)
    )


def worker_of(endpoint: RtpEndpoint, between: list[FrameProcessor]) -> PipelineWorker:
    """A pipeline from the endpoint's packets through `between` and back to its packets."""
    params = TransportParams(
        audio_in_enabled=True,
        audio_out_enabled=True,
        audio_in_sample_rate=RATE_HZ,
        audio_out_sample_rate=RATE_HZ,
        audio_out_10ms_chunks=2,
    )
    return PipelineWorker(
        Pipeline([RtpInput(endpoint, params), *between, RtpOutput(endpoint, params)]),
        params=PipelineParams(audio_in_sample_rate=RATE_HZ, audio_out_sample_rate=RATE_HZ),
        idle_timeout_secs=None,
        enable_rtvi=False,
        enable_turn_tracking=False,
    )


async def _serve_calls(endpoints: list[RtpEndpoint]) -> None:
    speech = tts_speech(_UTTERANCE_S)
    started = []
    for endpoint in endpoints:
        vad = VADProcessor(vad_analyzer=_analyzer(sys.argv[2]))
        worker = worker_of(endpoint, [vad, MockStt(), MockLlm(), MockTts(speech)])
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        up = asyncio.Event()

        @worker.event_handler("on_pipeline_started")
        async def on_started(_worker: object, _frame: object, up: asyncio.Event = up) -> None:
            up.set()

        _TASKS.append(asyncio.create_task(runner.run()))
        started.append(up.wait())
    await asyncio.gather(*started)


_TASKS: list[asyncio.Task[None]] = []

if __name__ == "__main__":
    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    serve(("pipecat-ai", "onnxruntime", "webrtcvad-wheels"), _serve_calls)
