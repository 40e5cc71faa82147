"""Fuzz targets of the streams from Asterisk: bytes in, nothing but ParseError out."""

from __future__ import annotations

from aywa.errors import ParseError
from aywa.proto.asterisk_ws.parse import parse_event
from aywa.proto.audiosocket.frame import HEADER_BYTES, MAX_PAYLOAD
from aywa.proto.audiosocket.stream import FrameReader


def read_audiosocket(data: bytes) -> None:
    """Bytes of an AudioSocket connection, once whole and once one by one: the same frames or the same end."""
    assert _frames([data]) == _frames([data[i : i + 1] for i in range(len(data))])


def _frames(pieces: list[bytes]) -> list[object]:
    reader, read = FrameReader(), list[object]()
    try:
        for piece in pieces:
            for frame in reader.receive(piece):
                assert len(frame.payload) <= MAX_PAYLOAD
                assert len(frame.encode()) == HEADER_BYTES + len(frame.payload)
                read.append(frame)
    except ParseError as error:
        return [error.where]
    return read


def read_asterisk_ws(data: bytes) -> None:
    """A text message of Asterisk's websocket channel."""
    try:
        _, event = parse_event(data.decode("utf-8", "surrogateescape"))
    except ParseError:
        return
    repr(event).encode("utf-8")  # fit to be logged
