"""The schemas of the document, out of the models."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from aywa.model.api_key import KeyRotation, NewApiKey
from aywa.model.artifact import ArtifactItem, ArtifactRetry
from aywa.model.call import Call, CallCosts, ControlCommand, Timeline
from aywa.model.call_order import PhoneCallOrder
from aywa.model.erasure import ErasureReport, NewErasure
from aywa.model.file import FileChange
from aywa.model.knowledge import FileKnowledge, FoundPassage, KnowledgeQuery
from aywa.model.observing import AnalyticsSummary, CallLogs, SloSnapshot, VoicePipeline
from aywa.model.organization import NewOrganization
from aywa.model.readiness import Readiness
from aywa.model.setup import Runbook, SetupRequirements
from aywa.model.structured_run import StructuredOutputRun
from aywa.model.web_call_order import CallChange, WebCallOrder
from aywa_server.openapi.operation import ref
from aywa_server.resources.kinds import FILE, JSON_KINDS, Kind
from aywa_server.resources.secrets import REDACTED

_TEMPLATE = "#/components/schemas/{model}"
_KEPT = "Kept"  # behind the name of a schema of what is answered
_COMMAND: Any = Annotated[ControlCommand, Field(discriminator="type")]
_HEAD = {
    "id": {"type": "string", "format": "uuid"},
    "orgId": {"type": "string", "format": "uuid"},
    "createdAt": {"type": "string", "format": "date-time"},
    "updatedAt": {"type": "string", "format": "date-time"},
}


def document_schemas() -> dict[str, Any]:
    """By name."""
    taken = _generate(
        {
            **{f"{kind.name}Body": kind.model for kind in JSON_KINDS},
            "NewOrganization": TypeAdapter(NewOrganization),
            "NewApiKey": TypeAdapter(NewApiKey),
            "KeyRotation": TypeAdapter(KeyRotation),
            "FileChange": TypeAdapter(FileChange),
            "NewErasure": TypeAdapter(NewErasure),
            "ArtifactRetry": TypeAdapter(ArtifactRetry),
            "CallOrder": TypeAdapter(PhoneCallOrder),
            "StructuredOutputRun": TypeAdapter(StructuredOutputRun),
            "KnowledgeQuery": TypeAdapter(KnowledgeQuery),
            "ControlCommand": TypeAdapter(_COMMAND),
            "WebCallOrder": TypeAdapter(WebCallOrder),
            "CallChange": TypeAdapter(CallChange),
        },
        "validation",
        _TEMPLATE,
    )
    answered = _generate(
        {
            "Call": TypeAdapter(Call),
            "Timeline": TypeAdapter(Timeline),
            "CallCosts": TypeAdapter(CallCosts),
            "CallLogs": TypeAdapter(CallLogs),
            "FoundPassage": TypeAdapter(FoundPassage),
            "FileKnowledge": TypeAdapter(FileKnowledge),
            "VoicePipeline": TypeAdapter(VoicePipeline),
            "SloSnapshot": TypeAdapter(SloSnapshot),
            "AnalyticsSummary": TypeAdapter(AnalyticsSummary),
            "ErasureReport": TypeAdapter(ErasureReport),
            "ArtifactItem": TypeAdapter(ArtifactItem),
            "Readiness": TypeAdapter(Readiness),
            "SetupRequirements": TypeAdapter(SetupRequirements),
            "Runbook": TypeAdapter(Runbook),
        },
        "serialization",
        _TEMPLATE,
    )
    kept = _kept()
    for kind in JSON_KINDS:
        taken[f"{kind.name}Patch"] = _patch(taken, f"{kind.name}Body")
    return dict(sorted({**taken, **kept, **answered, **_plain(taken["PhoneCallOrder"])}.items()))


def _generate(adapters: Mapping[str, TypeAdapter[Any]], mode: Any, template: str) -> dict[str, Any]:
    inputs = [(name, mode, adapter) for name, adapter in adapters.items()]
    made, whole = TypeAdapter.json_schemas(inputs, ref_template=template)
    schemas = dict(whole.get("$defs", {}))
    for (name, _), schema in made.items():
        if schema != ref(str(name)):
            schemas[str(name)] = schema
    return schemas


def _kept() -> dict[str, Any]:
    """What is shown of resources: their bodies without defaults and secrets, and what every resource has."""
    kinds = (*JSON_KINDS, FILE)
    adapters = {kind.name + _KEPT: kind.model for kind in kinds}
    schemas = _generate(adapters, "validation", _TEMPLATE + _KEPT)
    named = {name.removesuffix(_KEPT) + _KEPT: _shown(schema) for name, schema in schemas.items()}
    for kind in kinds:
        named[kind.name] = _whole(kind, named)
    return named


def _whole(kind: Kind, named: Mapping[str, Any]) -> dict[str, Any]:
    fixed = {name: {"type": "string", "const": value} for name, value in kind.fixed}
    head = {"type": "object", "required": [*_HEAD], "properties": {**_HEAD, **fixed}}
    return {"allOf": [head, ref(kind.name + _KEPT)]}


def _patch(taken: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What may be merged into a body: its fields by name; what they hold is judged with what is there."""
    return {
        "type": "object",
        "description": "Merged into what is there (RFC 7396): null takes a field away",
        "properties": {field: {} for field in sorted(_fields(taken, ref(name)))},
        "additionalProperties": False,
    }


