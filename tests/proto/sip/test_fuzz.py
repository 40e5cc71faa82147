"""The sentence: any bytes are either a message that can be used or a ParseError; nothing else comes out."""

from __future__ import annotations

from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from aywa.errors import ParseError
from aywa.proto.sip.build import ack_for, cancel_for, response_to
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.parser import parse_datagram
from aywa.proto.sip.refuse import refusal_for
from aywa.proto.sip.uri import parse_uri
from tests.kit.mutate import mutated
from tests.kit.vectors.peers import PEERS
from tests.kit.vectors.rfc4475 import INVALID, PARSED

SEEDS = [*PEERS.values(), *PEERS.values(), *PARSED.values(), *(data for data, _ in INVALID.values())]


def use(message: Request | Response) -> None:
    """Everything that a user agent does with a message from the wire; none of it may raise."""
    _ = message.via, message.via.received, message.via.rport, message.via.ttl, message.via.sent_by
    _ = message.contact, message.routes, message.record_routes, message.content_type, message.max_forwards
    _ = message.allow, message.supported, message.require, message.from_.tag, message.to.uri.user_text
    message.from_.display.encode("utf-8")  # fit to store and to show
    message.via.with_source("192.0.2.1", 5060).response_address()
    again = parse_datagram(message.encode())
    assert again.body == message.body
    assert again.call_id == message.call_id
    assert (again.vias, again.from_, again.to, again.cseq) == (
        message.vias,
        message.from_,
        message.to,
        message.cseq,
    )
    if isinstance(message, Request):
        response = response_to(message, 486, to_tag="here")
        parse_datagram(response.encode())
        for contact in message.contacts:
            assert parse_uri(str(contact.uri)) == contact.uri
        if message.method == "INVITE":
            parse_datagram(ack_for(message, response).encode())
            parse_datagram(cancel_for(message).encode())


def judge(data: bytes) -> bool:
    """True if `data` is a message; asserts the sentence."""
    try:
        message = parse_datagram(data)
    except ParseError as error:
        fault = error
    else:
        use(message)
        return True
    assert 400 <= fault.status_hint < 600
    assert fault.where
    refusal = refusal_for(data, fault, to_tag="ours")
    if refusal is not None:
        assert refusal.via.with_source("192.0.2.1", 5060).response_address()
        assert refusal.encode().count(b"\r\n\r\n") == 1
    return False


def test_20000_mutated_datagrams() -> None:
    good = sum(judge(data) for data in mutated(SEEDS, 20_000, seed=3261))
    # Both outcomes must be well represented, or the mutations prove nothing.
    assert 2_000 < good < 18_000


def test_every_truncation_of_an_invite() -> None:
    data = PEERS["asterisk"]
    assert [cut for cut in range(len(data)) if judge(data[:cut])] == []


def test_pure_noise() -> None:
    rng = Random(1)
    assert not any(judge(rng.randbytes(rng.randrange(200))) for _ in range(2_000))


@given(st.binary(max_size=300))
@example(b"")
@example(b"\r\n\r\n")
@example(b"SIP/2.0 200 OK\r\n\r\n")
@example(b"INVITE sip:a SIP/2.0\r\n:\r\n\r\n")
def test_any_bytes(data: bytes) -> None:
    judge(data)


@given(st.text(max_size=60))
def test_any_text_in_a_header_is_harmless(text: str) -> None:
    """What a peer puts into From stays in From."""
    value = text.encode("utf-8", "surrogatepass").replace(b"\r", b"").replace(b"\n", b"")
    data = PEERS["baresip"].replace(b'"Ann \\"A\\" Example"', value)
    judge(data)
