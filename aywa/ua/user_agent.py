"""The user agent: opened once, it answers and places calls until its block is left."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from random import Random

import trio

from aywa.log import get_logger, places
from aywa.ports.capture import PacketTap
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sip.core import SipLoad, UserAgentCore
from aywa.proto.sip.departure import Departures
from aywa.proto.sip.digest import Credentials
from aywa.proto.sip.identity import Identity
from aywa.proto.sip.message import Response
from aywa.proto.sip.refer import Replaces
from aywa.proto.sip.routing import Address
from aywa.proto.sip.session import InviteUsage
from aywa.proto.sip.session_timer import SessionPolicy
from aywa.proto.sip.session_uac import OutgoingUsage
from aywa.proto.sip.session_uas import IncomingUsage
from aywa.proto.sip.stream_address import Transport
from aywa.proto.sip.transactions import Counters
from aywa.proto.sip.uri import Uri
from aywa.settings import SipSettings
from aywa.ua.admission import EndpointCounters
from aywa.ua.endpoint import Endpoint
from aywa.ua.failover import first_that_works
from aywa.ua.gate import Gate
from aywa.ua.rates import RateLimits
from aywa.ua.registrations import Registrations, serve_registrations
from aywa.ua.resolver import Resolver
from aywa.ua.session import Session
from aywa.ua.tcp import Streams, open_streams
from aywa.ua.tls import open_tls
from aywa.ua.trunk import Trunks, credentials_of
from aywa.ua.uac import OutgoingCall, ask_options, place_call
from aywa.ua.uas import IncomingCall, read_incoming
from aywa.ua.udp import DatagramSocket, open_udp

CLOSE_S = 2.0  # how long goodbyes may take: a BYE and three retransmissions (0.5, 1.5 s after the first)
OnCall = Callable[[IncomingCall], Awaitable[None]]
_log = get_logger("sip")


class UserAgent:
    """One SIP user agent on one socket. Made by `open_user_agent`."""

    def __init__(
        self,
        core: UserAgentCore,
        socket: DatagramSocket,
        gate: Gate,
        calls: trio.Nursery,
        on_call: OnCall,
        streams: Streams,
        resolver: Resolver,
        *,
        settings: SipSettings,
    ) -> None:
        self.local: Address = socket.local
        self.streams = streams
        self.gate = gate
        self.endpoint = Endpoint(
            core,
            socket,
            gate.trunks,
            on_incoming=self._take,
            streams=streams,
            strangers=settings.strangers,
            limits=RateLimits(settings.trunk_rate, settings.stranger_rate, settings.ban_s),
        )
        self._resolver = resolver
        self.registrations = Registrations(self.endpoint, self.resolve)
        self._calls = calls
        self._on_call = on_call

    @property
    def counters(self) -> tuple[EndpointCounters, Counters]:
        """What came over the wire, and what the transactions made of it."""
        return self.endpoint.counters, self.endpoint.core.transactions.counters

    async def invite(
        self,
        target: Uri,
        *,
        from_uri: Uri,
        offer: SessionDescription,
        headers: Iterable[tuple[str, str]] = (),
        ring_timeout_s: float = 60.0,
        allow_redirect: Callable[[Uri], bool] | None = None,
        on_early_media: Callable[[SessionDescription, bool], None] | None = None,
        on_ringing: Callable[[int], None] | None = None,
        trunk: str | None = None,
        replaces: Replaces | None = None,
        trace: PacketTap | None = None,
    ) -> Session:
        """Call `target`; returns when it answered (`session.answer`).

        A challenge is answered with the outbound credentials of `trunk`; of the trunk that the address of
        `target` belongs to when none is named. Raises KeyError for a trunk that is not there, InviteFailed
        with the final status, TransportError when the host has no address, and CustomHeaderError for a header
        that may not be added. What the rest mean says `OutgoingCall`.

        Cancelling the surrounding scope cancels the call; an answer that crosses is hung up.
        """
        call = OutgoingCall(
            target,
            from_uri,
            offer,
            tuple(headers),
            ring_timeout_s,
            allow_redirect,
            on_early_media,
            on_ringing,
            self._credentials(trunk),
            trace,
            replaces,
        )
        return await place_call(self.endpoint, call, self.resolve)

    async def resolve(self, target: Uri) -> list[Address]:
        """Where `target` leads, in the order to try (RFC 3263). Raises TransportError for nowhere."""
        return await self._resolver.addresses(target, 6 if ":" in self.local[0] else 4)

    def _credentials(self, trunk: str | None) -> Credentials | None:
        if trunk is None:
            return None
        outbound = self.endpoint.trunks.named_as(trunk).outbound
        return None if outbound is None else credentials_of(outbound)

    async def options(self, target: Uri) -> Response:
        """Ask `target` what it can do. Raises TransportError when no final response comes in 32 s."""
        return await first_that_works(await self.resolve(target), partial(ask_options, self.endpoint, target))

    def _take(self, usage: IncomingUsage, replaces: InviteUsage | None) -> None:
        call = read_incoming(self.endpoint, usage)
        if call is None:
            return
        take = self._on_call if replaces is None else self._taker_of(replaces, call)
        if take is None:
            call.let_go(603)
            return
        adds = take is self._on_call  # one that replaces another is no call more
        call.place = self.gate.hold(call.source, trio.current_time()) if adds else None
        self._calls.start_soon(self._run, call, take, name=f"call {call.sip_call_id}")

    def _taker_of(self, replaced: InviteUsage, call: IncomingCall) -> OnCall | None:
        """Who answers a call that takes a session's place; None: it may not.

        Whoever knows the tags has seen the session's messages; it must come by the session's own trunk too.
        """
        session = self.endpoint.sessions.get(replaced)
        if isinstance(replaced, OutgoingUsage):
            host = replaced.destination[0]
        else:
            assert isinstance(replaced, IncomingUsage), "a session has one of two roles"
            host = replaced.source[0]
        same = self.endpoint.trunks.of(host) is call.trunk
        return session.on_replaced if session is not None and same else None

    async def _run(self, call: IncomingCall, take: OnCall) -> None:
        """One call behind its blast wall: what goes wrong inside ends this call only."""
        status = 480  # the application let go of the call without an answer
        if call.place is None:
            status = 603
        try:
            await take(call)
        except Exception as error:  # noqa: BLE001 - the blast wall of the call
            status = 500
            _log.error("sip.call_failed", sip_call_id=call.sip_call_id, places=places(error))
        except trio.Cancelled:
            status = 503
            raise
        finally:
            if call.place is not None:
                call.place.release()
            call.let_go(status)

    def say_goodbye(self) -> None:
        """Cancel, refuse or hang up every session there is."""
        for usage in self.endpoint.core.sessions:
            _let_go(usage, trio.current_time())
            self.endpoint.apply(usage)


def _let_go(usage: InviteUsage, now: float) -> None:
    if isinstance(usage, OutgoingUsage):
        usage.cancel(now, "shutting down")
    elif isinstance(usage, IncomingUsage) and usage.waiting:
        usage.reject(503, now)
    usage.hang_up(now, "shutting down")


async def _open_sockets(
    settings: SipSettings, socket: DatagramSocket | None
) -> tuple[DatagramSocket, Streams]:
    """Everything SIP is received by, or nothing of it."""
    tls = open_tls(settings)
    socket = open_udp(settings.host, settings.port) if socket is None else socket
    try:
        return socket, await open_streams(settings, tls)
    except BaseException:
        socket.close()
        raise


def _make_core(
    settings: SipSettings,
    local: Address,
    gate: Gate,
    streams: Streams,
    *,
    rng: Random,
    load: Callable[[], SipLoad],
) -> UserAgentCore:
    policy = SessionPolicy(settings.session_interval_s, settings.min_session_interval_s)
    host = settings.advertised_host or local[0]
    return UserAgentCore(
        Identity(host, local[1], rng, product=settings.user_agent, policy=policy),
        load=load,
        departures=Departures(_reached(host, local, streams), streams.known_to),
        credentials=lambda destination: gate.trunks.credentials_for(destination[0]),
        guard=gate.check,
    )


def _reached(host: str, udp: Address, streams: Streams) -> dict[Transport, Address]:
    """Where peers reach us, by transport."""
    ports = {kind: port for kind, (_, port) in streams.local.items()}
    return {kind: (host, port) for kind, port in {Transport.UDP: udp[1], **ports}.items()}


async def _close(agent: UserAgent) -> None:
    """Give everything back, as far as `CLOSE_S` goes, and end the tasks."""
    agent.say_goodbye()
    with trio.move_on_after(CLOSE_S, shield=True):
        await agent.registrations.leave()
        await agent.endpoint.wait_quiet()
    agent.registrations.stop()
    agent.endpoint.stop()


@asynccontextmanager
async def open_user_agent(
    settings: SipSettings,
    *,
    rng: Random,
    on_call: OnCall,
    load: Callable[[], SipLoad] | None = None,
    socket: DatagramSocket | None = None,
    capacity: int | None = None,
) -> AsyncIterator[UserAgent]:
    """Open a user agent on `settings.host` and `settings.port`.

    `on_call` runs in a task of its own for each incoming call: whatever it raises ends that call only (500,
    or BYE once answered), and a call it leaves without hanging up is hung up. `load` is asked before each
    new call and each OPTIONS. On leaving the block the calls are cancelled, then what is left gets its BYE,
    CANCEL or 503 within `CLOSE_S`. `socket` replaces the UDP socket. `capacity`: calls that may be up; where
    more than one trunk calls, none takes all of it. None: only trunks that set a limit have one.

    Raises ConfigError for a trunk that is no address, TransportError when the port cannot be bound.
    """
    trunks = Trunks(settings.trunks, settings.named_trunks)
    gate = Gate(trunks, settings.realm, rng.randbytes(32), capacity)
    socket, streams = await _open_sockets(settings, socket)
    closing = False
    failure: Exception | None = None

    def load_now() -> SipLoad:
        if closing:
            return SipLoad(overloaded=True)
        return load() if load is not None else SipLoad()

    resolver = Resolver(rng, settings.nameservers)
    core = _make_core(settings, socket.local, gate, streams, rng=rng, load=load_now)
    try:
        async with trio.open_nursery() as service:
            agent: UserAgent | None = None
            try:
                async with trio.open_nursery() as calls:
                    agent = UserAgent(
                        core, socket, gate, calls, on_call, streams, resolver, settings=settings
                    )
                    service.start_soon(agent.endpoint.serve)
                    service.start_soon(serve_registrations, agent.registrations)
                    try:
                        yield agent
                    except Exception as error:  # noqa: BLE001 - raised again below
                        failure = error
                    finally:
                        closing = True
                        calls.cancel_scope.cancel()
            finally:
                if agent is not None:
                    await _close(agent)
    finally:
        socket.close()
        streams.close()
    if failure is not None:
        raise failure  # as it was: the nurseries above would have wrapped it in groups of one
