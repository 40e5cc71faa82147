"""Which other resources a resource names: by the names of its fields, wherever they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from aywa.errors import RequestError

FIELDS = {
    "assistantId": "assistant",
    "assistantIds": "assistant",
    "phoneNumberId": "phone-number",
    "toolId": "tool",
    "toolIds": "tool",
    "credentialId": "credential",
    "credentialIds": "credential",
    "fileIds": "file",
    "structuredOutputIds": "structured-output",
}
# Below these everything is the operator's own, and a field there means what he means by it.
_FREE = frozenset({"metadata", "schema", "parameters", "headers", "body", "variableValues", "messages"})
MAX_REFERENCES = 2000


@dataclass(frozen=True, slots=True)
class Reference:
    """`field`: its path with dots; `kind` and `id` of what it names."""

    field: str
    kind: str
    id: UUID


def references_of(body: Mapping[str, object]) -> tuple[Reference, ...]:
    """In the order of the body. Raises `RequestError` for an id that cannot be one."""
    found = tuple(_within(body, ""))
    if len(found) > MAX_REFERENCES:
        raise RequestError(f"the body names more than {MAX_REFERENCES} resources", code="invalid-field")
    return found


def _within(value: object, path: str) -> Iterator[Reference]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            below = f"{path}.{name}" if path else str(name)
            kind = FIELDS.get(name)
            if kind is not None:
                yield from _named(inner, kind, below)
            elif name not in _FREE:
                yield from _within(inner, below)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _within(inner, f"{path}.{index}")


def _named(value: object, kind: str, path: str) -> Iterator[Reference]:
    if isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _named(inner, kind, f"{path}.{index}")
    elif value is not None:
        try:
            yield Reference(path, kind, UUID(str(value)))
        except ValueError:
            rule = f"must be the id of a {kind}" if kind[0] not in "aeiou" else f"must be the id of an {kind}"
            raise RequestError(f"{path}: {rule}", code="invalid-field", field=path) from None
