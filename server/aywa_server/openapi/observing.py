"""The operations that tell how calls and the runtime went."""

from __future__ import annotations

from aywa_server.openapi.operation import JSON, Answer, Operation, ref

_READ = (401, 404, 503)


def observing_operations() -> tuple[Operation, ...]:
    """Of calls that are over, and of the runtime."""
    return (*_of_a_call(), _run())


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
