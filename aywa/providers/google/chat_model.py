"""Language models of Google's."""

from __future__ import annotations

from urllib.parse import quote

from aywa.model.chat_models.google import GoogleModelPlan
from aywa.ports.llm import ChatModel
from aywa.providers.chat.driver import Pace, StreamedModel
from aywa.providers.chat.exchange import versioned
from aywa.providers.google.generate_wire import GenerateWire
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor


def chat_model(door: ProviderDoor, access: Access, plan: GoogleModelPlan) -> ChatModel:
    """The model of a plan."""
    pace = Pace(plan.first_token_s, plan.token_gap_seconds)
    return StreamedModel(door, access, generate_wire(access, plan), pace)


def generate_wire(access: Access, plan: GoogleModelPlan) -> GenerateWire:
    """Its protocol. Pure."""
    model = quote(plan.model.removeprefix("models/"), safe="")
    path = versioned(access.base_url, "/v1beta", f"/models/{model}:streamGenerateContent?alt=sse")
    return GenerateWire(access.provider, path, plan, access.key)
