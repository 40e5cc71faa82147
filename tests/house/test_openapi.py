"""The OpenAPI document says what the routing does, and the one that is checked in is today's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aywa_server.app import create_app
from aywa_server.openapi.document import openapi_document, operations, routed
from aywa_server.routes.health import PUBLIC_ENDPOINTS
from scripts import openapi
from tests.kit.api_parts import make_parts

DOCUMENT = openapi_document()


def test_every_route_is_told_and_nothing_else() -> None:
    told = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert told == routed(create_app(make_parts()))


def test_no_operation_is_told_twice() -> None:
    assert len({operation.name for operation in operations()}) == len(operations())


def test_every_reference_leads_somewhere() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for name in references(DOCUMENT):
        assert name.removeprefix("#/components/schemas/") in schemas, name


def test_what_is_public_is_told_to_be() -> None:
    public = {operation.path for operation in operations() if operation.public}
    rules = create_app(make_parts()).url_map.iter_rules()
    assert {rule.rule for rule in rules if rule.endpoint in PUBLIC_ENDPOINTS} == public
    assert DOCUMENT["paths"]["/openapi.json"]["get"]["security"] == []
    assert "security" not in DOCUMENT["paths"]["/metrics"]["get"]


def test_the_document_that_is_checked_in_is_fresh() -> None:
    kept = (Path(openapi.ROOT) / openapi.PAGE).read_text(encoding="utf-8")
    assert kept == openapi.text(), "run make docs"
    assert json.loads(kept) == DOCUMENT


def references(value: Any) -> Iterator[str]:
    """Every $ref, however deep."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)
