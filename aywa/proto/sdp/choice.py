"""What is taken of the formats in a description: codec, key presses, comfort noise, packet time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .attributes import milliseconds_of
from .audio import CodecOrder
from .description import MediaDescription
from .formats import L16_16000, OPUS, PCMA, PCMU, AudioFormat

SHORTEST_MS, LONGEST_MS, STEP_MS = 10, 60, 10
_OPUS_MS = (60, 40, 20, 10)  # the frames that Opus has (RFC 6716 §2.1.4)
_L16_16000_MS = 40  # 1280 bytes: a longer packet would not fit an Ethernet frame
_EVENT_CLOCK = 8000


def meaning_of(audio: AudioFormat, formats: Iterable[AudioFormat]) -> AudioFormat | None:
    """The one among `formats` that is the same coding."""
    return next((mine for mine in formats if mine.matches(audio)), None)


def served(theirs: Iterable[AudioFormat], ours: Sequence[AudioFormat]) -> list[AudioFormat]:
    """Those of theirs, in their order, that this side has too."""
    return [audio for audio in theirs if audio.is_sound and meaning_of(audio, ours) is not None]


def choose_codec(
    theirs: Iterable[AudioFormat], ours: Sequence[AudioFormat], order: CodecOrder
) -> AudioFormat | None:
    """The codec for a call, one of theirs; None if there is none in common.

    In the local order PCMU and PCMA count as one when they are neighbours: they cost and sound the same, and
    the one that the peer puts first is the one it need not convert.
    """
    codecs = [audio for audio in served(theirs, ours) if audio.is_codec]
    if not codecs or order is CodecOrder.OFFER:
        return codecs[0] if codecs else None
    ranks = _ranks(ours)
    return min(codecs, key=lambda audio: next(rank for mine, rank in ranks if mine.matches(audio)))


def _ranks(ours: Sequence[AudioFormat]) -> list[tuple[AudioFormat, int]]:
    ranks: list[tuple[AudioFormat, int]] = []
    for number, mine in enumerate(ours):
        twin = number > 0 and _is_g711(mine) and _is_g711(ours[number - 1])
        ranks.append((mine, ranks[-1][1] if twin else number))
    return ranks


def _is_g711(audio: AudioFormat) -> bool:
    return audio.matches(PCMU) or audio.matches(PCMA)


def choose_event(
    codec: AudioFormat, theirs: Iterable[AudioFormat], ours: Sequence[AudioFormat]
) -> AudioFormat | None:
    """Key presses at the codec's clock rate (RFC 4733 §2.1), else at 8000 Hz, which some peers have beside
    any codec.
    """
    events = [audio for audio in served(theirs, ours) if audio.is_event]
    for clock_rate in (codec.clock_rate, _EVENT_CLOCK):
        for audio in events:
            if audio.clock_rate == clock_rate:
                return audio
    return None


def choose_noise(
    codec: AudioFormat, theirs: Iterable[AudioFormat], ours: Sequence[AudioFormat]
) -> tuple[AudioFormat, ...]:
    """Comfort noise at the codec's clock rate (RFC 3389 §4); Opus has its own."""
    if codec.matches(OPUS):
        return ()
    return tuple(a for a in served(theirs, ours) if a.is_noise and a.clock_rate == codec.clock_rate)


def packet_ms(medium: MediaDescription, codec: AudioFormat, otherwise: int) -> int:
    """The length of the packets that the writer of `medium` gets: what it wishes, else `otherwise`, as far as
    it can be made here. A `maxptime` below 10 ms is no reason to refuse a call: it gets 10.
    """
    wished = milliseconds_of(medium, "ptime") or otherwise
    longest = milliseconds_of(medium, "maxptime") or LONGEST_MS
    return possible_ms(codec, min(wished, longest))


def possible_ms(codec: AudioFormat, wished: int) -> int:
    """The longest packet of a codec up to `wished`, at least 10 ms."""
    longest = _L16_16000_MS if codec.matches(L16_16000) else LONGEST_MS
    length = max(SHORTEST_MS, min(wished, longest) // STEP_MS * STEP_MS)
    if codec.matches(OPUS):
        return next(frame for frame in _OPUS_MS if frame <= length)
    return length
