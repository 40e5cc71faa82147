"""Embeddings by HTTP, in the shape of OpenAI's `/v1/embeddings` (API reference, 2026-08)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import sqrt

from aywa.errors import ProviderError, ProviderFault
from aywa.providers.web.access import Access
from aywa.providers.web.door import ProviderDoor

STAGE = "knowledge"
MAX_BYTES = 32 * 1024 * 1024  # of an answer: 64 texts of 4096 numbers, written out
WHOLE_S = 20.0
_LONGEST = 8000  # characters of one text that are sent: below every model's limit


class HttpEmbedder:
    """Implements `ports.knowledge.Embedder`."""

    def __init__(self, door: ProviderDoor, access: Access, model: str, dimensions: int = 0) -> None:
        """`dimensions` 0: as many as the model has."""
        self.name = f"{access.provider}/{model}" + (f"/{dimensions}" if dimensions else "")
        self._door = door
        self._access = access
        self._body = {"model": model, "encoding_format": "float"} | (
            {"dimensions": dimensions} if dimensions else {}
        )

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Of each text a vector of length 1. Raises `ProviderError`."""
        body = self._body | {"input": [text[:_LONGEST] or " " for text in texts]}
        headers = {"Content-Type": "application/json"}
        if self._access.key:
            headers["Authorization"] = f"Bearer {self._access.key}"
        answer = await self._door.fetch(
            self._access,
            stage=STAGE,
            method="POST",
            path="/embeddings",
            headers=headers,
            body=json.dumps(body).encode(),
            whole_s=WHOLE_S,
            max_bytes=MAX_BYTES,
        )
        try:
            return vectors_of(answer.body, len(texts))
        except ValueError as error:
            raise ProviderError(
                "The provider's embeddings cannot be read",
                provider=self._access.provider,
                stage=STAGE,
                fault=ProviderFault.PROTOCOL,
            ) from error


def vectors_of(body: bytes, count: int) -> list[list[float]]:
    """The vectors in the order of the texts, each of length 1. Raises ValueError."""
    said = json.loads(body)
    entries = said.get("data") if isinstance(said, dict) else None
    if not isinstance(entries, list) or len(entries) != count:
        raise ValueError("another number of vectors")
    found: list[list[float]] = [[] for _ in range(count)]
    for place, entry in enumerate(entries):
        vector = entry.get("embedding") if isinstance(entry, dict) else None
        at = entry.get("index", place) if isinstance(entry, dict) else place
        if not isinstance(vector, list) or not isinstance(at, int) or not 0 <= at < count or found[at]:
            raise ValueError("no vector")
        numbers = [float(number) for number in vector if isinstance(number, int | float)]
        length = sqrt(sum(number * number for number in numbers))
        if len(numbers) != len(vector) or not numbers or not 0 < length < float("inf"):
            raise ValueError("no vector")
        found[at] = [number / length for number in numbers]
    if len({len(vector) for vector in found}) > 1:
        raise ValueError("vectors of several spaces")
    return found
