"""The stream that nodes share, in Redis Streams. What events say is sealed: Redis has ids and counts only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from aywa.bridge.redis import Redis
from aywa.errors import ParseError, StoreError
from aywa.events.event import Batch, CallEvent, Seal, pack, parse_events
from aywa.events.ids import EventId
from aywa.events.shared_log import Entry, Extent, Parcel, orgs_of

STREAM = "aywa:events"
KEPT = 50_000  # entries; each has the events of a moment of one node


class RedisEventLog:
    """Implements `SharedLog`."""

    def __init__(
        self, redis: Redis, seal: Seal, unseal: Seal, *, kept: int = KEPT, stream: str = STREAM
    ) -> None:
        """`unseal` raises `StoreError` for what was sealed with a key that is not known."""
        self._redis = redis
        self._seal = seal
        self._unseal = unseal
        self._kept = kept
        self._stream = stream

    async def append(self, parcel: Parcel) -> None:
        """Put it at the end."""
        fields: dict[str, str | bytes] = {
            "n": parcel.node,
            "k": str(parcel.number),
            "c": str(len(parcel.events)),
            "o": ",".join(org.hex for org in orgs_of(parcel.events)),
            "p": self._seal(pack(parcel.events)),
        }
        if parcel.lost:
            fields["l"] = str(parcel.lost)
        await self._redis.append(self._stream, fields, self._kept)

    async def read(self, after: tuple[int, int], *, wait_s: float = 0.0, limit: int = 100) -> Sequence[Entry]:
        """The entries after this one, in order; what no node of ours has written is passed over."""
        rows = await self._redis.read(self._stream, _id(after), limit, wait_s)
        return [self._entry(id, fields) for id, fields in rows]

    async def holds(self, entry: tuple[int, int]) -> bool:
        """Whether this entry is still there."""
        return bool(await self._redis.range(self._stream, _id(entry), _id(entry), 1))

    async def extent(self) -> Extent:
        """From where to where it reaches."""
        newest = await self._redis.newest(self._stream)
        if newest is None:
            return Extent(EventId(0, 0))
        oldest = await self._redis.trimmed_to(self._stream)
        last = self._entry(*newest).batch.last
        return Extent(last, None if oldest is None else EventId(*_parse_id(oldest)))

    def _entry(self, id: str, fields: Mapping[str, bytes]) -> Entry:
        """What cannot be read is an entry of a node without a name, whose events fail when they are read."""
        ms, seq = _parse_id(id)
        try:
            node, number = fields["n"].decode(), int(fields["k"])
            count, lost = int(fields["c"]), int(fields.get("l", b"0"))
            orgs = frozenset(UUID(part) for part in fields["o"].decode().split(",") if part)
            packed = fields["p"]
        except (KeyError, ValueError):
            return Entry("", ms, Batch(EventId(ms, seq, 1), 1, frozenset(), _unreadable))
        batch = Batch(EventId(ms, seq, 1), count, orgs, lambda: parse_events(self._unseal(packed)))
        return Entry(node, number, batch, lost)


def _unreadable() -> tuple[CallEvent, ...]:
    raise ParseError("an entry of the stream that no node has written")


def _id(entry: tuple[int, int]) -> str:
    return f"{entry[0]}-{entry[1]}"


def _parse_id(text: str) -> tuple[int, int]:
    ms, _, seq = text.partition("-")
    try:
        return int(ms), int(seq or "0")
    except ValueError as error:
        raise StoreError("Redis has numbered an entry otherwise than it does") from error
