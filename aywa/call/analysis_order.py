"""What is to be made of a call when it is over, as its assistant says."""

from __future__ import annotations

from collections.abc import Mapping

from aywa.call.news import REPORT, NewsPlan
from aywa.model.assistant import Assistant
from aywa.ports.analysis import AnalysisOrder, ReportTarget


def order_of(assistant: Assistant | None, assistant_id: str, news: NewsPlan | None) -> AnalysisOrder | None:
    """None for an assistant that wants nothing made; the report then goes when the call ends."""
    if assistant is None:
        return None
    plan = assistant.analysis_plan
    outputs = _output_ids(assistant)
    if plan is None and not outputs:
        return None
    return AnalysisOrder(
        None if plan is None else plan.model_dump(mode="json", by_alias=True, exclude_none=True),
        outputs,
        assistant_id,
        _target(news),
    )


def _target(news: NewsPlan | None) -> ReportTarget | None:
    if news is None or not news.wants({"type": REPORT}):
        return None
    return ReportTarget(news.source, news.endpoint, news.assistant)


def _output_ids(assistant: Assistant) -> tuple[str, ...]:
    """`artifactPlan.structuredOutputIds`, which only assistants of the API have."""
    plan = assistant.model_dump(mode="json", by_alias=True, include={"artifact_plan"}).get("artifactPlan")
    ids = plan.get("structuredOutputIds") if isinstance(plan, Mapping) else None
    return tuple(str(each) for each in ids) if isinstance(ids, list | tuple) else ()
