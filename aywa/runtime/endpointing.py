"""What listens and who is asked whether a caller has finished."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from aywa.call.start_plan import endpointing_server
from aywa.model.assistant import Assistant
from aywa.providers.endpointing_webhook import EndpointingWebhook, open_endpointing_webhook
from aywa.providers.public_addresses import networks
from aywa.providers.smart_turn import SmartTurnModel
from aywa.settings import CallSettings


async def load_turn_sound(path: str) -> SmartTurnModel | None:
    """The model that hears the end of a turn, if there is one. Raises ConfigError."""
    if not path:
        return None
    return await trio.to_thread.run_sync(SmartTurnModel, path)


@asynccontextmanager
async def open_advisor(
    settings: CallSettings, assistant: Assistant | None
) -> AsyncIterator[EndpointingWebhook | None]:
    """The endpointing server of the assistant's plan, if it has one."""
    server = endpointing_server(None if assistant is None else assistant.start_speaking_plan)
    if server is None:
        yield None
        return
    async with open_endpointing_webhook(
        server.url, server.headers, networks(settings.webhook_networks)
    ) as webhook:
        yield webhook
