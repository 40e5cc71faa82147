"""What the nodes of one runtime share besides the database, and the stream of events."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from aywa.settings.reader import EnvironmentReader

REDIS = "REDIS_URL"
REDIS_EXAMPLE = "rediss://:secret@redis.internal:6379/0"
_SCHEMES = {"redis": "redis", "rediss": "rediss", "unix": "unix", "valkey": "redis", "valkeys": "rediss"}


@dataclass(frozen=True, slots=True)
class SharingSettings:
    """`redis_url`: empty where a node is alone. `events_kept`: in memory, for listeners that come back."""

    redis_url: str = field(default="", repr=False)
    events_kept: int = 20_000


_DEFAULTS = SharingSettings()


def read_sharing(env: EnvironmentReader) -> SharingSettings:
    """The settings of this slice; faults go to the reader."""
    return SharingSettings(
        redis_url=env.read(
            REDIS, parse_redis_url, "", "must be a redis://, rediss:// or unix:// URL", REDIS_EXAMPLE
        ),
        events_kept=env.integer("RUNTIME_EVENTS_KEPT", _DEFAULTS.events_kept, 100, 1_000_000),
    )


def parse_redis_url(text: str) -> str:
    """The URL as coredis takes it; ValueError for another."""
    url = urlsplit(text)
    scheme = _SCHEMES.get(url.scheme, "")
    if not scheme or not text.isprintable() or " " in text:
        raise ValueError
    if scheme == "unix":
        if not url.path.startswith("/"):
            raise ValueError
    else:
        database = url.path.strip("/")
        if not url.hostname or (database and not database.isdigit()):
            raise ValueError
        _ = url.port  # raises ValueError when it is not a number
    return scheme + text[len(url.scheme) :]
