"""Offer and answer (RFC 3264): the table of offers and what becomes of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aywa.errors import EndCode, LocalProtocolError
from aywa.proto.sdp.offer_answer import (
    PCMA,
    PCMU,
    TELEPHONE_EVENT,
    AudioFormat,
    Direction,
    LocalAudio,
    NoCommonCodec,
    accept_answer,
    accept_offer,
    make_offer,
    offer_again,
)
from aywa.proto.sdp.parse import parse_sdp
from tests.kit.vectors.peers import ASTERISK_SDP, BARESIP_SDP, SBC_SDP, SIPP_SDP

LOCAL = LocalAudio("192.0.2.1", 16384)


def offer(media: str = "m=audio 6000 RTP/AVP 0", *lines: str, c: str | None = "IN IP4 198.51.100.7") -> str:
    connection = "" if c is None else f"c={c}\n"
    return "\n".join([f"v=0\no=- 7 1 IN IP4 198.51.100.7\ns=-\n{connection}t=0 0\n{media}", *lines]) + "\n"


def test_our_offer_to_the_letter() -> None:
    assert str(make_offer(LOCAL, 7001, 3)).split("\r\n") == [
        "v=0",
        "o=- 7001 3 IN IP4 192.0.2.1",
        "s=-",
        "c=IN IP4 192.0.2.1",
        "t=0 0",
        "m=audio 16384 RTP/AVP 0 8 101",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=ptime:20",
        "a=sendrecv",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "remote", "payload_type", "event"),
    [
        (SIPP_SDP, ("127.0.0.1", 6000), 0, None),
        (BARESIP_SDP, ("127.0.0.1", 13822), 0, 101),
        (ASTERISK_SDP, ("127.0.0.1", 12034), 0, 101),  # G.722 and Opus passed over
        (SBC_SDP, ("203.0.113.11", 31002), 8, 96),  # the stream's own address; PCMA before PCMU as offered
        (offer("m=audio 6000 RTP/AVP 8 0"), ("198.51.100.7", 6000), 8, None),  # no rtpmap: static meanings
        (
            offer("m=audio 6000 RTP/AVP 0 97", "a=rtpmap:97 TELEPHONE-EVENT/8000"),
            ("198.51.100.7", 6000),
            0,
            97,
        ),
        (
            offer(
                "m=audio 6000 RTP/AVP 0 97 98",
                "a=rtpmap:97 telephone-event/48000",
                "a=rtpmap:98 telephone-event/8000",
            ),
            ("198.51.100.7", 6000),
            0,
            98,
        ),
        (offer("m=audio 6000 RTP/AVP 0", "a=rtpmap:0 pcmu/8000/1"), ("198.51.100.7", 6000), 0, None),
        (offer("m=audio 6000 RTP/AVP 0", "c=IN IP4 203.0.113.1", c=None), ("203.0.113.1", 6000), 0, None),
        (offer("m=video 7000 RTP/AVP 99\nm=audio 6000 RTP/AVP 0"), ("198.51.100.7", 6000), 0, None),
        (offer("m=audio 6000 RTP/SAVP 0\nm=audio 6002 RTP/AVP 8"), ("198.51.100.7", 6002), 8, None),
        (offer("m=audio 6000 RTP/AVP 96", "a=rtpmap:96 PCMU/8000"), ("198.51.100.7", 6000), 96, None),
        (offer("m=audio 6000 RTP/AVPF 0", "a=rtcp-fb:* nack"), ("198.51.100.7", 6000), 0, None),
    ],
)
def test_accepted(text: str, remote: tuple[str, int], payload_type: int, event: int | None) -> None:
    session = parse_sdp(text)
    accepted = accept_offer(session, LOCAL)
    assert accepted.remote == remote
    assert (accepted.payload_type, accepted.event_payload_type) == (payload_type, event)
    assert accepted.ptime_ms == (30 if text is SBC_SDP else 20)
    assert accepted.direction is Direction.SENDRECV
    assert accepted.answer.connection is not None
    assert accepted.answer.connection.address == "192.0.2.1"
    taken = [medium for medium in accepted.answer.media if medium.port]
    assert [medium.port for medium in taken] == [16384]
    assert taken[0].formats == tuple(str(number) for number in (payload_type, event) if number is not None)
    if event is not None:
        assert ("fmtp", f"{event} 0-15") in taken[0].attributes
    for asked, given in zip(session.media, accepted.answer.media, strict=True):
        assert (given.kind, given.protocol) == (asked.kind, asked.protocol)  # refused ones say port 0


@pytest.mark.parametrize(
    "text",
    [
        offer("m=audio 6000 RTP/AVP 18"),
        offer("m=audio 6000 RTP/AVP 96", "a=rtpmap:96 opus/48000/2"),
        offer("m=audio 6000 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"),  # digits alone are no call
        offer("m=audio 6000 RTP/AVP 0", "a=rtpmap:0 L16/8000"),
        offer("m=audio 6000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000/2"),
        offer("m=audio 6000 RTP/AVP 72", "a=rtpmap:72 PCMU/8000"),  # such packets look like RTCP
        offer("m=audio 6000 RTP/AVP 5", "a=rtpmap:5 PCMU/8000"),  # DVI4's
        offer("m=audio 6000 RTP/SAVP 0"),
        offer("m=audio 6000 TCP/RTP/AVP 0"),
        offer("m=audio 6000 UDP/TLS/RTP/SAVPF 0"),
        offer("m=audio 0 RTP/AVP 0"),
        offer("m=video 6000 RTP/AVP 31"),
        offer("m=image 6000 udptl t38"),
        offer(""),
        offer(c=None),
        offer(c="IN IP4 media.example.com"),
        offer(c="IN IP4 224.2.1.1/127"),
        offer(c="IN IP6 198.51.100.7"),
        offer(c="IN IP6 2001:db8::7"),
        offer("m=audio 6000 RTP/AVP 0", "a=sendonly", c="IN IP6 ::"),
        offer(c="ATM NSAP 47"),
    ],
)
def test_no_common_codec(text: str) -> None:
    with pytest.raises(NoCommonCodec) as caught:
        accept_offer(parse_sdp(text), LOCAL)
    assert caught.value.status_hint == 488
    assert caught.value.end_reason().code is EndCode.UNACCEPTABLE_OFFER


BOTH, SEND, RECV, NONE = Direction.SENDRECV, Direction.SENDONLY, Direction.RECVONLY, Direction.INACTIVE


@pytest.mark.parametrize(
    ("offered", "wanted", "answered"),
    [
        *((BOTH, BOTH, BOTH), (SEND, BOTH, RECV), (RECV, BOTH, SEND), (NONE, BOTH, NONE)),
        *((BOTH, SEND, SEND), (SEND, SEND, NONE), (RECV, SEND, SEND), (NONE, SEND, NONE)),
        *((BOTH, RECV, RECV), (SEND, RECV, RECV), (RECV, RECV, NONE), (NONE, RECV, NONE)),
        *((BOTH, NONE, NONE), (SEND, NONE, NONE), (RECV, NONE, NONE), (NONE, NONE, NONE)),
    ],
)
def test_directions(offered: Direction, wanted: Direction, answered: Direction) -> None:
    for text in (
        offer("m=audio 6000 RTP/AVP 0", f"a={offered.value}"),
        offer(f"a={offered.value}\nm=audio 6000 RTP/AVP 0"),
    ):
        accepted = accept_offer(parse_sdp(text), LOCAL, direction=wanted)
        assert accepted.direction is answered
        assert (answered.value, None) in accepted.answer.media[0].attributes


@pytest.mark.parametrize(
    ("line", "answered"),
    [("a=sendrecv", RECV), ("a=sendonly", RECV), ("a=inactive", NONE), ("a=recvonly", NONE)],
)
def test_hold_by_address(line: str, answered: Direction) -> None:
    accepted = accept_offer(parse_sdp(offer("m=audio 6000 RTP/AVP 0", line, c="IN IP4 0.0.0.0")), LOCAL)
    assert accepted.direction is answered
    assert not accepted.direction.sends


@pytest.mark.parametrize(
    ("lines", "sent"),
    [
        *((["a=ptime:10"], 10), (["a=ptime:30"], 30), (["a=ptime:60"], 60), ([], 20)),
        *((["a=ptime:25"], 20), (["a=ptime:140"], 60), (["a=ptime:5"], 10), (["a=ptime:20.5"], 20)),
        *((["a=ptime:abc"], 20), (["a=ptime:0"], 20), (["a=maxptime:10"], 10), (["a=maxptime:1"], 10)),
        *((["a=ptime:60", "a=maxptime:40"], 40), (["a=maxptime:140"], 20)),
    ],
)
def test_the_packet_time_that_is_wished_is_sent_and_answered(lines: list[str], sent: int) -> None:
    accepted = accept_offer(parse_sdp(offer("m=audio 6000 RTP/AVP 0", *lines)), LOCAL)
    assert accepted.ptime_ms == sent
    assert ("ptime", str(sent)) in accepted.answer.media[0].attributes


def test_versions() -> None:
    session = parse_sdp(offer())
    first = accept_offer(session, LOCAL, session_id=99).answer
    assert (first.origin.session_id, first.origin.version) == (99, 1)
    again = accept_offer(session, LOCAL, previous=first).answer
    assert again == first
    hold = accept_offer(
        parse_sdp(offer("m=audio 6000 RTP/AVP 0", "a=sendonly")), LOCAL, previous=again
    ).answer
    assert (hold.origin.session_id, hold.origin.version) == (99, 2)
    resumed = accept_offer(session, LOCAL, previous=hold).answer
    assert resumed.origin.version == 3
    assert resumed.media == first.media
    assert accept_offer(session, LOCAL).answer.origin.session_id == 7  # the offer's


def test_longest_packet_is_said_if_known() -> None:
    assert ("maxptime", "60") in make_offer(replace(LOCAL, max_ptime_ms=60), 1, 1).media[0].attributes


def test_two_of_us_agree() -> None:
    ours = make_offer(LOCAL, 1, 1)
    peer = LocalAudio("192.0.2.2", 20000, (PCMA, replace(TELEPHONE_EVENT, payload_type=110)))
    theirs = accept_offer(parse_sdp(ours.encode()), peer)
    mine = accept_answer(ours, parse_sdp(theirs.answer.encode()))
    assert (mine.remote, theirs.remote) == (("192.0.2.2", 20000), ("192.0.2.1", 16384))
    assert mine.payload_type == theirs.payload_type == 8
    assert mine.event_payload_type == theirs.event_payload_type == 101  # the offerer's number
    assert mine.direction is theirs.direction is Direction.SENDRECV
    assert mine.rtcp == ("192.0.2.2", 20001)


@pytest.mark.parametrize(
    ("text", "payload_type", "event", "direction"),
    [
        (SIPP_SDP, 0, None, BOTH),
        (BARESIP_SDP, 0, 101, BOTH),
        (ASTERISK_SDP, 0, 101, BOTH),
        (offer("m=audio 6000 RTP/AVP 8", "a=sendonly"), 8, None, RECV),
        (offer("m=audio 6000 RTP/AVP 18 0 8"), 0, None, BOTH),  # what was not offered is passed over
        (offer("m=audio 6000 RTP/AVP 0", "a=inactive"), 0, None, NONE),
    ],
)
def test_answers(text: str, payload_type: int, event: int | None, direction: Direction) -> None:
    accepted = accept_answer(make_offer(LOCAL, 1, 1), parse_sdp(text))
    assert (accepted.payload_type, accepted.event_payload_type) == (payload_type, event)
    assert accepted.direction is direction
    assert accepted.ptime_ms == 20


@pytest.mark.parametrize(
    "text",
    [
        offer("m=audio 0 RTP/AVP 0"),
        offer("m=audio 6000 RTP/AVP 18"),
        offer(""),
        offer("m=audio 6000 RTP/SAVP 0"),
    ],
)
def test_answers_refused(text: str) -> None:
    with pytest.raises(NoCommonCodec):
        accept_answer(make_offer(LOCAL, 1, 1), parse_sdp(text))


def test_our_own_mistakes() -> None:
    with pytest.raises(LocalProtocolError):
        accept_answer(parse_sdp(offer("")), parse_sdp(offer()))
    silent = make_offer(LOCAL, 1, 1, Direction.INACTIVE)
    assert accept_answer(silent, parse_sdp(offer())).direction is Direction.INACTIVE
    assert not AudioFormat(0, "PCMU", 16000).matches(PCMU)


def test_an_offer_out_of_a_hold_is_whole() -> None:
    asked = parse_sdp(
        offer("m=video 7000 RTP/AVP 99\nm=audio 6000 RTP/AVP 8 96", "a=rtpmap:96 telephone-event/8000")
    )
    first = accept_offer(asked, LOCAL, session_id=99).answer
    chosen = replace(LOCAL, formats=(PCMA, replace(TELEPHONE_EVENT, payload_type=96)))
    assert offer_again(first, chosen) == first  # nothing has changed: neither does the version
    hold = parse_sdp(
        offer(
            "m=video 7000 RTP/AVP 99\nm=audio 6000 RTP/AVP 8 96",
            "a=rtpmap:96 telephone-event/8000\na=sendonly",
        )
    )
    held = accept_offer(hold, LOCAL, previous=first).answer
    again = offer_again(held, chosen)
    assert again.media == first.media
    assert [medium.port for medium in again.media] == [0, 16384]
    assert (again.origin.session_id, again.origin.version) == (99, 3)
    assert accept_answer(again, asked).direction is Direction.SENDRECV
