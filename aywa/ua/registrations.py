"""Keeps trunks registered: one task each, from `serve` to `leave`."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import trio

from aywa.errors import TransportError
from aywa.log import get_logger, places
from aywa.proto.sip.core import RequestDone
from aywa.proto.sip.registration import Registration
from aywa.proto.sip.registration_states import (
    Registered,
    RegistrationFailed,
    RegistrationLost,
    RegistrationParameters,
    SendRegister,
    State,
    Unregistered,
)
from aywa.proto.sip.routing import Address
from aywa.proto.sip.stream_address import StreamAddress
from aywa.proto.sip.transaction_actions import Failure
from aywa.proto.sip.transactions import branch_of
from aywa.proto.sip.uri import parse_uri
from aywa.settings import NatMode, TrunkSettings
from aywa.ua.endpoint import Endpoint
from aywa.ua.trunk import credentials_of
from aywa.ua.uac import Resolve

_log = get_logger("sip")
PING_S = 25.0  # NATs forget a UDP binding after 30 s and more
STREAM_PING_S = 100.0  # RFC 5626 §4.4.1: 95 to 120 s; both sides close an idle connection later


@dataclass(frozen=True, slots=True)
class RegistrationStatus:
    """One registration as it is now. `detail` is fit to be shown: no secret, no user name."""

    trunk: str
    registered: bool
    detail: str


class TrunkRegistrar:
    """The registration of one trunk."""

    def __init__(self, endpoint: Endpoint, trunk: TrunkSettings, resolve: Resolve) -> None:
        assert trunk.register is not None, "made for trunks that register"
        self._endpoint = endpoint
        self._trunk = trunk
        self._resolve = resolve
        self._registrar = parse_uri(trunk.register.registrar)
        parameters = RegistrationParameters(
            self._registrar,
            parse_uri(trunk.register.aor),
            trunk.register.expires_s,
            learn_contact=trunk.nat is not NatMode.STRICT,
        )
        credentials = None if trunk.outbound is None else credentials_of(trunk.outbound)
        self._machine = Registration(endpoint.core.identity, parameters, credentials)
        self._woken = trio.Event()
        self._leaving = False
        self._addresses: list[Address] = []  # those not tried yet, the one in use first
        self._failed = ""
        self._ping_at = inf

    @property
    def status(self) -> RegistrationStatus:
        """How it stands."""
        machine = self._machine
        if machine.held:
            left_s = round((machine.held_until or 0.0) - trio.current_time())
            detail = f"registered for {left_s} s" + (
                f", renewal failed: {self._failed}" if self._failed else ""
            )
        else:
            detail = self._failed or machine.state.value
        return RegistrationStatus(self._trunk.name, machine.held, detail)

    async def serve(self) -> None:
        """Register, stay registered; returns when it was given back after `leave`."""
        machine = self._machine
        machine.start(trio.current_time())
        while True:
            await self._carry_out()
            if machine.state is State.OVER:
                return
            deadline = inf if machine.deadline is None else machine.deadline
            with trio.move_on_at(min(deadline, self._ping_at)):
                await self._woken.wait()
            self._woken = trio.Event()
            self._keep_open(trio.current_time())
            machine.handle_timers(trio.current_time())
            if self._leaving:
                machine.leave(trio.current_time())

    def leave(self) -> None:
        """Give the registration back; `serve` returns when the registrar knows, or cannot be told."""
        self._leaving = True
        self._woken.set()

    def _keep_open(self, now: float) -> None:
        """The registrar's calls come by the way that the REGISTER went: through NATs, over its connection."""
        if now < self._ping_at:
            return
        self._ping_at = inf
        if self._machine.state is not State.HELD or not self._addresses:
            return
        if self._endpoint.ping(self._addresses[0]):
            self._ping_in(now)
        else:
            self._machine.renew()

    def _ping_in(self, now: float) -> None:
        streamed = isinstance(self._addresses[0], StreamAddress)
        self._ping_at = now + (STREAM_PING_S if streamed else PING_S)

    async def _carry_out(self) -> None:
        name = self._trunk.name
        for action in self._machine.actions():
            match action:
                case SendRegister(request):
                    try:
                        address = await self._find()
                    except TransportError:
                        self._machine.request_failed(
                            branch_of(request), Failure.TRANSPORT, trio.current_time()
                        )
                        continue
                    key = self._endpoint.core.ask(request, address, trio.current_time())
                    self._endpoint.expect(key, self._hear)
                    self._endpoint.flush()
                case Registered(expires_s, renewed):
                    self._failed = ""
                    self._ping_in(trio.current_time())
                    if not renewed:
                        _log.info("sip.registered", registration=name, expires_s=expires_s)
                case RegistrationFailed(status, reason, retry_in_s):
                    self._leave_address(status)
                    self._failed = f"{status} {reason}"
                    _log.warning(
                        "sip.registration_failed",
                        registration=name,
                        status=status,
                        reason=reason,
                        retry_in_s=round(retry_in_s, 1),
                    )
                case RegistrationLost():
                    _log.warning("sip.registration_lost", registration=name)
                case Unregistered(status):
                    _log.info("sip.unregistered", registration=name, status=status)

    async def _find(self) -> Address:
        """Where the registrar is; looked up again when each address has failed."""
        if not self._addresses:
            self._addresses = list(await self._resolve(self._registrar))
            for host, _ in self._addresses:
                self._endpoint.trunks.meet(host, self._trunk)
        return self._addresses[0]

    def _leave_address(self, status: int) -> None:
        """Go on to the next address where that may do better (RFC 3263 §4.3); else look the name up again."""
        self._addresses = self._addresses[1:] if status in (408, 503) else []

    def _hear(self, done: RequestDone) -> None:
        now = trio.current_time()
        if done.response is not None:
            self._machine.receive_response(done.response, now)
        else:
            self._machine.request_failed(done.key.branch, done.why or Failure.NO_RESPONSE, now)
        self._woken.set()


class Registrations:
    """All registrations of one user agent."""

    def __init__(self, endpoint: Endpoint, resolve: Resolve) -> None:
        trunks = endpoint.trunks.named
        self._registrars = [TrunkRegistrar(endpoint, t, resolve) for t in trunks if t.register is not None]
        self._left = trio.Event()
        self._scope = trio.CancelScope(shield=True)

    @property
    def statuses(self) -> list[RegistrationStatus]:
        """How each stands, in the order of the settings."""
        return [registrar.status for registrar in self._registrars]

    async def serve(self) -> None:
        """Keep all of them until they were given back.

        Shielded: at shutdown the goodbyes need it. Whoever started it calls `stop` in a `finally`.
        """
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    for registrar in self._registrars:
                        nursery.start_soon(self._keep, registrar)
        finally:
            self._left.set()

    async def _keep(self, registrar: TrunkRegistrar) -> None:
        """One registration behind its blast wall."""
        try:
            await registrar.serve()
        except Exception as error:  # noqa: BLE001 - a bug met here must not end calls and other trunks
            _log.error("sip.registration_fault", registration=registrar.status.trunk, places=places(error))

    def stop(self) -> None:
        """End `serve`, whatever the registrars know."""
        self._scope.cancel()

    def leave_nowait(self) -> None:
        """Give all of them back; no more calls come this way. Nothing to do twice."""
        for registrar in self._registrars:
            registrar.leave()

    async def leave(self) -> None:
        """The same, and wait until the registrars know; the caller bounds the waiting."""
        self.leave_nowait()
        await self._left.wait()


async def serve_registrations(registrations: Registrations) -> None:
    """The task that owns the registrations; a child of the user agent's own nursery."""
    await registrations.serve()
