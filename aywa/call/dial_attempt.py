"""One INVITE through one trunk: its port, its leg, its session, and how it failed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from aywa.call.capture import CallCapture
from aywa.call.dependencies import CallDependencies
from aywa.call.dial_gate import Admission, Dialling
from aywa.call.dial_outcome import DialFailed, DialOutcome, outcome_of
from aywa.call.dial_request import Dialled, DialRequest
from aywa.call.dial_route import Route
from aywa.call.ending import GOODBYE_S
from aywa.call.leg_setup import leg_parameters
from aywa.call.media_port import LegPort
from aywa.call.sip_port import SessionPort
from aywa.errors import ProtocolError, TransportError
from aywa.media.leg import LegParameters
from aywa.media.negotiated import local_audio, media_format
from aywa.proto.sdp.audio import Accepted, LocalAudio, NoCommonCodec
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.offer_answer import accept_answer, make_offer
from aywa.ua.errors import InviteFailed

# A trunk that has said nothing but 100 by then is left for the next one; mobile networks ring within ten.
SETUP_TIMEOUT_S = 12.0
CANCEL_GRACE_S = 2.0  # for the answer to our CANCEL, once nobody answered in time
GUARD_S = 5.0
_NO_CODEC = 488
_IPV4 = re.compile(r"[0-9]+(?:\.[0-9]+){3}")


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who hears what happens on the way to the answer; see `dial`."""

    note: Callable[..., object]  # the timeline's `add`
    on_ringing: Callable[[int], None]
    on_early_media: Callable[[LegPort], None]
    leg: Callable[[LegParameters], LegParameters]
    capture: CallCapture | None = None


