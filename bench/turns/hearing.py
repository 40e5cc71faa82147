"""What a caller heard, told from the mu-law that came: which sample of which phrase at which moment.

Every phrase is found again by its codes (see `voice`). What is audible and is no phrase is kept as unknown:
the fade of a cut, most of all. Moments are seconds of CLOCK_MONOTONIC; a sample plays when its packet came,
plus its place in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from aywa._native.g711 import decode_ulaw
from bench.turns.caller import Packet
from bench.turns.recordings import AUDIBLE, RATE
from bench.turns.voice import Speech

UNKNOWN = -1
BRIDGE_S = 0.06  # arrivals differ by a few ms; a gap of three packets is a gap
_WINDOW = 24  # codes that are looked for; so many are found in one place only
_SILENT = (0xFF, 0x7F)


@dataclass(slots=True)
class Run:
    """Audio without a gap: samples `first` to `last` (excluded) of a phrase, or UNKNOWN."""

    phrase: int
    first: int
    last: int
    begin: float
    end: float

    @property
    def samples(self) -> int:
        """How long it is."""
        return self.last - self.first


@dataclass(frozen=True, slots=True)
class Span:
    """Runs with no gap between them."""

    begin: float
    end: float
    runs: tuple[Run, ...]


class Hearing:
    """One call's received audio. `phrases`: everything that was synthesized for it, in order."""

    def __init__(self, packets: Sequence[Packet], phrases: Sequence[Speech]) -> None:
        self.phrases = phrases
        self._packets = sorted(packets, key=lambda packet: packet.at)
        self.runs = self._join(self._pieces())
        self.spans = tuple(self._spans())

    def span_at(self, moment: float) -> Span | None:
        """What is being said at a moment."""
        return next((span for span in self.spans if span.begin <= moment <= span.end), None)

    def starting(self, begin: float, end: float) -> list[Span]:
        """Spans that begin in this time."""
        return [span for span in self.spans if begin <= span.begin < end]

    def first_audible(self, moment: float, bound_s: float) -> float | None:
        """The first audible sample at or after a moment."""
        for packet in self._packets:
            if not moment - 0.02 <= packet.at <= moment + bound_s:
                continue
            pcm = np.frombuffer(decode_ulaw(packet.payload), "<i2").astype(np.int32)
            loud = np.flatnonzero(np.abs(pcm) >= AUDIBLE)
            after = loud[loud >= (moment - packet.at) * RATE]
            if len(after):
                return packet.at + float(after[0]) / RATE
        return None

    def last_audible(self, begin: float, end: float) -> float | None:
        """The end of the last audible sample in this time."""
        for packet in reversed(self._packets):
            if not begin - 0.02 <= packet.at <= end:
                continue
            pcm = np.frombuffer(decode_ulaw(packet.payload), "<i2").astype(np.int32)
            moments = packet.at + (np.flatnonzero(np.abs(pcm) >= AUDIBLE) + 1) / RATE
            inside = moments[(moments > begin) & (moments <= end + 1e-6)]
            if len(inside):
                return float(inside[-1])
        return None

    def finished(self, run: Run) -> bool:
        """Whether the phrase came to its end: nobody cut it."""
        return run.phrase != UNKNOWN and run.last >= len(self.phrases[run.phrase].codes) - 8

    def heard_words(self, phrase: int) -> int:
        """Words of a phrase of which at least half was received."""
        heard = np.zeros(len(self.phrases[phrase].codes), dtype=bool)
        for run in self.runs:
            if run.phrase == phrase:
                heard[run.first : run.last] = True
        return sum(bool(heard[word.start : word.end].mean() >= 0.5) for word in self.phrases[phrase].words)

    # --- where the codes are from -------------------------------------------------------------------------

    def _pieces(self) -> Iterator[Run]:
        expected: tuple[int, int] | None = None
        for packet in self._packets:
            at = 0
            while at < len(packet.payload):
                found = self._piece(packet.payload, at, expected)
                if found is None:
                    break
                phrase, first, begin, length = found
                moment = packet.at + begin / RATE
                yield Run(phrase, first, first + length, moment, moment + length / RATE)
                at = begin + length
                expected = (phrase, first + length) if phrase != UNKNOWN else expected

    def _piece(
        self, payload: bytes, at: int, expected: tuple[int, int] | None
    ) -> tuple[int, int, int, int] | None:
        """The next known or unknown stretch: phrase, its sample, place in the packet and length."""
        if expected is not None:
            phrase, first = expected
            codes = self.phrases[phrase].codes
            length = _same(payload, at, codes, first)
            if length >= _WINDOW or (length and length in (len(payload) - at, len(codes) - first)):
                return phrase, first, at, length
        begin = next((i for i in range(at, len(payload)) if payload[i] not in _SILENT), None)
        if begin is None:
            return None
        for place in range(begin, len(payload) - _WINDOW + 1, 16):
            window = payload[place : place + _WINDOW]
            if sum(code in _SILENT for code in window) > _WINDOW // 2:
                continue
            for phrase in range(len(self.phrases) - 1, -1, -1):
                found = self.phrases[phrase].codes.find(window)
                if found >= 0:
                    return self._known(payload, at, begin, place, phrase, found)
        end = next(i for i in range(len(payload), begin, -1) if payload[i - 1] not in _SILENT)
        return UNKNOWN, 0, begin, end - begin

    def _known(
        self, payload: bytes, at: int, begin: int, place: int, phrase: int, found: int
    ) -> tuple[int, int, int, int]:
        """A match, as far back as it goes; what is audible before it comes first."""
        codes = self.phrases[phrase].codes
        back = 0
        while place - back > at and found - back > 0 and payload[place - back - 1] == codes[found - back - 1]:
            back += 1
        if place - back > begin:
            return UNKNOWN, 0, begin, place - back - begin
        length = _same(payload, place - back, codes, found - back)
        return phrase, found - back, place - back, length

    @staticmethod
    def _join(pieces: Iterator[Run]) -> list[Run]:
        runs: list[Run] = []
        for piece in pieces:
            last = runs[-1] if runs else None
            goes_on = (
                last is not None
                and piece.phrase == last.phrase
                and piece.begin - last.end < BRIDGE_S
                and (piece.phrase == UNKNOWN or piece.first == last.last)
            )
            if last is not None and goes_on:
                last.last = piece.last if piece.phrase != UNKNOWN else last.last + piece.samples
                last.end = piece.end
            else:
                runs.append(piece)
        return runs

    def _spans(self) -> Iterator[Span]:
        group: list[Run] = []
        for run in self.runs:
            if group and run.begin - group[-1].end >= BRIDGE_S:
                yield Span(group[0].begin, group[-1].end, tuple(group))
                group = []
            group.append(run)
        if group:
            yield Span(group[0].begin, group[-1].end, tuple(group))


def _same(payload: bytes, at: int, codes: bytes, first: int) -> int:
    """How many codes are the same from there on."""
    count = min(len(payload) - at, len(codes) - first)
    if payload[at : at + count] == codes[first : first + count]:
        return count
    ours = np.frombuffer(payload, np.uint8, count, at)
    theirs = np.frombuffer(codes, np.uint8, count, first)
    return int(np.argmax(ours != theirs))
