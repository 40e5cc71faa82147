"""The clients of a worker for URLs that users and models name, and who is told what it may reach."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aywa.log import get_logger
from aywa.outbound.client import OutboundClient, open_outbound
from aywa.proto.outbound_rules import outbound_rules
from aywa.settings import OutboundSettings

_log = get_logger("outbound")


@asynccontextmanager
async def open_asking(settings: OutboundSettings, *, tell: bool = True) -> AsyncIterator[OutboundClient]:
    """For as long as the block runs; exceptions to "public only" are told at the start."""
    if settings.private and tell:
        _log.warning("outbound.private_allowed", entries=list(settings.private))
    async with open_outbound(outbound_rules(settings.private)) as client:
        yield client
