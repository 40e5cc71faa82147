"""The operations on calls, on the runtime's health, and of the document itself."""

from __future__ import annotations

from aywa_server.openapi.operation import JSON, Answer, Operation, Parameter, Schema, ref
from aywa_server.openapi.resources import IDEMPOTENCY, list_parameters

_CALL = Answer(200, "The call", {JSON: ref("Call")})
_FILE = {"type": "string", "format": "binary"}
_READ = (401, 404, 503)
_UUID = {"type": "string", "format": "uuid"}


def call_operations() -> tuple[Operation, ...]:
    """Of `/call`."""
    return (*_many(), *_placing(), *_one(), _control(), *_downloads(), *_artifacts())


def _many() -> tuple[Operation, ...]:
    calls = {JSON: {"type": "array", "items": ref("Call")}}
    return (
        Operation(
            "GET",
            "/call",
            "listCalls",
            "The newest calls",
            "call",
            (Answer(200, "A page; the Link header leads to the next", calls),),
            parameters=(
                Parameter("id", {"type": "string"}, "Only this one"),
                Parameter("assistantId", _UUID, "Led by this assistant"),
                Parameter("phoneNumberId", _UUID, "By this number"),
                *list_parameters(),
            ),
            problems=(400, 401, 503),
        ),
    )


def _placing() -> tuple[Operation, ...]:
    placed = {JSON: {"anyOf": [ref("Call"), ref("PlacedCalls")]}}
    refused = Answer(
        400,
        "The order breaks a rule; of many customers, none was called",
        {JSON: {"anyOf": [ref("Problem"), ref("PlacedCalls")]}},
    )
    phones = [ref("CallOrder"), ref("CallOrders")]

    def place(path: str, name: str, orders: list[Schema]) -> Operation:
        return Operation(
            "POST",
            path,
            name,
            "Call somebody",
            "call",
            (Answer(201, "The call, or one result each", placed), refused),
            body={JSON: {"anyOf": orders}},
            parameters=(IDEMPOTENCY,),
            problems=(401, 403, 408, 409, 413, 415, 422, 429, 502, 503),
        )

    return (
        place("/call", "placeCall", [*phones, ref("WebSocketCallOrder")]),
        place("/call/phone", "placePhoneCall", phones),
        Operation(
            "POST",
            "/call/web",
            "placeWebCall",
            "A call without a telephone, which is joined by the websocket of its transport",
            "call",
            (Answer(201, "The call", {JSON: ref("Call")}),),
            body={JSON: ref("WebCallOrder")},
            parameters=(IDEMPOTENCY,),
            problems=(400, 401, 403, 408, 409, 413, 415, 422, 503),
        ),
    )


def _one() -> tuple[Operation, ...]:
    return (
        Operation("GET", "/call/<call_id>", "getCall", "One call", "call", (_CALL,), problems=_READ),
        Operation(
            "PATCH",
            "/call/<call_id>",
            "changeCall",
            "Give a call another name",
            "call",
            (_CALL,),
            body={JSON: ref("CallChange")},
            problems=(400, 401, 403, 404, 408, 413, 415, 503),
        ),
        Operation(
            "GET",
            "/call/<call_id>/timeline",
            "getTimeline",
            "Decisions, speech and artifacts on one clock",
            "call",
            (Answer(200, "The timeline", {JSON: ref("Timeline")}),),
            problems=_READ,
        ),
        *_erasures(),
    )


def _artifacts() -> tuple[Operation, ...]:
    state = {"type": "string", "enum": ["waiting", "stored", "kept", "lost"]}
    return (
        Operation(
            "GET",
            "/artifact",
            "listArtifacts",
            "Where calls' files are, the newest first",
            "artifact",
            (Answer(200, "The artifacts", {JSON: {"type": "array", "items": ref("ArtifactItem")}}),),
            parameters=(
                Parameter("state", state, "Only those"),
                Parameter("callId", {"type": "string", "format": "uuid"}, "Only this call's"),
                Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "At most so many"),
            ),
            problems=(400, 401, 503),
        ),
        Operation(
            "POST",
            "/artifact/retry",
            "retryArtifacts",
            "Try at once what waits to be stored",
            "artifact",
            (Answer(202, "Which calls'", {JSON: {"type": "object"}}),),
            body={JSON: ref("ArtifactRetry")},
            problems=(400, 401, 403, 408, 413, 415, 429, 503),
        ),
    )


def _erasures() -> tuple[Operation, ...]:
    report = {JSON: ref("ErasureReport")}
    answers = (Answer(200, "All of it is gone", report), Answer(202, "`underWay` is not gone yet", report))
    return (
        Operation(
            "DELETE",
            "/call/<call_id>",
            "eraseCall",
            "Forget a call that has ended, with everything it has left behind",
            "call",
            answers,
            problems=(401, 403, 404, 409, 503),
        ),
        Operation(
            "POST",
            "/erasure",
            "eraseNumber",
            "Forget every call from or to a number",
            "call",
            answers,
            body={JSON: ref("NewErasure")},
            problems=(400, 401, 403, 404, 408, 413, 415, 503),
        ),
    )


