"""RTP ports: even and odd together, quarantine, order of use."""

from __future__ import annotations

import socket
from random import Random

import pytest

from aywa.errors import OverloadedError
from aywa.media.ports import PortPool


class _Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def pool(clock: _Clock, low: int = 45001, high: int = 45007) -> PortPool:
    return PortPool("127.0.0.1", low, high, quarantine_s=30.0, rng=Random(3), clock=clock)


def test_pairs_are_even_and_odd_and_inside_the_range() -> None:
    ports = pool(_Clock())
    assert ports.free == 3
    pairs = [ports.reserve() for _ in range(3)]
    assert sorted(pair.port for pair in pairs) == [45002, 45004, 45006]
    for pair in pairs:
        assert pair.rtp.getsockname() == ("127.0.0.1", pair.port)
        assert pair.rtcp.getsockname() == ("127.0.0.1", pair.port + 1)
        assert not pair.rtp.getblocking()
        for bound in (pair.rtp, pair.rtcp):
            assert (
                bound.getsockopt(socket.IPPROTO_IP, 10) == 2
            )  # IP_MTU_DISCOVER: no identification is sought
    with pytest.raises(OverloadedError) as refusal:
        ports.reserve()
    assert refusal.value.retry_after_s == 30
    for pair in pairs:
        pair.release()
    ports.close()


def test_a_released_pair_rests_before_it_is_used_again() -> None:
    clock = _Clock()
    ports = pool(clock, 45002, 45003)
    pair = ports.reserve()
    pair.release()
    pair.release()
    assert ports.resting == 1
    clock.now += 29.9
    with pytest.raises(OverloadedError):
        ports.reserve()
    clock.now += 0.1
    again = ports.reserve()
    assert pair.rtp.fileno() == -1
    assert again.port == pair.port
    again.release()
    ports.close()
    assert again.rtp.fileno() == again.rtcp.fileno() == -1


@pytest.mark.parametrize("stray_to", [0, 1])
def test_a_pair_rests_until_its_last_stray_packet_is_30_s_old(stray_to: int) -> None:
    clock = _Clock()
    ports = pool(clock, 45012, 45013)
    pair = ports.reserve()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as late:
        late.sendto(b"of the call itself", ("127.0.0.1", pair.port))
        pair.release()
        clock.now += 29.0
        late.sendto(b"late", ("127.0.0.1", pair.port + stray_to))
        clock.now += 1.0
        assert ports.free == 0
        clock.now += 29.9
        assert ports.free == 0
        clock.now += 0.1
        assert ports.free == 1
        assert ports.resting == 0


def test_a_flood_does_not_hold_the_pool_up() -> None:
    clock = _Clock()
    ports = pool(clock, 45012, 45013)
    pair = ports.reserve()
    pair.release()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
        for _ in range(3000):
            flood.sendto(b"x" * 172, ("127.0.0.1", pair.port))
    clock.now += 30.0
    assert ports.free == 0
    clock.now += 30.0
    assert ports.free == 1


@pytest.mark.parametrize("taken", [45002, 45003])
def test_ports_of_other_programs_are_passed_over(taken: int) -> None:
    ports = pool(_Clock(), 45002, 45005)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", taken))
        pair = ports.reserve()
        assert pair.port == 45004
        with pytest.raises(OverloadedError):
            ports.reserve()
        pair.release()
    ports.close()
    assert ports.free == 1
