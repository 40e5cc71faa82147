"""Websocket frames (RFC 6455 §5.2) told apart, so that plain messages need no protocol machine. Pure."""

from __future__ import annotations

from typing import NamedTuple

_TEXT, _BINARY = 0x81, 0x82  # FIN and the opcode: a message in one frame, without extensions
_MASKED = 0x80


class Frame(NamedTuple):
    """One frame. `message`: what it holds, if it is a whole message; None: `raw` is the protocol machine's
    matter, as all frames are while it has half a message.
    """

    message: str | bytes | None
    raw: bytes
    size: int  # of its payload


class FrameSplitter:
    """Bytes as they come, frames as they end."""

    def __init__(self) -> None:
        self._left = b""

    def add(self, data: bytes, largest: int) -> list[Frame]:
        """The frames that are complete now. One that is masked or longer than `largest` comes as far as it is
        here, as a raw one: whatever stands behind it cannot be read.
        """
        buffer = self._left + data if self._left else data
        frames: list[Frame] = []
        at, end = 0, len(buffer)
        while end - at >= 2:
            first, second = buffer[at], buffer[at + 1]
            head = {126: 4, 127: 10}.get(second & 0x7F, 2)
            if end - at < head:
                break
            size = second & 0x7F if head == 2 else int.from_bytes(buffer[at + 2 : at + head], "big")
            if second & _MASKED or size > largest:
                frames.append(Frame(None, buffer[at:], size))
                at = end
                break
            if end - at < head + size:
                break
            message: str | bytes | None = None
            if first == _BINARY:
                message = buffer[at + head : at + head + size]
            elif first == _TEXT:
                message = _text(buffer[at + head : at + head + size])
            frames.append(Frame(message, buffer[at : at + head + size], size))
            at += head + size
        self._left = buffer[at:]
        return frames


def _text(payload: bytes) -> str | None:
    """None: what is no UTF-8 is the machine's to refuse."""
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return None
