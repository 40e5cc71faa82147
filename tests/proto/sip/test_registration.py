"""A registration against a registrar that is played by hand, and one that is played over a bad network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.proto.sip.build import response_to
from aywa.proto.sip.digest import Credentials
from aywa.proto.sip.layer_actions import ResponseArrived, TransactionFailed, Transmit
from aywa.proto.sip.message import Request
from aywa.proto.sip.parser import parse_datagram
from aywa.proto.sip.registration import MAX_PAUSE_S, PAUSE_S, REFRESH_SHARE, Registration
from aywa.proto.sip.registration_states import (
    Registered,
    RegistrationAction,
    RegistrationFailed,
    RegistrationLost,
    RegistrationParameters,
    SendRegister,
    State,
    Unregistered,
)
from aywa.proto.sip.transaction_actions import Failure
from aywa.proto.sip.transactions import TransactionLayer, branch_of
from aywa.proto.sip.uri import parse_uri
from tests.kit.netem import Network, Weather
from tests.kit.sip_messages import ALICE, BOB, identity
from tests.kit.sip_registrar import Registrar

SECRET = "secret7000"
US = Credentials("7000", SECRET)


class Desk:
    """A registration, and whoever plays the registrar."""

    def __init__(
        self,
        credentials: Credentials | None = US,
        *,
        expires_s: int = 3600,
        learn_contact: bool = False,
        seed: int = 1,
    ) -> None:
        parameters = RegistrationParameters(
            parse_uri("sip:192.0.2.2"), parse_uri("sip:7000@192.0.2.2"), expires_s, learn_contact
        )
        self.machine = Registration(identity(ALICE, seed), parameters, credentials)
        self.now = 0.0
        self.said: list[RegistrationAction] = []
        self.sent: list[Request] = []

    def do(self, what: Callable[[float], None]) -> None:
        """Call one of the machine's inputs that take `now`."""
        what(self.now)
        self.drain()

    def drain(self) -> None:
        for action in self.machine.actions():
            if isinstance(action, SendRegister):
                self.sent.append(action.request)
            else:
                self.said.append(action)

    def answer(self, status: int, *headers: tuple[str, str], via: tuple[str, int] | None = None) -> None:
        """The registrar answers what was sent last."""
        response = response_to(self.sent[-1], status, to_tag="registrar", headers=headers)
        if via is not None:
            response.headers.set("Via", str(response.via.with_source(*via)))
        self.machine.receive_response(response, self.now)
        self.drain()

    def accept(self, expires: int = 3600) -> None:
        """200, listing the contact that was asked for."""
        contact = self.sent[-1].contact
        assert contact is not None
        self.answer(200, ("Contact", f"<{contact.uri}>;expires={expires}"))

    def sleep(self) -> None:
        """Until the machine wakes."""
        deadline = self.machine.deadline
        assert deadline is not None
        self.now = deadline
        self.do(self.machine.handle_timers)

    def begin(self) -> Desk:
        self.do(self.machine.start)
        return self


CHALLENGE = ("WWW-Authenticate", 'Digest realm="asterisk", nonce="n1", algorithm=MD5, qop="auth"')


def test_a_register_says_who_where_and_how_long() -> None:
    desk = Desk().begin()
    (register,) = desk.sent
    assert parse_datagram(register.encode()).cseq.method == "REGISTER"
    assert register.start_line() == "REGISTER sip:192.0.2.2 SIP/2.0"
    assert str(register.to) == "<sip:7000@192.0.2.2>"
    assert register.from_.tag
    assert register.headers.get("Expires") == "3600"
    assert str(register.contact) == "<sip:7000@192.0.2.1:5060>;expires=3600"
    assert "Authorization" not in register.headers


