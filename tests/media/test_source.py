"""Whom a leg turns to when the address of the SDP is silent, and what strangers can do to it: nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from socket import AF_INET, SOCK_DGRAM, socket

import pytest

from aywa._native import g711
from aywa.media.events import FirstPacket, SourceLearned
from aywa.media.format import SrtpKeys, SrtpSuite
from tests.kit.engine_rig import FRAME, ULAW_SILENCE, Phone, Rig, bound_socket, drain, voiced
from tests.kit.formats import g711_format
from tests.kit.oracles.srtp import SlowSrtp

STRICT, HOST, ANY = 0, 1, 2
LOOPBACK, ELSEWHERE = 0x7F000001, 0xC0000201
SPEECH = g711.encode_ulaw(voiced(20 * FRAME))


@contextmanager
def stranger(rig: Rig, ssrc: int = 0x666) -> Iterator[Phone]:
    phone = Phone(rig.phone.engine_port, ssrc=ssrc)
    with phone.socket:
        yield phone


def say(rig: Rig, *phones: Phone, packets: int = 20) -> None:
    for number in range(packets):
        for phone in phones:
            phone.say(SPEECH[number * FRAME : (number + 1) * FRAME])
        rig.step()


def learned(rig: Rig) -> list[SourceLearned]:
    return [event for event in rig.take_events() if isinstance(event, SourceLearned)]


@pytest.mark.parametrize(("mode", "host"), [(ANY, 0), (HOST, LOOPBACK)])
def test_the_fifth_packet_in_a_row_makes_a_source_the_peer(mode: int, host: int) -> None:
    with Rig(nat=mode, nat_host=host, record=True) as rig, stranger(rig) as natted:
        say(rig, natted, packets=4)
        assert learned(rig) == []
        drain(rig.phone.socket)
        say(rig, natted, packets=16)
        (event,) = learned(rig)
        assert (event.host, event.port) == natted.socket.getsockname()
        assert len(drain(natted.socket)) == 15
        assert len(drain(rig.phone.socket)) == 1  # the turn in which the fifth came was over
        stats = rig.leg.stats()
        assert (stats["received"], stats["rejected_source"]) == (16, 4)


@pytest.mark.parametrize(("mode", "host"), [(STRICT, 0), (HOST, ELSEWHERE)])
def test_others_learn_nobody(mode: int, host: int) -> None:
    with Rig(nat=mode, nat_host=host) as rig, stranger(rig) as natted:
        say(rig, natted)
        assert rig.take_events() == []
        assert drain(natted.socket) == []
        assert rig.leg.stats()["rejected_source"] == 20


def test_a_peer_that_was_heard_stays() -> None:
    with Rig(nat=ANY) as rig, stranger(rig) as other:
        say(rig, rig.phone, packets=1)
        say(rig, other)
        assert learned(rig) == []
        assert drain(other.socket) == []


def test_packets_of_no_agreed_type_prove_nothing() -> None:
    with Rig(nat=ANY) as rig, stranger(rig) as other:
        for _ in range(20):
            other.send(other.packet(ULAW_SILENCE, payload_type=77))
            rig.step()
        assert rig.take_events() == []


def test_two_strangers_keep_each_other_out() -> None:
    with Rig(nat=ANY) as rig, stranger(rig, 1) as one, stranger(rig, 2) as other:
        say(rig, one, other)
        assert rig.take_events() == []


def test_a_new_description_begins_anew() -> None:
    with Rig(nat=ANY) as rig, stranger(rig) as natted, stranger(rig, 7) as later:
        say(rig, natted)
        rig.leg.set_peer(LOOPBACK << 16 | later.socket.getsockname()[1])
        rig.step()
        say(rig, later)
        assert len(learned(rig)) == 1
        assert rig.leg.stats()["received"] == 16 + 19  # the first of a new SSRC waits for its second
        assert len(drain(later.socket)) >= 20


def test_under_srtp_only_the_authentic_is_a_source() -> None:
    ours, theirs = Random(1).randbytes(30), Random(2).randbytes(30)
    keys = SrtpKeys(SrtpSuite.AES_CM_128_HMAC_SHA1_80, ours, theirs)
    format = replace(g711_format(0), srtp=keys)
    with Rig(nat=ANY, format=format) as rig, stranger(rig) as forger, stranger(rig) as natted:
        bad, good = (SlowSrtp(keys.suite.value, key) for key in (ours, theirs))
        for _ in range(10):
            forger.send(bad.protect(forger.packet(ULAW_SILENCE), forger.sequence - 1))
            forger.say(ULAW_SILENCE)
            rig.step()
        assert rig.take_events() == []
        # A forger in between does not count, so it keeps nobody out either.
        for _ in range(10):
            natted.send(good.protect(natted.packet(ULAW_SILENCE), natted.sequence - 1))
            forger.say(ULAW_SILENCE)
            rig.step()
        events = rig.take_events()
        assert [type(event) for event in events] == [SourceLearned, FirstPacket]
        assert drain(forger.socket) == []
        assert len(drain(natted.socket)) == 5


def _pair() -> tuple[socket, socket]:
    """A bound socket and one on the port above it."""
    while True:
        low, high = bound_socket(), socket(AF_INET, SOCK_DGRAM)
        high.setblocking(False)
        try:
            high.bind(("127.0.0.1", low.getsockname()[1] + 1))
        except OSError:
            low.close()
            high.close()
            continue
        return low, high


def test_reports_follow_to_the_port_above() -> None:
    natted, above = _pair()
    with natted, above, bound_socket() as engine, bound_socket() as told:
        format = replace(g711_format(0), remote_rtcp=told.getsockname())
        with Rig(nat=ANY, format=format, rtcp_fd=engine.fileno(), seed=1) as rig:
            phone = Phone(rig.phone.engine_port, socket=natted)
            for _ in range(160):
                phone.say(ULAW_SILENCE)
                rig.step()
            assert len(drain(above)) == 1
            assert drain(told) == []
