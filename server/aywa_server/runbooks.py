"""The runbooks of `runbooks.json`: what an operator does when something is wrong, short enough to be read."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from aywa.model.setup import Runbook


@cache
def runbooks() -> tuple[Runbook, ...]:
    """All of them, in their order."""
    text = (files("aywa_server") / "runbooks.json").read_text("utf-8")
    return tuple(Runbook.model_validate(row) for row in json.loads(text))