class Attempt:
    """Open it once; it is over when the block is left."""

    def __init__(
        self,
        request: DialRequest,
        route: Route,
        dependencies: CallDependencies,
        listeners: Listeners,
        deadline: float,
    ) -> None:
        """`deadline`: when ringing ends, on Trio's clock."""
        self.answered = False
        self._request = request
        self._route = route
        self._dependencies = dependencies
        self._listeners = listeners
        self._deadline = deadline
        self._patience = trio.CancelScope()
        self._rang = False
        self._news = trio.Event()  # there is something to hear, or the INVITE is over
        self._over = trio.Event()
        self._session: SessionPort | None = None
        self._failure: DialFailed | None = None
        self._early: Accepted | None = None
        self._leg: LegPort | None = None
        self._local: LocalAudio
        self._offer: SessionDescription

    @asynccontextmanager
    async def open(self, dialling: Dialling, admission: Admission, *, last: bool) -> AsyncIterator[Dialled]:
        """Until it is answered, and as long as the block runs.

        Raises DialFailed. What the block raises comes as it was, not in a group. `last`: no other trunk
        waits for this one to give up.
        """
        engine, route = self._dependencies.engine, self._route
        media = self._dependencies.media.for_trunk(route.trunk)
        rng = self._dependencies.rng
        failure: Exception | None = None
        taken = False
        ports = engine.reserve_port()
        try:
            self._local = local_audio(ports.host, ports.port, media, rng)
            self._offer = make_offer(self._local, rng.getrandbits(62), 1)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._invite, dialling, last, name="invite")
                try:
                    await self._news.wait()
                    parameters = self._parameters(self._early or self._answer())
                    taken = True
                    async with engine.open_leg(parameters, ports=ports) as leg:
                        try:
                            accepted = await self._bring_up(leg)
                            self.answered = True
                            session = self._session
                            assert session is not None, "an answer comes with its session"
                            admission.answered()
                            self._listeners.note("dial.answered", trunk=route.trunk.name)
                            nursery.start_soon(guard_minutes, session, admission, name="minutes")
                            yield Dialled(leg, session, route.trunk.name, self._local, accepted)
                        finally:
                            await self._hang_up()
                except Exception as error:  # noqa: BLE001 - raised again below, out of the nursery's group
                    failure = error
                nursery.cancel_scope.cancel()
        finally:
            await self._hang_up()  # an answer that came while all of this was being cancelled
            if not taken:
                ports.release()
        if failure is not None:
            raise failure

    async def _invite(self, dialling: Dialling, last: bool) -> None:
        """Ask, and wait for the final response."""
        now, capture = trio.current_time(), self._listeners.capture
        self._patience.deadline = self._deadline + CANCEL_GRACE_S
        if not last:
            self._patience.deadline = min(now + SETUP_TIMEOUT_S, self._patience.deadline)
        try:
            with self._patience:
                self._session = await dialling.dialler.invite(
                    self._route.target,
                    from_uri=self._route.from_uri,
                    offer=self._offer,
                    headers=self._request.headers,
                    ring_timeout_s=max(self._deadline - now, 0.0),
                    allow_redirect=lambda target: dialling.gate.may_follow(target, self._route),
                    on_early_media=self._hear_early,
                    on_ringing=self._hear_ringing,
                    trunk=self._route.trunk.name,
                    trace=None if capture is None else capture.tap,
                )
                if capture is not None:
                    capture.also(self._session)
        except InviteFailed as error:
            self._failure = self._verdict(error)
        except TransportError as error:
            self._failure = self._failed(DialOutcome.UNREACHABLE, error.detail)
        except ProtocolError as error:
            self._failure = self._failed(DialOutcome.FAILED, error.detail)
        finally:
            self._over.set()
            self._news.set()

    def _hear_ringing(self, status: int) -> None:
        self._rang = True
        self._patience.deadline = self._deadline + CANCEL_GRACE_S
        self._listeners.note("dial.ringing", trunk=self._route.trunk.name, sip_status=status)
        self._listeners.on_ringing(status)

    def _hear_early(self, description: SessionDescription, settled: bool) -> None:
        """Of several branches the one that described itself last is heard."""
        self._rang = True
        self._patience.deadline = self._deadline + CANCEL_GRACE_S
        if not self._request.early_media:
            return
        try:
            accepted = accept_answer(self._offer, description, srtp=self._local.srtp.use)
        except NoCommonCodec:
            return  # the answer may yet be one that can be heard
        if self._leg is not None:
            self._apply(accepted, self._leg)
        self._early = accepted
        self._news.set()

    async def _bring_up(self, leg: LegPort) -> Accepted:
        """Hear what there is until the answer, then what it agrees on. Raises DialFailed."""
        self._leg = leg
        if not self._over.is_set():
            self._listeners.note("dial.early_media", trunk=self._route.trunk.name)
            self._listeners.on_early_media(leg)
            await self._over.wait()
        accepted = self._answer()
        if self._early is not None:
            self._apply(accepted, leg)
        return accepted

    def _answer(self) -> Accepted:
        """What the answer agrees on. Raises DialFailed."""
        if self._session is None:
            if self._failure is not None:
                raise self._failure
            if self._rang:
                raise self._failed(DialOutcome.NO_ANSWER, "Nobody answered in time", 408)
            raise self._failed(DialOutcome.UNREACHABLE, "Nothing was heard in time")
        try:
            if self._session.answer is None:
                raise NoCommonCodec("The answer describes nothing")
            return accept_answer(self._offer, self._session.answer, srtp=self._local.srtp.use)
        except NoCommonCodec as error:
            raise self._failed(DialOutcome.FAILED, error.detail, _NO_CODEC) from None

    def _apply(self, accepted: Accepted, leg: LegPort) -> None:
        """On a leg that has heard early media."""
        if accepted == self._early:
            return
        leg.set_format(media_format(accepted))
        if accepted.has_address:
            leg.set_remote(*accepted.remote)

    def _parameters(self, accepted: Accepted) -> LegParameters:
        route = self._route
        host = route.target.host if _IPV4.fullmatch(route.target.host) else ""
        return self._listeners.leg(leg_parameters(self._dependencies, route.trunk, accepted, host))

    async def _hang_up(self) -> None:
        if self._session is not None:
            with trio.move_on_after(GOODBYE_S, shield=True):
                await self._session.hangup()

    def _verdict(self, error: InviteFailed) -> DialFailed:
        """What a final status means; without a response, whether somebody was there at all."""
        overdue = trio.current_time() >= self._deadline
        outcome = outcome_of_failure(error, rang=self._rang, overdue=overdue)
        return self._failed(outcome, error.reason, error.status)

    def _failed(self, outcome: DialOutcome, detail: str, status: int | None = None) -> DialFailed:
        return DialFailed(outcome, detail, sip_status=status, trunk=self._route.trunk.name, rang=self._rang)


def outcome_of_failure(error: InviteFailed, *, rang: bool, overdue: bool) -> DialOutcome:
    """What became of an INVITE. `rang`: somebody's telephone had; `overdue`: the time to answer was up."""
    heard = error.response is not None or rang
    if not heard and error.status in (408, 503):
        return DialOutcome.UNREACHABLE
    if error.status in (408, 487) and overdue:
        return DialOutcome.NO_ANSWER  # we cancelled
    return outcome_of(error.status)


async def guard_minutes(session: SessionPort, admission: Admission) -> None:
    """Hang up once the minutes are used up, at most `GUARD_S` late."""
    while not admission.exhausted():  # noqa: ASYNC110 - other calls use them up too, and nobody tells
        await trio.sleep(GUARD_S)
    await session.hangup("the minutes of the day are used up")
