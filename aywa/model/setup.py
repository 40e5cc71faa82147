"""What a runtime needs to be set up, and what to do when something is wrong, as the API shows them."""

from __future__ import annotations

from typing import Literal

from aywa.model.base import Resource


class SetupRequirement(Resource):
    """One line of the checklist. No value of a setting is in it."""

    id: str
    title: str
    state: Literal["ok", "missing", "invalid"]
    variable: str
    fix: str | None = None  # absent when it is met


class SetupRequirements(Resource):
    """The checklist. `complete`: production would start."""

    mode: Literal["development", "production"]
    complete: bool
    requirements: list[SetupRequirement]


class Runbook(Resource):
    """What to do: `seen` are the signs, `means` what is affected, `do` the steps in their order."""

    id: str
    title: str
    severity: Literal["page", "ticket"]
    seen: list[str]
    means: str
    do: list[str]
    over: str  # how it is known to be over
