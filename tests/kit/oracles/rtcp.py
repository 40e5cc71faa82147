"""RTCP read and written from the tables of RFC 3550 section 6, with bytes and slices."""

from __future__ import annotations

import math
from typing import TypeAlias

Block: TypeAlias = tuple[int, int, int, int, int, int, int]
SenderInfo: TypeAlias = tuple[int, int, int, int]
Report: TypeAlias = tuple[int, SenderInfo | None, Block | None, int | None, int]


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _packets(data: bytes) -> list[tuple[int, int, bytes]] | None:
    """(count, type, body without header and padding) of each, or None: a rule is broken."""
    found = []
    while data:
        if len(data) < 4 or data[0] >> 6 != 2 or data[1] not in range(192, 224):
            return None
        size = 4 + 4 * _number(data[2:4])
        packet, data = data[:size], data[size:]
        if len(packet) < size:
            return None
        body = packet[4:]
        if packet[0] & 0x20:
            if data or not body or body[-1] % 4 or not 0 < body[-1] <= len(body):
                return None
            body = body[: -body[-1]]
        found.append((packet[0] % 32, packet[1], body))
    return found


def _block(data: bytes) -> Block:
    lost = _number(data[5:8])
    words = [_number(data[at : at + 4]) for at in (8, 12, 16, 20)]
    return _number(data[:4]), data[4], lost - (lost >> 23 << 24), words[0], words[1], words[2], words[3]


def parse(data: bytes, our_ssrc: int) -> Report | None:
    """What `aywa._native.rtcp.parse_report` gives; None where it raises."""
    if len(data) < 8 or (packets := _packets(data)) is None:
        return None
    reporter, info, block, left, skipped = 0, None, None, None, 0
    for count, kind, body in packets:
        match kind:
            case 200 | 201:
                head = 24 if kind == 200 else 4
                if len(body) < head + 24 * count:
                    return None
                reporter = _number(body[:4])
                if kind == 200:
                    words = [_number(body[at : at + 4]) for at in (12, 16, 20)]
                    info = (_number(body[4:12]), words[0], words[1], words[2])
                for at in range(head, head + 24 * count, 24):
                    if _number(body[at : at + 4]) == our_ssrc:
                        block = _block(body[at : at + 24])
            case 203:
                if len(body) < 4 * count:
                    return None
                if count and left is None:
                    left = _number(body[:4])
            case 202:
                pass
            case _:
                skipped += 1
    return reporter, info, block, left, skipped


def _words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(4, "big") for number in numbers)


def _packet(count: int, kind: int, body: bytes) -> bytes:
    return bytes([0x80 | count, kind]) + (len(body) // 4).to_bytes(2, "big") + body


def pack(
    ssrc: int, cname: bytes, info: tuple[int, int, int] | None, block: Block | None, now_ntp: int, bye: bool
) -> bytes:
    """SR or RR, SDES, BYE."""
    body = _words(ssrc)
    if info is not None:
        body += now_ntp.to_bytes(8, "big") + _words(*info)
    if block is not None:
        body += _words(block[0], block[1] << 24 | block[2] % 2**24, *block[3:])
    text = b"\x01" + bytes([len(cname)]) + cname + b"\0"
    text += bytes(-len(text) % 4)
    data = _packet(0 if block is None else 1, 201 if info is None else 200, body)
    data += _packet(1, 202, _words(ssrc) + text)
    return data + (_packet(1, 203, _words(ssrc)) if bye else b"")


def interval_s(
    members: int,
    senders: int,
    we_sent: bool,
    octets: float,
    octets_per_second: float,
    first: bool,
    draw: float,
) -> float:
    """Section 6.3.1 for a draw in 0..1."""
    least = 2.5 if first else 5.0
    if senders <= members * 0.25:
        constant = octets / (octets_per_second * (0.25 if we_sent else 0.75))
        parties = senders if we_sent else members - senders
    else:
        constant = octets / octets_per_second
        parties = members
    return max(least, parties * constant) * (0.5 + draw) / (math.e - 1.5)
