"""The API key of a development runtime: generated once, kept in the data directory."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

_NAME = "api-key"


def read_key_file(data_dir: Path) -> str:
    """The key a runtime on this host generated; empty when there is none to read."""
    with suppress(OSError, UnicodeDecodeError):
        return (data_dir / _NAME).read_text("ascii").strip()
    return ""


def development_key(data_dir: Path) -> str:
    """The key of this data directory, generated the first time. Raises OSError when it cannot be kept."""
    known = read_key_file(data_dir)
    if len(known) >= 16:
        return known
    key = f"aywa_dev_{secrets.token_urlsafe(24)}"
    data_dir.mkdir(parents=True, exist_ok=True)
    handle = os.open(data_dir / _NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(key + "\n")
    return key
