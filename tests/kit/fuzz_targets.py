"""What the fuzzers of SIP drive: bytes in, and only ParseError may come out of the code they reach.

A target makes a trial of each input: a function that can be run, and timed, as often as one likes. What it
asserts beyond the absence of exceptions is said at each target.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Protocol, TypeAlias

from aywa.errors import LocalProtocolError, ParseError
from aywa.proto.sdp.audio import LocalAudio, NoCommonCodec
from aywa.proto.sdp.offer_answer import accept_answer, accept_offer, make_offer
from aywa.proto.sdp.parse import MAX_BYTES, parse_sdp
from aywa.proto.sip.build import response_to
from aywa.proto.sip.digest import Algorithm, Credentials, parse_authorization, parse_challenge
from aywa.proto.sip.digest_client import Attempt, AuthenticationRefused, DigestClient
from aywa.proto.sip.digest_server import DigestServer, Verdict
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.parser import parse_datagram
from aywa.proto.sip.refuse import refusal_for
from aywa.proto.sip.stream import Broken, Frame, Framed, StreamFramer
from tests.kit.sip_messages import request
from tests.kit.vectors.peers import PEERS
from tests.kit.vectors.rfc4475 import INVALID, PARSED

MESSAGES: list[bytes] = [*PEERS.values(), *PARSED.values(), *(data for data, _ in INVALID.values())]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether an input was accepted, and the bytes there were to work on: 1 ms a KiB of them is allowed."""

    taken: bool
    size: int


Trial: TypeAlias = Callable[[], Outcome]


class Target(Protocol):
    """A fuzzed piece of the stack."""

    name: str
    seeds: Sequence[bytes]

    def trial(self, data: bytes, rng: Random) -> Trial:
        """What is done with `data`; the same for the same state of `rng`."""
        ...


class DatagramTarget:
    """`parse_datagram`, the refusal of what it refuses, and every property of what it takes."""

    name = "datagram"
    seeds = MESSAGES

    def trial(self, data: bytes, rng: Random) -> Trial:
        def run() -> Outcome:
            try:
                message = parse_datagram(data)
            except ParseError as error:
                _refuse(data, error)
                return Outcome(False, len(data))
            _use(message)
            return Outcome(True, len(data))

        return run


def _refuse(data: bytes, error: ParseError) -> None:
    """The refusal that a broken request gets is one message, and says what its error says."""
    refusal = refusal_for(data, error, to_tag="ours")
    assert 400 <= error.status_hint < 600
    assert refusal is None or refusal.encode().count(b"\r\n\r\n") == 1


def _use(message: Request | Response) -> None:
    """What a user agent does with every message; none of it may raise."""
    _ = message.contact, message.routes, message.record_routes, message.content_type, message.max_forwards
    _ = message.allow, message.supported, message.require, message.from_.tag, message.to.uri.user_text
    message.via.with_source("192.0.2.1", 5060).response_address()
    if isinstance(message, Request):
        response_to(message, 486, to_tag="here").encode()


class StreamTarget:
    """`StreamFramer` and the parser behind it; however the bytes are cut, the frames are the same."""

    name = "stream"
    seeds = (*MESSAGES, *(PEERS["asterisk"] + b"\r\n\r\n" + other for other in PEERS.values()))

    def trial(self, data: bytes, rng: Random) -> Trial:
        cuts = sorted(
            {0, len(data), *(rng.randrange(len(data) + 1) for _ in range(rng.choice((0, 1, 3, 40))))}
        )
        pieces = [data[start:end] for start, end in pairwise(cuts)]

        def run() -> Outcome:
            frames = _frames(pieces)
            messages = 0
            for frame in frames:
                if isinstance(frame, Framed):
                    try:
                        _use(parse_datagram(frame.data))
                        messages += 1
                    except ParseError as error:
                        refusal_for(frame.data, error)
            assert [_plain(frame) for frame in frames] == [_plain(frame) for frame in _frames([data])]
            return Outcome(messages > 0, 2 * len(data))  # cut in pieces, and whole

        return run


def _frames(pieces: Sequence[bytes]) -> list[Frame]:
    framer = StreamFramer()
    frames = [frame for piece in pieces for frame in framer.receive(piece, 0.0)]
    return frames + framer.end() + framer.receive(b"after the end", 1.0)


def _plain(frame: Frame) -> object:
    """A frame without what depends on how much had come when it broke."""
    return (Broken, frame.error.where) if isinstance(frame, Broken) else frame


