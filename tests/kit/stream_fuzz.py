"""What the fuzzers of Asterisk's streams drive: bytes in, and only ParseError may come out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random
from uuid import UUID

from aywa.errors import ParseError
from aywa.proto.asterisk_ws.parse import parse_event
from aywa.proto.audiosocket.frame import HEADER_BYTES, MAX_PAYLOAD, Frame, Kind
from aywa.proto.audiosocket.stream import FrameReader
from tests.kit.fuzz_targets import Outcome, Trial

_UUID = Frame(Kind.UUID, UUID("40325ec2-5efd-4bd3-805f-53576e581d13").bytes).encode()
_KEYS = b"".join(Frame(Kind.KEY, key).encode() for key in (b"5", b"#", b"D"))
_HANGUP = Frame(Kind.HANGUP).encode()
_PLAIN = (
    "MEDIA_START connection_id:aywa channel:WebSocket/aywa/0x7f5910003ff0 channel_id:1795278990.6 "
    "format:slin16 optimal_frame_size:640 ptime:20",
    "DTMF_END digit:5 channel_id:1795278990.6",
    "MEDIA_XOFF",
    "STATUS channel_id:1795278990.6 queue_length:3 xon_level:800 xoff_level:900 queue_full:false",
    "ERROR channel_id:1795278990.6 error_text:FLUSH_MEDIA not supported in passthrough mode",
)
_JSON = (
    '{"event":"MEDIA_START","connection_id":"aywa","channel":"WebSocket/aywa/0x7f5910003ff0",'
    '"channel_id":"1795278990.6","format":"slin16","optimal_frame_size":640,"ptime":20,'
    '"channel_variables":{"MEDIA_WEBSOCKET_CONNECTION_ID":"aywa"}}',
    '{"event":"DTMF_END","channel_id":"1795278990.6","digit":"d"}',
    '{"event":"MEDIA_XON","channel_id":"1795278990.6"}',
    '{"event":"STATUS","channel_id":"1","queue_length":43,"xon_level":800,"queue_full":false}',
    '{"event":"ERROR","channel_id":"1","error_text":"Unable to parse JSON command"}',
)


class AudioSocketTarget:
    """`FrameReader`: however the bytes are cut, the frames are the same, or the end is."""

    name = "audiosocket"
    seeds: Sequence[bytes] = (
        _UUID + Frame(Kind.AUDIO_8K, bytes(320)).encode() * 3 + _KEYS + _HANGUP,
        _UUID + Frame(Kind.AUDIO_16K, bytes(range(256)) * 2 + bytes(128)).encode() * 2,
        Frame(Kind.ERROR, b"\x01").encode() + b"\x02\x00\x02ab" + _HANGUP,
    )

    def trial(self, data: bytes, rng: Random) -> Trial:
        places = (rng.randrange(len(data) + 1) for _ in range(rng.choice((0, 1, 3, 40))))
        pieces = [data[start:end] for start, end in pairwise(sorted({0, len(data), *places}))]

        def run() -> Outcome:
            read = _frames(pieces)
            assert read == _frames([data])
            if isinstance(read, str):
                return Outcome(False, 2 * len(data))
            for frame in read:
                assert len(frame.payload) <= MAX_PAYLOAD
                assert len(frame.encode()) == HEADER_BYTES + len(frame.payload)
            return Outcome(bool(read), 3 * len(data))  # in pieces, whole, and written again

        return run


def _frames(pieces: Sequence[bytes]) -> list[Frame] | str:
    """The frames, or where it broke."""
    reader = FrameReader()
    try:
        return [frame for piece in pieces for frame in reader.receive(piece)]
    except ParseError as error:
        return error.where or "nowhere"


class AsteriskWsTarget:
    """`parse_event`: a text message of Asterisk's websocket channel, as plain text and as JSON."""

    name = "asterisk_ws"
    seeds: Sequence[bytes] = tuple(text.encode() for text in (*_PLAIN, *_JSON))

    def trial(self, data: bytes, rng: Random) -> Trial:
        text = data.decode("utf-8", "surrogateescape")

        def run() -> Outcome:
            try:
                _, event = parse_event(text)
            except ParseError:
                return Outcome(False, len(data))
            repr(event).encode("utf-8")  # fit to be logged
            return Outcome(True, len(data))

        return run
