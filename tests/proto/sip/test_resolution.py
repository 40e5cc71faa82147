"""From URIs to addresses: RFC 3263 and RFC 2782."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.proto.sip.resolution import (
    MAX_ADDRESSES,
    MAX_QUESTIONS,
    Naptr,
    Record,
    Resolution,
    Srv,
    in_order,
)
from aywa.proto.sip.routing import Address
from aywa.proto.sip.stream_address import StreamAddress, Transport
from aywa.proto.sip.uri import parse_uri

ZONE: dict[tuple[str, str], tuple[Record, ...]] = {
    ("example.com", "NAPTR"): (
        Naptr(50, 50, "s", "SIPS+D2T", "_sips._tcp.example.com."),
        Naptr(90, 50, "S", "sip+d2t", "_sip._tcp.example.com."),
        Naptr(100, 50, "s", "SIP+D2U", "_sip._udp.example.com."),
        Naptr(10, 50, "u", "E2U+sip", ""),
    ),
    ("_sips._tcp.example.com", "SRV"): (Srv(0, 1, 5061, "one.example.com."),),
    ("_sip._tcp.example.com", "SRV"): (Srv(0, 1, 5060, "one.example.com."),),
    ("_sip._udp.example.com", "SRV"): (
        Srv(1, 0, 5060, "two.example.com."),
        Srv(0, 0, 5070, "ONE.example.com."),
    ),
    ("one.example.com", "A"): ("192.0.2.1",),
    ("two.example.com", "A"): ("192.0.2.2", "192.0.2.3"),
    ("two.example.com", "AAAA"): ("2001:db8::2",),
    ("_sip._tcp.plain.example", "SRV"): (Srv(0, 0, 5062, "one.example.com"),),
    ("_sip._udp.none.example", "SRV"): (Srv(0, 0, 0, "."),),
    ("bare.example", "A"): ("192.0.2.9",),
}


def resolve(uri: str, family: int = 4, seed: int = 1) -> tuple[list[Address], list[str]]:
    resolution = Resolution(parse_uri(uri), family=family, rng=Random(seed))
    asked = []
    while (question := resolution.wanted) is not None:
        asked.append(f"{question.name} {question.type.value}")
        resolution.answer(ZONE.get((question.name, question.type.value), ()))
    return resolution.addresses, asked


def tcp(host: str, port: int) -> StreamAddress:
    return StreamAddress(host, port, Transport.TCP)


def tls(host: str, port: int, name: str) -> StreamAddress:
    return StreamAddress(host, port, Transport.TLS, name=name)


@pytest.mark.parametrize(
    ("uri", "addresses"),
    [
        ("sip:192.0.2.7", [("192.0.2.7", 5060)]),
        ("sip:192.0.2.7:5080;transport=tcp", [tcp("192.0.2.7", 5080)]),
        ("sips:[2001:db8::1]", [tls("2001:db8::1", 5061, "")]),
        ("sip:bare.example:5090", [("192.0.2.9", 5090)]),
        ("sip:bare.example;transport=tcp", [tcp("192.0.2.9", 5060)]),
        ("sips:bare.example", [tls("192.0.2.9", 5061, "bare.example")]),
        ("sip:bare.example", [("192.0.2.9", 5060)]),
        ("sip:plain.example", [tcp("192.0.2.1", 5062)]),
        (
            "sip:example.com;transport=udp",
            [("192.0.2.1", 5070), ("192.0.2.2", 5060), ("192.0.2.3", 5060)],
        ),
        (
            "sip:example.com",
            [
                tls("192.0.2.1", 5061, "example.com"),
                tcp("192.0.2.1", 5060),
                ("192.0.2.1", 5070),
                ("192.0.2.2", 5060),
                ("192.0.2.3", 5060),
            ],
        ),
        ("sips:example.com", [tls("192.0.2.1", 5061, "example.com")]),
        ("sip:nowhere.example", []),
    ],
)
def test_addresses(uri: str, addresses: list[Address]) -> None:
    assert resolve(uri)[0] == addresses


def test_the_family_asked_for() -> None:
    assert resolve("sip:example.com;transport=udp", family=6)[0] == [("2001:db8::2", 5060)]


def test_numbers_and_ports_ask_little() -> None:
    assert resolve("sip:192.0.2.1")[1] == []
    assert resolve("sip:bare.example:5060")[1] == ["bare.example A"]
    assert resolve("sip:bare.example;transport=tcp")[1] == ["_sip._tcp.bare.example SRV", "bare.example A"]


def test_srv_draws_by_weight() -> None:
    """10,000 draws of 1:3 leave 5 standard deviations of room."""
    rng = Random(2782)
    light, heavy = Srv(0, 1, 1, "a"), Srv(0, 3, 2, "b")
    first = Counter(in_order([light, heavy], rng)[0].target for _ in range(10_000))
    # RFC 2782 draws from 0 to the sum, both included: 2 of 5 for the one that stands first.
    assert abs(first["a"] - 4_000) < 5 * (10_000 * 0.4 * 0.6) ** 0.5


RECORDS = st.one_of(
    st.builds(Naptr, st.integers(0, 9), st.integers(0, 9), st.sampled_from("sSua"),
              st.sampled_from(("SIP+D2U", "SIP+D2T", "SIPS+D2T", "x")), st.sampled_from(("a.", "b.", ""))),
    st.builds(Srv, st.integers(0, 9), st.integers(0, 9), st.integers(0, 65535),
              st.sampled_from(("a.", "b", "."))),
    st.sampled_from(("192.0.2.1", "192.0.2.2")),
)  # fmt: skip


@given(st.sampled_from(("sip:h.example", "sips:h.example", "sip:h.example;transport=tcp")), st.data())
def test_any_answers_end(uri: str, data: st.DataObject) -> None:
    resolution = Resolution(parse_uri(uri), family=4, rng=Random(1))
    asked = 0
    while resolution.wanted is not None:
        asked += 1
        resolution.answer(data.draw(st.lists(RECORDS, max_size=5)))
    assert asked <= MAX_QUESTIONS
    assert len(resolution.addresses) <= MAX_ADDRESSES
    assert len(set(resolution.addresses)) == len(resolution.addresses)
