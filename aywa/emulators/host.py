"""Serves one emulator on a loopback port."""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import h11
import trio

from aywa.emulators.exchange import Emulator, Reply, Request, Struck
from aywa.emulators.faults import Faults
from aywa.emulators.websocket import ServerSocket

_CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: what is unsent is dropped, and the peer is told by a reset


class EmulatorHost:
    """One emulator and the faults that it has."""

    def __init__(self, emulator: Emulator, faults: Faults | None = None) -> None:
        self.emulator = emulator
        self.faults = faults or Faults()
        self.requests: list[Request] = []  # as they came, without what followed on websockets
        self.connections = 0  # that were made since the start
        self.port = 0
        self._streams: set[trio.SocketStream] = set()

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(
        self, port: int = 0, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Serve until cancelled. `port` 0: any free one. Raises OSError where it cannot be had."""
        listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
        self.port = listeners[0].socket.getsockname()[1]
        async with trio.open_nursery() as nursery:
            await nursery.start(trio.serve_listeners, self._connection, listeners)
            task_status.started()

    async def drop(self) -> None:
        """Close every connection as it stands, without goodbye."""
        for stream in list(self._streams):
            await stream.aclose()

    async def _connection(self, stream: trio.SocketStream) -> None:
        self.connections += 1
        self._streams.add(stream)
        async with stream:
            try:
                while await self._one(stream):
                    pass
            except Struck as end:
                if end.reset:
                    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            except (trio.BrokenResourceError, trio.ClosedResourceError, h11.ProtocolError):
                return  # the client is gone, or is none
            finally:
                self._streams.discard(stream)

    async def _one(self, stream: trio.SocketStream) -> bool:
        """Answer one request; whether another may follow on this connection."""
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=65_536)
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                if connection.they_are_waiting_for_100_continue:
                    await stream.send_all(b"HTTP/1.1 100 Continue\r\n\r\n")
                connection.receive_data(await stream.receive_some(_CHUNK))
            elif isinstance(event, h11.Request):
                head = event
                if _upgrade(head):
                    await self._websocket(stream, head, connection)
                    return False
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                break
            else:
                return False
        assert head is not None, "an end comes behind a beginning"
        request = self._request(head, bytes(body))
        reply = Reply(connection, stream, request.fault)
        await self.emulator.http(request, reply)
        if not reply.begun:
            await reply.json(404, {"error": {"message": "there is no such path"}})
        return connection.our_state is h11.DONE and connection.their_state is h11.DONE

    async def _websocket(
        self, stream: trio.SocketStream, head: h11.Request, connection: h11.Connection
    ) -> None:
        connection.next_event()  # the end of a request without a body
        request = self._request(head, b"")
        websocket = ServerSocket(request, stream, bytes(connection.trailing_data[0]))
        try:
            await self.emulator.socket(request, websocket)
        except BaseExceptionGroup as group:  # out of an emulator's own nursery
            raise _end_of(group) from None
        if not websocket.answered:
            await websocket.reject(404)
        await websocket.close()

    def _request(self, head: h11.Request, body: bytes) -> Request:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in head.headers}
        request = Request(
            head.method.decode(), head.target.decode("latin-1"), headers, body, self.faults.next()
        )
        self.requests.append(request)
        return request


@asynccontextmanager
async def open_emulator(
    emulator: Emulator, faults: Faults | None = None, *, port: int = 0
) -> AsyncIterator[EmulatorHost]:
    """An emulator that is served for as long as the block runs."""
    host = EmulatorHost(emulator, faults)
    async with trio.open_nursery() as nursery:
        await nursery.start(host.serve, port)
        yield host
        nursery.cancel_scope.cancel()


def _end_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What a connection ends with: what struck it, else that the client is gone, else the group itself."""
    known = (Struck, trio.BrokenResourceError, trio.ClosedResourceError)
    _, others = group.split(known)
    if others is not None:
        return group
    ends = [end for kind in known if (end := group.subgroup(kind)) is not None]
    first: BaseException = ends[0]
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first


def _upgrade(head: h11.Request) -> bool:
    return any(name == b"upgrade" and value.lower() == b"websocket" for name, value in head.headers)
