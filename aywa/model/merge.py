"""JSON Merge Patch (RFC 7396)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merge(kept: object, patch: Mapping[str, object]) -> dict[str, Any]:
    """Fields of `patch` replace those of `kept`, null takes them away, objects are merged."""
    merged: dict[str, Any] = dict(kept) if isinstance(kept, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            merged[name] = merge(merged.get(name), value)
        else:
            merged[name] = value
    return merged
