"""Datagram sockets on an emulated network, in the time of Trio's clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import inf
from random import Random

import trio

from tests.kit.netem import Address, Network, Weather


class MemorySocket:
    """One end of a `MemoryNet`; what `aywa.ua.udp.DatagramSocket` asks for."""

    def __init__(self, net: MemoryNet, address: Address) -> None:
        self.local = address
        self.fail_with: OSError | None = None
        self.swallow: Callable[[bytes], bool] = lambda data: False
        self.log: list[bytes] = []
        self._net = net
        self._send, self._receive = trio.open_memory_channel[tuple[bytes, Address]](inf)

    def send_nowait(self, data: bytes, address: Address) -> None:
        if self.fail_with is not None:
            raise self.fail_with
        self.log.append(data)
        if not self.swallow(data):
            self._net.carry(data, self.local, address)

    async def receive(self) -> list[tuple[bytes, Address]]:
        return [await self._receive.receive()]

    def put(self, data: bytes, source: Address) -> None:
        """A datagram has arrived here."""
        self._send.send_nowait((data, source))

    def close(self) -> None:
        self._net.sockets.pop(self.local, None)


class MemoryNet:
    """Carries datagrams between its sockets."""

    def __init__(self, weather: Weather, rng: Random) -> None:
        self.network = Network(weather, rng)
        self.sockets: dict[Address, MemorySocket] = {}
        self._changed = trio.Event()

    def socket(self, host: str, port: int = 5060) -> MemorySocket:
        """A socket bound to that address."""
        self.sockets[(host, port)] = MemorySocket(self, (host, port))
        return self.sockets[(host, port)]

    def carry(self, data: bytes, source: Address, destination: Address) -> None:
        """Put a datagram on the wire."""
        self.network.send(data, source, destination, trio.current_time())
        self._changed.set()

    async def serve(self) -> None:
        """Deliver until cancelled."""
        while True:
            deadline = self.network.deadline
            self._changed = trio.Event()
            with trio.move_on_at(inf if deadline is None else deadline):
                await self._changed.wait()
            for datagram in self.network.deliver(trio.current_time()):
                socket = self.sockets.get(datagram.destination)
                if socket is not None:
                    socket.put(datagram.data, datagram.source)


@asynccontextmanager
async def open_memory_net(weather: Weather | None = None, seed: int = 1) -> AsyncIterator[MemoryNet]:
    """A network that delivers while the block lasts."""
    net = MemoryNet(weather or Weather(), Random(seed))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(net.serve)
        yield net
        nursery.cancel_scope.cancel()
