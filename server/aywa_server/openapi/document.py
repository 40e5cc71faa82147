"""The whole document, and whether it says what the routing does."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from quart import Quart

from aywa import __version__
from aywa_server.openapi.admin import admin_operations, webhook_operations
from aywa_server.openapi.calls import call_operations, runtime_operations
from aywa_server.openapi.observing import observing_operations
from aywa_server.openapi.operation import JSON, PROBLEMS, Answer, Operation, ref
from aywa_server.openapi.resources import resource_operations
from aywa_server.openapi.schemas import document_schemas

_PART = re.compile(r"<(?:\w+:)?(\w+)>")
_IMPLICIT = frozenset({"HEAD", "OPTIONS"})  # every GET route has both


def operations() -> tuple[Operation, ...]:
    """All of them, in the document's order."""
    return (
        *call_operations(),
        *resource_operations(),
        *webhook_operations(),
        *observing_operations(),
        *admin_operations(),
        *runtime_operations(),
    )


@cache
def openapi_document() -> dict[str, Any]:
    """OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations():
        paths.setdefault(_PART.sub(r"{\1}", operation.path), {})[operation.method.lower()] = _told(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Aywa Runtime",
            "version": __version__,
            "description": "Steers and explains the calls of one runtime, and keeps what leads them.",
        },
        "security": [{"bearer": []}, {"key": []}],
        "paths": paths,
        "components": {
            "schemas": document_schemas(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def routed(app: Quart) -> set[tuple[str, str]]:
    """Every method and path of an app; those that each route has anyway are left out."""
    return {
        (method, _PART.sub(r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in set(rule.methods or ()) - _IMPLICIT
        if not rule.websocket  # OpenAPI has no words for them: docs/api.md
    }


def _told(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [*_path_parameters(operation), *_parameters(operation)],
        "responses": {
            **{str(answer.status): _answer(answer) for answer in operation.answers},
            **_problems(operation),
        },
    }
    if operation.body is not None:
        content = {kind: {"schema": schema} for kind, schema in operation.body.items()}
        told["requestBody"] = {"required": True, "content": content}
    if operation.public:
        told["security"] = []
    return told


def _path_parameters(operation: Operation) -> Iterable[dict[str, Any]]:
    for name in _PART.findall(operation.path):
        yield {"name": name, "in": "path", "required": True, "schema": operation.ids}


def _parameters(operation: Operation) -> Iterable[dict[str, Any]]:
    for parameter in operation.parameters:
        yield {
            "name": parameter.name,
            "in": parameter.where,
            "description": parameter.what,
            "schema": parameter.schema,
        }


def _answer(answer: Answer) -> dict[str, Any]:
    told: dict[str, Any] = {"description": answer.what}
    if answer.media:
        told["content"] = {kind: {"schema": schema} for kind, schema in answer.media.items()}
    if answer.headers:
        told["headers"] = {name: {"schema": {"type": "string"}} for name in answer.headers}
    return told


def _problems(operation: Operation) -> dict[str, Any]:
    # Whoever shows a key may show it too often, or too many wrong ones.
    statuses = set(operation.problems) | (set() if operation.public else {429})
    return {
        str(status): {
            "description": PROBLEMS.get(status, "It is refused"),
            "content": {JSON: {"schema": ref("Problem")}},
        }
        for status in sorted(statuses)
    }
