"""Session descriptions: reading what peers write, printing, and the fuzz sentence."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import LocalProtocolError, ParseError
from aywa.proto.sdp.attributes import Direction, direction_of, fmtp_of, milliseconds_of, rtcp_of
from aywa.proto.sdp.audio import CodecOrder
from aywa.proto.sdp.crypto import ENTROPY_BYTES, LocalSrtp, SrtpUse
from aywa.proto.sdp.description import Connection, MediaDescription, Origin, SessionDescription
from aywa.proto.sdp.formats import CODECS, AudioFormat, formats_for, formats_of
from aywa.proto.sdp.numbers import continued, remembered
from aywa.proto.sdp.offer_answer import (
    LocalAudio,
    NoCommonCodec,
    accept_answer,
    accept_offer,
    make_offer,
    offer_again,
)
from aywa.proto.sdp.parse import MAX_LINES, MAX_MEDIA, parse_sdp
from tests.kit.mutate import mutated
from tests.kit.vectors.peers import ASTERISK_SDP, BARESIP_SDP, PHONE_SDP, SBC_SDP, SECURE_SDP, SIPP_SDP

SAMPLES = {
    "sipp": SIPP_SDP,
    "baresip": BARESIP_SDP,
    "asterisk": ASTERISK_SDP,
    "sbc": SBC_SDP,
    "phone": PHONE_SDP,
    "secure": SECURE_SDP,
}
LOCAL = LocalAudio(
    "192.0.2.1",
    9000,
    formats_for(CODECS),
    order=CodecOrder.OFFER,
    srtp=LocalSrtp(SrtpUse.OPTIONAL, entropy=bytes(ENTROPY_BYTES)),
)
WORDS = st.from_regex(r"[A-Za-z0-9._\-]{1,10}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=15)
ATTRIBUTES = st.lists(st.tuples(WORDS, st.one_of(st.none(), VALUES)), max_size=3).map(tuple)
ADDRESSES = st.one_of(
    st.ip_addresses(v=4).map(lambda address: Connection(str(address))),
    st.ip_addresses(v=6).map(lambda address: Connection(str(address), "IP6")),
)
MEDIA = st.builds(
    MediaDescription,
    st.sampled_from(["audio", "video", "image"]),
    st.integers(0, 65535),
    st.sampled_from(["RTP/AVP", "UDPTL", "RTP/SAVP"]),
    st.lists(WORDS, min_size=1, max_size=3).map(tuple),
    st.one_of(st.none(), ADDRESSES),
    ATTRIBUTES,
    st.integers(1, 4),
    st.just((("i", "title"), ("b", "AS:64"), ("x", "?"))),
)
SESSIONS = st.builds(
    SessionDescription,
    st.builds(Origin, WORDS, st.integers(0, 2**64), st.integers(0, 2**64), ADDRESSES),
    st.lists(MEDIA, max_size=3).map(tuple),
    st.one_of(st.none(), ADDRESSES),
    ATTRIBUTES,
    VALUES,
    st.lists(st.sampled_from(["0 0", "3149328700 0"]), min_size=1, max_size=2).map(tuple),
    st.just((("i", "title"), ("b", "AS:64"), ("z", "0 0"))),
)


@given(SESSIONS)
def test_what_is_printed_reads_as_it_was(session: SessionDescription) -> None:
    assert parse_sdp(session.encode()) == session
    assert parse_sdp(str(session)) == session


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_print_as_they_came(name: str) -> None:
    printed = str(parse_sdp(SAMPLES[name])).replace("\r\n", "\n")
    assert sorted(printed.splitlines()) == sorted(SAMPLES[name].replace("/127", "").splitlines())
    assert parse_sdp(printed) == parse_sdp(SAMPLES[name])


def test_asterisk() -> None:
    session = parse_sdp(ASTERISK_SDP)
    audio = session.media[0]
    assert (audio.kind, audio.port, audio.protocol) == ("audio", 12034, "RTP/AVP")
    assert [audio_format.name for audio_format in formats_of(audio)] == [
        "G722",
        "PCMU",
        "PCMA",
        "opus",
        "telephone-event",
    ]
    assert formats_of(audio)[3] == AudioFormat(97, "opus", 48000, 2, "useinbandfec=1")
    assert fmtp_of(audio, 101) == "0-16"
    assert (milliseconds_of(audio, "ptime"), milliseconds_of(audio, "maxptime")) == (20, 140)
    assert direction_of(session, audio) is Direction.SENDRECV
    assert rtcp_of(audio, ("127.0.0.1", 12034)) == ("127.0.0.1", 12035)


def test_unread_lines_and_attributes_are_kept() -> None:
    session = parse_sdp(SBC_SDP)
    assert session.other == (("e", "noc@carrier.example"), ("b", "AS:84"))
    assert ("X-vendor", None) in session.media[0].attributes
    assert session.media[0].connection == Connection("203.0.113.11")
    assert session.media[1].protocol == "udptl"


@pytest.mark.parametrize(
    "text",
    [
        "v=0\no=- 1 1 IN IP4 1.2.3.4\nm=audio 9 RTP/AVP 0",  # LF, no s=, no t=, no end
        "v=0\ro=- 1 1 IN IP4 1.2.3.4\rs=\rt=0 0\rm=audio 9 RTP/AVP 0\r",
        "v=0 \r\no=- 1 1 IN IP4 1.2.3.4\r\n\r\ns= \r\nm=audio 9 RTP/AVP 0\r\n \r\n",
        "v=0\r\nc=IN IP4 1.2.3.4/127/3\r\no=x  1  1 in ip4 h.example\r\nm=audio  9/2  rtp/avp  0 8 ",
        "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nq=?\r\nm=AUDIO 9 RTP/AVP 0\r\na=\r\na=:\r\na=rtpmap:\r\n",
    ],
)
def test_tolerated(text: str) -> None:
    session = parse_sdp(text)
    assert session.media[0].kind == "audio"
    assert session.media[0].port == 9
    assert formats_of(session.media[0])[0].name == "PCMU"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "v=1\r\no=- 1 1 IN IP4 h\r\n",
            "o=- 1 1 IN IP4 h\r\nv=0\r\n",
            "v=0\r\ns=-\r\n",
            "v=0\r\nhello\r\n",
        ),
        *("v=0\r\no=- x 1 IN IP4 h\r\n", "v=0\r\no=- 1 1 IN IP4\r\n", "v=0\r\no=- 1 1 IN IP4 h\r\nc=h\r\n"),
        *(
            f"v=0\r\no=- 1 1 IN IP4 h\r\nm={m}\r\n"
            for m in ("audio", "audio 9", "audio 70000 RTP/AVP 0", "a 9 b")
        ),
        *("v=0\r\no=- 1 1 IN IP4 h\0\r\n", "v=0\r\no=- 1 1 IN IP4 h\r\n m=x\r\n"),
        "v=0\r\no=- 1 1 IN IP4 h\r\n" + "a=x\r\n" * MAX_LINES,
        "v=0\r\no=- 1 1 IN IP4 h\r\n" + "m=audio 9 RTP/AVP 0\r\n" * (MAX_MEDIA + 1),
        "v=0\r\no=- 1 1 IN IP4 h\r\ni=" + "x" * 65536,
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_sdp(text)
    assert (caught.value.where, caught.value.status_hint) == ("sdp", 400)


def test_no_value_adds_a_line() -> None:
    session = make_offer(LocalAudio("1.2.3.4\r\nm=audio 1 RTP/AVP 0", 9), 1, 1)
    with pytest.raises(LocalProtocolError):
        session.encode()


def judge(data: bytes) -> bool:
    """The sentence: a body is a description or a ParseError, its answer one or NoCommonCodec."""
    try:
        session = parse_sdp(data)
    except ParseError:
        return False
    assert parse_sdp(session.encode()) == session
    mine = make_offer(LOCAL, 1, 1)
    try:
        accepted = accept_offer(session, LOCAL)
    except NoCommonCodec as error:
        accepted = None
        refusal = error
    if accepted is None:
        assert refusal.status_hint == 488
    else:
        assert parse_sdp(accepted.answer.encode()) == accepted.answer
        assert len(accepted.answer.media) == len(session.media)
        known = remembered((), accepted)
        again = offer_again(accepted.answer, continued(LOCAL, accepted, known))
        (taken,) = [medium for medium in again.media if medium.port]
        assert accepted.send.matches(formats_of(taken)[0])
        assert len(formats_of(taken)) == len(taken.formats)
    for use in SrtpUse:
        with suppress(NoCommonCodec):
            accept_answer(mine, session, srtp=use)
    return True


def test_10000_mutated_bodies() -> None:
    seeds = [text.replace("\n", "\r\n").encode() for text in SAMPLES.values()]
    good = sum(judge(data) for data in mutated(seeds, 10_000, seed=8866))
    assert 1_000 < good < 9_500


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    judge(data)
    judge(b"v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nc=IN IP4 1.2.3.4\r\nm=audio 9 RTP/AVP 0\r\n" + data)


def test_a_phone_with_everything() -> None:
    accepted = accept_offer(parse_sdp(PHONE_SDP), LOCAL, session_id=99)
    assert str(accepted.answer).split("\r\n")[5:] == [
        "m=audio 9000 RTP/AVP 114 126",
        "a=rtpmap:114 opus/48000/2",
        "a=fmtp:114 maxplaybackrate=16000;useinbandfec=1",
        "a=rtpmap:126 telephone-event/48000",
        "a=fmtp:126 0-15",
        "a=ptime:20",
        "a=crypto:1 AEAD_AES_256_GCM inline:" + 58 * "A" + "A=",
        "a=rtcp:9000",
        "a=rtcp-mux",
        "a=sendrecv",
        "",
    ]
    assert accepted.crypto is not None
    assert accepted.crypto.remote == bytes(range(44))
    secure = accept_offer(parse_sdp(SECURE_SDP), LOCAL)
    assert secure.answer.media[0].protocol == "RTP/SAVP"
    assert secure.crypto is not None
    assert secure.crypto.remote == bytes(range(29, -1, -1))


def test_a_control_character_is_a_format_and_no_blank() -> None:
    """What was read must be readable when it is written again."""
    head = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    text = f"{head}m=audio 12034 RTP/AVP \x1c\r\n"
    description = parse_sdp(text.encode())
    assert description.media[0].formats == ("\x1c",)
    assert parse_sdp(str(description).encode()) == description
