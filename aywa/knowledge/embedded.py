"""Meanings without a provider: the mean of static word vectors, out of a wheel.

The wheel of `wordllama` carries 256 numbers for each of 32,000 word pieces. Its own loader asks a server for
the tokenizer, so the two files are read here; nothing of its code runs. A question takes 20 microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import trio

from aywa.errors import ProviderError, ProviderFault

NAME = "embedded/l2-supercat-256"
DIMENSIONS = 256
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
_WEIGHTS = "weights/l2_supercat_256.safetensors"
# Pieces of words stand in the order of their frequency: what everybody says counts little (after Arora, Liang
# and Ma 2017, who know the frequencies themselves).
_COMMON = 1000
_LEAST = 0.02
_AT_ONCE = 32  # more are embedded in a thread: the event loop has calls to serve


class EmbeddedEmbedder:
    """Implements `ports.knowledge.Embedder`. Make it with `load_embedded_embedder`."""

    name = NAME

    def __init__(self, tokenizer: Any, vectors: Any) -> None:
        self._tokenizer = tokenizer
        self._vectors = vectors

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Of each text a vector of length 1; of a text without words the zero."""
        if len(texts) <= _AT_ONCE and sum(map(len, texts)) < 4000:
            await trio.lowlevel.checkpoint()
            return self._embed(texts)
        return await trio.to_thread.run_sync(self._embed, texts)

    def _embed(self, texts: Sequence[str]) -> list[list[float]]:
        import numpy  # with the extra only

        found = []
        for encoding in self._tokenizer.encode_batch(list(texts), add_special_tokens=False):
            if not encoding.ids:
                found.append([0.0] * DIMENSIONS)
                continue
            ids = numpy.asarray(encoding.ids)
            weights = ids / (_COMMON + ids) + _LEAST
            mean = (self._vectors[ids].astype(numpy.float32) * weights[:, None]).sum(axis=0)
            length = float(numpy.linalg.norm(mean))
            found.append((mean / length if length else mean).tolist())
        return found


def load_embedded_embedder() -> EmbeddedEmbedder:
    """Read both files: 0.2 s and 17 MB. Raises ProviderError where the extra is not installed."""
    spec = find_spec("wordllama")
    if spec is None or spec.origin is None:
        raise ProviderError(
            "the embedded embedding model is not installed: install aywa[knowledge]",
            provider="embedded",
            stage="knowledge",
            fault=ProviderFault.UNAVAILABLE,
            retryable=False,
        )
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    place = Path(spec.origin).parent
    tokenizer = Tokenizer.from_file(str(place / _TOKENIZER))
    return EmbeddedEmbedder(tokenizer, load_file(str(place / _WEIGHTS))["embedding.weight"])
