"""Structured outputs on demand: of calls that are over, by whoever analyses calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import trio

from aywa.analysis.analyst import Analyst
from aywa.analysis.prompts import CallMatter
from aywa.ports.analysis import AnalysisQueue, AnalysisResult, OutputSpec

AT_A_TIME = 4


@dataclass(frozen=True, slots=True)
class Extraction:
    """`queue`: where results are kept."""

    analyst: Analyst
    queue: AnalysisQueue

    async def run(self, spec: OutputSpec, matters: Sequence[CallMatter]) -> dict[str, AnalysisResult]:
        """By call; an empty result where the model gave none that is valid."""
        results: dict[str, AnalysisResult] = {}
        room = trio.Semaphore(AT_A_TIME)

        async def one(matter: CallMatter) -> None:
            async with room:
                results[matter.row.id] = await self.analyst.analyse(matter, None, [spec])

        async with trio.open_nursery() as nursery:
            for matter in matters:
                nursery.start_soon(one, matter)
        return results


def told(
    spec: OutputSpec, kept_as: UUID | None, results: dict[str, AnalysisResult]
) -> dict[str, list[dict[str, object]]]:
    """As the API answers: what came, and for which calls nothing did."""
    found: list[dict[str, object]] = []
    errors: list[dict[str, object]] = []
    for call_id, result in results.items():
        output = result.outputs.get(spec.id)
        if output is None:
            why = "the model gave no answer that the schema allows"
            errors.append({"callId": call_id, "error": why, "code": "no-valid-output"})
            continue
        named = {} if kept_as is None else {"structuredOutputId": str(kept_as)}
        found.append({"callId": call_id, **named, **output, "costs": [dict(item) for item in result.costs]})
    return {"results": found, "errors": errors}
