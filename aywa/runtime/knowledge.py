"""Opens what reads and searches files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from aywa.artifacts.blobs import DiskBlobs
from aywa.bridge.postgres import Postgres
from aywa.clock import wall_now
from aywa.errors import ConfigError, Gap, ProviderError
from aywa.knowledge.embedded import load_embedded_embedder
from aywa.knowledge.reader import Reader
from aywa.knowledge.search import Search
from aywa.log import get_logger
from aywa.ports.blobs import BlobStore
from aywa.ports.knowledge import Embedder
from aywa.proto.outbound_rules import OutboundRules
from aywa.providers.embeddings import HttpEmbedder
from aywa.providers.web.access import Access
from aywa.providers.web.door import open_door
from aywa.settings import KnowledgeSettings
from aywa.store.knowledge import PostgresKnowledge, open_knowledge_store

_log = get_logger("runtime.knowledge")


class NoMeaning:
    """Implements `ports.knowledge.Embedder` where texts are found by their words alone."""

    name = "off"

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Nothing lies anywhere."""
        await trio.lowlevel.checkpoint()
        return [[0.0] for _ in texts]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What files say, in reach of calls and of the API."""

    search: Search
    reader: Reader
    store: PostgresKnowledge
    embedder: Embedder

    def gauges(self) -> dict[str, float]:
        """By metric name, without the prefix."""
        return self.reader.figures.gauges()


def files_of(data_dir: str) -> BlobStore:
    """Where the contents of files are kept."""
    return DiskBlobs(str(Path(data_dir) / "files"))


@asynccontextmanager
async def open_knowledge(
    settings: KnowledgeSettings, postgres: Postgres, blobs: BlobStore, rules: OutboundRules
) -> AsyncIterator[Knowledge]:
    """Read files as they come, for as long as the block runs. Raises `StoreError` and `ConfigError`."""
    store = await open_knowledge_store(postgres)
    if not store.vectors:
        _log.warning(
            "files are found by their words alone",
            advice="install pgvector in PostgreSQL and run `create extension vector` in the database",
        )
    async with _open_embedder(settings, rules) as embedder, trio.open_nursery() as nursery:
        reader = Reader(store, blobs, embedder, wall_now)
        nursery.start_soon(reader.serve, name="knowledge")
        yield Knowledge(Search(store, embedder), reader, store, embedder)
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def _open_embedder(settings: KnowledgeSettings, rules: OutboundRules) -> AsyncIterator[Embedder]:
    if settings.embedder == "off":
        yield NoMeaning()
        return
    if settings.embedder == "embedded":
        try:
            yield await trio.to_thread.run_sync(load_embedded_embedder)
        except ProviderError as error:
            _log.warning("files are found by their words alone", advice=error.detail)
            yield NoMeaning()
        return
    if not settings.url.startswith(("https://", "http://")):
        rule = "must be an http or https URL"
        raise ConfigError([Gap("RUNTIME_EMBEDDINGS_URL", rule, KnowledgeSettings().url)])
    access = Access("openai", settings.url, settings.key)
    async with open_door(rules) as door:
        yield HttpEmbedder(door, access, settings.model, settings.dimensions)
