"""What calls leave behind as bytes, for the time in which it lies on the disk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum

from pydantic import TypeAdapter, ValidationError

from aywa.errors import ParseError
from aywa.ports.store import CallBatch

_BATCH = TypeAdapter(CallBatch)


def encode_batch(batch: CallBatch) -> bytes:
    """JSON. What JSON cannot say becomes text, as it would in the database."""
    return json.dumps(_plain(batch), separators=(",", ":")).encode("ascii")


def parse_batch(data: bytes) -> CallBatch:
    """Raises `ParseError`. Fields that this version does not know are left out, others get their defaults."""
    try:
        return _BATCH.validate_python(json.loads(data))
    except (ValueError, ValidationError, RecursionError) as error:
        raise ParseError("a batch of the journal cannot be read by this version") from error


def _plain(value: object) -> object:
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if value - value == 0 else str(value)
        case str():
            return value.encode("utf-8", "replace").decode("utf-8")
        case Enum():
            return _plain(value.value)
        case datetime():
            return value.isoformat()
        case Mapping():
            return {str(_plain(str(key))): _plain(item) for key, item in value.items()}
        case list() | tuple() | Set():
            return [_plain(item) for item in value]
        case _ if is_dataclass(value):
            return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            return _plain(str(value))
