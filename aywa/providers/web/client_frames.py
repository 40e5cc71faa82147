"""Whole messages as a websocket client sends them: one frame, masked (RFC 6455 §5.2, §5.3). Pure."""

from __future__ import annotations

_TEXT, _BINARY = 0x81, 0x82  # the last frame of its message
_MASKED = 0x80


def client_frame(message: str | bytes, key: bytes) -> bytes:
    """The frame of a message. `key`: four bytes that cannot be foretold, of this frame alone."""
    payload = message.encode() if isinstance(message, str) else message
    first, size = _TEXT if isinstance(message, str) else _BINARY, len(payload)
    if size < 126:
        head = bytes((first, _MASKED | size))
    elif size < 65_536:
        head = bytes((first, _MASKED | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, _MASKED | 127)) + size.to_bytes(8, "big")
    mask = int.from_bytes((key * (size // 4 + 1))[:size], "little")
    return head + key + (int.from_bytes(payload, "little") ^ mask).to_bytes(size, "little")
