"""How a request goes from the server to the app: without tasks of its own where nothing can come of them."""

from __future__ import annotations

from math import inf

import trio
from hypercorn.typing import (
    ASGIReceiveCallable,
    ASGISendCallable,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
)
from quart import Response
from quart.typing import ResponseTypes
from quart.utils import encode_headers
from quart.wrappers.response import DataBody
from quart_trio.asgi import TrioASGIHTTPConnection

_BODY = (b"content-length", b"transfer-encoding")


class DirectConnection(TrioASGIHTTPConnection):
    """Quart gives each request two tasks, of which one waits for its body and for its client's going away.

    A GET without a body is answered in the task that it came in. Only an answer that is not whole yet, a
    stream or a file, is given up when the client goes.
    """

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer it."""
        reads = self.scope["method"] in ("GET", "HEAD")
        if not reads or any(name in _BODY for name, _ in self.scope["headers"]):
            await super().__call__(receive, send)
            return
        request = self._create_request_from_scope(send)
        request.body.set_complete()
        response = await self.app.handle_request(request)
        if isinstance(response, Response) and isinstance(response.response, DataBody):
            with trio.move_on_after(self._seconds(response)):
                await _send_whole(send, response, response.response)
            return
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.handle_messages, nursery, request, receive)
            with trio.move_on_after(self._seconds(response)):
                await self._send_response(send, response)
            nursery.cancel_scope.cancel()

    def _seconds(self, response: ResponseTypes) -> float:
        """How long sending it may take."""
        own = response.timeout if isinstance(response, Response) else ...
        seconds: float | None = self.app.config["RESPONSE_TIMEOUT"] if own is ... else own
        return inf if seconds is None else seconds


async def _send_whole(send: ASGISendCallable, response: Response, body: DataBody) -> None:
    start: HTTPResponseStartEvent = {
        "type": "http.response.start",
        "status": response.status_code,
        "headers": encode_headers(response.headers),
    }
    await send(start)
    data: HTTPResponseBodyEvent = {
        "type": "http.response.body",
        "body": body.data[body.begin : body.end],
        "more_body": False,
    }
    await send(data)
