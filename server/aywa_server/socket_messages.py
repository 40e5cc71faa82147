"""A websocket of this API as others hold it: pieces out, messages in, and a close that says why."""

from __future__ import annotations

import json
from collections.abc import Mapping

import trio
from quart import websocket

NORMAL, POLICY, TRY_LATER = 1000, 1008, 1013  # RFC 6455 §7.4.1, and 1013 of the IANA registry
CLOSE_S = 1.0  # whoever does not read hears no reason either
_REASON_BYTES = 123  # RFC 6455 §5.5: a close frame has 125, two of them the code


async def send_piece(piece: bytes | Mapping[str, object]) -> None:
    """Audio as a binary message, everything else as JSON."""
    await websocket.send(piece if isinstance(piece, bytes) else json.dumps(piece, ensure_ascii=False))


async def close_for(reason: str, code: int = NORMAL) -> None:
    """Say why and close, as far as somebody still reads."""
    with trio.move_on_after(CLOSE_S, shield=True):
        await websocket.close(code, reason.encode()[:_REASON_BYTES].decode("utf-8", "ignore"))