def _control() -> Operation:
    return Operation(
        "POST",
        "/call/<call_id>/control",
        "controlCall",
        "Steer a live call",
        "call",
        (Answer(200, "Accepted", {JSON: ref("Accepted")}),),
        body={JSON: {"anyOf": [ref("ControlCommand"), ref("WrappedCommand")]}},
        parameters=(Parameter("token", {"type": "string"}, "Of the call's controlUrl, instead of a key"),),
        problems=(400, 401, 403, 404, 408, 409, 413, 415, 503),
    )


def _downloads() -> tuple[Operation, ...]:
    audio = {"audio/wav": _FILE, "audio/ogg; codecs=opus": _FILE}
    ranged = Answer(206, "A part of it", audio)
    elsewhere = Answer(302, "It is read from the artifact store itself", {})
    tracks = Parameter(
        "tracks", {"type": "string", "enum": ["stereo", "all"]}, "Each party on its own channel"
    )
    wav = (Answer(200, "The recording", audio), ranged, elsewhere)
    pcap = {"application/vnd.tcpdump.pcap": _FILE}
    logs = {"application/jsonl": _FILE}
    parties = {
        "stereo": "The caller on the left, the assistant on the right",
        "mono": "Both sides together",
        "customer": "What came from the caller",
        "assistant": "What the assistant said",
    }
    return (
        *(
            Operation(
                "GET",
                f"/call/<call_id>/{name}-recording",
                f"get{name.capitalize()}Recording",
                meaning,
                "call",
                wav,
                problems=(*_READ, 409, 416),
            )
            for name, meaning in parties.items()
        ),
        Operation(
            "GET",
            "/call/<call_id>/call-logs",
            "getCallLogsFile",
            "The timeline of an ended call, one JSON object a line",
            "call",
            (Answer(200, "The logs", logs), Answer(206, "A part of it", logs), elsewhere),
            problems=(*_READ, 409, 416),
        ),
        Operation(
            "GET",
            "/call/<call_id>/recording",
            "getRecording",
            "The recording",
            "call",
            wav,
            parameters=(tracks,),
            problems=(400, *_READ, 409, 416),
        ),
        Operation(
            "GET",
            "/call/<call_id>/pcap",
            "getPackets",
            "What was on the wire",
            "call",
            (Answer(200, "The packets", pcap), Answer(206, "A part of it", pcap), elsewhere),
            problems=(*_READ, 409, 416),
        ),
    )


def _events() -> Operation:
    text = {"type": "string"}
    return Operation(
        "GET",
        "/events",
        "followEvents",
        "What happens in calls, as server-sent events; the same path is a websocket",
        "event",
        (Answer(200, "Events as they come", {"text/event-stream": text}),),
        parameters=(
            Parameter("callId", text, "Of this call"),
            Parameter("assistantId", text, "Of calls that this assistant leads"),
            Parameter("types", text, "Kinds of the timeline or their beginnings, with commas between"),
            Parameter("since", {"type": "string", "format": "date-time"}, "From this time on"),
            Parameter("lastEventId", text, "After this event"),
            Parameter(
                "follow", {"type": "boolean"}, "Go on with what happens; otherwise end with what there is"
            ),
            Parameter("Last-Event-ID", text, "As lastEventId, and before it", where="header"),
        ),
        problems=(400, 401, 403, 404, 503),
    )


def runtime_operations() -> tuple[Operation, ...]:
    """Of the runtime as a whole."""
    alive = (Answer(200, "It lives", {JSON: ref("Alive")}),)
    ready = {JSON: ref("Readiness")}
    return (
        Operation("GET", "/health", "getHealth", "Whether the process lives", "runtime", alive, public=True),
        Operation("GET", "/healthz", "getHealthz", "The same", "runtime", alive, public=True),
        Operation(
            "GET",
            "/readyz",
            "getReadiness",
            "Whether it can take calls, dependency by dependency",
            "runtime",
            (Answer(200, "Ready", ready), Answer(503, "Not ready", ready)),
            public=True,
        ),
        Operation(
            "GET",
            "/metrics",
            "getMetrics",
            "Prometheus' text",
            "runtime",
            (Answer(200, "The metrics", {"text/plain": {"type": "string"}}),),
            problems=(401,),
        ),
        _events(),
        Operation(
            "GET",
            "/setup/requirements",
            "getSetupRequirements",
            "What production needs, and what of it is set; no values",
            "runtime",
            (Answer(200, "The checklist", {JSON: ref("SetupRequirements")}),),
            problems=(401, 403, 404, 503),
        ),
        Operation(
            "GET",
            "/runbooks",
            "listRunbooks",
            "What to do when something is wrong",
            "runtime",
            (Answer(200, "The runbooks", {JSON: {"type": "array", "items": ref("Runbook")}}),),
            problems=(401, 403, 404, 503),
        ),
        Operation(
            "GET",
            "/openapi.json",
            "getOpenapi",
            "This document",
            "runtime",
            (Answer(200, "The document", {JSON: {"type": "object"}}),),
            public=True,
        ),
    )
