"""Words with times and confidences, as most recognisers give them."""

from __future__ import annotations

from collections.abc import Sequence

from aywa.providers.listening.json_frames import Object, seconds_in, share_in


def mean_confidence(words: Sequence[Object]) -> float | None:
    """The mean of the words' confidences, each 0..1; None where no word has one. Raises ParseError."""
    found = [share for word in words if (share := share_in(word, "confidence")) is not None]
    return sum(found) / len(found) if found else None


def span(words: Sequence[Object], unit_s: float = 1.0) -> tuple[float, float] | None:
    """From the first word's start to the last one's end, in seconds; `unit_s`: what the wire counts in.

    None where words have no times. Raises ParseError.
    """
    if not words:
        return None
    start, end = seconds_in(words[0], "start"), seconds_in(words[-1], "end")
    if start is None or end is None:
        return None
    return start * unit_s, max(end, start) * unit_s
