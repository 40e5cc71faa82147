"""What of a resource is secret: taken out before it is kept, and never shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from aywa.errors import RequestError

REDACTED = "redacted"  # stands where a secret is


def part(model: BaseModel) -> tuple[dict[str, Any], dict[str, str]]:
    """The body with `REDACTED` in each secret's place, and the secrets by their paths (RFC 6901).

    Only what was said is in the body: defaults may change. Raises `RequestError` (400) for a secret that is
    the mark itself.
    """
    body: dict[str, Any] = model.model_dump(mode="json", by_alias=True, exclude_unset=True)
    secrets: dict[str, str] = {}
    _take(model.model_dump(by_alias=True, exclude_unset=True), body, "", secrets)
    for path, secret in secrets.items():
        if secret == REDACTED:
            field = path.strip("/").replace("/", ".")
            raise RequestError(
                f"{field}: must be the secret itself: none is kept here", code="invalid-field", field=field
            )
    return body, secrets


def fill(body: object, secrets: Mapping[str, str], path: str = "") -> Any:
    """The body with the secrets where they are marked; what is marked and not known stays."""
    if isinstance(body, Mapping):
        return {name: fill(value, secrets, f"{path}/{name}") for name, value in body.items()}
    if isinstance(body, list):
        return [fill(value, secrets, f"{path}/{index}") for index, value in enumerate(body)]
    return secrets.get(path, body) if body == REDACTED else body


def _take(values: Any, body: Any, path: str, secrets: dict[str, str]) -> None:
    pairs = values.items() if isinstance(values, Mapping) else enumerate(values)
    for name, value in pairs:
        below = f"{path}/{name}"
        if isinstance(value, SecretStr):
            secrets[below] = value.get_secret_value()
            body[name] = REDACTED
        elif isinstance(value, Mapping | list | tuple):
            _take(value, body[name], below, secrets)
