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
    return (*_many(), *_placing(), *_one(), _control(), *_downloads())


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
    ranged = Answer(206, "A part of it", {"audio/wav": _FILE})
    tracks = Parameter(
        "tracks", {"type": "string", "enum": ["stereo", "all"]}, "Each party on its own channel"
    )
    wav = (Answer(200, "The recording", {"audio/wav": _FILE}), ranged)
    pcap = {"application/vnd.tcpdump.pcap": _FILE}
    return (
        Operation(
            "GET",
            "/call/<call_id>/stereo-recording",
            "getStereoRecording",
            "The caller on the left, the assistant on the right",
            "call",
            wav,
            problems=(*_READ, 416),
        ),
        Operation(
            "GET",
            "/call/<call_id>/recording",
            "getRecording",
            "The recording",
            "call",
            wav,
            parameters=(tracks,),
            problems=(400, *_READ, 416),
        ),
        Operation(
            "GET",
            "/call/<call_id>/pcap",
            "getPackets",
            "What was on the wire",
            "call",
            (Answer(200, "The packets", pcap),),
            problems=(*_READ, 416),
        ),
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
