"""By what a tool's run is known again: name and arguments, in whatever order they were written."""

from __future__ import annotations

import json
from hashlib import sha256

from aywa.ports.llm import ToolCall


def print_of(call: ToolCall) -> str:
    """Of name and arguments."""
    arguments = json.dumps(dict(call.arguments), sort_keys=True, default=str, separators=(",", ":"))
    return sha256(f"{call.name}\n{arguments}".encode("utf-8", "replace")).hexdigest()


def key_of(call_id: str, call: ToolCall) -> str:
    """Of this very run of a call: what a server may tell a repeated request by."""
    return sha256(f"{call_id}\n{call.id}\n{print_of(call)}".encode("utf-8", "replace")).hexdigest()[:40]
