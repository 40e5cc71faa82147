"""One utterance in the recogniser, without its process."""

from __future__ import annotations

from pathlib import Path

import pytest

from aywa.providers.grammar import PronouncingDictionary
from aywa.providers.recogniser import DecoderStore, Utterance


@pytest.mark.parametrize("samples", [0, 1, 5, 40])
@pytest.mark.parametrize("gain", [0.01, 1.0, 100.0])
def test_next_to_nothing_is_heard(tmp_path: Path, samples: int, gain: float) -> None:
    """Of a call that ended in the very moment somebody began to speak."""
    words = tmp_path / "words.dict"
    words.write_text("friday F R AY D EY\nmonday M AH N D EY\n")
    utterance = Utterance(DecoderStore(PronouncingDictionary(words, {})), ("friday", "monday"), gain)
    utterance.feed(bytes(2 * samples))
    heard = utterance.finish()
    assert (heard.text, heard.confidence) == ("", 0.0)
