"""Both links over a stream in memory: their first words, what they tell, and those who take their time."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
import trio
from trio.testing import MockClock, memory_stream_pair

from aywa.errors import ParseError
from aywa.proto.audiosocket.frame import Kind
from aywa.transports.asterisk_ws import AsteriskWsLink, parties
from aywa.transports.audiosocket import FIRST_WORD_S, AudioSocketLink
from aywa.transports.basic_auth import Door
from aywa.transports.coding import G722_STREAM, SLIN, SLIN16, ULAW
from aywa.transports.link import Audio, Gone, Held, Key, Link, LinkEvent, Overfull
from tests.kit.stream_peers import UUID_1, AudioSocketPeer, WebSocketPeer

PASSWORD = "a-long-password-it-is"
DOOR = Door("/asterisk", "asterisk", PASSWORD)
BROKE = Gone(False, "the connection ended in a frame")


def audiosocket() -> tuple[AudioSocketLink, AudioSocketPeer]:
    ours, theirs = memory_stream_pair()
    return AudioSocketLink(ours, "192.0.2.7"), AudioSocketPeer(theirs)


def websocket(*, as_json: bool = False) -> tuple[AsteriskWsLink, WebSocketPeer]:
    ours, theirs = memory_stream_pair()
    return AsteriskWsLink(ours, "192.0.2.7", DOOR), WebSocketPeer(theirs, as_json=as_json)


async def told(link: Link, count: int) -> list[LinkEvent]:
    """The next events, that many or more."""
    events: list[LinkEvent] = []
    while len(events) < count:
        events += await link.receive()
    return events


async def open_websocket(link: AsteriskWsLink, peer: WebSocketPeer, **start: object) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.open)
        await peer.shake_hands("/asterisk?from=%2B4930&to=611", password=PASSWORD)
        await peer.begin(**start)  # type: ignore[arg-type]


# -- AudioSocket


@pytest.mark.parametrize(("kind", "coding"), [(Kind.AUDIO_8K, SLIN), (Kind.AUDIO_16K, SLIN16)])
async def test_audiosocket_begins_with_a_uuid_and_the_first_audio_says_the_rate(kind, coding) -> None:  # type: ignore[no-untyped-def]
    link, peer = audiosocket()
    await peer.begin(kind=kind)
    await link.open()
    assert link.origin.call_id == str(UUID_1)
    assert link.coding is coding
    assert await told(link, 1) == [Audio(bytes(coding.packet_bytes), coding)]


async def test_audiosocket_tells_keys_a_new_rate_and_the_hang_up() -> None:
    link, peer = audiosocket()
    await peer.begin()
    await link.open()
    await peer.send(Kind.KEY, b"5")
    await peer.send(Kind.AUDIO_16K, bytes(640))
    await peer.send(Kind.HANGUP)
    await peer.send(Kind.KEY, b"6")
    assert (await told(link, 4))[1:] == [Key("5"), Audio(bytes(640), SLIN16), Gone(True)]


async def test_audiosocket_speaks_in_the_kind_of_the_coding() -> None:
    link, peer = audiosocket()
    await peer.begin()
    await link.open()
    await link.send_audio([b"\x01\x02" * 160, bytes(320)], SLIN)
    await link.send_audio([bytes(640)], SLIN16)
    await link.hang_up()
    await peer.read_until(lambda: Kind.HANGUP in peer.kinds())
    assert [frame.kind for frame in peer.frames] == [
        Kind.AUDIO_8K,
        Kind.AUDIO_8K,
        Kind.AUDIO_16K,
        Kind.HANGUP,
    ]


@pytest.mark.parametrize(
    ("cut", "gone"),
    [(0, Gone(True)), (2, BROKE), (50, BROKE)],
)
async def test_audiosocket_ends_between_frames_or_in_one(cut: int, gone: Gone) -> None:
    link, peer = audiosocket()
    await peer.begin()
    await link.open()
    await told(link, 1)
    await peer.stream.send_all((bytes((0x10, 1, 64)) + bytes(320))[:cut])
    await peer.stream.aclose()
    assert await told(link, 1) == [gone]


async def test_audiosocket_without_audio_is_8_khz(autojump_clock: MockClock) -> None:
    link, peer = audiosocket()
    await peer.send(Kind.UUID, UUID_1.bytes)
    await link.open()
    assert link.coding is SLIN
    assert trio.current_time() == pytest.approx(1.0, abs=0.01)


async def _nothing(peer: AudioSocketPeer) -> None:
    return


async def _half_a_uuid(peer: AudioSocketPeer) -> None:
    await peer.stream.send_all(b"\x01\x00\x10" + bytes(15))


async def _audio_first(peer: AudioSocketPeer) -> None:
    await peer.send(Kind.AUDIO_8K, bytes(320))


async def _http(peer: AudioSocketPeer) -> None:
    await peer.stream.send_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")


async def _gone(peer: AudioSocketPeer) -> None:
    await peer.stream.aclose()


async def _another_rate(peer: AudioSocketPeer) -> None:
    await peer.begin(kind=Kind.AUDIO_48K)


@pytest.mark.parametrize("words", [_nothing, _half_a_uuid, _audio_first, _http, _gone, _another_rate])
async def test_audiosocket_other_first_words_are_refused_in_time(words, autojump_clock: MockClock) -> None:  # type: ignore[no-untyped-def]
    link, peer = audiosocket()
    await words(peer)
    with pytest.raises(ParseError):
        await link.open()
    assert trio.current_time() <= FIRST_WORD_S + 0.01


# -- websocket


@pytest.mark.parametrize("as_json", [False, True])
async def test_the_websocket_begins_with_media_start(as_json: bool) -> None:
    link, peer = websocket(as_json=as_json)
    await open_websocket(link, peer, format="ulaw", frame_bytes=160)
    assert (peer.status, peer.subprotocol) == (101, "media")
    assert link.coding is ULAW
    assert link.origin.call_id == "17.9"
    assert (link.origin.from_uri, link.origin.to_uri) == ("sip:+4930@192.0.2.7", "sip:611@192.0.2.7")
    await link.answer()
    await link.ask()
    await link.flush()
    await link.hang_up()
    await peer.read_until(lambda: len(peer.texts) == 4)
    assert peer.commands() == ["ANSWER", "GET_STATUS", "FLUSH_MEDIA", "HANGUP"]


@pytest.mark.parametrize("as_json", [False, True])
async def test_what_the_websocket_tells(as_json: bool) -> None:
    link, peer = websocket(as_json=as_json)
    await open_websocket(link, peer)
    await peer.send(bytes(641))  # a broken sample at its end is left out
    await peer.tell("DTMF_END", digit="#", channel_id="17.9")
    await peer.tell("STATUS", channel_id="17.9", queue_length=4)
    await peer.tell("MEDIA_XOFF", channel_id="17.9")
    await peer.tell("MEDIA_XON", channel_id="17.9")
    await peer.tell("DTMF_END", digit="fifty")  # cannot be read, and ends no call
    await peer.close(1000)
    events = await told(link, 5)
    assert events == [Audio(bytes(640), SLIN16), Key("#"), Held(80.0), Overfull(), Gone(True)]


async def test_audio_goes_out_a_message_a_packet() -> None:
    link, peer = websocket()
    await open_websocket(link, peer, format="g722", frame_bytes=160)
    await link.send_audio([b"a" * 160, b"b" * 160], G722_STREAM)
    await peer.read_until(lambda: len(peer.messages) == 2)
    assert peer.messages == [b"a" * 160, b"b" * 160]


async def test_what_comes_with_media_start_is_not_lost() -> None:
    link, peer = websocket()
    ours, theirs = peer.stream, bytearray()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.open)
        await peer.shake_hands(password=PASSWORD)
        peer.stream = _Collect(theirs)
        await peer.begin()
        await peer.send(bytes(640))
        await ours.send_all(bytes(theirs))
    assert await told(link, 1) == [Audio(bytes(640), SLIN16)]


class _Collect(trio.abc.Stream):
    """Keeps what is sent."""

    def __init__(self, kept: bytearray) -> None:
        self._kept = kept

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        self._kept += data

    async def wait_send_all_might_not_block(self) -> None: ...

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        return b""

    async def aclose(self) -> None: ...


@pytest.mark.parametrize(
    ("path", "user", "password", "status"),
    [
        ("/asterisk", "asterisk", None, 401),
        ("/asterisk", "asterisk", PASSWORD[:-1], 401),
        ("/asterisk", "somebody", PASSWORD, 401),
        ("/other", "asterisk", "wrong", 401),
        ("/other", "asterisk", PASSWORD, 404),
    ],
)
async def test_nobody_comes_in_without_the_password(
    path: str, user: str, password: str | None, status: int
) -> None:
    link, peer = websocket()
    refused: list[ParseError] = []

    async def opening() -> None:
        try:
            await link.open()
        except ParseError as error:
            refused.append(error)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(opening)
        await peer.shake_hands(path, user, password)
    assert peer.status == status
    assert refused[0].status_hint == status


@pytest.mark.parametrize(
    "header",
    [b"", b"Basic", b"Basic !!!", b"Basic YQ==", b"Bearer YQ==", b"basic \xff", b"Basic " + b"A" * 100_000],
)
def test_a_header_that_shows_nothing(header: bytes) -> None:
    assert not DOOR.opens_to(header)


async def _http_by_drops(peer: WebSocketPeer) -> None:
    for _ in range(100):
        await peer.stream.send_all(b"GET /asterisk HTTP/1.1\r\nX: "[:1])
        await trio.sleep(1)


async def _endless_header(peer: WebSocketPeer) -> None:
    await peer.stream.send_all(b"GET / HTTP/1.1\r\nX: ")
    for _ in range(100):
        await peer.stream.send_all(b"a" * 4096)


async def _no_media_start(peer: WebSocketPeer) -> None:
    await peer.shake_hands(password=PASSWORD)


async def _audio_instead(peer: WebSocketPeer) -> None:
    await peer.shake_hands(password=PASSWORD)
    await peer.send(bytes(640))


async def _opus(peer: WebSocketPeer) -> None:
    await peer.shake_hands(password=PASSWORD)
    await peer.begin("opus", 0)


async def _long_text(peer: WebSocketPeer) -> None:
    await peer.shake_hands(password=PASSWORD)
    await peer.say("A" * 70_000)


async def _unmasked(peer: WebSocketPeer) -> None:
    await peer.shake_hands(password=PASSWORD)
    await peer.stream.send_all(b"\x81\x05hello")


@pytest.mark.parametrize(
    "words",
    [_http_by_drops, _endless_header, _no_media_start, _audio_instead, _opus, _long_text, _unmasked],
)
async def test_other_first_words_are_refused_in_time(
    words: Callable[[WebSocketPeer], object], autojump_clock: MockClock
) -> None:
    link, peer = websocket()
    refused: list[ParseError] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(words, peer)  # type: ignore[arg-type]
        try:
            await link.open()
        except ParseError as error:
            refused.append(error)
        nursery.cancel_scope.cancel()
    assert len(refused) == 1
    assert trio.current_time() <= FIRST_WORD_S + 0.01


async def test_an_endless_message_ends_the_connection() -> None:
    link, peer = websocket()
    await open_websocket(link, peer)
    await peer.stream.send_all(
        bytes((0x02, 0xFF)) + (1 << 40).to_bytes(8, "big") + bytes(4)
    )  # 1 TiB is announced
    await peer.stream.send_all(bytes(70_000))
    (gone,) = await told(link, 1)
    assert gone == Gone(False, "A longer message than any that is sent")


@pytest.mark.parametrize(("code", "clean"), [(1000, True), (1001, True), (1002, False), (1011, False)])
async def test_how_it_was_closed_says_who_ended_the_call(code: int, clean: bool) -> None:
    link, peer = websocket()
    await open_websocket(link, peer)
    await peer.close(code)
    assert await told(link, 1) == [Gone(clean, "" if clean else "the websocket broke")]


async def test_who_closes_and_is_gone_has_still_closed() -> None:
    link, peer = websocket()
    await open_websocket(link, peer)
    await peer.send(bytes(640))
    await peer.close(1000)
    await peer.stream.aclose()
    assert await told(link, 2) == [Audio(bytes(640), SLIN16), Gone(True)]


async def test_a_connection_that_just_ends_has_broken() -> None:
    link, peer = websocket()
    await open_websocket(link, peer)
    await peer.stream.aclose()
    assert await told(link, 1) == [Gone(False, "the websocket broke")]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/a", ("", "")),
        ("/a?from=100&to=611", ("100", "611")),
        ("/a?from=" + "9" * 500, ("9" * 64, "")),
        ("/a?from=%3Csip%3Aa%40b%3E%0D%0A", ("%3Csip%3Aa%40b%3E%0D%0A", "")),
        ("/a?" + "&".join(["x=1"] * 100), ("", "")),
        ("//[", ("", "")),
    ],
)
def test_who_calls_is_in_the_query(target: str, expected: tuple[str, str]) -> None:
    assert parties(target) == expected


async def test_garbage_in_a_websocket_ends_it_and_raises_nothing() -> None:
    """Frames that were good before some of their bits were turned; some still are."""
    frames = b"".join(
        (
            b"\x82\x84mask" + bytes(4),
            b"\x81\x80mask",
            b"\x89\x85mask" + bytes(5),
            b"\x02\x82mask" + bytes(2) + b"\x80\x82mask" + bytes(2),
            b"\x88\x82mask" + bytes((3 ^ ord("m"), 0xE8 ^ ord("a"))),
        )
    )
    endings = set()
    for seed in range(300):
        rng, data = Random(seed), bytearray(frames)
        for _ in range(rng.randrange(4)):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        link, peer = websocket()
        await open_websocket(link, peer)
        await peer.stream.send_all(bytes(data))
        await peer.stream.aclose()
        events: list[LinkEvent] = []
        while not any(isinstance(event, Gone) for event in events):
            events += await link.receive()
        endings.add(events[-1])
    assert endings >= {Gone(True), Gone(False, "the websocket broke")}
