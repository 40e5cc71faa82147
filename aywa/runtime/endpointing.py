"""What listens and who is asked whether a caller has finished."""

from __future__ import annotations

from uuid import UUID

import trio

from aywa.call.start_plan import endpointing_server
from aywa.model.assistant import Assistant
from aywa.model.server_body import ServerBody
from aywa.ports.server_requests import ServerRequests
from aywa.providers.endpointing_webhook import EndpointingWebhook
from aywa.providers.smart_turn import SmartTurnModel


async def load_turn_sound(path: str) -> SmartTurnModel | None:
    """The model that hears the end of a turn, if there is one. Raises ConfigError."""
    if not path:
        return None
    return await trio.to_thread.run_sync(SmartTurnModel, path)


def advisor(requests: ServerRequests, org_id: UUID, assistant: Assistant | None) -> EndpointingWebhook | None:
    """The endpointing server of the assistant's plan, if it has one."""
    server = endpointing_server(None if assistant is None else assistant.start_speaking_plan)
    if server is None:
        return None
    whom = ServerBody.model_construct(**dict(server))  # it was checked as what it is
    return EndpointingWebhook(requests, org_id, whom)
