"""Real RTP for all callers over one socket: a frame every 20 ms each, arrivals as the kernel stamped them."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from typing import Protocol

import trio

from tests.kit.ports import free_udp_range

FRAME = 160
FRAME_S = 0.02
SLOTS = 10  # callers send in groups, 2 ms apart, so that one does not wait for all others
STALL_S = 0.04  # a frame that is so late spoils what is measured on it
_STEP_S = FRAME_S / SLOTS
_HEADER = 12
_TIMESTAMP = 35  # SO_TIMESTAMPNS of Linux, which the socket module does not name
_BUFFER = 1 << 23
_MOST_LATE_S = 0.5


class Party(Protocol):
    """Who talks over the line."""

    def tick(self, now: float) -> bytes | None:
        """The next 20 ms in mu-law, due at `now` (CLOCK_MONOTONIC); None: this packet is lost on its way."""

    def heard(self, at: float, sequence: int, timestamp: int, payload: bytes) -> None:
        """A packet came."""


class Line:
    """The socket and its clock; `serve` must run."""

    def __init__(self, stall_s: float = STALL_S) -> None:
        """`stall_s`: how late a frame must be for what is measured around it to be left out."""
        self._stall_s = stall_s
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._reports = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # RTCP comes here and is not read
        self.port = free_udp_range(2)
        self._socket.bind(("127.0.0.1", self.port))
        self._reports.bind(("127.0.0.1", self.port + 1))
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMP, 1)
        self._wall = time.time_ns() - time.monotonic_ns()
        self._places: dict[tuple[str, int], _Place] = {}
        self._slots: list[list[_Place]] = [[] for _ in range(SLOTS)]
        self.latest_s = 0.0  # how late a frame left, at the most
        self.stalls: list[tuple[float, float]] = []  # when frames left too late: from, to

    def close(self) -> None:
        """Let go of the sockets."""
        self._socket.close()
        self._reports.close()

    def join(self, remote: tuple[str, int], party: Party, ssrc: int) -> None:
        """From now on this party talks to this address."""
        place = _Place(party, remote, ssrc)
        self._places[remote] = place
        min(self._slots, key=len).append(place)

    def leave(self, remote: tuple[str, int]) -> None:
        """No more."""
        place = self._places.pop(remote)
        for slot in self._slots:
            if place in slot:
                slot.remove(place)

    async def serve(self) -> None:
        """Send and receive until cancelled."""
        began, step = time.monotonic(), 0
        while True:
            due = began + step * _STEP_S
            wait = due - time.monotonic()
            if wait > 0:
                await trio.sleep(wait)
            else:
                await trio.lowlevel.checkpoint()
            self._receive()
            now = time.monotonic()
            self._note(due, now)
            if now - due > _MOST_LATE_S:  # the machine stood still: do not hurry after it
                began += now - due
                due = now
            for place in tuple(self._slots[step % SLOTS]):
                place.send(self._socket, due)
            step += 1

    def _note(self, due: float, now: float) -> None:
        self.latest_s = max(self.latest_s, now - due)
        if now - due > self._stall_s:
            if self.stalls and due - self.stalls[-1][1] < FRAME_S:
                self.stalls[-1] = (self.stalls[-1][0], now)
            else:
                self.stalls.append((due, now))

    def _receive(self) -> None:
        for at, data, source in self._packets():
            place = self._places.get(source)
            if place is not None and len(data) > _HEADER:
                sequence, timestamp = struct.unpack_from("!HI", data, 2)
                place.party.heard(at, sequence, timestamp, data[_HEADER:])

    def _packets(self) -> Iterator[tuple[float, bytes, tuple[str, int]]]:
        while True:
            try:
                data, extra, _, source = self._socket.recvmsg(2048, 64)
            except BlockingIOError:
                return
            seconds, nanoseconds = struct.unpack("@qq", extra[0][2]) if extra else (0, 0)
            stamp = seconds * 1_000_000_000 + nanoseconds - self._wall if seconds else time.monotonic_ns()
            yield stamp * 1e-9, data, source


class _Place:
    """One party's packets."""

    def __init__(self, party: Party, remote: tuple[str, int], ssrc: int) -> None:
        self.party = party
        self._remote = remote
        self._ssrc = ssrc
        self._count = 0

    def send(self, bound: socket.socket, due: float) -> None:
        """The next frame, unless it is lost."""
        payload = self.party.tick(due)
        marker = 0 if self._count else 0x80
        head = struct.pack(
            "!BBHII",
            0x80,
            marker,
            self._count + 1 & 0xFFFF,
            self._count * FRAME & 0xFFFFFFFF,
            self._ssrc,
        )
        self._count += 1
        if payload is not None:
            bound.sendto(head + payload, self._remote)
