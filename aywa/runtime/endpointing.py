"""What listens and who is asked whether a caller has finished."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from aywa.call.dependencies import TurnEars
from aywa.call.start_plan import endpointing_server
from aywa.model.assistant import Assistant
from aywa.providers.endpointing_webhook import open_endpointing_webhook
from aywa.providers.public_addresses import networks
from aywa.providers.smart_turn import SmartTurnModel
from aywa.settings import CallSettings


@asynccontextmanager
async def open_turn_ears(settings: CallSettings, assistant: Assistant | None) -> AsyncIterator[TurnEars]:
    """The model that the settings name and the server that the assistant's plan names. Raises ConfigError."""
    path = settings.endpointing_sound_model
    sound = await trio.to_thread.run_sync(SmartTurnModel, path) if path else None
    server = endpointing_server(None if assistant is None else assistant.start_speaking_plan)
    if server is None:
        yield TurnEars(sound)
        return
    allowed = networks(settings.webhook_networks)
    async with open_endpointing_webhook(server.url, server.headers, allowed) as webhook:
        yield TurnEars(sound, webhook)
