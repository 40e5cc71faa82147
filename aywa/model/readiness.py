"""Whether the runtime can take calls, dependency by dependency."""

from __future__ import annotations

from typing import Literal

from aywa.model.base import Resource


class Check(Resource):
    """One dependency. `detail` is one sentence without secrets: readiness is public."""

    name: str
    ok: bool
    detail: str = ""


class Readiness(Resource):
    """All of them."""

    status: Literal["ready", "not-ready"]
    version: str
    checks: list[Check]
