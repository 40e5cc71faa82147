"""The kinds of resources: the model of each, and what may be there only once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter

from aywa.model.assistant_body import AssistantBody
from aywa.model.credential import Credential
from aywa.model.file import File
from aywa.model.phone_number import PhoneNumber
from aywa.model.structured_output import StructuredOutputBody
from aywa.model.tool import Tool
from aywa.model.webhook_endpoint import WebhookEndpointBody
from aywa.ports.resources import ResourceKind


def _nothing(model: BaseModel) -> str | None:
    return None


def _dialled(model: BaseModel) -> str | None:
    key: str = model.dialled  # type: ignore[attr-defined]  # every member of PhoneNumber has it
    return key


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. `discriminator`: the field that says which of several models it is; "" for one model.

    `fixed`: what is shown beside the body.
    """

    kind: ResourceKind
    name: str  # of its schema
    model: TypeAdapter[Any]
    discriminator: str = ""
    unique_key: Callable[[BaseModel], str | None] = _nothing
    fixed: tuple[tuple[str, str], ...] = ()

    @property
    def tags(self) -> frozenset[str]:
        """What its discriminator may say."""
        mapping = self.model.json_schema().get("discriminator", {}).get("mapping", {})
        return frozenset(mapping)

    @property
    def path(self) -> str:
        """Of the collection."""
        return f"/{self.kind.value}"


ASSISTANT = Kind(ResourceKind.ASSISTANT, "Assistant", TypeAdapter(AssistantBody))
PHONE_NUMBER = Kind(
    ResourceKind.PHONE_NUMBER,
    "PhoneNumber",
    TypeAdapter(PhoneNumber),
    "provider",
    _dialled,
    (("status", "active"),),
)
TOOL = Kind(ResourceKind.TOOL, "Tool", TypeAdapter(Tool), "type")
CREDENTIAL = Kind(ResourceKind.CREDENTIAL, "Credential", TypeAdapter(Credential), "provider")
WEBHOOK_ENDPOINT = Kind(ResourceKind.WEBHOOK_ENDPOINT, "WebhookEndpoint", TypeAdapter(WebhookEndpointBody))
STRUCTURED_OUTPUT = Kind(
    ResourceKind.STRUCTURED_OUTPUT, "StructuredOutput", TypeAdapter(StructuredOutputBody)
)
FILE = Kind(ResourceKind.FILE, "File", TypeAdapter(File))

# Made, changed and forgotten by bodies of JSON; a file comes otherwise.
JSON_KINDS = (ASSISTANT, PHONE_NUMBER, TOOL, CREDENTIAL, WEBHOOK_ENDPOINT, STRUCTURED_OUTPUT)
