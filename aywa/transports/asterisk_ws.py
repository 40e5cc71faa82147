"""Asterisk's websocket channel, with Asterisk as the client: `Dial(WebSocket/name/c(slin16)n)`."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qs, quote, urlsplit

import trio

from aywa.errors import ParseError
from aywa.log import get_logger
from aywa.proto.asterisk_ws.commands import Command, encode_command
from aywa.proto.asterisk_ws.events import ControlFormat, Fault, Flow, KeyPressed, MediaStart, QueueStatus
from aywa.proto.asterisk_ws.parse import parse_event
from aywa.transports.basic_auth import Door
from aywa.transports.coding import CODINGS, PACKET_MS, SLIN16, StreamCoding
from aywa.transports.link import Audio, Gone, Held, Key, LinkEvent, Origin, Overfull, gone_after
from aywa.transports.websocket import Closed, Message, WebSocket

FIRST_WORD_S = 5.0  # from the connection to MEDIA_START
# Asterisk plays a frame of its queue every 20 ms by a timer of its own, and silence where there is none:
# three in hand bear our jitter. It would keep 20 s.
CUSHION_MS = 60.0
LIMIT_MS = 300.0
SUBPROTOCOL = "media"
_MAX_PARTY = 64  # characters of who calls and who is called, in the query of the URI
_log = get_logger("transports")


class AsteriskWsLink:
    """A websocket whose MEDIA_START has come."""

    cushion_ms = CUSHION_MS
    limit_ms = LIMIT_MS

    def __init__(self, stream: trio.abc.Stream, host: str, door: Door) -> None:
        self.coding: StreamCoding = SLIN16
        self.origin = Origin("", "", "")
        self._host = f"[{host}]" if ":" in host else host
        self._door = door
        self._websocket = WebSocket(stream)
        self._format = ControlFormat.PLAIN
        self._unreadable = False  # told once
        self._waiting: list[LinkEvent] = []

    async def open(self) -> None:
        """Shake hands and wait for MEDIA_START.

        Raises ParseError when it does not come; `status_hint` is 401 when the password was missing or wrong.
        """
        with trio.move_on_after(FIRST_WORD_S):
            try:
                target = await self._websocket.accept(self._door.judge, SUBPROTOCOL)
                while not self.origin.call_id:
                    for message in await self._websocket.receive():
                        self._begin(message, target)
                return
            except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
                raise ParseError("The connection broke", where="handshake") from error
        raise ParseError("MEDIA_START does not come", where="first message")

    async def receive(self) -> list[LinkEvent]:
        """See `Link`."""
        events, self._waiting = self._waiting, []
        try:
            while not events:
                for message in await self._websocket.receive():
                    events += self._events(message)
        except ParseError as error:
            events.append(Gone(False, error.detail))
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            events.append(gone_after(error))
        return events

    async def answer(self) -> None:
        """Answer the channel, where Dial has the option `n`; without it Asterisk has done so."""
        await self._command(Command.ANSWER)

    async def send_audio(self, packets: Sequence[bytes], coding: StreamCoding) -> None:
        """See `Link`."""
        await self._websocket.send_binary(packets)

    async def ask(self) -> None:
        """See `Link`."""
        await self._command(Command.STATUS)

    async def flush(self) -> None:
        """See `Link`."""
        await self._command(Command.FLUSH)

    async def hang_up(self) -> None:
        """See `Link`."""
        await self._command(Command.HANGUP)

    async def aclose(self) -> None:
        """See `Link`."""
        await self._websocket.aclose()

    async def _command(self, command: Command) -> None:
        await self._websocket.send_text(encode_command(command, self._format))

    def _begin(self, message: Message, target: str) -> None:
        """Raises ParseError."""
        if self.origin.call_id:
            self._waiting += self._events(message)
            return
        if not isinstance(message, str):
            raise ParseError("The websocket does not begin with MEDIA_START", where="first message")
        self._format, start = parse_event(message)
        if not isinstance(start, MediaStart):
            raise ParseError("The websocket does not begin with MEDIA_START", where="first message")
        coding = CODINGS.get(start.format)
        if coding is None or start.frame_bytes != coding.packet_bytes:
            raise ParseError(
                "A format that is not served: use slin, slin16, ulaw, alaw or g722", where="format"
            )
        self.coding = coding
        caller, called = parties(target)
        self.origin = Origin(
            # A connection id is the name in websocket_client.conf; the channel is this call's alone.
            start.channel_id or start.channel,
            f"sip:{caller or 'websocket'}@{self._host}",
            f"sip:{called or 'websocket'}@{self._host}",
            (("X-Transport", "asterisk-ws"), ("X-Asterisk-Channel", start.channel)),
        )

    def _events(self, message: Message) -> list[LinkEvent]:
        if isinstance(message, Closed):
            return [Gone(message.clean, "" if message.clean else "the websocket broke")]
        if isinstance(message, bytes):
            whole = len(message) - len(message) % self.coding.tick_bytes
            return [Audio(message[:whole], self.coding)] if whole else []
        try:
            event = parse_event(message)[1]
        except ParseError as error:
            # A later Asterisk may say more than is known here: no reason to drop a call that talks.
            if not self._unreadable:
                _log.warning("asterisk-ws.unreadable", where=error.where)
            self._unreadable = True
            return []
        match event:
            case KeyPressed(key):
                return [Key(key)]
            case QueueStatus(frames):
                return [Held(float(frames * PACKET_MS))]
            case Flow.STOP:
                return [Overfull()]
            case Fault():
                _log.warning("asterisk-ws.error")
        return []


def parties(target: str) -> tuple[str, str]:
    """`from` and `to` out of a request's query, as users of SIP URIs; "" for what is not said."""
    try:
        query = parse_qs(urlsplit(target).query, max_num_fields=16)
    except ValueError:
        return "", ""
    caller, called = (quote(query.get(name, [""])[0][:_MAX_PARTY], safe="+*#-_.") for name in ("from", "to"))
    return caller, called
