"""Drives the pure core: one task receives, one waits for deadlines, and nothing else touches the socket."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import inf
from typing import TYPE_CHECKING

import trio

from aywa.log import get_logger, places
from aywa.proto.sip.core import IncomingCall, RequestDone, SessionSaid, UserAgentCore
from aywa.proto.sip.layer_actions import ClientKey, Transmit
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.routing import Address
from aywa.proto.sip.session import InviteUsage
from aywa.proto.sip.session_states import SessionEvent
from aywa.proto.sip.session_uac import OutgoingUsage
from aywa.proto.sip.session_uas import IncomingUsage
from aywa.proto.sip.stream import PING, Broken, Frame, Framed
from aywa.proto.sip.stream_address import StreamAddress
from aywa.settings import StrangerPolicy
from aywa.ua.admission import Admission, Entry, Welcome
from aywa.ua.rates import RateLimits
from aywa.ua.sip_log import SipLog
from aywa.ua.sparing import Level, SparingLog
from aywa.ua.tcp import StreamEvents, Streams
from aywa.ua.trunk import Trunks
from aywa.ua.udp import DatagramSocket

if TYPE_CHECKING:
    from aywa.ua.session import Session

_log = get_logger("sip")


class Endpoint:
    """The socket, the core, and who listens to which session."""

    def __init__(
        self,
        core: UserAgentCore,
        socket: DatagramSocket,
        trunks: Trunks,
        *,
        on_incoming: Callable[[IncomingUsage, InviteUsage | None], None],
        streams: Streams | None = None,
        strangers: StrangerPolicy = StrangerPolicy.SILENT,
        limits: RateLimits | None = None,
    ) -> None:
        self.core = core
        self.admission = Admission(self._is_known, strangers, limits)
        self.counters = self.admission.counters
        self._socket = socket
        self._streams = streams
        self.trunks = trunks
        self._on_incoming = on_incoming
        self.sessions: dict[InviteUsage, Session] = {}  # that have not ended; each enters itself
        self._listeners: dict[InviteUsage, Callable[[SessionEvent], None]] = {}
        self._requests: dict[ClientKey, Callable[[RequestDone], None]] = {}
        self._called: Counter[str] = Counter()  # hosts we are in a call with though they are no trunks
        self._sparing = SparingLog(_log)
        self._scope = trio.CancelScope(shield=True)
        self._rearm = trio.Event()
        self._armed = inf
        self._quiet = trio.Event()
        self.log = SipLog(self._reached_by)

    # -- tasks

    async def serve(self) -> None:
        """Receive and keep time until `stop`.

        Shielded: at shutdown the goodbyes of calls still need it. Whoever started it calls `stop` in a
        `finally`, and that bounds the shield.
        """
        with self._scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._serve_deadlines)
                if self._streams is not None:
                    events = StreamEvents(
                        self._welcome, self.receive_frame, self._connection_lost, self._pause
                    )
                    nursery.start_soon(self._streams.serve, events)
                while True:
                    for data, source in await self._socket.receive():
                        self.receive(data, source)

    def stop(self) -> None:
        """End `serve`."""
        self._scope.cancel()

    async def wait_quiet(self) -> None:
        """Return when no session is left."""
        while self.core.sessions:
            self._quiet = trio.Event()
            await self._quiet.wait()

    async def _serve_deadlines(self) -> None:
        while True:
            deadline = self.core.deadline
            self._armed = inf if deadline is None else deadline
            self._rearm = trio.Event()
            with trio.move_on_at(self._armed):
                await self._rearm.wait()
            now = trio.current_time()
            if self._armed <= now:
                with self._wall("timers"):
                    self.core.handle_timers(now)
                    self.flush()

    # -- inputs

    def receive(self, data: bytes, source: Address) -> None:
        """A datagram came. Never raises."""
        self.counters.datagrams += 1
        now = trio.current_time()
        awaits = self.core.transactions.expects_responses
        by_stream = isinstance(source, StreamAddress)
        entry = self.admission.admit(data, source[0], now, awaits=awaits, by_stream=by_stream)
        if entry is Entry.DROPPED:
            return
        with self._wall(f"{source[0]}:{source[1]}"):
            if entry is Entry.FORBIDDEN:
                self.core.forbid(data, source, now)
                self.flush()
                return
            self.log.received(data, source)
            if not self.core.receive_datagram(data, source, now):
                self.counters.broken += 1
            self.flush()

    def receive_frame(self, source: StreamAddress, frame: Frame) -> None:
        """A connection of a peer that was let in brought something. Never raises."""
        match frame:
            case Framed(data):
                self.receive(data, source)
            case Broken(data, error):
                now = trio.current_time()
                entry = self.admission.admit(data, source[0], now, awaits=False, by_stream=True)
                if entry is not Entry.TAKEN:
                    return
                self.counters.broken += 1
                with self._wall(f"{source[0]}:{source[1]}"):
                    self.core.receive_broken(data, error, source, now)
                    self.flush()
            case _:
                self.counters.keepalives += 1

    def _connection_lost(self, peer: StreamAddress, unsent: list[Request | Response]) -> None:
        """A connection is gone: what it did not send, and what was asked over it, has failed."""

        def lost(address: Address) -> bool:
            if not isinstance(address, StreamAddress):
                return False
            return address.flow == peer.flow or address.same_peer(peer)

        with self._wall(f"{peer[0]}:{peer[1]}"):
            now = trio.current_time()
            for message in unsent:
                self.counters.send_errors += 1
                self.core.transmit_failed(message, now)
            self.core.connection_lost(lost, now)
            self.flush()

    def _is_known(self, host: str) -> bool:
        return self.trunks.allows(host) or host in self._called

    def _welcome(self, host: str) -> Welcome:
        return self.admission.connect(host, trio.current_time())

    def _pause(self, host: str) -> float | None:
        return self.admission.pause_s(host, trio.current_time())

    @contextmanager
    def _wall(self, input_of: str) -> Iterator[None]:
        """The blast wall of one input, and so of one call: a bug met here must not end everybody's calls."""
        try:
            yield
        except Exception as error:  # noqa: BLE001
            self.counters.faults += 1
            now = trio.current_time()
            self._sparing.say("sip.fault", now, Level.ERROR, input_of=input_of, places=places(error))

    def apply(self, usage: InviteUsage) -> None:
        """Carry out what a call of one of the session's own methods asked for."""
        self.core.apply(usage, trio.current_time())
        self.flush()

    def listen(self, usage: InviteUsage, listener: Callable[[SessionEvent], None]) -> None:
        """Give `listener` what `usage` says; it is called synchronously and must not raise.

        While a call of ours lasts, its destination may send requests though it be no trunk.
        """
        if isinstance(usage, OutgoingUsage) and usage not in self._listeners:
            self._called[usage.destination[0]] += 1
        self._listeners[usage] = listener

    def forget(self, usage: InviteUsage) -> None:
        """Nobody listens to `usage` any more."""
        self.sessions.pop(usage, None)
        self.log.settle(usage.call_id)
        if self._listeners.pop(usage, None) is not None and isinstance(usage, OutgoingUsage):
            host = usage.destination[0]
            self._called[host] -= 1
            if not self._called[host]:
                del self._called[host]

    def expect(self, key: ClientKey, listener: Callable[[RequestDone], None]) -> None:
        """Give `listener` the outcome of a request outside sessions."""
        self._requests[key] = listener

    # -- outputs

    def ping(self, address: Address) -> bool:
        """Send what keeps the way to `address` open (RFC 5626 §3.5.1); False when its connection is gone."""
        if isinstance(address, StreamAddress):
            return self._streams is not None and self._streams.ping(address)
        with suppress(OSError):  # lost, like any other datagram
            self._socket.send_nowait(PING, address)
        return True

    def flush(self) -> None:
        """Do what the core asks for, then see to the deadline."""
        for action in self.core.actions():
            match action:
                case Transmit(message, address):
                    self._transmit(message, address)
                case IncomingCall(usage, replaces):
                    self.log.begin(usage.call_id)
                    self._on_incoming(usage, replaces)
                    if usage not in self._listeners:
                        self.log.drop(usage.call_id)
                case SessionSaid(usage, event):
                    listener = self._listeners.get(usage)
                    if listener is not None:
                        listener(event)
                case RequestDone(key):
                    done = self._requests.pop(key, None)
                    if done is not None:
                        done(action)
        deadline = self.core.deadline
        if deadline is not None and deadline < self._armed:
            self._rearm.set()
        if not self.core.sessions:
            self._quiet.set()

    def _reached_by(self, peer: Address) -> Address:
        """Where this side is for a peer."""
        identity = self.core.identity
        if isinstance(peer, StreamAddress) and self._streams is not None:
            return identity.host, self._streams.local.get(peer.transport, self._socket.local)[1]
        return identity.host, self._socket.local[1]

    def _transmit(self, message: Request | Response, address: Address) -> None:
        try:
            data = message.encode()
            self.log.sent(data, address)
            if not isinstance(address, StreamAddress):
                self._socket.send_nowait(data, address)
            elif self._streams is None:
                raise OSError(errno.EPROTONOSUPPORT, "no connections are served")
            else:
                self._streams.send_nowait(data, address, message)
        except OSError as error:
            self.counters.send_errors += 1
            now = trio.current_time()
            self._sparing.say("sip.send_failed", now, peer=f"{address[0]}:{address[1]}", errno=error.errno)
            self.core.transmit_failed(message, now)
