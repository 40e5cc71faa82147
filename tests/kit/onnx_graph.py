"""Tiny ONNX files, written byte by byte: protobuf messages of onnx.proto (IR version 8, opset 13)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

_FLOAT = 1


def _varint(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _value(name: str, shape: Sequence[int | str], kind: int = _FLOAT) -> bytes:
    sizes = b"".join(
        _bytes(1, _text(2, size) if isinstance(size, str) else _number(1, size)) for size in shape
    )
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, sizes)))


def _floats(name: str, values: Sequence[float]) -> bytes:
    packed = struct.pack(f"<{len(values)}f", *values)
    return _number(1, len(values)) + _number(2, _FLOAT) + _text(8, name) + _bytes(9, packed)


def _node(operator: str, inputs: Sequence[str], output: str, attributes: bytes = b"") -> bytes:
    names = b"".join(_text(1, name) for name in inputs)
    return names + _text(2, output) + _text(4, operator) + attributes


def turn_model(
    shape: Sequence[int | str],
    *,
    scale: float = 1.0,
    metadata: dict[str, str] | None = None,
    sigmoid: bool = True,
    kind: int = _FLOAT,
) -> bytes:
    """sigmoid(scale * mean(input)) for each of the batch: an input "audio" of `shape`, an output (batch,)."""
    axes = list(range(1, len(shape)))
    packed = b"".join(_varint(axis) for axis in axes)
    reduce = _bytes(5, _text(1, "axes") + _bytes(8, packed) + _number(20, 7))
    keep = _bytes(5, _text(1, "keepdims") + _number(3, 0) + _number(20, 2))
    nodes = [
        _node("ReduceMean", ["audio"], "mean", reduce + keep),
        _node("Mul", ["mean", "scale"], "scaled"),
        _node("Sigmoid" if sigmoid else "Identity", ["scaled"], "probability"),
    ]
    graph = b"".join(_bytes(1, node) for node in nodes) + _text(2, "turn")
    graph += _bytes(5, _floats("scale", [scale]))
    graph += _bytes(11, _value("audio", shape, kind)) + _bytes(12, _value("probability", ["batch"]))
    model = _number(1, 8) + _bytes(7, graph) + _bytes(8, _number(2, 13))
    for key, value in (metadata or {}).items():
        model += _bytes(14, _text(1, key) + _text(2, value))
    return model