_SDP_SEEDS = (
    *(data.partition(b"\r\n\r\n")[2] for data in (*PEERS.values(), *PARSED.values()) if b"\r\nv=0" in data),
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/SAVP 111 9 8 0 101 102 13\r\na=rtpmap:111 opus/48000/2\r\n"
    b"a=fmtp:111 useinbandfec=1;maxplaybackrate=16000;stereo=0\r\na=rtpmap:101 telephone-event/8000\r\n"
    b"a=rtpmap:102 telephone-event/48000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=maxptime:60\r\na=rtcp-mux\r\n"
    b"a=rtcp:4001 IN IP4 192.0.2.9\r\na=sendonly\r\n"
    b"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31\r\n"
    b"a=crypto:2 AEAD_AES_128_GCM inline:c29tZXRoaW5nb2YyOGJ5dGVzaW5hbGwhIQ==\r\n"
    b"m=video 0 RTP/AVP 31\r\n",
)


class SdpTarget:
    """`parse_sdp`, printing it again, and answering it; also as an answer to an offer of ours."""

    name = "sdp"
    seeds = _SDP_SEEDS

    def __init__(self) -> None:
        self._local = LocalAudio("192.0.2.2", 5000)
        self._offer = make_offer(self._local, 1, 1)

    def trial(self, data: bytes, rng: Random) -> Trial:
        def run() -> Outcome:
            try:
                description = parse_sdp(data)
            except ParseError:
                return Outcome(False, len(data))
            printed = description.encode()  # may be longer: every line ends in CRLF
            assert len(printed) > MAX_BYTES or parse_sdp(printed) == description
            for use in (
                lambda: accept_offer(description, self._local).answer.encode(),
                lambda: accept_answer(self._offer, description),
            ):
                with suppress(NoCommonCodec, ParseError):
                    use()
            return Outcome(True, 3 * len(data))  # read, answered, and taken as an answer

        return run


_CHALLENGES = (
    'Digest realm="aywa", nonce="abc.1.0123456789abcdef", algorithm=SHA-256, qop="auth,auth-int", stale=true',
    'Digest realm="pbx", domain="sip:a sip:b", nonce="84f1c1ae", opaque="\\"q\\"", algorithm=MD5-sess',
    'Basic realm="x"',
    'nextnonce="11", rspauth="22", cnonce="33", nc=00000001, qop=auth',
)


class DigestTarget:
    """Challenges and answers: read, answered by the client, judged by the server, never granted."""

    name = "digest"

    def __init__(self) -> None:
        self._users = [Credentials("in", "secret")]
        server = self._server()
        client = DigestClient(self._users[0], Random(1))
        answered = request("INVITE")
        challenge = response_to(
            answered, 401, headers=[("WWW-Authenticate", server.challenges("192.0.2.1", 0.0)[0])]
        )
        client.answer(challenge, Attempt())
        client.authorize(answered)
        self._right = answered.headers.get("Authorization") or ""
        self.seeds: Sequence[bytes] = [text.encode() for text in (self._right, *_CHALLENGES)]

    def _server(self) -> DigestServer:
        return DigestServer("aywa", self._users, key=b"k" * 32, algorithms=[Algorithm.SHA_256, Algorithm.MD5])

    def trial(self, data: bytes, rng: Random) -> Trial:
        # What a header of a parsed message can hold: one line of text.
        text = data.replace(b"\r", b"").replace(b"\n", b"").decode("utf-8", "surrogateescape").strip(" \t")
        asked = request("INVITE")
        challenged = response_to(
            asked, 401, headers=[("WWW-Authenticate", text), ("Proxy-Authenticate", text)]
        )
        welcomed = response_to(asked, 200, headers=[("Authentication-Info", text)])
        answer = request("INVITE", headers=(("Authorization", text),))

        def run() -> Outcome:
            taken = False
            for parse in (parse_challenge, parse_authorization):
                with suppress(ParseError):
                    taken |= parse(text) is not None
            verdict = self._server().judge(answer, "192.0.2.1", 1.0)
            assert verdict is Verdict.REFUSED or _same_answer(text, self._right)
            client = DigestClient(self._users[0], Random(1))
            try:
                client.answer(challenged, Attempt())
            except AuthenticationRefused:
                return Outcome(taken, 6 * len(data))
            client.authorize(request("INVITE"))
            client.accept(welcomed)
            return Outcome(taken, 6 * len(data))  # as a challenge, an answer, to server and client

        return run


def _same_answer(text: str, right: str) -> bool:
    """True when `text` says what `right` says, in other letters."""
    try:
        ours, theirs = parse_authorization(right), parse_authorization(text)
    except (ParseError, LocalProtocolError):
        return False
    return (
        ours is not None
        and theirs is not None
        and (ours.response, ours.nonce) == (theirs.response, theirs.nonce)
    )
