"""What is made of a call when it is over: what is asked for, and the queue of calls that wait for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AnalysisOrder:
    """What is asked for. `plan`: the assistant's `analysisPlan` as JSON; None: only structured outputs.

    `report`: somebody waits for the end-of-call report, whom the call's row names.
    """

    plan: Mapping[str, object] | None = None
    output_ids: tuple[str, ...] = ()
    report: bool = False

    def to_json(self) -> dict[str, object]:
        """As it is stored."""
        plan = None if self.plan is None else dict(self.plan)
        return {"plan": plan, "outputIds": list(self.output_ids), "report": self.report}

    @classmethod
    def from_json(cls, kept: Mapping[str, object]) -> AnalysisOrder:
        """The order that `to_json` was made of."""
        plan, ids = kept.get("plan"), kept.get("outputIds")
        return cls(
            plan if isinstance(plan, Mapping) else None,
            tuple(str(each) for each in ids) if isinstance(ids, list) else (),
            kept.get("report") is True,
        )


@dataclass(frozen=True, slots=True)
class ClaimedAnalysis:
    """A call that is this worker's to analyse. `tries`: how often one has begun before."""

    call_id: str
    org_id: UUID
    order: AnalysisOrder
    tries: int


@dataclass(frozen=True, slots=True)
class AnalysisResult:
    """`analysis` and `outputs` as the API shows them; `costs`: one item a part."""

    analysis: Mapping[str, object] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    costs: Sequence[Mapping[str, object]] = ()

    def to_json(self) -> dict[str, object]:
        """As it is stored."""
        return {
            "analysis": dict(self.analysis),
            "structuredOutputs": {key: dict(value) for key, value in self.outputs.items()},
            "costs": [dict(item) for item in self.costs],
        }


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """A structured output. `pattern`: looked for in place of asking a model; "" asks one."""

    id: str
    name: str
    schema: Mapping[str, object]
    description: str = ""
    pattern: str = ""


class OutputSource(Protocol):
    """Where the definitions of structured outputs are."""

    async def outputs(self, org_id: UUID, ids: Sequence[str]) -> list[OutputSpec]:
        """Those with these ids that are there. Raises `StoreError`."""


class AnalysisQueue(Protocol):
    """Every method raises `StoreError`."""

    async def claim(
        self, worker_id: str, now: datetime, until: datetime, limit: int
    ) -> list[ClaimedAnalysis]:
        """Ended calls that wait, oldest first; nobody else takes them before `until`."""

    async def release(self, worker_id: str, now: datetime) -> int:
        """Give back what workers hold that are gone; how many."""

    async def settle(self, call_id: str, result: AnalysisResult, now: datetime) -> None:
        """Keep what came of it, and commit the report with it."""

    async def add(self, org_id: UUID, call_id: str, result: AnalysisResult, now: datetime) -> None:
        """Put outputs beside what is there: those with the same id are replaced, costs are added."""
