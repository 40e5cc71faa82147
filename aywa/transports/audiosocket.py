"""AudioSocket: Asterisk's `AudioSocket()` application and its channel `Dial(AudioSocket/...)`."""

from __future__ import annotations

from collections.abc import Sequence

import trio

from aywa.errors import ParseError
from aywa.proto.audiosocket.frame import Frame, Kind
from aywa.proto.audiosocket.stream import FrameReader
from aywa.transports.coding import SLIN, SLIN16, StreamCoding
from aywa.transports.link import Audio, Gone, Key, LinkEvent, Origin, gone_after
from aywa.transports.sending import CHUNK, Sending

FIRST_WORD_S = 5.0  # from the connection to the UUID
FIRST_AUDIO_S = 1.0  # from there to the first audio, whose kind says the rate; it is 8 kHz until there is any
LIMIT_MS = 200.0
_CODINGS = {Kind.AUDIO_8K: SLIN, Kind.AUDIO_16K: SLIN16}
_KINDS = {coding: kind for kind, coding in _CODINGS.items()}
_HANGUP = Frame(Kind.HANGUP).encode()


class AudioSocketLink:
    """A connection whose UUID has come. Asterisk passes on at once what we send: there is no cushion."""

    cushion_ms = 0.0
    limit_ms = LIMIT_MS

    def __init__(self, stream: trio.abc.Stream, host: str) -> None:
        self.coding: StreamCoding = SLIN
        self.origin = Origin("", "", "")
        self._host = host
        self._stream = stream
        self._sending = Sending(stream)
        self._reader = FrameReader()
        self._waiting: list[LinkEvent] = []

    async def open(self) -> None:
        """Wait for the first words. Raises ParseError when they do not come, or are others."""
        frames: list[Frame] = []
        with trio.move_on_after(FIRST_WORD_S):
            while not frames:
                frames = await self._read()
        if not frames or frames[0].kind is not Kind.UUID:
            raise ParseError("The connection does not begin with a UUID", where="first frame")
        uuid = str(frames[0].uuid)
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.origin = Origin(
            uuid, f"sip:audiosocket@{host}", f"sip:{uuid}@{host}", (("X-Transport", "audiosocket"),)
        )
        frames = frames[1:]
        with trio.move_on_after(FIRST_AUDIO_S):
            while not any(frame.kind.rate_hz for frame in frames):
                frames += await self._read()
        first = next((frame.kind for frame in frames if frame.kind.rate_hz), Kind.AUDIO_8K)
        self.coding = _coding_of(first)
        self._waiting = self._events(frames)

    async def receive(self) -> list[LinkEvent]:
        """See `Link`."""
        try:
            while not self._waiting:
                data = await self._stream.receive_some(CHUNK)
                if not data:
                    # Asterisk closes when its caller hangs up; in the middle of a frame it broke.
                    broke = self._reader.mid_frame
                    return [Gone(not broke, "the connection ended in a frame" if broke else "")]
                self._waiting = self._events(self._reader.receive(bytes(data)))
        except ParseError as error:
            return [Gone(False, error.detail)]
        except (trio.BrokenResourceError, trio.ClosedResourceError) as error:
            return [gone_after(error)]
        events, self._waiting = self._waiting, []
        return events

    async def answer(self) -> None:
        """Nothing: Asterisk has answered before it connects."""

    async def send_audio(self, packets: Sequence[bytes], coding: StreamCoding) -> None:
        """See `Link`."""
        kind = _KINDS[coding]
        await self._sending.send(b"".join(Frame(kind, data).encode() for data in packets))

    async def ask(self) -> None:
        """Nothing: there is no question in AudioSocket."""

    async def flush(self) -> None:
        """Nothing: Asterisk keeps nothing."""

    async def hang_up(self) -> None:
        """See `Link`."""
        await self._sending.send(_HANGUP)

    async def aclose(self) -> None:
        """See `Link`."""
        await trio.aclose_forcefully(self._stream)

    async def _read(self) -> list[Frame]:
        try:
            data = await self._stream.receive_some(CHUNK)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            data = b""
        if not data:
            raise ParseError("The connection ended before its first words", where="first frame")
        return self._reader.receive(bytes(data))

    def _events(self, frames: Sequence[Frame]) -> list[LinkEvent]:
        """Raises ParseError."""
        events: list[LinkEvent] = []
        for frame in frames:
            if frame.kind.rate_hz:
                events.append(Audio(frame.payload, _coding_of(frame.kind)))
            elif frame.kind is Kind.KEY:
                events.append(Key(frame.key))
            elif frame.kind is Kind.HANGUP:
                return [*events, Gone(True)]
            elif frame.kind is Kind.ERROR:
                return [*events, Gone(False, "Asterisk reports an error")]
        return events


def _coding_of(kind: Kind) -> StreamCoding:
    coding = _CODINGS.get(kind)
    if coding is None:
        raise ParseError("Audio of a rate that is not served: use slin or slin16", where="kind")
    return coding
