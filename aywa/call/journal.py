"""The journal: carries rows, timelines and transcripts of all calls to the store, in batches.

One task writes for all calls, because two thousand calls that each write ten times a second would be twenty
thousand transactions. A store that is down ends no call: entries wait in memory, up to a bound, and are
written in order when it is back.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

import trio

from aywa.errors import StoreError
from aywa.log import get_logger
from aywa.ports.store import CallRow, CallStore, TimelineEntry, TranscriptLine

FLUSH_EVERY_S = 0.1
MAX_WAITING = 200_000  # entries; about 100 MB, a quarter of an hour of 100 busy calls
BATCH = 2_000  # entries in one append
ROWS = 200  # calls in one transaction
BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
MAX_REFUSALS = 3  # a batch refused so often although the store answers is not going to be taken
_log = get_logger("journal")


@dataclass(slots=True)
class JournalHealth:
    """How the journal is doing."""

    waiting: int = 0
    dropped: int = 0
    failing: bool = False


class Journal:
    """`put_*` never block. `serve` writes until cancelled; `close` writes the rest."""

    def __init__(self, store: CallStore, *, max_waiting: int = MAX_WAITING) -> None:
        self._store = store
        self._max_waiting = max_waiting
        self._rows: dict[str, CallRow] = {}
        self._entries: deque[TimelineEntry] = deque()
        self._lines: deque[TranscriptLine] = deque()
        self._work = trio.Event()
        self._idle = trio.Event()
        self._idle.set()
        self._urgent = trio.Event()
        self._writing = trio.Lock()
        self._refusals = 0
        self._failures = 0
        self.dropped = 0

    @property
    def health(self) -> JournalHealth:
        """How much waits, how much was lost, and whether the store fails at the moment."""
        waiting = len(self._entries) + len(self._lines) + len(self._rows)
        return JournalHealth(waiting, self.dropped, self._failures > 0)

    def put_row(self, row: CallRow) -> None:
        """Save the row; only its latest version is written."""
        if row.id in self._rows or self._has_room():
            self._rows[row.id] = row
            self._wake()

    def put_entry(self, entry: TimelineEntry) -> None:
        """Append a timeline entry."""
        if self._has_room():
            self._entries.append(entry)
            self._wake()

    def put_line(self, line: TranscriptLine) -> None:
        """Append a transcript line."""
        if self._has_room():
            self._lines.append(line)
            self._wake()

    async def serve(self) -> None:
        """Write what comes, at most `FLUSH_EVERY_S` later, until cancelled."""
        while True:
            await self._work.wait()
            with trio.move_on_after(FLUSH_EVERY_S):
                await self._urgent.wait()
            if not await self._write():
                with trio.move_on_after(BACKOFF_S[min(self._failures, len(BACKOFF_S)) - 1]):
                    await self._urgent.wait()

    async def flush(self, bound_s: float) -> bool:
        """Wait until everything put so far is written; False when that took longer than `bound_s`."""
        self._urgent.set()
        with trio.move_on_after(bound_s):
            await self._idle.wait()
            return True
        return False

    async def close(self, bound_s: float) -> None:
        """Write the rest; `serve` has ended. What cannot be written in time is counted as dropped."""
        with trio.move_on_after(bound_s, shield=True):
            while self._work.is_set():
                if not await self._write():
                    await trio.sleep(BACKOFF_S[0])
        lost = self.health.waiting
        if lost:
            self.dropped += lost
            _log.error("journal.lost", entries=lost)

    def _has_room(self) -> bool:
        if len(self._entries) + len(self._lines) + len(self._rows) < self._max_waiting:
            return True
        if self.dropped == 0:
            _log.error("journal.full", max_waiting=self._max_waiting)
        self.dropped += 1
        return False

    def _wake(self) -> None:
        self._work.set()
        if self._idle.is_set():
            self._idle = trio.Event()

    async def _write(self) -> bool:
        """Write all that waits; False when the store failed."""
        async with self._writing:
            self._urgent = trio.Event()
            try:
                while self._rows or self._entries or self._lines:
                    await self._write_batch()
            except StoreError as error:
                self._failures += 1
                if self._failures == 1:
                    _log.warning("journal.store_failed", detail=error.detail, retryable=error.retryable)
                return False
            if self._failures:
                _log.info("journal.store_back", failures=self._failures)
            self._failures = self._refusals = 0
            self._work = trio.Event()
            self._idle.set()
            return True

    async def _write_batch(self) -> None:
        """One batch of each kind: rows first, because entries refer to them. Raises StoreError."""
        rows = list(self._rows.values())
        for start in range(0, len(rows), ROWS):
            await self._attempt_rows(rows[start : start + ROWS])
        entries = [self._entries[index] for index in range(min(BATCH, len(self._entries)))]
        if entries:
            await self._attempt_entries(entries)
            for _ in entries:
                self._entries.popleft()
        lines = [self._lines[index] for index in range(min(BATCH, len(self._lines)))]
        if lines:
            await self._attempt_lines(lines)
            for _ in lines:
                self._lines.popleft()

    async def _attempt_rows(self, rows: Sequence[CallRow]) -> None:
        try:
            await self._store.save_calls(rows)
        except StoreError as error:
            self._refused(error)
            for row in rows:
                try:
                    await self._store.save_call(row)
                except StoreError:
                    self._drop("row", 1)
        for row in rows:
            if self._rows.get(row.id) is row:
                del self._rows[row.id]

    async def _attempt_entries(self, entries: Sequence[TimelineEntry]) -> None:
        try:
            await self._store.append_timeline(entries)
        except StoreError as error:
            self._refused(error)
            # One call's entries are at fault: the others must not wait for them.
            for call_entries in _by_call(entries):
                try:
                    await self._store.append_timeline(call_entries)
                except StoreError:
                    self._drop("timeline", len(call_entries))

    async def _attempt_lines(self, lines: Sequence[TranscriptLine]) -> None:
        try:
            await self._store.append_transcript(lines)
        except StoreError as error:
            self._refused(error)
            for call_lines in _by_call(lines):
                try:
                    await self._store.append_transcript(call_lines)
                except StoreError:
                    self._drop("transcript", len(call_lines))

    def _refused(self, error: StoreError) -> None:
        """Return when the data are at fault; raise when the store is, or may be."""
        self._refusals += 1
        if error.retryable or self._refusals < MAX_REFUSALS:
            raise error

    def _drop(self, kind: str, count: int) -> None:
        self.dropped += count
        _log.error("journal.refused", kind=kind, entries=count)


def _by_call(entries: Sequence[TimelineEntry] | Sequence[TranscriptLine]) -> list[list]:  # type: ignore[type-arg]
    groups: dict[str, list[TimelineEntry | TranscriptLine]] = defaultdict(list)
    for entry in entries:
        groups[entry.call_id].append(entry)
    return list(groups.values())
