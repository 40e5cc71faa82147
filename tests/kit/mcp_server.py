"""The reference server of the Model Context Protocol, in a process of its own: KIND is json, shttp or sse."""

from __future__ import annotations

import sys
from contextlib import suppress
from threading import Event

import uvicorn
from mcp.server.mcpserver import MCPServer
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

SEEN: list[str] = []


def tools() -> MCPServer:
    """What it offers."""
    server = MCPServer("hotel")

    @server.tool()
    def rooms(day: str, beds: int = 1) -> str:
        """Says which rooms are free."""
        return f"{beds} beds on {day}: room 7"

    @server.tool()
    def price(nights: int) -> dict[str, int]:
        """Says what it costs."""
        return {"euros": 80 * nights}

    @server.tool()
    def fail() -> str:
        """Fails."""
        raise ValueError("no such booking")

    @server.tool()
    def slow() -> str:
        """Takes its time."""
        Event().wait(30)
        return "late"

    @server.tool()
    def headers() -> list[str]:
        """Says what requests carried."""
        return SEEN[-20:]

    return server


class Watching:
    """Notes who asked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            fields = Request(scope).headers
            SEEN.append(
                f"{fields.get('x-call-id')} {fields.get('idempotency-key')} {fields.get('authorization')}"
            )
        await self._app(scope, receive, send)


def main(kind: str) -> None:
    """Serve, and say on which port."""
    server = tools()
    app = {
        "json": lambda: server.streamable_http_app(json_response=True),
        "shttp": server.streamable_http_app,
        "sse": server.sse_app,
    }[kind]()
    config = uvicorn.Config(Watching(app), host="127.0.0.1", port=0, log_level="error", lifespan="on")
    serving = uvicorn.Server(config)
    sockets = [config.bind_socket()]
    sockets[0].listen()
    print(sockets[0].getsockname()[1], flush=True)
    with suppress(KeyboardInterrupt):
        serving.run(sockets=sockets)


if __name__ == "__main__":
    main(sys.argv[1])
