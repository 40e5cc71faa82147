"""A keeper for an API on a real database."""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import mkdtemp
from uuid import UUID

from aywa.bridge.postgres import Postgres
from aywa.runtime.keeper import Keeper, make_keeper
from aywa.settings import ArtifactSettings, RetentionSettings, Settings
from aywa.store.tombstones import new_tombstone_key
from tests.kit.resource_store import SEALER


def make_eraser(postgres: Postgres, directory: str | None = None) -> Keeper:
    """Its files lie in a directory of its own; it need not be opened."""
    place = Path(directory or mkdtemp(prefix="aywa-eraser-"))
    settings = Settings(
        artifacts=ArtifactSettings(str(place / "recordings")),
        retention=RetentionSettings(tombstone_file=str(place / "tombstones.jsonl")),
    )
    keeper = make_keeper(settings, postgres, SEALER, Random(11), "here-1-abcdefgh")
    keeper.book.keys = [new_tombstone_key(UUID(int=1), bytes(32), SEALER)]
    return keeper