def test_a_challenge_is_answered_with_the_same_call_id_and_the_next_number() -> None:
    desk = Desk().begin()
    desk.answer(401, CHALLENGE)
    first, second = desk.sent
    assert (first.call_id, first.from_) == (second.call_id, second.from_)
    assert second.cseq.number == first.cseq.number + 1
    assert branch_of(first) != branch_of(second)
    assert 'username="7000"' in (second.headers.get("Authorization") or "")
    assert SECRET not in second.encode().decode()
    desk.accept(300)
    assert desk.said == [Registered(300, renewed=False)]
    assert desk.machine.held_until == 300


def test_it_is_renewed_before_it_ends_with_what_is_known() -> None:
    desk = Desk().begin()
    desk.answer(401, CHALLENGE)
    for _ in range(5):
        began = desk.now
        desk.accept(120)
        desk.sleep()
        assert REFRESH_SHARE[0] * 120 <= desk.now - began <= REFRESH_SHARE[1] * 120
        assert "nc=0000000" in (desk.sent[-1].headers.get("Authorization") or "")
    assert len({request.call_id for request in desk.sent}) == 1
    numbers = [request.cseq.number for request in desk.sent]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert desk.said[-1] == Registered(120, renewed=True)
    assert desk.machine.held


def test_it_is_renewed_early_when_the_way_back_is_gone() -> None:
    desk = Desk().begin()
    desk.accept()
    desk.do(lambda now: desk.machine.renew())
    desk.do(lambda now: desk.machine.renew())  # it is under way
    first, again = desk.sent
    assert (again.call_id, again.cseq.number) == (first.call_id, first.cseq.number + 1)
    desk.accept()
    assert desk.said[-1] == Registered(3600, renewed=True)


def test_two_machines_do_not_renew_in_step() -> None:
    times = set()
    for seed in range(20):
        desk = Desk(seed=seed).begin()
        desk.accept()
        desk.sleep()
        times.add(round(desk.now))
    assert len(times) > 15


def test_a_stale_nonce_costs_one_round_and_a_second_one_a_pause() -> None:
    desk = Desk().begin()
    stale = (CHALLENGE[0], CHALLENGE[1].replace("n1", "n2") + ", stale=true")
    desk.answer(401, CHALLENGE)
    desk.answer(401, stale)
    assert 'nonce="n2"' in (desk.sent[-1].headers.get("Authorization") or "")
    desk.answer(401, stale)
    assert desk.machine.state is State.PAUSED


def test_wrong_credentials_are_not_repeated_for_minutes() -> None:
    desk = Desk().begin()
    desk.answer(401, CHALLENGE)
    desk.answer(401, CHALLENGE)
    (failed,) = desk.said
    assert isinstance(failed, RegistrationFailed)
    assert failed.status == 401
    assert "asterisk" in failed.reason
    assert SECRET not in failed.reason
    assert failed.retry_in_s >= MAX_PAUSE_S / 2
    assert len(desk.sent) == 2


def test_without_credentials_a_challenge_is_a_failure_that_says_so() -> None:
    desk = Desk(None).begin()
    desk.answer(401, CHALLENGE)
    (failed,) = desk.said
    assert isinstance(failed, RegistrationFailed)
    assert "there are none" in failed.reason


def test_a_registrar_may_want_longer() -> None:
    desk = Desk(expires_s=60).begin()
    desk.answer(423, ("Min-Expires", "600"))
    assert desk.sent[-1].headers.get("Expires") == "600"
    desk.answer(423, ("Min-Expires", "700"))
    assert desk.machine.state is State.PAUSED, "once a round"


@pytest.mark.parametrize("least", ["", "30", "60", "x", "-1"])
def test_a_423_without_a_sensible_minimum_is_a_failure(least: str) -> None:
    desk = Desk(expires_s=60).begin()
    desk.answer(423, ("Min-Expires", least))
    assert desk.machine.state is State.PAUSED


