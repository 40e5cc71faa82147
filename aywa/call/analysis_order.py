"""What is to be made of a call when it is over, as its assistant says."""

from __future__ import annotations

from collections.abc import Mapping

from aywa.call.news_plan import NewsPlan
from aywa.call.news_status import REPORT
from aywa.model.assistant import Assistant
from aywa.ports.analysis import AnalysisOrder


def order_of(assistant: Assistant | None, news: NewsPlan | None) -> AnalysisOrder | None:
    """None for an assistant that wants nothing made; the report then goes when the call ends."""
    if assistant is None:
        return None
    plan, outputs = assistant.analysis_plan, _output_ids(assistant)
    if plan is None and not outputs:
        return None
    told = news is not None and any(listener.wants({"type": REPORT}) for listener in news.listeners)
    kept = None if plan is None else plan.model_dump(mode="json", by_alias=True, exclude_none=True)
    return AnalysisOrder(kept, outputs, report=told)


def _output_ids(assistant: Assistant) -> tuple[str, ...]:
    """`artifactPlan.structuredOutputIds`, which only assistants of the API have."""
    plan = assistant.model_dump(mode="json", by_alias=True, include={"artifact_plan"}).get("artifactPlan")
    ids = plan.get("structuredOutputIds") if isinstance(plan, Mapping) else None
    return tuple(str(each) for each in ids) if isinstance(ids, list | tuple) else ()
