"""Calls over bad networks: whatever is lost, both sides end up knowing the same."""

from __future__ import annotations

from random import Random

import pytest

from aywa.proto.sip.core import CoreAction, IncomingCall
from aywa.proto.sip.session_states import Ended, Established, State
from tests.kit.netem import Network, Weather
from tests.kit.sip_messages import ALICE, ANSWER, BOB
from tests.kit.sip_pair import Peer, SipPair

WEATHERS = {
    "quiet": Weather(),
    "reordered": Weather(jitter_s=2.0, duplicate=0.2),
    "loss 10 %": Weather(loss=0.1, jitter_s=0.1),
    "loss 30 %, duplicates, reordered": Weather(loss=0.3, duplicate=0.2, jitter_s=0.8),
    "loss 60 %": Weather(loss=0.6),
    "nothing gets through": Weather(loss=1.0),
}


def answer_after_ringing(peer: Peer, action: CoreAction, now: float) -> None:
    if isinstance(action, IncomingCall):
        action.usage.ring(now)
        action.usage.accept(ANSWER, now)
        peer.core.apply(action.usage, now)


@pytest.mark.parametrize("who", ["alice", "bob"])
@pytest.mark.parametrize("weather", WEATHERS.values(), ids=WEATHERS)
def test_both_sides_agree(weather: Weather, who: str) -> None:
    for seed in range(25):
        pair = SipPair(weather, seed)
        pair.bob.react = answer_after_ringing
        alice = pair.call()
        pair.run(120)
        bob = pair.bob.calls[0] if pair.bob.calls else None
        up = alice.state is State.CONFIRMED
        assert alice.state in (State.CONFIRMED, State.TERMINATED), seed
        if bob is not None:
            assert bob.state is alice.state, seed
        if up:
            assert bob is not None
            peer, usage = (pair.alice, alice) if who == "alice" else (pair.bob, bob)
            pair.do(peer, usage, usage.hang_up)
            pair.run(120)
        for peer, usage in ((pair.alice, alice), (pair.bob, bob)):
            if usage is None:
                continue
            kinds = [type(event) for event in peer.events(usage)]
            assert kinds.count(Ended) == 1, seed
            assert kinds[-1] is Ended, seed
            assert kinds.count(Established) <= 1, seed
        if weather.loss <= 0.1:
            assert up, seed
        assert not pair.alice.core.sessions, seed
        assert not pair.bob.core.sessions, seed
        assert len(pair.alice.core.transactions) == len(pair.bob.core.transactions) == 0, seed
        assert pair.alice.core.deadline is pair.bob.core.deadline is None, seed


def test_cancel_at_any_moment_leaves_nothing_behind() -> None:
    for seed in range(150):
        rng = Random(seed)
        pair = SipPair(Weather(loss=0.2, duplicate=0.1, jitter_s=0.5), seed)
        answer_at = rng.uniform(0, 4)
        alice = pair.call()
        cancelled = answered = False
        cancel_at = rng.uniform(0, 4)
        while pair.step(4.0):
            if not cancelled and pair.now >= cancel_at:
                cancelled = True
                pair.do(pair.alice, alice, alice.cancel)
            if not answered and pair.now >= answer_at and pair.bob.calls and pair.bob.calls[0].waiting:
                answered = True
                bob = pair.bob.calls[0]
                pair.do(pair.bob, bob, lambda now, bob=bob: bob.accept(ANSWER, now))
        pair.do(pair.alice, alice, alice.cancel)
        pair.do(pair.alice, alice, alice.hang_up)
        pair.run(200)
        if pair.bob.calls and pair.bob.calls[0].alive:
            # Our CANCEL may be lost with all its copies; then a caller's 481 or the user ends it.
            bob = pair.bob.calls[0]
            assert bob.state is State.INCOMING, seed
            pair.do(pair.bob, bob, lambda now, bob=bob: bob.reject(480, now))
            pair.run(100)
        assert not pair.alice.core.sessions, seed
        assert not pair.bob.core.sessions, seed
        assert len(pair.alice.core.transactions) == len(pair.bob.core.transactions) == 0, seed


def test_netem_is_seeded() -> None:
    def run(seed: int) -> list[tuple[float, bytes]]:
        network = Network(Weather(loss=0.3, duplicate=0.3, jitter_s=1.0), Random(seed))
        for index in range(50):
            network.send(bytes([index]), ALICE, BOB, index / 10)
        out = []
        while network.deadline is not None:
            at = network.deadline
            out += [(at, datagram.data) for datagram in network.deliver(at)]
        assert network.sent == 50
        assert 0 < network.lost < 50
        return out

    assert run(1) == run(1)
    assert run(1) != run(2)
    arrived = [data for _, data in run(1)]
    assert arrived != sorted(arrived)
    assert len(arrived) > len(set(arrived))