def test_failures_back_off_up_to_a_cap() -> None:
    desk = Desk().begin()
    pauses = []
    for _ in range(12):
        desk.answer(503)
        began = desk.now
        desk.sleep()
        pauses.append(desk.now - began)
    for number, pause in enumerate(pauses):
        longest = min(MAX_PAUSE_S, PAUSE_S * 2**number)
        assert longest / 2 <= pause <= longest
    desk.accept()
    desk.sleep()
    desk.answer(500)
    failed = desk.said[-1]
    assert isinstance(failed, RegistrationFailed)
    assert failed.retry_in_s <= PAUSE_S, "a success starts the ladder anew"


def test_retry_after_is_heeded_within_reason() -> None:
    desk = Desk().begin()
    desk.answer(503, ("Retry-After", "120"))
    assert desk.machine.deadline == 120
    desk.sleep()
    desk.answer(503, ("Retry-After", "4294967295"))
    assert desk.machine.deadline == 120 + 3600


def test_it_stays_held_while_a_renewal_fails_and_is_lost_when_it_runs_out() -> None:
    desk = Desk().begin()
    desk.accept(100)
    desk.sleep()
    desk.machine.request_failed(branch_of(desk.sent[-1]), Failure.NO_RESPONSE, desk.now)
    desk.drain()
    assert desk.machine.held
    failed = desk.said[-1]
    assert isinstance(failed, RegistrationFailed)
    assert failed.status == 408
    while desk.machine.held:
        if desk.machine.state is State.ASKING:
            desk.answer(500)
        desk.sleep()
    assert RegistrationLost() in desk.said
    assert desk.now == 100
    while desk.machine.state is not State.ASKING:
        desk.sleep()
    desk.accept(100)
    assert desk.said[-1] == Registered(100, renewed=False)


def test_an_answer_that_does_not_list_us_is_a_failure() -> None:
    desk = Desk().begin()
    desk.answer(200, ("Contact", "<sip:x@203.0.113.1>, <sip:y@203.0.113.2>"))
    assert desk.machine.state is State.PAUSED
    assert not desk.machine.held


@pytest.mark.parametrize(
    ("headers", "granted"),
    [
        ((("Contact", "<sip:7000@192.0.2.1:5060>;expires=50"), ("Expires", "70")), 50),
        ((("Contact", "<sip:7000@192.0.2.1>"), ("Expires", "70")), 70),
        ((("Contact", "<sip:o@203.0.113.1>;expires=9, <sip:7000@192.0.2.1>;expires=80"),), 80),
        ((("Contact", "<sip:7000@203.0.113.9:1024>;expires=90"),), 90),
        ((("Expires", "70"),), 70),
        ((), 3600),
    ],
)
def test_how_long_it_was_granted(headers: tuple[tuple[str, str], ...], granted: int) -> None:
    desk = Desk().begin()
    desk.answer(200, *headers)
    assert desk.said == [Registered(granted, renewed=False)]


def test_behind_a_nat_the_contact_is_what_the_registrar_sees() -> None:
    desk = Desk(learn_contact=True).begin()
    desk.answer(401, CHALLENGE, via=("203.0.113.5", 40_000))
    assert str(desk.sent[-1].contact) == "<sip:7000@203.0.113.5:40000>;expires=3600"
    assert len(desk.sent[-1].contacts) == 1, "nothing was bound yet"


def test_a_contact_that_was_bound_is_given_up_for_the_one_that_is_seen() -> None:
    desk = Desk(None, learn_contact=True).begin()
    desk.answer(200, ("Expires", "100"), via=("203.0.113.5", 40_000))
    new, old = desk.sent[-1].contacts
    assert str(new) == "<sip:7000@203.0.113.5:40000>;expires=3600"
    assert str(old) == "<sip:7000@192.0.2.1:5060>;expires=0"
    desk.answer(200, ("Expires", "100"), via=("203.0.113.5", 41_000))
    assert desk.machine.state is State.HELD, "a NAT that changes its mind each time is followed once a round"
    assert desk.said == [Registered(100, renewed=True)]


