"""Finds what a question is about: by words and by meaning."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from aywa.ports.knowledge import Embedder, KnowledgeStore, Passage

MAX_QUERY = 2000  # characters that are looked at


class Search:
    """Implements `ports.knowledge.KnowledgeSearch`."""

    def __init__(self, store: KnowledgeStore, embedder: Embedder) -> None:
        self._store = store
        self._embedder = embedder

    async def search(
        self, org_id: UUID, file_ids: Sequence[UUID], query: str, *, most: int = 5
    ) -> Sequence[Passage]:
        """The passages that fit best, best first. Raises `StoreError` and `ProviderError`."""
        query = query[:MAX_QUERY].replace("\x00", "").strip()
        if not file_ids or not query:
            return ()
        vector = (await self._embedder.embed([query]))[0]
        return await self._store.search(org_id, file_ids, query, vector, self._embedder.name, most)
