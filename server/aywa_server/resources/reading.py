"""From a body to a model: the first fault names its field and its rule."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import BaseModel, ValidationError

from aywa.errors import RequestError
from aywa.model.faults import field_of, rule_of, without_tags
from aywa_server.resources.kinds import Kind


def read_resource(kind: Kind, body: Mapping[str, object]) -> BaseModel:
    """The model; raises `RequestError` (400)."""
    try:
        model: BaseModel = kind.model.validate_json(json.dumps(body), strict=True)
    except ValidationError as error:
        raise _first(error, kind) from None
    return model


def refuse_unknown_nulls(kind: Kind, kept: Mapping[str, object], patch: Mapping[str, object]) -> None:
    """What `patch` takes away must be a field that there is. Raises `RequestError` (400)."""
    gone = {name: None for name, value in patch.items() if value is None}
    if not gone:
        return
    try:
        kind.model.validate_python({**kept, **gone})
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_context=False, include_input=False):
            field = field_of(fault, kind.tags if kind.discriminator else frozenset())
            if fault["type"] == "extra_forbidden" and field in gone:
                raise RequestError(f"{field}: {rule_of(fault)}", code="invalid-field", field=field) from None


def _first(error: ValidationError, kind: Kind) -> RequestError:
    fault = error.errors(include_url=False, include_context=True, include_input=False)[0]
    if fault["type"] in ("union_tag_not_found", "union_tag_invalid"):
        field = ".".join(
            [
                *without_tags(_path(fault["loc"])),
                str(fault.get("ctx", {}).get("discriminator", "")).strip("'"),
            ]
        )
        expected = str(fault.get("ctx", {}).get("expected_tags", ""))
        rule = f"must be one of {expected}" if expected else "is required"
        return RequestError(f"{field}: {rule}", code="invalid-field", field=field)
    field = field_of(fault, kind.tags if kind.discriminator else frozenset())
    rule = rule_of(fault)
    if not field and ": " in rule:  # a rule about the whole that names its field itself
        field, _, rule = rule.partition(": ")
    return RequestError(f"{field}: {rule}" if field else rule, code="invalid-field", field=field or None)


def _path(where: tuple[int | str, ...]) -> list[str]:
    return [str(part) for part in where]
