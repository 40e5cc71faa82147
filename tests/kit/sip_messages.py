"""SIP messages for tests, built from a few words."""

from __future__ import annotations

from random import Random

from aywa.proto.sip.build import new_request, response_to
from aywa.proto.sip.header import NameAddr, Via
from aywa.proto.sip.identity import Identity
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.uri import parse_uri

ALICE = ("192.0.2.1", 5060)
BOB = ("192.0.2.2", 5060)
OFFER = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
ANSWER = (
    b"v=0\r\no=- 2 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\n"
)


def identity(address: tuple[str, int] = BOB, seed: int = 1) -> Identity:
    """How the user agent under test names itself."""
    return Identity(address[0], address[1], Random(seed))


def request(
    method: str = "INVITE",
    *,
    branch: str = "z9hG4bKalpha",
    sequence: int = 1,
    to_tag: str | None = None,
    from_tag: str = "from-alice",
    call_id: str = "call-1@192.0.2.1",
    body: bytes = b"",
    headers: tuple[tuple[str, str], ...] = (),
    uri: str = "sip:bob@192.0.2.2",
) -> Request:
    """A request from Alice to Bob."""
    to = NameAddr("", parse_uri(uri))
    return new_request(
        method,
        parse_uri(uri),
        via=Via("UDP", *ALICE, {"branch": branch, "rport": None}),
        from_=NameAddr("", parse_uri("sip:alice@192.0.2.1"), {"tag": from_tag}),
        to=to if to_tag is None else to.with_tag(to_tag),
        call_id=call_id,
        cseq=sequence,
        contact=NameAddr("", parse_uri("sip:alice@192.0.2.1:5060")) if method == "INVITE" else None,
        headers=headers,
        body=body,
        content_type="application/sdp" if body else None,
    )


def response(
    to: Request, status: int, *, tag: str = "to-bob", body: bytes = b"", contact: bool = True
) -> Response:
    """Bob's response."""
    headers = (("Contact", "<sip:bob@192.0.2.2:5060>"),) if contact else ()
    return response_to(
        to,
        status,
        to_tag=tag if status > 100 else None,
        headers=headers,
        body=body,
        content_type="application/sdp" if body else None,
    )
