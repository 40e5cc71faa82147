"""Listening after the run to what some phones received: decrypt, decode, find the last audible packet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np

from aywa._native.codec import NativeCodec
from aywa._native.srtp import SUITES, CryptSession
from bench.loadgen.tape import (
    OPUS_CLOCK_HZ,
    OPUS_RATE_HZ,
    PHONE_KEY,
    SERVER_KEY,
    SRTP_SUITE,
    Sound,
)
from bench.speech_loop import AUDIBLE

PACKETS_KEPT = 48 * 50 * 20  # 48 phones for 20 s: 20 MB
_WINDOW_NS = 500_000_000  # nothing of the interrupted speech comes later
_PACKET_MS = 20.0  # a packet plays for so long from its arrival
_RTP_HEADER = 12

Witnessed = list[tuple[int, int, bytes]]
Ear = Callable[[bytes], float]  # ms of the packet up to the end of what is audible in it; 0: nothing


def barge_in_times(witnessed: Witnessed, sound: Sound) -> list[float]:
    """From the first packet of speech sent to the end of the last audible packet received, in ms, for each
    time a phone interrupted something. `witnessed`: as `Phones.witnessed` gives it.
    """
    phones = defaultdict(list)
    for phone, at_ns, packet in witnessed:
        phones[phone].append((at_ns, packet))
    times: list[float] = []
    for heard in phones.values():
        times += _of_one_phone(heard, _ear(sound))  # each phone has an ear of its own
    return times


def _of_one_phone(heard: list[tuple[int, bytes]], audible: Ear) -> list[float]:
    times = []
    onset, last = 0, 0.0
    for at_ns, packet in [*heard, (heard[-1][0] + 2 * _WINDOW_NS, b"")]:
        if onset and (at_ns - onset > _WINDOW_NS):
            if last > onset:
                times.append((last - onset) / 1e6)
            onset = 0
        if not packet:
            onset = at_ns
        elif (ms := audible(packet)) and at_ns - onset <= _WINDOW_NS:
            last = at_ns + ms * 1e6
    return times


def _ear(sound: Sound) -> Ear:
    """Whether one phone hears something in a packet; packets must come in order."""
    match sound:
        case Sound.PCMU:
            return _pcmu_ear
        case Sound.SRTP:
            return _srtp_ear()
        case Sound.OPUS:
            return _opus_ear()


def _pcmu_ear(packet: bytes) -> float:
    """As the generator hears PCMU while it runs: a packet is audible as a whole or not at all."""
    return _PACKET_MS if packet[_RTP_HEADER:].strip(b"\xff") else 0.0


def _srtp_ear() -> Ear:
    session = CryptSession(SUITES.index(SRTP_SUITE), PHONE_KEY, SERVER_KEY)

    def audible(packet: bytes) -> float:
        opened = session.unprotect(packet)
        if isinstance(opened, int):
            raise ValueError("what the server sent cannot be decrypted")
        return _pcmu_ear(opened)

    return audible


def _opus_ear() -> Ear:
    decoder = NativeCodec("opus", OPUS_RATE_HZ, OPUS_CLOCK_HZ, sends=False)

    def audible(packet: bytes) -> float:
        # To the sample: what the encoder looked ahead fills only the begin of the packet after the last one.
        pcm = np.frombuffer(decoder.decode(packet[_RTP_HEADER:]), dtype=np.int16)
        loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) >= AUDIBLE)
        return float(loud[-1] + 1) * 1000 / OPUS_RATE_HZ if len(loud) else 0.0

    return audible
