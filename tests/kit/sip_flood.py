"""A source of requests, as many a second as asked for: a process of its own, or a few seconds of a test.

    python -m tests.kit.sip_flood SOURCE HOST PORT METHOD RATE SECONDS [AGENT]

prints how many it has sent and how many datagrams came back.
"""

from __future__ import annotations

import select
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from random import Random

# Each method of SIP (RFC 3261, 6665, 3515, 6086, 3311, 3262, 3428, 3903), with the headers that it must have.
_HEADERS = {
    "INVITE": "Content-Type: application/sdp\r\n",
    "OPTIONS": "",
    "REGISTER": "",
    "BYE": "",
    "CANCEL": "",
    "ACK": "",
    "SUBSCRIBE": "Event: dialog\r\n",
    "REFER": "Refer-To: <sip:600@192.0.2.1>\r\n",
    "INFO": "Content-Type: application/dtmf-relay\r\n",
    "UPDATE": "Content-Type: application/sdp\r\n",
    "PRACK": "RAck: 1 1 INVITE\r\n",
    "NOTIFY": "Event: refer\r\nSubscription-State: active\r\nContent-Type: message/sipfrag\r\n",
    "MESSAGE": "Content-Type: text/plain\r\n",
    "PUBLISH": "Event: presence\r\nExpires: 3600\r\n",
}
METHODS = tuple(_HEADERS)
_WITHIN = ("BYE", "ACK", "INFO", "UPDATE", "PRACK", "NOTIFY")  # a dialog, of which nobody knows here
_SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"
_BODIES = {
    "INVITE": _SDP,
    "UPDATE": _SDP,
    "INFO": "Signal=5\r\nDuration=160\r\n",
    "NOTIFY": "SIP/2.0 100 Trying\r\n",
    "MESSAGE": "Call me.\r\n",
}
_STEP_S = 0.005
_LAST_S = 0.2  # for answers that are still on their way


def requests(method: str, source: str, target: str, agent: str = "phone", seed: int = 1) -> Iterator[bytes]:
    """Requests without end, each with a branch, a Call-ID and a called user of its own."""
    rng = Random(seed)
    body, headers = _BODIES.get(method, ""), _HEADERS[method]
    while True:
        number = rng.getrandbits(64)
        tag = f";tag=t{number}" if method in _WITHIN else ""
        yield (
            f"{method} sip:{number % 10_000}@{target} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {source}:5060;branch=z9hG4bK{number};rport\r\n"
            f"From: <sip:{number % 9_999}@{target}>;tag=f{number}\r\n"
            f"To: <sip:{number % 10_000}@{target}>{tag}\r\nCall-ID: {number}@{source}\r\n"
            f"CSeq: 1 {method}\r\nContact: <sip:x@{source}>\r\nMax-Forwards: 70\r\n"
            f"User-Agent: {agent}\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


def flood(
    source: str, target: tuple[str, int], method: str, rate: float, seconds: float, agent: str = "phone"
) -> tuple[int, int]:
    """Send from any port of `source`; how many were sent, and how many datagrams came back."""
    sent = answered = 0
    stream = requests(method, source, target[0], agent)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((source, 0))
        wire.setblocking(False)
        began = time.monotonic()
        while (at := time.monotonic() - began) < seconds:
            while sent < at * rate:
                with suppress(BlockingIOError, ConnectionRefusedError):  # lost, like any other
                    wire.sendto(next(stream), target)
                sent += 1
            answered += drain_for(wire, _STEP_S)
        answered += drain_for(wire, _LAST_S)
    return sent, answered


def drain_for(wire: socket.socket, seconds: float) -> int:
    """How many datagrams come to a socket that does not block, in this time."""
    count, end = 0, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0 and select.select([wire], [], [], left)[0]:
        with suppress(OSError):
            wire.recv(65_535)
            count += 1
    return count


if __name__ == "__main__":
    _, where, host, port, what, per_s, length, *rest = sys.argv
    print(*flood(where, (host, int(port)), what, float(per_s), float(length), *rest))
