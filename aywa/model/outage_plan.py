"""What an assistant does when none of its providers of a kind works: a field of this runtime's own."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from aywa.model.base import Plan
from aywa.model.transfer import TransferDestination


class OutagePlan(Plan):
    """`providerOutagePlan`. `message` is said first, by a voice that needs no provider if need be; without
    one it is a sentence in the assistant's language. Then the call is ended, or handed over to `destination`.
    """

    message: str = Field(default="", max_length=1000)
    action: Literal["hangUp", "transfer"] = "hangUp"
    destination: TransferDestination | None = None

    @model_validator(mode="after")
    def _whole(self) -> OutagePlan:
        if (self.action == "transfer") is not (self.destination is not None):
            raise ValueError("a destination belongs to the action transfer, and to no other")
        return self
