"""What files are searched with."""

from __future__ import annotations

from dataclasses import dataclass, field

from aywa.settings.reader import EnvironmentReader

EMBEDDERS = ("embedded", "openai", "off")


@dataclass(frozen=True, slots=True)
class KnowledgeSettings:
    """`embedder`: who places texts by their meaning; "off": files are found by their words alone.

    The rest is for "openai", and for every server of that shape. `dimensions` 0: as many as the model has.
    """

    embedder: str = "embedded"
    url: str = "https://api.openai.com/v1"
    model: str = "text-embedding-3-small"
    key: str = field(default="", repr=False)
    dimensions: int = 0


_DEFAULTS = KnowledgeSettings()


def read_knowledge(env: EnvironmentReader) -> KnowledgeSettings:
    """The settings of this slice; faults go to the reader."""
    return KnowledgeSettings(
        embedder=env.choice("RUNTIME_EMBEDDINGS", _DEFAULTS.embedder, EMBEDDERS),
        url=env.text("RUNTIME_EMBEDDINGS_URL", _DEFAULTS.url).rstrip("/"),
        model=env.text("RUNTIME_EMBEDDINGS_MODEL", _DEFAULTS.model),
        key=env.text("RUNTIME_EMBEDDINGS_API_KEY", ""),
        dimensions=env.integer("RUNTIME_EMBEDDINGS_DIMENSIONS", _DEFAULTS.dimensions, 0, 8192),
    )
