"""The operations that tell how calls and the runtime went."""

from __future__ import annotations

from aywa_server.openapi.operation import JSON, Answer, Operation, Parameter, Schema, ref
from aywa_server.routes.observing import GROUPS
from aywa_server.timeline_level import LEVELS

_READ = (401, 404, 503)


def observing_operations() -> tuple[Operation, ...]:
    """Of calls that are over, and of the runtime."""
    return (*_of_a_call(), *_of_the_runtime(), _run(), *_of_files())


def _of_a_call() -> tuple[Operation, ...]:
    return (
        Operation(
            "GET",
            "/call/<call_id>/costs",
            "getCosts",
            "What an ended call cost; 409 while it is up",
            "call",
            (Answer(200, "The costs", {JSON: ref("CallCosts")}),),
            problems=(*_READ, 409),
        ),
        Operation(
            "GET",
            "/call/<call_id>/logs",
            "getCallLogs",
            "What the runtime did for a call, without what was said",
            "call",
            (Answer(200, "The newest lines", {JSON: ref("CallLogs")}),),
            parameters=(
                Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "At most so many"),
                Parameter("level", {"type": "string", "enum": list(LEVELS)}, "This one and above"),
            ),
            problems=(400, *_READ),
        ),
        Operation(
            "GET",
            "/call/<call_id>/voice-pipeline",
            "getVoicePipeline",
            "How a call's recognition, model, voice and media work",
            "call",
            (Answer(200, "As it stands", {JSON: ref("VoicePipeline")}),),
            problems=_READ,
        ),
    )


def _of_the_runtime() -> tuple[Operation, ...]:
    time: Schema = {"type": "string", "format": "date-time"}
    return (
        Operation(
            "GET",
            "/metrics.json",
            "getCounters",
            "The figures of /metrics as JSON",
            "runtime",
            (Answer(200, "The figures", {JSON: {"type": "object"}}),),
            problems=(401, 403),
        ),
        Operation(
            "GET",
            "/slo",
            "getSlo",
            "Whether this process keeps its targets",
            "runtime",
            (Answer(200, "Targets and values", {JSON: ref("SloSnapshot")}),),
            problems=(401, 403),
        ),
        Operation(
            "GET",
            "/analytics/summary",
            "getAnalyticsSummary",
            "Calls, minutes, cost and latency of a time, by day, assistant or reason",
            "runtime",
            (Answer(200, "The sums", {JSON: ref("AnalyticsSummary")}),),
            parameters=(
                Parameter("createdAtGe", time, "From then on; 30 days before the end"),
                Parameter("createdAtLt", time, "Before then; now"),
                Parameter(
                    "groupBy", {"type": "string", "enum": list(GROUPS), "default": GROUPS[0]}, "By what"
                ),
            ),
            problems=(400, 401, 503),
        ),
    )


def _of_files() -> tuple[Operation, ...]:
    found: Schema = {"type": "array", "items": ref("FoundPassage")}
    return (
        Operation(
            "POST",
            "/knowledge/search",
            "searchKnowledge",
            "Search files as an assistant does",
            "file",
            (Answer(200, "The passages that fit best, best first", {JSON: found}),),
            body={JSON: ref("KnowledgeQuery")},
            problems=(400, *_READ, 408, 413, 415),
        ),
        Operation(
            "GET",
            "/file/<resource_id>/knowledge",
            "getFileKnowledge",
            "How far a file is read",
            "file",
            (Answer(200, "As it stands", {JSON: ref("FileKnowledge")}),),
            problems=_READ,
        ),
    )


def _run() -> Operation:
    return Operation(
        "POST",
        "/structured-output/run",
        "runStructuredOutput",
        "Extract data from calls that are over",
        "structured-output",
        (Answer(200, "What came, and for which calls nothing did", {JSON: {"type": "object"}}),),
        body={JSON: ref("StructuredOutputRun")},
        problems=(400, *_READ, 408, 409, 413, 415),
    )
