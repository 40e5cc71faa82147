"""Key presses over a bad network: senders, the network, and the receiving kernels as the uplink uses them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random

from aywa._native.reorder import ReorderBuffer
from aywa._native.telephone_event import DigitEvents, DigitTransmitter

AUDIO, EVENTS = 0, 101
TICK_MS = 20
PATIENCE_MS = 240  # without a packet, a press is over; or 7 packet times if that is longer


@dataclass(frozen=True, slots=True)
class Press:
    """A key held for `duration_ms`, then let go for `gap_ms`."""

    event: int
    duration_ms: int
    gap_ms: int


@dataclass(frozen=True, slots=True)
class Packet:
    """An RTP packet and when it is sent."""

    at_ms: float
    sequence: int
    timestamp: int
    payload_type: int
    marker: bool
    payload: bytes


@dataclass(frozen=True, slots=True)
class Network:
    """Losses come in bursts of `burst` packets in the mean (1: each for itself); some come late."""

    loss: float = 0.05
    burst: float = 1.0
    repeat: float = 0.02
    late: float = 0.03
    late_ms: float = 60.0

    def carry(self, packets: list[Packet], rng: Random) -> list[tuple[float, Packet]]:
        """(arrival, packet) in the order of arrival."""
        leave = 1 / self.burst
        enter = self.loss * leave / (1 - self.loss) if self.burst > 1 else self.loss
        flying: list[tuple[float, int, Packet]] = []
        lost = rng.random() < self.loss
        for packet in packets:
            if not lost:
                for _ in range(2 if rng.random() < self.repeat else 1):
                    delay = rng.random() * (self.late_ms if rng.random() < self.late else 5)
                    heappush(flying, (packet.at_ms + delay, len(flying) * 65536 + packet.sequence, packet))
            stays = rng.random() >= leave if self.burst > 1 else rng.random() < enter
            lost = stays if lost else rng.random() < enter
        return [(at, packet) for at, _, packet in (heappop(flying) for _ in range(len(flying)))]


def plain_event_packets(press: Press, step_ms: int, clock_hz: int) -> Iterator[tuple[int, bytes]]:
    """(ms after the beginning, payload) as RFC 4733 section 2.5 asks: an update a packet time, three ends.

    A packet reports what has passed at the end of its packet time; presses of at most 65535 samples.
    """
    total, reported, ends = press.duration_ms * clock_hz // 1000, 0, 0
    at = 0
    while ends < 3:
        reported = min(reported + step_ms * clock_hz // 1000, total)
        flags = 0x8A if reported == total else 0x0A
        ends += reported == total
        yield at, bytes([press.event, flags, reported >> 8, reported & 0xFF])
        at += step_ms


def plain_stream(
    presses: list[Press], start: int, step_ms: int = TICK_MS, clock_hz: int = 8000
) -> list[Packet]:
    """What an independent sender puts on the wire: audio, and in its place events."""
    samples = step_ms * clock_hz // 1000
    events: dict[int, tuple[int, bytes, bool]] = {}
    tick = 3
    for press in presses:
        begin = tick
        for at, payload in plain_event_packets(press, step_ms, clock_hz):
            events[begin + at // step_ms] = (begin, payload, at == 0)
            tick = begin + at // step_ms + 1
        tick = max(tick, begin - (-(press.duration_ms + press.gap_ms) // step_ms))
    packets = []
    for number in range(tick + 12):
        begin, payload, marker = events.get(number, (number, bytes(20), False))
        kind = EVENTS if number in events else AUDIO
        timestamp = (start + begin * samples) & 0xFFFFFFFF
        packets.append(Packet(number * step_ms, (start + number) & 0xFFFF, timestamp, kind, marker, payload))
    return packets


def kernel_stream(
    presses: list[Press], start: int, step_ms: int = TICK_MS, clock_hz: int = 8000
) -> list[Packet]:
    """What the engine's sender puts on the wire, asked once a packet time as the downlink does."""
    samples = step_ms * clock_hz // 1000
    sender, waiting, packets = DigitTransmitter(), list(presses), []
    gap_ms, number, quiet = 0, 0, 0
    while quiet < 12:
        now = (start + number * samples) & 0xFFFFFFFF
        if waiting and number >= 3 and sender.is_ready(gap_ms * clock_hz // 1000):
            press = waiting.pop(0)
            sender.start(press.event, press.duration_ms * clock_hz // 1000, now)
            gap_ms = press.gap_ms
        sent = sender.next(samples)
        quiet = 0 if sent or waiting else quiet + 1
        payload, timestamp, marker = sent or (bytes(20), now, False)
        kind = EVENTS if sent else AUDIO
        packets.append(Packet(number * step_ms, (start + number) & 0xFFFF, timestamp, kind, marker, payload))
        number += 1
    return packets


@dataclass(slots=True)
class Heard:
    """What the receiver reported, and what it had to go by."""

    presses: list[tuple[int, int]]  # event, duration in 8 kHz samples
    ended: set[int]  # timestamps of which an end packet came through
    begun: set[int]  # timestamps of which any event packet came through


def receive(arrivals: list[tuple[float, Packet]], step_ms: int = TICK_MS, clock_hz: int = 8000) -> Heard:
    """Through the reorder buffer and the receiver, with the patience of the uplink."""
    order, digits, heard = ReorderBuffer(), DigitEvents(clock_hz), Heard([], set(), set())

    def drain() -> None:
        while (popped := order.pop()) is not None:
            if popped[0] == "packet" and popped[5] == EVENTS:
                heard.begun.add(popped[2])
                if popped[3][1] & 0x80:
                    heard.ended.add(popped[2])
                heard.presses += digits.receive(popped[3], popped[2], popped[4])

    tick, latest, patience = 0.0, 0.0, max(PATIENCE_MS, 7 * step_ms) * 8
    ends: list[tuple[float, Packet | None]] = [(arrivals[-1][0] + 1000 if arrivals else 1000.0, None)]
    for at, packet in [*arrivals, *ends]:
        while tick + TICK_MS <= at:
            tick += TICK_MS
            if digits.pressing:
                heard.presses += digits.elapse(TICK_MS * 8, patience)
            if tick - latest >= 3 * step_ms and order.pending:
                order.concede()
                drain()
        if packet is None:
            break
        latest = at
        order.push(
            packet.sequence,
            packet.timestamp,
            packet.payload,
            marker=packet.marker,
            payload_type=packet.payload_type,
        )
        drain()
    return heard
