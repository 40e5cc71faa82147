"""Fifty questions of callers over a handbook, and the section that answers each."""

from __future__ import annotations

import json
from pathlib import Path

_HERE = Path(__file__).parent


def handbook() -> bytes:
    """Markdown, 63 sections."""
    return (_HERE / "handbook.md").read_bytes()


def questions() -> list[tuple[str, str]]:
    """Each with the heading of the section that answers it."""
    return [(question, heading) for question, heading in json.loads((_HERE / "questions.json").read_text())]
