"""Whose packets are taken: the SDP's address, one proven source behind a NAT, and no injected packet."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa._native.source import SourceGuard

STRICT, HOST, ANY = 0, 1, 2
PEER = 0x0A000001 << 16 | 4000
NATTED = 0xC0000201 << 16 | 61000
ATTACKER = 0xC6336401 << 16 | 5555


def talk(guard: SourceGuard, sender: int, sequences: range, *, ssrc: int = 7, told: int = PEER) -> list[bool]:
    return [guard.receive(told, sender, ssrc, number & 0xFFFF, number * 160) for number in sequences]


@pytest.mark.parametrize("mode", [STRICT, HOST, ANY])
def test_the_address_of_the_sdp_is_taken_at_once(mode: int) -> None:
    guard = SourceGuard(mode)
    assert talk(guard, PEER, range(3)) == [True] * 3
    assert guard.peer(PEER) == PEER


def test_nothing_is_learned_unless_the_trunk_says_nat() -> None:
    guard = SourceGuard(STRICT)
    assert not any(talk(guard, NATTED, range(100)))
    assert guard.peer(PEER) == PEER


def test_a_source_behind_a_nat_is_learned_with_its_fifth_packet_over_the_wrap() -> None:
    guard = SourceGuard(ANY)
    assert talk(guard, NATTED, range(65533, 65540)) == [False] * 4 + [True] * 3
    assert guard.peer(PEER) == NATTED


def test_one_switch_is_all() -> None:
    guard = SourceGuard(ANY)
    talk(guard, NATTED, range(5))
    assert not any(talk(guard, ATTACKER, range(100)))
    assert not any(talk(guard, PEER, range(100)))
    assert guard.peer(PEER) == NATTED


def test_who_was_heard_is_never_replaced() -> None:
    guard = SourceGuard(ANY)
    talk(guard, PEER, range(1))
    assert not any(talk(guard, ATTACKER, range(1000)))
    assert guard.peer(PEER) == PEER


def test_a_new_address_in_the_sdp_begins_anew_and_the_same_one_does_not() -> None:
    guard = SourceGuard(ANY)
    talk(guard, NATTED, range(5))
    assert guard.peer(PEER) == NATTED
    moved = PEER + 2
    assert guard.peer(moved) == moved
    assert talk(guard, moved, range(2), told=moved) == [True, True]


def test_only_the_given_host_is_learned() -> None:
    guard = SourceGuard(HOST, NATTED >> 16)
    assert not any(talk(guard, ATTACKER, range(100)))
    assert talk(guard, NATTED, range(5))[-1]


def test_nobody_is_learned_before_there_is_an_agreement() -> None:
    assert not any(talk(SourceGuard(ANY), NATTED, range(100), told=0))


@pytest.mark.parametrize(
    "numbers",
    [[1, 2, 3, 5, 6, 7, 8], [1, 1, 1, 1, 1, 1], [5, 4, 3, 2, 1], [1, 2, 3, 4]],
    ids=["a gap", "repeats", "backwards", "too few"],
)
def test_packets_that_are_no_run_prove_nothing(numbers: list[int]) -> None:
    guard = SourceGuard(ANY)
    assert not any(guard.receive(PEER, NATTED, 7, number, 0) for number in numbers)


def test_a_run_is_one_stream_and_not_slower_than_audio() -> None:
    guard = SourceGuard(ANY)
    assert not any(guard.receive(PEER, NATTED, ssrc, ssrc, 0) for ssrc in range(20))
    guard = SourceGuard(ANY)
    assert not any(guard.receive(PEER, NATTED, 7, number, number * 1001) for number in range(20))


@given(seed=st.integers(0, 2**32), share=st.floats(0.05, 0.95))
def test_a_spray_beside_the_peer_gets_in_only_before_the_peer_was_heard(seed: int, share: float) -> None:
    rng, guard, heard = Random(seed), SourceGuard(ANY), False
    for number in range(200):
        if rng.random() < share:
            taken = guard.receive(PEER, ATTACKER, 9, rng.randrange(65536), number)
            assert not (heard and taken)
        else:
            heard = guard.receive(PEER, PEER, 7, number, number) or heard


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError):
        SourceGuard(3)
