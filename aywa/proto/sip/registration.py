"""Being registered with a registrar: RFC 3261 §10.2, RFC 3581, back-off as in RFC 5626 §4.5."""

from __future__ import annotations

from dataclasses import replace

from aywa.errors import ParseError
from aywa.proto.sip.build import new_request
from aywa.proto.sip.digest import Credentials
from aywa.proto.sip.digest_client import Attempt, AuthenticationRefused, DigestClient
from aywa.proto.sip.grammar import parse_number
from aywa.proto.sip.header import NameAddr, parse_retry_after
from aywa.proto.sip.identity import Identity
from aywa.proto.sip.machine import Machine, next_states
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.registration_states import (
    TRANSITIONS,
    Registered,
    RegistrationAction,
    RegistrationFailed,
    RegistrationLost,
    RegistrationParameters,
    RegistrationTimer,
    SendRegister,
    State,
    Unregistered,
)
from aywa.proto.sip.transaction_actions import Failure
from aywa.proto.sip.transactions import branch_of
from aywa.proto.sip.uri import Uri

MAX_EXPIRES_S = 86_400
PAUSE_S = 5.0  # after the first failure; doubled by each further one
MAX_PAUSE_S = 300.0
MAX_RETRY_AFTER_S = 3600.0  # a registrar that asks for a week has a broken clock, or is not ours
# The share of the granted time after which it is renewed: a REGISTER takes up to 32 s to fail, and the
# rest must leave room for more than one. Drawn anew each time, so that a fleet does not renew in step.
REFRESH_SHARE = (0.70, 0.85)