@pytest.mark.parametrize(
    ("seen", "contact"),
    [
        ("203.0.113.5", "<sip:7000@203.0.113.5:40000;transport=tcp>;expires=3600"),
        ("192.0.2.1", "<sip:7000@192.0.2.1:5060>;expires=3600"),  # no NAT: the port is the connection's
    ],
)
def test_over_tcp_the_contact_is_learned_behind_a_nat_alone(seen: str, contact: str) -> None:
    desk = Desk(learn_contact=True).begin()
    sent = desk.sent[-1]
    sent.headers.set("Via", str(replace(sent.via, transport="TCP")))
    desk.answer(401, CHALLENGE, via=(seen, 40_000))
    assert str(desk.sent[-1].contact) == contact


def test_without_nat_nothing_is_learned() -> None:
    desk = Desk().begin()
    desk.answer(401, CHALLENGE, via=("203.0.113.5", 40_000))
    assert str(desk.sent[-1].contact) == "<sip:7000@192.0.2.1:5060>;expires=3600"


def test_leaving_gives_the_contact_back() -> None:
    desk = Desk().begin()
    desk.answer(401, CHALLENGE)
    desk.accept()
    desk.do(desk.machine.leave)
    desk.do(desk.machine.leave)
    assert desk.sent[-1].headers.get("Expires") == "0"
    desk.answer(401, (CHALLENGE[0], CHALLENGE[1].replace("n1", "n2")))
    assert desk.sent[-1].headers.get("Expires") == "0"
    desk.answer(200)
    assert desk.said[-1] == Unregistered(200)
    assert desk.machine.state is State.OVER
    assert desk.machine.deadline is None


def test_leaving_in_every_other_state() -> None:
    idle = Desk()
    idle.do(idle.machine.leave)
    assert idle.said == [Unregistered(None)]
    asking = Desk().begin()
    asking.do(asking.machine.leave)
    assert asking.machine.state is State.LEAVE_WAITING
    asking.answer(401, CHALLENGE)
    assert asking.sent[-1].headers.get("Expires") == "0"
    assert "Authorization" in asking.sent[-1].headers
    asking.machine.request_failed(branch_of(asking.sent[-1]), Failure.NO_RESPONSE, 32.0)
    asking.drain()
    assert asking.said == [Unregistered(None)]
    paused = Desk().begin()
    paused.answer(503)
    paused.do(paused.machine.leave)
    assert paused.said[-1] == Unregistered(None)
    held = Desk().begin()
    held.accept(100)
    held.sleep()
    held.answer(503)
    held.do(held.machine.leave)
    assert held.machine.state is State.LEAVING
    held.answer(500)
    assert held.said[-1] == Unregistered(500)


def test_strays_change_nothing() -> None:
    desk = Desk().begin()
    desk.answer(100)
    desk.accept()
    said, state = list(desk.said), desk.machine.state
    late = response_to(desk.sent[-1], 403)
    desk.machine.receive_response(late, desk.now)
    desk.machine.request_failed("z9hG4bKother", Failure.NO_RESPONSE, desk.now)
    desk.drain()
    assert (desk.said, desk.machine.state) == (said, state)


HEADERS = st.sampled_from(
    [
        CHALLENGE,
        (CHALLENGE[0], CHALLENGE[1].replace("n1", "n2") + ", stale=true"),
        ("Min-Expires", "900"),
        ("Retry-After", "7"),
        ("Expires", "90"),
        ("Expires", "0"),
        ("Contact", "*"),
    ]
)
STEPS = st.one_of(
    st.just("leave"),
    st.just("fail"),
    st.just("wait"),
    st.tuples(
        st.sampled_from([100, 200, 401, 403, 407, 423, 503]),
        # the parser refuses a second `Contact: *`
        st.lists(HEADERS, max_size=3).filter(lambda headers: headers.count(("Contact", "*")) < 2),
    ),
)


