"""rtpengine's ng protocol: bencoded dictionaries over UDP, a cookie before each (its README, "The NG control
protocol").
"""

from __future__ import annotations

import socket
from itertools import count

Value = bytes | int | list["Value"] | dict[bytes, "Value"]
_ANSWER_S = 2.0
_ATTEMPTS = 3
_DATAGRAM = 65535


class NgError(Exception):
    """rtpengine refused, or did not answer."""


def bencode(value: str | bytes | int | list[str] | dict[str, object]) -> bytes:
    """BitTorrent's encoding; text as UTF-8. Raises TypeError for what it does not have."""
    match value:
        case str():
            return bencode(value.encode())
        case bytes():
            return b"%d:%s" % (len(value), value)
        case int():
            return b"i%de" % value
        case list():
            return b"l" + b"".join(bencode(item) for item in value) + b"e"
        case dict():
            items = sorted((key.encode(), item) for key, item in value.items())
            return b"d" + b"".join(bencode(key) + bencode(item) for key, item in items) + b"e"  # type: ignore[arg-type]
    raise TypeError(f"{type(value).__name__} cannot be bencoded")


def bdecode(data: bytes) -> Value:
    """The value that `bencode` wrote. Raises NgError for anything else."""
    try:
        value, rest = _decode(data)
    except (ValueError, IndexError, RecursionError) as error:
        raise NgError("not bencoded") from error
    if rest:
        raise NgError("bytes after the value")
    return value


def _decode(data: bytes) -> tuple[Value, bytes]:
    if data[:1] == b"i":
        number, _, rest = data[1:].partition(b"e")
        return int(number), rest
    if data[:1] in (b"l", b"d"):
        items: list[Value] = []
        rest = data[1:]
        while rest[:1] != b"e":
            item, rest = _decode(rest)
            items.append(item)
        if data[:1] == b"l":
            return items, rest[1:]
        keys = [key for key in items[::2] if isinstance(key, bytes)]
        return dict(zip(keys, items[1::2], strict=True)), rest[1:]
    length, colon, rest = data.partition(b":")
    size = int(length)
    if not colon or len(rest) < size:
        raise ValueError("cut short")
    return rest[:size], rest[size:]


class NgClient:
    """A client of one rtpengine on loopback; blocks."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(_ANSWER_S)
        self._cookies = count(1)

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def ask(self, command: str, **arguments: object) -> dict[bytes, Value]:
        """One command; underscores in names stand for hyphens. Raises NgError when it is not granted."""
        message = {"command": command} | {name.replace("_", "-"): value for name, value in arguments.items()}
        cookie = b"%d" % next(self._cookies)
        for _ in range(_ATTEMPTS):
            try:
                self._socket.send(cookie + b" " + bencode(message))
                answer = self._receive(cookie)
            except (TimeoutError, ConnectionRefusedError):
                continue
            if answer.get(b"result") not in (b"ok", b"pong"):
                raise NgError(f"{command}: {answer}")
            return answer
        raise NgError(f"{command}: no answer")

    def _receive(self, cookie: bytes) -> dict[bytes, Value]:
        while True:
            theirs, _, body = self._socket.recv(_DATAGRAM).partition(b" ")
            if theirs != cookie:
                continue  # the answer to an attempt that was given up
            answer = bdecode(body)
            if not isinstance(answer, dict):
                raise NgError("not a dictionary")
            return answer
