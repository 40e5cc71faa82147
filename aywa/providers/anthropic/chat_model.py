"""Language models of Anthropic's."""

from __future__ import annotations

from aywa.model.chat_models.anthropic import AnthropicModelPlan
from aywa.ports.llm import ChatModel
from aywa.providers.anthropic.messages_wire import MessagesWire
from aywa.providers.chat.driver import Pace, StreamedModel
from aywa.providers.chat.exchange import versioned
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor


def chat_model(door: ProviderDoor, access: Access, plan: AnthropicModelPlan) -> ChatModel:
    """The model of a plan."""
    pace = Pace(plan.first_token_s, plan.token_gap_seconds)
    return StreamedModel(door, access, messages_wire(access, plan), pace)


def messages_wire(access: Access, plan: AnthropicModelPlan) -> MessagesWire:
    """Its protocol. Pure."""
    path = versioned(access.base_url, "/v1", "/messages")
    return MessagesWire(access.provider, path, plan, access.key)
