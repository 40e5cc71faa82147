"""SDES (RFC 4568): reading and writing keys, choosing suites, and never showing a key."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aywa.errors import LocalProtocolError, ParseError
from aywa.proto.sdp.audio import LocalAudio, NoCommonCodec
from aywa.proto.sdp.crypto import (
    ENTROPY_BYTES,
    CryptoKeys,
    CryptoLine,
    CryptoSuite,
    LocalSrtp,
    SrtpUse,
    cryptos_of,
    parse_crypto,
)
from aywa.proto.sdp.description import SessionDescription
from aywa.proto.sdp.offer_answer import accept_answer, accept_offer, make_offer, offer_again
from aywa.proto.sdp.parse import parse_sdp
from tests.kit.mutate import mutated

GCM_256, GCM_128, CM_80, CM_32 = CryptoSuite
OURS = Random(1).randbytes(ENTROPY_BYTES)
THEIRS = Random(2).randbytes(ENTROPY_BYTES)
KEY = bytes(range(30))
TEXT = b64encode(KEY).decode()


def local(use: SrtpUse = SrtpUse.OPTIONAL, *suites: CryptoSuite, entropy: bytes = OURS) -> LocalAudio:
    """Our stream."""
    return LocalAudio("192.0.2.1", 16384, srtp=LocalSrtp(use, suites or tuple(CryptoSuite), entropy))


def line(suite: CryptoSuite, tag: int = 1, key: bytes | None = None) -> str:
    """The value of an attribute of theirs."""
    value = CryptoLine(tag, suite, THEIRS[: suite.key_bytes] if key is None else key).attribute[1]
    assert value is not None
    return value


def offer(profile: str, *cryptos: str) -> SessionDescription:
    """One stream of PCMU."""
    lines = "".join(f"a=crypto:{crypto}\n" for crypto in cryptos)
    head = "v=0\no=- 7 1 IN IP4 198.51.100.7\ns=-\nc=IN IP4 198.51.100.7\nt=0 0\n"
    return parse_sdp(head + f"m=audio 6000 {profile} 0\n" + lines)


@pytest.mark.parametrize(
    "rest",
    [
        *("", "|2^20", "|2^48", "|1048576", " WSH=64", " -anything", "|2^31 WSH=128 -x"),
        "\t-x",
    ],
)
def test_read(rest: str) -> None:
    assert parse_crypto(f"7 AES_CM_128_HMAC_SHA1_80 inline:{TEXT}{rest}") == CryptoLine(7, CM_80, KEY)


@pytest.mark.parametrize("suite", CryptoSuite)
def test_every_suite_is_written_and_read(suite: CryptoSuite) -> None:
    key = Random(3).randbytes(suite.key_bytes)
    name, value = CryptoLine(3, suite, key).attribute
    assert name == "crypto"
    assert value == f"3 {suite.value} inline:{b64encode(key).decode()}"
    assert parse_crypto(value) == CryptoLine(3, suite, key)
    assert parse_crypto(value.rstrip("=")).key == key  # padding left out
    assert parse_crypto(value.replace(suite.value, suite.value.lower())).suite is suite


@pytest.mark.parametrize(
    "value",
    [
        "",
        "1",
        "1 AES_CM_128_HMAC_SHA1_80",
        f"x AES_CM_128_HMAC_SHA1_80 inline:{TEXT}",
        f"-1 AES_CM_128_HMAC_SHA1_80 inline:{TEXT}",
        f"1234567890 AES_CM_128_HMAC_SHA1_80 inline:{TEXT}",
        f"1 F8_128_HMAC_SHA1_80 inline:{TEXT}",
        f"1 AES_CM_128_HMAC_SHA1_80 {TEXT}",
        f"1 AES_CM_128_HMAC_SHA1_80 uri:{TEXT}",
        "1 AES_CM_128_HMAC_SHA1_80 inline:",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{TEXT[:-4]}",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{TEXT}AAAA",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:!{TEXT[1:]}",
        f"1 AEAD_AES_128_GCM inline:{TEXT}",  # 28 bytes there
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{TEXT}|2^20|1:4",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{TEXT}|1:4",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{TEXT}|1:1;inline:{TEXT}|2:1",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{TEXT};inline:{TEXT}",
        *(
            f"1 AES_CM_128_HMAC_SHA1_80 inline:{TEXT}|{lifetime}"
            for lifetime in ("2^19", "2^49", "2^999999999999999", "1000", "x", "", "3^30", "2^", "-2", "2^-1")
        ),
        *(
            f"1 AES_CM_128_HMAC_SHA1_80 inline:{TEXT} {parameter}"
            for parameter in (
                *("KDR=0", "KDR=24", "UNENCRYPTED_SRTP", "UNENCRYPTED_SRTCP", "UNAUTHENTICATED_SRTP"),
                *("FEC_ORDER=FEC_SRTP", "FEC_KEY=inline:x", "anything", "WSH=64 KDR=1"),
            )
        ),
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{TEXT} -{'x' * 500}",
    ],
)
def test_passed_over(value: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse_crypto(value)
    assert caught.value.where == "sdp"
    assert TEXT[:8] not in str(caught.value)
    assert cryptos_of(offer("RTP/SAVP", value).media[0]) == []


@given(st.text(max_size=80))
def test_any_text(text: str) -> None:
    with suppress(ParseError):
        parse_crypto(text)
    with suppress(ParseError):
        parse_crypto(f"1 AES_CM_128_HMAC_SHA1_80 inline:{text}")


def test_5000_mutated_lines() -> None:
    seeds = [line(suite).encode() + b"|2^31 WSH=64" for suite in CryptoSuite]
    taken = 0
    for data in mutated(seeds, 5_000, seed=4568):
        with suppress(ParseError):
            taken += len(parse_crypto(data.decode("utf-8", "surrogateescape")).key) > 0
    assert 0 < taken < 5_000


PLAIN, SECURE = "RTP/AVP", "RTP/SAVP"


@pytest.mark.parametrize(
    ("use", "profile", "cryptos", "suite"),
    [
        (SrtpUse.OFF, PLAIN, (), None),
        (SrtpUse.OFF, PLAIN, (line(CM_80),), None),
        (SrtpUse.OPTIONAL, PLAIN, (), None),
        (SrtpUse.OPTIONAL, PLAIN, (line(CM_80),), CM_80),  # best effort
        (SrtpUse.OPTIONAL, PLAIN, ("1 F8_128_HMAC_SHA1_80 inline:x",), None),
        (SrtpUse.OPTIONAL, SECURE, (line(CM_32), line(CM_80, 2)), CM_80),
        (SrtpUse.OPTIONAL, SECURE, (line(CM_80), line(GCM_128, 2), line(GCM_256, 9)), GCM_256),
        (SrtpUse.OPTIONAL, "RTP/SAVPF", (line(CM_32),), CM_32),
        (SrtpUse.OPTIONAL, "RTP/AVPF", (line(CM_32),), CM_32),
        (SrtpUse.OPTIONAL, SECURE, ("junk", line(CM_80, 5)), CM_80),
        (SrtpUse.REQUIRED, SECURE, (line(CM_80),), CM_80),
        (SrtpUse.REQUIRED, PLAIN, (line(CM_80),), CM_80),
    ],
)
def test_answered(use: SrtpUse, profile: str, cryptos: tuple[str, ...], suite: CryptoSuite | None) -> None:
    asked = offer(profile, *cryptos)
    accepted = accept_offer(asked, local(use) if use is not SrtpUse.OFF else local(use, entropy=b""))
    assert accepted.answer.media[0].protocol == profile
    answered = cryptos_of(accepted.answer.media[0])
    if suite is None:
        assert accepted.crypto is None
        assert answered == []
        return
    (taken,) = [each for each in cryptos_of(asked.media[0]) if each.suite is suite]
    srtp = local(use).srtp
    assert accepted.crypto == CryptoKeys(suite, srtp.key(suite), taken.key)
    assert answered == [CryptoLine(taken.tag, suite, srtp.key(suite))]


@pytest.mark.parametrize(
    ("use", "profile", "cryptos"),
    [
        (SrtpUse.OFF, SECURE, (line(CM_80),)),
        (SrtpUse.OPTIONAL, SECURE, ()),
        (SrtpUse.OPTIONAL, SECURE, (f"1 AES_CM_128_HMAC_SHA1_80 inline:{TEXT}|1:4",)),
        (SrtpUse.OPTIONAL, SECURE, (line(CM_80) + " UNENCRYPTED_SRTP",)),
        (SrtpUse.REQUIRED, PLAIN, ()),
        (SrtpUse.REQUIRED, PLAIN, ("junk",)),
        (SrtpUse.REQUIRED, "UDP/TLS/RTP/SAVPF", (line(CM_80),)),
    ],
)
def test_refused_with_488(use: SrtpUse, profile: str, cryptos: tuple[str, ...]) -> None:
    with pytest.raises(NoCommonCodec) as caught:
        accept_offer(offer(profile, *cryptos), local(use))
    assert caught.value.status_hint == 488


def test_the_suites_of_the_settings_decide() -> None:
    asked = offer(SECURE, line(GCM_256), line(CM_80, 2), line(CM_32, 3))
    accepted = accept_offer(asked, local(SrtpUse.OPTIONAL, CM_32, CM_80))
    assert accepted.crypto is not None
    assert accepted.crypto.suite is CM_32
    with pytest.raises(NoCommonCodec):
        accept_offer(asked, local(SrtpUse.OPTIONAL, GCM_128))


@given(
    st.sampled_from([SrtpUse.OPTIONAL, SrtpUse.REQUIRED]),
    st.lists(st.sampled_from(CryptoSuite), min_size=1, unique=True),
    st.lists(st.sampled_from(CryptoSuite), min_size=1, unique=True),
)
def test_two_of_us_share_keys(use: SrtpUse, mine: list[CryptoSuite], theirs: list[CryptoSuite]) -> None:
    asked = make_offer(local(use, *mine), 1, 1)
    peer = local(SrtpUse.OPTIONAL, *theirs, entropy=THEIRS)
    common = [suite for suite in theirs if suite in mine]
    if not common and use is SrtpUse.REQUIRED:
        with pytest.raises(NoCommonCodec):
            accept_offer(parse_sdp(asked.encode()), peer)
        return
    there = accept_offer(parse_sdp(asked.encode()), peer)
    here = accept_answer(asked, parse_sdp(there.answer.encode()), srtp=use)
    if not common:
        assert here.crypto is there.crypto is None
        return
    assert here.crypto is not None
    assert there.crypto is not None
    assert here.crypto.suite is there.crypto.suite is common[0]
    assert (here.crypto.local, here.crypto.remote) == (there.crypto.remote, there.crypto.local)
    assert here.crypto.local != here.crypto.remote


def test_an_answer_must_take_an_offered_key() -> None:
    asked = make_offer(local(SrtpUse.REQUIRED), 1, 1)
    for answer in (
        offer(SECURE),
        offer(SECURE, line(CM_80, 99)),
        offer(SECURE, line(CM_80, 1)),  # tag 1 was another suite
        offer(PLAIN),
    ):
        with pytest.raises(NoCommonCodec):
            accept_answer(asked, answer)


def test_a_best_effort_offer_takes_a_plain_answer_unless_srtp_is_required() -> None:
    asked = make_offer(local(), 1, 1)
    assert accept_answer(asked, offer(PLAIN)).crypto is None
    with pytest.raises(NoCommonCodec):
        accept_answer(asked, offer(PLAIN), srtp=SrtpUse.REQUIRED)


def test_an_offer_in_mid_call_keeps_its_profile() -> None:
    first = accept_offer(offer("RTP/SAVPF", line(CM_80)), local()).answer
    assert offer_again(first, local(SrtpUse.OPTIONAL, CM_80)).media[0].protocol == "RTP/SAVPF"


def test_every_suite_has_a_key_of_its_own() -> None:
    srtp = local().srtp
    assert b"".join(srtp.key(suite) for suite in CryptoSuite) == OURS
    assert [each.key for each in srtp.lines()] == [srtp.key(suite) for suite in CryptoSuite]


def test_keys_are_not_made_of_nothing() -> None:
    with pytest.raises(LocalProtocolError):
        LocalSrtp(SrtpUse.OPTIONAL, entropy=b"")
    with pytest.raises(LocalProtocolError):
        replace(local().srtp, entropy=OURS[1:])


def shown(key: bytes) -> list[str]:
    """The ways in which a key may slip into a text."""
    return [b64encode(key).decode()[:16], repr(key)[2:20], key.hex()[:16]]


def test_no_key_is_printed() -> None:
    mine = local()
    asked = offer(SECURE, *(line(suite, tag) for tag, suite in enumerate(CryptoSuite, 1)))
    accepted = accept_offer(asked, mine)
    assert accepted.crypto is not None
    stranger = parse_sdp(
        "v=0\no=- 1 1 IN IP4 h\nk=base64:" + TEXT + "\na=key-mgmt:mikey " + TEXT + "\n"
        "m=audio 9 RTP/AVP 0\nk=clear:" + TEXT + "\na=CRYPTO : 1 x " + TEXT + "\n"
    )
    told = [repr(value) for value in (mine, asked, asked.media[0], accepted, accepted.crypto, stranger)]
    told += [repr(cryptos_of(asked.media[0])), repr(mine.srtp), repr(mine.srtp.lines())]
    keys = [accepted.crypto.local, accepted.crypto.remote, KEY]
    keys += [mine.srtp.key(suite) for suite in CryptoSuite]
    keys += [each.key for each in cryptos_of(asked.media[0])]
    for key in keys:
        for text in shown(key):
            assert not [each for each in told if text in each]
    assert "<redacted>" in repr(asked)
    assert TEXT in str(stranger)  # but it is carried
