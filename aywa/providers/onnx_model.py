"""An ONNX model from a file, on one thread: what runs beside the engine must not take its core."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from aywa.errors import ConfigError


def open_model(file: Path, refuse: Callable[[str], ConfigError]) -> tuple[Any, tuple[type[Exception], ...]]:
    """The session, and what it raises, which has no common class of its own.

    `refuse` makes the `ConfigError` that is raised without onnxruntime or for a file that it cannot load.
    """
    try:
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as fault
    except ImportError as error:
        raise refuse("onnxruntime is not installed: pip install aywa[neural]") from error
    faults = (
        fault.Fail,
        fault.InvalidProtobuf,
        fault.InvalidGraph,
        fault.InvalidArgument,
        fault.RuntimeException,
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except faults as error:
        raise refuse("the file is no ONNX model that can be loaded") from error
    return session, faults