def _fields(taken: Mapping[str, Any], schema: Mapping[str, Any]) -> set[str]:
    if "$ref" in schema:
        return _fields(taken, taken[schema["$ref"].rpartition("/")[2]])
    found = set(schema.get("properties", {}))
    for member in schema.get("oneOf", ()):
        found |= _fields(taken, member)
    return found


def _shown(schema: Any) -> Any:
    """Secrets are marks, other fields may stand beside, and nothing is required: older rows may lack it."""
    if isinstance(schema, list):
        return [_shown(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("writeOnly"):
        return {"type": "string", "const": REDACTED}
    shown = {name: _shown(value) for name, value in schema.items()}
    if shown.get("additionalProperties") is False:
        del shown["additionalProperties"]
    if "oneOf" in shown and "discriminator" not in shown:
        shown["anyOf"] = shown.pop("oneOf")  # with fields beside them, more than one may fit
    return shown


def _plain(order: Mapping[str, Any]) -> dict[str, Any]:
    """What no model stands for."""
    orders = copy.deepcopy(dict(order))
    customer = orders["properties"].pop("customer")
    orders["properties"]["customers"] = {"type": "array", "items": customer, "minItems": 1, "maxItems": 100}
    orders["required"] = ["customers"]
    text = {"type": "string"}
    return {
        "Problem": {
            "type": "object",
            "description": "Every error. `code` is stable; `field` names what the rule in `message` is about",
            "required": ["statusCode", "error", "message", "code"],
            "properties": {
                "statusCode": {"type": "integer"},
                "error": text,
                "message": text,
                "code": text,
                "field": text,
            },
        },
        "Alive": {
            "type": "object",
            "required": ["status", "version"],
            "properties": {"status": {"const": "ok"}, "version": text},
        },
        "Accepted": {
            "type": "object",
            "required": ["id", "type", "status"],
            "properties": {"id": text, "type": text, "status": {"const": "accepted"}},
        },
        "WrappedCommand": {
            "type": "object",
            "required": ["message"],
            "properties": {"message": ref("ControlCommand"), "type": False},
        },
        "Anything": {"type": "object"},
        "WebSocketCallOrder": {
            "allOf": [
                ref("WebCallOrder"),
                {
                    "required": ["transport"],
                    "properties": {"transport": {"type": "object", "required": ["provider"]}},
                },
            ],
        },
        "CallOrders": orders,
        "PlacedCalls": {
            "type": "object",
            "required": ["results", "errors"],
            "properties": {
                "results": {"type": "array", "items": ref("Call")},
                "errors": {"type": "array", "items": {"type": "object"}},
            },
        },
    }
