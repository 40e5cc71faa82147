"""What listens and who is asked whether a caller has finished."""

from __future__ import annotations

import trio

from aywa.call.start_plan import endpointing_server
from aywa.model.assistant import Assistant
from aywa.outbound.client import OutboundClient
from aywa.providers.endpointing_webhook import EndpointingWebhook
from aywa.providers.smart_turn import SmartTurnModel


async def load_turn_sound(path: str) -> SmartTurnModel | None:
    """The model that hears the end of a turn, if there is one. Raises ConfigError."""
    if not path:
        return None
    return await trio.to_thread.run_sync(SmartTurnModel, path)


def advisor(client: OutboundClient, assistant: Assistant | None) -> EndpointingWebhook | None:
    """The endpointing server of the assistant's plan, if it has one."""
    server = endpointing_server(None if assistant is None else assistant.start_speaking_plan)
    return None if server is None else EndpointingWebhook(client, server.url, server.headers)