class Registration(Machine[State, RegistrationTimer, RegistrationAction]):
    """One contact of ours at one registrar. One input -> drain `actions()` -> wait until `deadline`.

    Call-ID and From tag stay, CSeq rises (§10.2). The owner gives every answer to `receive_response` and
    every transaction that failed to `request_failed`.
    """

    NEXT = next_states(TRANSITIONS)
    state: State = State.IDLE

    def __init__(
        self, identity: Identity, parameters: RegistrationParameters, credentials: Credentials | None
    ) -> None:
        super().__init__()
        self.held_until: float | None = None  # monotonic seconds
        user = parameters.aor.user or identity.user
        self.contact = replace(identity.contact.uri, user=user)
        self._identity = identity
        self._parameters = parameters
        self._digest = DigestClient(credentials, identity.rng) if credentials is not None else None
        self._attempt = Attempt()
        self._call_id = identity.call_id()
        self._tag = identity.tag()
        self._sequence = identity.rng.randint(1, 9999)
        self._expires_s = parameters.expires_s
        self._given_up: Uri | None = None  # a contact that the registrar saw differently: to be removed
        self._lengthened = False
        self._learned = False  # once a round: a NAT that changes its mind each time must not keep us asking
        self._failures = 0
        self._branch = ""

    @property
    def held(self) -> bool:
        """True while the registrar holds our contact, as far as can be known here."""
        return self.held_until is not None

    # -- inputs

    def start(self, now: float) -> None:
        """Register, and stay registered until `leave`."""
        self._enter("start")
        self._ask()

    def renew(self) -> None:
        """Ask again before the time: the way that the registrar reaches us by is gone."""
        if self.state is State.HELD:
            self._enter("refresh due")
            self._ask()

    def leave(self, now: float) -> None:
        """Give the contact back; `Unregistered` says when that is done. Nothing to do twice."""
        match self.state:
            case State.HELD:
                self._enter("leave")
                self._give_back()
            case State.PAUSED if self.held:
                self._enter("leave while held")
                self._give_back()
            case State.ASKING:
                self._enter("leave")
            case State.IDLE | State.PAUSED:
                self._enter("leave")
                self._finish(None)
            case _:
                pass

    def receive_response(self, response: Response, now: float) -> None:
        """A response to the REGISTER under way; others, and provisional ones, are ignored."""
        if branch_of(response) != self._branch or response.status < 200:
            return
        match self.state:
            case State.ASKING:
                self._receive_answer(response, now)
            case State.LEAVE_WAITING:
                self._enter("answered")
                if response.status in (401, 407):
                    self._try_challenge(response)
                self._give_back()
            case State.LEAVING:
                if response.status in (401, 407) and self._try_challenge(response) is None:
                    self._enter("asked again")
                    self._send(0)
                else:
                    self._enter("2xx" if response.success else "failed")
                    self._finish(response.status)
            case _:
                pass

    def request_failed(self, branch: str, why: Failure, now: float) -> None:
        """The transaction of the REGISTER with `branch` got no final response."""
        if branch != self._branch:
            return
        status = 503 if why is Failure.TRANSPORT else 408
        match self.state:
            case State.ASKING:
                self._fail(status, why.value, now)
            case State.LEAVE_WAITING:
                self._enter("answered")
                self._give_back()
            case State.LEAVING:
                self._enter("failed")
                self._finish(None)
            case _:
                pass

    # -- asking

    def _receive_answer(self, response: Response, now: float) -> None:
        if response.success:
            self._receive_success(response, now)
        elif response.status in (401, 407):
            refused = self._try_challenge(response)
            if refused is None:
                self._learn_contact(response)
                self._again()
            else:
                self._fail(response.status, refused, now, hopeless=True)
        elif response.status == 423 and self._lengthen(response):
            self._again()
        else:
            hopeless = response.status in (403, 404)
            self._fail(response.status, response.reason, now, hopeless=hopeless, response=response)

    def _receive_success(self, response: Response, now: float) -> None:
        granted_s = self._granted(response)
        if self._digest is not None:
            self._digest.accept(response)
        if granted_s <= 0:
            self._fail(response.status, "the registrar does not list our contact", now)
            return
        renewed, self.held_until = self.held, now + granted_s
        self._timers.set(RegistrationTimer.EXPIRY, self.held_until)
        self._given_up = None
        if self._learn_contact(response):
            self._attempt = Attempt()
            self._again()
            return
        self._failures = 0
        self._lengthened = False
        self._enter("2xx")
        low, high = REFRESH_SHARE
        share = low + (high - low) * self._identity.rng.random()
        self._timers.set(RegistrationTimer.REFRESH, now + granted_s * share)
        self._actions.append(Registered(granted_s, renewed))

    def _granted(self, response: Response) -> int:
        """Seconds for which our contact is bound (§10.2.4); 0 when the answer does not list it."""
        general = _seconds(response.headers.get("Expires"), self._expires_s)
        if not response.contacts:
            return general  # §10.3 wants the bindings listed; some registrars do not
        for contact in response.contacts:
            if _same(contact.uri, self.contact):
                return _seconds(contact.parameters.get("expires"), general)
        # A registrar that rewrites contacts lists ours as it sees it; one binding alone is surely that.
        if len(response.contacts) == 1 and response.contact is not None:
            return _seconds(response.contact.parameters.get("expires"), general)
        return 0

    def _learn_contact(self, response: Response) -> bool:
        """Take the address that the registrar saw, if settings say NAT (RFC 3581 §4); True when it is new.

        Over TCP and TLS the port it saw is the connection's own: behind a NAT the registrar reaches us by
        that alone, elsewhere we listen on another.
        """
        via = response.via
        if self._learned or not self._parameters.learn_contact:
            return False
        seen = replace(
            self.contact, host=via.received or self.contact.host, port=via.rport or self.contact.port
        )
        if via.transport != "UDP":
            if via.received in (None, self._identity.contact.uri.host):
                return False
            seen = replace(seen, parameters={**seen.parameters, "transport": via.transport.lower()})
        if _same(seen, self.contact):
            return False
        if self.held:
            self._given_up = self.contact
        self._learned = True
        self.contact = seen
        return True

    def _lengthen(self, response: Response) -> bool:
        """Ask for as long as the registrar wants at least (§10.2.8); once, and within reason."""
        least = _seconds(response.headers.get("Min-Expires"), 0)
        if self._lengthened or not self._expires_s < least <= MAX_EXPIRES_S:
            return False
        self._lengthened = True
        self._expires_s = least
        return True

    def _try_challenge(self, response: Response) -> str | None:
        """Take a challenge over; why not, in words without a secret, when it leads nowhere."""
        if self._digest is None:
            return "the registrar asks for credentials, and there are none"
        try:
            self._digest.answer(response, self._attempt)
        except AuthenticationRefused as refused:
            return refused.detail
        return None

    def _fail(
        self,
        status: int,
        reason: str,
        now: float,
        *,
        hopeless: bool = False,
        response: Response | None = None,
    ) -> None:
        """Pause. `hopeless`: somebody has to mend something, and asking often gets us banned meanwhile."""
        self._enter("failed")
        self._lengthened = False
        longest_s = MAX_PAUSE_S if hopeless else min(MAX_PAUSE_S, PAUSE_S * 2 ** min(self._failures, 16))
        self._failures += 1
        # RFC 5626 §4.5: somewhere in the upper half, so that a fleet does not come back in step.
        pause_s = longest_s * (0.5 + 0.5 * self._identity.rng.random())
        pause_s = max(pause_s, min(MAX_RETRY_AFTER_S, _retry_after_s(response)))
        self._timers.stop(RegistrationTimer.REFRESH)
        self._timers.set(RegistrationTimer.PAUSE, now + pause_s)
        self._actions.append(RegistrationFailed(status, reason[:200], pause_s))

    def _fire(self, timer: RegistrationTimer, deadline: float, now: float) -> None:
        match timer:
            case RegistrationTimer.REFRESH if self.state is State.HELD:
                self._enter("refresh due")
                self._ask()
            case RegistrationTimer.PAUSE if self.state is State.PAUSED:
                self._enter("pause over")
                self._ask()
            case RegistrationTimer.EXPIRY:
                self.held_until = None
                self._actions.append(RegistrationLost())
            case _:
                pass

    # -- sending

    def _ask(self) -> None:
        self._attempt = Attempt()
        self._learned = False
        self._send(self._expires_s)

    def _again(self) -> None:
        self._enter("asked again")
        self._send(self._expires_s)

    def _give_back(self) -> None:
        self._timers.clear()
        self._attempt = Attempt()
        self._send(0)

    def _finish(self, status: int | None) -> None:
        self._timers.clear()
        self.held_until = None
        self._actions.append(Unregistered(status))

    def _send(self, expires_s: int) -> None:
        request = self._request(expires_s)
        if self._digest is not None:
            self._digest.authorize(request)
        self._branch = branch_of(request)
        self._actions.append(SendRegister(request))

    def _request(self, expires_s: int) -> Request:
        identity, aor = self._identity, self._parameters.aor
        self._sequence += 1
        headers = [("Expires", str(expires_s)), ("User-Agent", identity.product)]
        if self._given_up is not None:
            headers.append(("Contact", str(NameAddr("", self._given_up, {"expires": "0"}))))
        return new_request(
            "REGISTER",
            self._parameters.registrar,
            via=identity.via(),
            from_=NameAddr("", aor, {"tag": self._tag}),
            to=NameAddr("", aor),
            call_id=self._call_id,
            cseq=self._sequence,
            contact=NameAddr("", self.contact, {"expires": str(expires_s)}),
            headers=headers,
        )


def _seconds(text: str | None, otherwise: int) -> int:
    """A number of seconds as registrars write it; `otherwise` for none and for what cannot be read."""
    if text is None:
        return otherwise
    try:
        return min(parse_number(text.strip(), "Expires", maximum=2**32 - 1), MAX_EXPIRES_S)
    except ParseError:
        return otherwise


def _retry_after_s(response: Response | None) -> float:
    text = response.headers.get("Retry-After") if response is not None else None
    try:
        return float(parse_retry_after(text).seconds) if text is not None else 0.0
    except ParseError:
        return 0.0


def _same(one: Uri, other: Uri) -> bool:
    """Whether two contacts lead to the same place, parameters aside (§19.1.4)."""
    return (one.user, one.host.lower(), one.effective_port) == (
        other.user,
        other.host.lower(),
        other.effective_port,
    )
