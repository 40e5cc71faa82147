"""What was made of a call after it, as the API shows it."""

from __future__ import annotations

from collections.abc import Mapping

from aywa.model.call import Analysis
from aywa.ports.store import CallRow


def analysis_of(row: CallRow) -> Analysis | None:
    """Summary, data and judgement; None before they are there."""
    found = None if row.analysis is None else row.analysis.get("analysis")
    return Analysis.model_validate(found) if isinstance(found, Mapping) and found else None


def structured_outputs_of(row: CallRow) -> dict[str, dict[str, object]]:
    """By id: name and result."""
    found = None if row.analysis is None else row.analysis.get("structuredOutputs")
    return {key: dict(value) for key, value in found.items()} if isinstance(found, Mapping) else {}
