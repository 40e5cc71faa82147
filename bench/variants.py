"""What a call of the density measurement carries besides G.711: how its leg is opened, how its phone
encodes and what runs beside it.

A variant is one entry of `VARIANTS`. `sound` says what the phones send (`bench/loadgen/tape.py`), `leg`
how the leg is opened for it, `beside` what else the call does for as long as it lasts.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import trio

from aywa.artifacts.wav import WavRecordings
from aywa.call.disk import DiskThreads
from aywa.call.record import Recorder
from aywa.call.rounds import RecordingRounds
from aywa.call.timeline import Timeline
from aywa.media.format import Codec, EventFormat, MediaFormat, PayloadFormat, SrtpKeys, SrtpSuite
from aywa.media.leg import Leg, LegParameters
from aywa.ports.voice import VoiceSession, VoiceWindow
from aywa.providers.silero import SileroModel
from aywa.providers.voice_batch import VoiceBatcher, open_voice_judge
from bench.loadgen.tape import OPUS_CLOCK_HZ, OPUS_PAYLOAD_TYPE, PHONE_KEY, SERVER_KEY, SRTP_SUITE, Sound

_RECORDED_BYTES_PER_S = 32_000
_MOST_BEHIND_S = 3.0  # the ring holds four seconds, and half a second passes between two rounds

MakeLeg = Callable[[tuple[str, int], int], LegParameters]


@dataclass(frozen=True, slots=True)
class Company:
    """What runs beside the calls. `fault`: what went wrong there since it began, in words; empty: nothing.
    `judges`: a second tier of voice detection for each call, or none.
    """

    fault: Callable[[], str] = str
    judges: Sequence[VoiceSession] = ()


Beside = Callable[[list[Leg]], AbstractAsyncContextManager[Company]]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to carry a call. `steps`: calls to try when the sweep is complete."""

    name: str
    what: str
    sound: Sound
    leg: MakeLeg
    beside: Beside
    steps: tuple[int, ...]


_PCMU = PayloadFormat(Codec.PCMU, 0)
_OPUS = PayloadFormat(Codec.OPUS, OPUS_PAYLOAD_TYPE, OPUS_CLOCK_HZ)
_PRESSES = EventFormat(101)
_PLAIN = MediaFormat(send=_PCMU, receive=(_PCMU,), events=_PRESSES, receive_events=(_PRESSES,))
_SRTP = replace(_PLAIN, srtp=SrtpKeys(SrtpSuite(SRTP_SUITE), local=SERVER_KEY, remote=PHONE_KEY))
_WIDE = replace(_PLAIN, send=_OPUS, receive=(_OPUS,))


def _leg(format: MediaFormat, *, record: bool = False) -> MakeLeg:
    return lambda remote, ssrc: LegParameters(remote, format, ssrc, record=record)


@asynccontextmanager
async def _nothing(_: list[Leg]) -> AsyncIterator[Company]:
    yield Company()


@asynccontextmanager
async def _recorders(legs: list[Leg]) -> AsyncIterator[Company]:
    """The call's own path to the disk, one a leg: ring, memory, the rounds' worker threads, WAV."""
    rounds = RecordingRounds(DiskThreads())
    with TemporaryDirectory(prefix="aywa-bench-") as folder:
        recordings = WavRecordings(folder)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(rounds.serve)
            for number, leg in enumerate(legs):
                recorder = Recorder(leg, recordings, Timeline(str(number)), rounds)
                nursery.start_soon(recorder.serve, f"call-{number}", _ignore)
            yield Company(fault=lambda: _recording_fault(Path(folder), legs))
            nursery.cancel_scope.cancel()


def _ignore(path: str) -> None:
    """Nobody asks for the path of a recording here."""


def _recording_fault(folder: Path, legs: list[Leg]) -> str:
    """A recording that failed or waits for the disk would look like a cheap one."""
    lost_ms = sum(leg.stats().recording_lost_ms for leg in legs)
    if lost_ms:
        return f"{lost_ms:.0f} ms of recordings lost"
    on_disk = [path.stat().st_size / _RECORDED_BYTES_PER_S for path in folder.rglob("*.wav")]
    behind_s = max(leg.timeline for leg in legs) / 8000 - min(on_disk, default=0.0)
    if len(on_disk) != len(legs) or behind_s > _MOST_BEHIND_S:
        return f"{len(on_disk)} recordings, the disk {behind_s:.1f} s behind"
    return ""


class _Everything:
    """A session that judges all that is heard, not only what the first tier takes for speech."""

    def __init__(self, session: VoiceSession) -> None:
        self._session = session
        session.speech_started(0)

    def feed_nowait(self, pcm: bytes, end_sample: int) -> None:
        """As `VoiceSession`."""
        self._session.feed_nowait(pcm, end_sample)

    def speech_started(self, at_sample: int) -> None:
        """It judges already."""

    def speech_stopped(self, at_sample: int) -> None:
        """It goes on."""


@asynccontextmanager
async def _second_tier(legs: list[Leg]) -> AsyncIterator[Company]:
    """The runtime's own judge, fed and steered as a call does it."""
    model = SileroModel(os.environ.get("RUNTIME_MEDIA_VOICE_MODEL", "silero"))
    async with open_voice_judge(model) as judge:
        with ExitStack() as stack:
            sessions = [stack.enter_context(judge.open(_ignore_verdict)) for _ in legs]
            yield Company(lambda: _judge_fault(judge), sessions)


@asynccontextmanager
async def _judge_everything(legs: list[Leg]) -> AsyncIterator[Company]:
    """The same judge, always at work: what systems do whose only detector is Silero."""
    async with _second_tier(legs) as company:
        yield Company(company.fault, [_Everything(session) for session in company.judges])


def _ignore_verdict(window: VoiceWindow) -> None:
    """Nobody doubts here."""


def _judge_fault(judge: VoiceBatcher) -> str:
    figures = judge.figures()
    if figures.failures or figures.dropped or not figures.windows:
        return f"{figures.windows} windows judged, {figures.dropped} dropped, {figures.failures} failures"
    return ""


_HIGH = (100, 200, 400, 800, 1200, 1600, 1800, 2000, 2200, 2400, 2800)
_FEW = (25, 50, 100, 150, 200, 250, 300)
_LOW = (50, 100, 200, 400, 600, 700, 800, 1000)
_MIDDLE = (100, 400, 800, 1200, 1600, 1800, 2000)

VARIANTS = {
    variant.name: variant
    for variant in (
        Variant("plain", "PCMU, a port each", Sound.PCMU, _leg(_PLAIN), _nothing, _HIGH),
        Variant(
            "recording", "and recorded to disk", Sound.PCMU, _leg(_PLAIN, record=True), _recorders, _MIDDLE
        ),
        Variant("srtp", f"under SRTP, {SRTP_SUITE}, both ways", Sound.SRTP, _leg(_SRTP), _nothing, _MIDDLE),
        Variant("opus", "Opus at 16 kHz, 24 kbit/s, both ways", Sound.OPUS, _leg(_WIDE), _nothing, _FEW),
        Variant("silero", "and Silero VAD on all audio", Sound.PCMU, _leg(_PLAIN), _judge_everything, _LOW),
        Variant(
            "tier2",
            "and Silero VAD on what sounds like speech",
            Sound.PCMU,
            _leg(_PLAIN),
            _second_tier,
            _MIDDLE,
        ),
    )
}
