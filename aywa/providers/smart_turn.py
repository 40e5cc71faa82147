"""Smart Turn v3, or a model of its shape, through onnxruntime: does the sound say that the turn is over?

One input, float32, either log-mel frames (batch, 80, 10 ms frames at 16 kHz) as Smart Turn v3 takes them, or
the waveform itself (batch, samples at 16 kHz); one output of one probability each. A file says its shape and
may say its rate (`sample_rate` in its metadata): one of another rate is refused, since it would hear all
callers an octave off and only be wrong. The extra `neural` brings the runtime; no model is shipped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import trio

from aywa.errors import ConfigError, Gap, ProviderError
from aywa.ports.turn_sound import RATE_HZ
from aywa.providers.log_mel import BANDS, HOP, Floats, log_mel
from aywa.providers.onnx_model import open_model

_VARIABLE = "RUNTIME_ENDPOINTING_SOUND_MODEL"
_EXAMPLE = "/opt/models/smart-turn-v3.2-cpu.onnx"
_FULL_SCALE = 32768.0
_MIN_S, _MAX_S = 0.5, 30.0
_MAX_WAITING = 8  # a verdict that had to wait for more decides nothing any more


class SmartTurnModel:
    """See `TurnSoundModel`. One thread judges one caller at a time, beside the event loop."""

    name = "smart-turn"

    def __init__(self, path: str) -> None:
        """Load the file; blocks. Raises ConfigError for anything that could not be judged by it."""
        file = Path(path)
        if not file.is_file():
            raise _gap("there is no such file")
        session, self._faults = open_model(file, _gap)
        self._session = session
        self._mel, self._samples = _shape_of(session)
        self.seconds = self._samples / RATE_HZ
        self._limiter = trio.CapacityLimiter(1)
        self._judge(np.zeros(self._samples, np.float32), first=True)

    async def complete(self, pcm: bytes) -> float:
        """See `TurnSoundModel`."""
        if self._limiter.statistics().tasks_waiting >= _MAX_WAITING:
            raise ProviderError("too many turns at once", provider=self.name, stage="turn", retryable=True)
        samples = np.frombuffer(pcm[-2 * self._samples :], "<i2").astype(np.float32) / _FULL_SCALE
        # What was said before the first sample is silence to it: the end is what it judges.
        padded = np.pad(samples, (self._samples - len(samples), 0))
        return await trio.to_thread.run_sync(self._judge, padded, limiter=self._limiter)

    def _judge(self, samples: Floats, *, first: bool = False) -> float:
        given = log_mel(samples)[None] if self._mel else samples[None].astype(np.float32)
        try:
            outputs = self._session.run(None, {self._session.get_inputs()[0].name: given})
        except self._faults as error:
            if first:
                raise _gap("the model cannot be run on silence") from error
            raise ProviderError(
                "the turn model failed", provider=self.name, stage="turn", retryable=True
            ) from error
        probability = float(np.asarray(outputs[0]).reshape(-1)[0])
        if not 0.0 <= probability <= 1.0:
            if first:
                raise _gap("the model's output is no probability")
            return 0.5
        return probability


def _shape_of(session: Any) -> tuple[bool, int]:
    """Whether it takes log-mel frames, and how many samples it hears."""
    said = session.get_modelmeta().custom_metadata_map.get("sample_rate", str(RATE_HZ))
    if said != str(RATE_HZ):
        raise _gap(f"the model is for {said} Hz, callers are heard at {RATE_HZ} Hz")
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type != "tensor(float)" or len(session.get_outputs()) < 1:
        raise _gap("the model must take one tensor of float32 and give one")
    match inputs[0].shape:
        case [_, int(bands), int(frames)] if bands == BANDS:
            mel, samples = True, frames * HOP
        case [_, int(samples)]:
            mel = False
        case shape:
            raise _gap(f"the model takes {shape}, not (batch, {BANDS}, frames) or (batch, samples)")
    if not _MIN_S <= samples / RATE_HZ <= _MAX_S:
        raise _gap(f"the model hears {samples / RATE_HZ:g} s, not {_MIN_S:g} to {_MAX_S:g} s at {RATE_HZ} Hz")
    return mel, samples


def _gap(rule: str) -> ConfigError:
    return ConfigError([Gap(_VARIABLE, rule, _EXAMPLE)])