@given(st.lists(STEPS, max_size=30), st.booleans())
def test_whatever_happens_it_is_asked_once_at_a_time_and_ends_when_told(
    steps: list[object], learn: bool
) -> None:
    desk = Desk(learn_contact=learn).begin()
    asked_to_leave = False
    for step in steps:
        before = len(desk.sent)
        match step:
            case "leave":
                asked_to_leave = True
                desk.do(desk.machine.leave)
            case "fail":
                desk.machine.request_failed(branch_of(desk.sent[-1]), Failure.NO_RESPONSE, desk.now)
                desk.drain()
            case "wait" if desk.machine.deadline is not None:
                desk.sleep()
            case (int() as status, list() as headers):
                desk.answer(status, *headers, via=("203.0.113.5", 40_000))
        assert len(desk.sent) - before <= 1
        waits = desk.machine.state in (State.ASKING, State.LEAVE_WAITING, State.LEAVING, State.OVER)
        assert waits or desk.machine.deadline is not None, "nothing would ever happen again"
    if asked_to_leave:
        for _ in range(2):
            if desk.machine.state is not State.OVER:
                desk.answer(500)
        assert desk.machine.state is State.OVER
        assert [type(said) for said in desk.said].count(Unregistered) == 1
    numbers = [request.cseq.number for request in desk.sent]
    assert numbers == sorted(set(numbers))


# -- over a network


WEATHERS = {
    "quiet": Weather(),
    "loss 30 %, duplicates, reordered": Weather(loss=0.3, duplicate=0.2, jitter_s=0.8),
    "loss 60 %": Weather(loss=0.6),
}


@pytest.mark.parametrize("weather", WEATHERS.values(), ids=WEATHERS)
def test_over_a_bad_network_both_sides_know_the_same(weather: Weather) -> None:
    for seed in range(8):
        rng = Random(seed)
        network, registrar = Network(weather, rng), Registrar(US, rng)
        desk, layer = Desk(expires_s=120, seed=seed), TransactionLayer()
        leave_at, held_s, asked_to_leave = 3600.0, 0.0, False
        now = 0.0
        desk.do(desk.machine.start)
        began_sent = 0
        while desk.machine.state is not State.OVER:
            for request in desk.sent[began_sent:]:
                layer.start(request, BOB, now)
            began_sent = len(desk.sent)
            for action in layer.actions():
                match action:
                    case Transmit(message, address):
                        network.send(message.encode(), ALICE, address, now)
                    case ResponseArrived(_, response):
                        desk.machine.receive_response(response, now)
                    case TransactionFailed(key, why):
                        desk.machine.request_failed(key.branch, why, now)
            for data, address in registrar.outgoing(now):
                network.send(data, BOB, address, now)
            desk.now = now
            desk.drain()
            if began_sent < len(desk.sent) or layer._actions:
                continue
            wakes = [desk.machine.deadline, layer.deadline, registrar.layer.deadline, network.deadline]
            then = min(wake for wake in (*wakes, leave_at) if wake is not None)
            held_s += (then - now) if desk.machine.held and now < leave_at else 0.0
            now = then
            if now >= leave_at and not asked_to_leave:
                asked_to_leave, leave_at = True, float("inf")
                desk.machine.leave(now)
            for datagram in network.deliver(now):
                to = layer if datagram.destination == ALICE else registrar.layer
                to.receive(parse_datagram(datagram.data), datagram.source, now)
            for timed in (layer, registrar.layer, desk.machine):
                timed.handle_timers(now)
        if weather.loss <= 0.3:
            assert held_s > 3500, seed
            assert registrar.bindings == {}, seed
        assert max(registrar.bindings.values(), default=0.0) <= now + 120
        assert held_s > 1500, seed
        assert len({request.call_id for request in desk.sent}) == 1
