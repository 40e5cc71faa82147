"""What a websocket of the API's says, as a link hears it, and the door that lets one in."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
import trio

from aywa.errors import RequestError
from aywa.transports.coding import SLIN16, ULAW, StreamCoding
from aywa.transports.counters import StreamCounters
from aywa.transports.link import Audio, Gone, Key, LinkEvent, Origin
from aywa.transports.web_door import WebDoor
from aywa.transports.web_link import MAX_AUDIO, MAX_TEXT, WEB_CODINGS, WebLink

ORIGIN = Origin("c", "sip:web@web.invalid", "sip:assistant@web.invalid")


class Socket:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[str | bytes] = []
        self.closed: list[str] = []

    async def send(self, message: str | bytes) -> None:
        await trio.lowlevel.checkpoint()
        self.sent.append(message)

    async def close(self, reason: str) -> None:
        await trio.lowlevel.checkpoint()
        self.closed.append(reason)


def make(coding: StreamCoding = SLIN16) -> tuple[WebLink, Socket, list[dict[str, Any]]]:
    socket, commands = Socket(), list[dict[str, Any]]()

    async def command(said: dict[str, object]) -> None:
        commands.append(said)

    return WebLink(socket, coding, ORIGIN, command), socket, commands


async def events(link: WebLink, *messages: str | bytes) -> list[LinkEvent]:
    """What the link makes of these, and of the end behind them."""
    for message in messages:
        await link.put(message)
    link.leave()
    found: list[LinkEvent] = []
    with trio.fail_after(5):
        while not found or not isinstance(found[-1], Gone):
            found += await link.receive()
    return found


async def test_audio_comes_in_whole_samples_however_it_is_cut() -> None:
    link, _, _ = make()
    found = await events(link, b"abc", b"d", b"", b"e", b"fg")
    assert found == [Audio(b"ab", SLIN16), Audio(b"cd", SLIN16), Audio(b"ef", SLIN16), Gone(True)]
    link, _, _ = make(ULAW)
    assert await events(link, b"abc") == [Audio(b"abc", ULAW), Gone(True)]


@pytest.mark.parametrize("kind", ["hangup", "end-call"])
async def test_it_hangs_up(kind: str) -> None:
    link, _, commands = make()
    assert await events(link, json.dumps({"type": kind}), b"ab") == [Gone(True)]
    assert commands == []


async def test_keys_and_commands() -> None:
    link, _, commands = make()
    say = {"type": "say", "content": "Hi"}
    found = await events(link, json.dumps({"type": "dtmf", "digits": "1#x"}), json.dumps(say))
    assert found == [Key("1"), Key("#"), Gone(True)]
    assert commands == [say]


@pytest.mark.parametrize(
    "message", ["", "{", "[]", "7", "[" * 5000, "x" * (MAX_TEXT + 1), bytes(MAX_AUDIO + 1)], ids=len
)
async def test_what_breaks_the_rules_ends_the_call(message: str | bytes) -> None:
    link, _, commands = make()
    (gone,) = await events(link, message)
    assert isinstance(gone, Gone)
    assert not gone.by_remote
    assert commands == []


async def test_what_goes_out() -> None:
    link, socket, _ = make()
    await link.answer()
    await link.send_audio([b"ab", b"cd"], SLIN16)
    await link.ask()
    await link.flush()
    await link.hang_up()
    assert [json.loads(text) for text in socket.sent if isinstance(text, str)] == [
        {"type": "status-update", "status": "in-progress"},
        {"type": "hangup"},
    ]
    assert b"abcd" in socket.sent
    assert (socket.closed, link.over.is_set()) == (["call-ended"], True)


async def test_one_comes_in_and_no_second() -> None:
    door = WebDoor("127.0.0.1", Random(1), StreamCounters())
    door.join(make()[0], ("192.0.2.1", 0))
    await door.wait_joined()
    with pytest.raises(RequestError) as refusal:
        door.join(make()[0], ("192.0.2.1", 0))
    assert refusal.value.code == "already-connected"
    await door.close()
    with pytest.raises(RequestError) as refusal:
        door.join(make()[0], ("192.0.2.1", 0))
    assert refusal.value.code == "call-not-live"


def test_every_coding_has_the_rate_it_is_named_by() -> None:
    assert all(coding.audio.clock_rate == rate_hz for (_, rate_hz), coding in WEB_CODINGS.items())
