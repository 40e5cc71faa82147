"""Silero VAD through onnxruntime: a voice model of 32 ms windows (https://github.com/snakers4/silero-vad).

An optional extra: `pip install aywa[neural]` brings the runtime; the model is a file, by default the one in
the `silero-vad` package, whose code is neither imported nor needed (`pip install --no-deps silero-vad`).
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import cast

import numpy as np

from aywa.errors import ConfigError, Gap, ProviderError
from aywa.providers.onnx_model import open_model
from aywa.providers.voice_batch import Floats
from aywa.providers.voice_windows import RATE_HZ

_VARIABLE = "RUNTIME_MEDIA_VOICE_MODEL"
_PACKAGE = "silero_vad"
_FILE = Path("data", "silero_vad.onnx")
_INPUTS = {"input", "state", "sr"}  # since version 5; older ones kept two states


def find_model(path: str) -> Path:
    """The model's file: `path`, or for "silero" the one of the silero-vad package. Raises ConfigError."""
    if path != "silero":
        found = Path(path)
        if not found.is_file():
            raise _gap("there is no such file", "silero, or a path such as /opt/models/silero_vad.onnx")
        return found
    package = importlib.util.find_spec(_PACKAGE)
    folders = list(package.submodule_search_locations or ()) if package is not None else []
    for folder in folders:
        if (found := Path(folder) / _FILE).is_file():
            return found
    raise _gap("the package silero-vad is not installed", "pip install --no-deps silero-vad, or a path")


class SileroModel:
    """The model with one thread: more would only compete with the calls for the core."""

    name = "silero"
    state_size = 128

    def __init__(self, path: str) -> None:
        """`path` as in `find_model`. Raises ConfigError without onnxruntime or for a file that is no such
        model.
        """
        file = find_model(path)
        session, self._faults = open_model(
            file, lambda rule: _gap(rule, "a Silero VAD of version 5 or later")
        )
        if {entry.name for entry in session.get_inputs()} != _INPUTS:
            raise _gap("the model is no Silero VAD of version 5 or later", "silero")
        self._session = session
        self._rate = np.array(RATE_HZ, np.int64)

    def judge(self, windows: Floats, states: Floats) -> tuple[Floats, Floats]:
        """See `VoiceModel`."""
        try:
            outputs = self._session.run(None, {"input": windows, "state": states, "sr": self._rate})
        except self._faults as error:
            raise ProviderError(
                "the voice model failed", provider=self.name, stage="vad", retryable=True
            ) from error
        return cast("Floats", outputs[0][:, 0]), cast("Floats", outputs[1])


def _gap(rule: str, example: str) -> ConfigError:
    return ConfigError([Gap(_VARIABLE, rule, example)])
