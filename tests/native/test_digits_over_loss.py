"""Ten thousand dialled sequences at 5 % loss, from the engine's sender and from an independent one."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from tests.kit.digit_world import EVENTS, Network, Packet, Press, kernel_stream, plain_stream, receive

SEQUENCES = 2500  # a sender and a kind of loss: 10,000 together
Sender = Callable[[list[Press], int, int, int], list[Packet]]


def dialled(rng: Random) -> list[Press]:
    """1 to 12 keys, pressed 40 to 400 ms, 40 to 300 ms between."""
    return [
        Press(rng.randrange(16), rng.randint(40, 400), rng.randint(40, 300))
        for _ in range(rng.randint(1, 12))
    ]


def is_exact(
    presses: list[Press],
    packets: list[Packet],
    network: Network,
    rng: Random,
    step_ms: int = 20,
    clock_hz: int = 8000,
) -> bool:
    """Digits, order, and the duration of every press of which an end packet came through."""
    heard = receive(network.carry(packets, rng), step_ms, clock_hz)
    begins = list(dict.fromkeys(packet.timestamp for packet in packets if packet.payload_type == EVENTS))
    assert len(begins) == len(presses)
    assert len(heard.presses) <= len(presses), "a press was reported twice"
    if [event for event, _ in heard.presses] != [press.event for press in presses]:
        assert len(heard.begun) < len(presses), (
            "a packet of every press came, yet not every press was reported"
        )
        return False
    for press, begin, (_, samples) in zip(presses, begins, heard.presses, strict=True):
        assert samples <= press.duration_ms * 8
        # An outage of more than the patience inside a press ends it early; its end then comes for nothing.
        if begin in heard.ended and samples != press.duration_ms * 8:
            return False
    return True


def test_sequences_at_5_percent_loss(capsys: pytest.CaptureFixture[str]) -> None:
    senders: list[tuple[str, Sender]] = [("engine's sender", kernel_stream), ("plain sender", plain_stream)]
    lines, exact = [], 0
    for name, stream in senders:
        for burst in (1.0, 1.5):
            rng = Random(4733)
            good = 0
            for _ in range(SEQUENCES):
                presses = dialled(rng)
                packets = stream(presses, rng.randrange(2**32), 20, 8000)
                good += is_exact(presses, packets, Network(burst=burst), rng)
            exact += good
            lines.append(f"{name}, bursts of {burst}: {good} of {SEQUENCES} exact")
    rate = exact / (4 * SEQUENCES)
    with capsys.disabled():
        print(f"\n{'; '.join(lines)}; together {rate:.2%}")
    assert rate >= 0.999


@pytest.mark.parametrize("stream", [kernel_stream, plain_stream])
def test_bursts_of_two_packets(stream: Sender, capsys: pytest.CaptureFixture[str]) -> None:
    """They swallow whole presses of five packets, and interrupt presses for longer than the patience."""
    rng, good = Random(2), 0
    for _ in range(1000):
        presses = dialled(rng)
        packets = stream(presses, rng.randrange(2**32), 20, 8000)
        good += is_exact(presses, packets, Network(burst=2.0), rng)
    with capsys.disabled():
        print(f"\n{stream.__name__}, bursts of 2: {good} of 1000 exact")  # type: ignore[attr-defined]
    assert good >= 990


@pytest.mark.parametrize("clock_hz", [8000, 16000, 48000])
@pytest.mark.parametrize("step_ms", [10, 20, 30, 40, 60])
@pytest.mark.parametrize("stream", [kernel_stream, plain_stream])
def test_every_packet_time_and_clock(stream: Sender, step_ms: int, clock_hz: int) -> None:
    rng = Random(step_ms * clock_hz)
    for _ in range(20):
        presses = [
            Press(rng.randrange(16), rng.randint(40, 400), rng.randint(60, 300))
            for _ in range(rng.randint(1, 12))
        ]
        packets = stream(presses, rng.randrange(2**32), step_ms, clock_hz)
        assert is_exact(presses, packets, Network(loss=0.0), rng, step_ms, clock_hz)
