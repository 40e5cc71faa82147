"""Deletes calls: at once when somebody asks, and in the background what is due or could not be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import trio

from aywa.artifacts.keeper import ArtifactKeeper
from aywa.artifacts.objects import open_store
from aywa.bridge.postgres import Postgres
from aywa.clock import wall_now
from aywa.errors import AywaError, StoreError
from aywa.log import get_logger
from aywa.model.audit import AuditEntry
from aywa.model.erasure import ErasedCall, ErasureReport
from aywa.model.numbers_in import spellings
from aywa.ports.call_files import CallFiles
from aywa.ports.store import CallBatch, CallRow, CallStatus, CallType
from aywa.settings import RetentionSettings, Settings, tombstone_file
from aywa.store.artifacts import PostgresArtifacts
from aywa.store.erasing import Erasure, PostgresErasing, host_of
from aywa.store.retention import PostgresRetention, retention_entry
from aywa.store.sealing import Sealer
from aywa.store.spooled_calls import only
from aywa.store.tombstone_book import TombstoneBook
from aywa.store.tombstones import Erased, TombstoneFile

WORK_EVERY_S = 2.0
RETENTION_EVERY_S = 600.0
BATCH = 100  # calls at a time: a transaction of some thousand rows
AT_ONCE_S = 5.0  # of an answer; what is not deleted by then is deleted in the background
AGAIN_S = (2.0, 10.0, 60.0, 600.0, 3600.0)
STRANGE_HOST_S = 600.0  # for so long the host that wrote a file is left to delete it
_log = get_logger("runtime.keeper")


@dataclass(slots=True)
class KeeperFigures:
    """Since the start."""

    deleted: Counter[str] = field(default_factory=Counter)
    waiting: int = 0

    def gauges(self) -> dict[str, float]:
        """By metric name, without the prefix."""
        kinds = ("recordings", "transcripts", "calls")
        gauges: dict[str, float] = {f"retention_{kind}_deleted": self.deleted[kind] for kind in kinds}
        return gauges | {"erasures_waiting": self.waiting, "erased_calls": self.deleted["erased"]}


@dataclass(slots=True)
class Keeper:
    """`open` before the runtime serves, `serve` beside it."""

    book: TombstoneBook
    erasing: PostgresErasing
    retention: PostgresRetention
    files: CallFiles
    settings: RetentionSettings
    clock: Callable[[], datetime]
    host: str
    figures: KeeperFigures = field(default_factory=KeeperFigures)

    async def open(self) -> None:
        """Forget again what an older database has brought back. Raises `StoreError`."""
        unknown = await self.book.open()
        if unknown:
            calls = await self.erasing.apply(unknown, self.clock())
            _log.warning("erased what a restored database had again", calls=calls, tombstones=len(unknown))

    async def spare(self, batch: CallBatch) -> CallBatch:
        """Without the calls that were erased while it lay on the disk."""
        owners = {row.id: row.org_id for row in batch.rows}
        owners |= {entry.call_id: entry.org_id for entry in batch.entries}
        owners |= {line.call_id: line.org_id for line in batch.lines}
        owners |= {job.call_id: job.org_id for job in batch.jobs}
        gone = await self.book.erased((org_id, call_id) for call_id, org_id in owners.items())
        return only(batch, lambda call_id: call_id not in gone) if gone else batch

    # --- when somebody asks -------------------------------------------------------------------------------

    async def erase_call(self, org_id: UUID, call_id: str, entry: AuditEntry) -> ErasureReport:
        """Erase a call that has ended. Raises `RequestError` (404, 409) and `StoreError`."""
        rows = await self.erasing.erase(org_id, [call_id], self.clock(), entry=entry)
        return await self._finish(org_id, [call_id], rows, [])

    async def erase_number(self, org_id: UUID, key: str, entry: AuditEntry) -> ErasureReport:
        """Erase every call that began until now from or to this number; live ones when they end.

        Raises `StoreError`: what was erased by then stays so, and the same request erases the rest.
        """
        now = self.clock()
        found = await self.erasing.find(org_id, key, now)
        also = [self.book.stone(org_id, Erased.NUMBER, spelt, now) for spelt in spellings(key)]
        for call_id in found.live:
            await self.erasing.await_end(org_id, call_id, now)
        rows: Counter[str] = Counter()
        batches = [found.ended[at : at + BATCH] for at in range(0, len(found.ended), BATCH)] or [[]]
        for number, batch in enumerate(batches):
            first = number == 0
            rows += await self.erasing.erase(
                org_id, batch, now, entry=entry if first else None, also=also if first else ()
            )
        return await self._finish(org_id, found.ended, rows, found.live)

    async def _finish(
        self, org_id: UUID, call_ids: list[str], rows: Counter[str], live: list[str]
    ) -> ErasureReport:
        self.figures.deleted["erased"] += len(call_ids)
        with trio.move_on_after(AT_ONCE_S):
            rows["files"] += await self._work(set(call_ids))
        waiting = await self.erasing.under_way(org_id, BATCH * 10)
        mine = {*call_ids, *live}
        return ErasureReport(
            calls=len(call_ids),
            erased={name: count for name, count in sorted(rows.items()) if count},
            under_way=[
                ErasedCall(
                    call_id=each.call_id,
                    why="live" if each.call_id in live else each.last_error or "files are being deleted",
                )
                for each in waiting
                if each.call_id in mine
            ],
        )

    # --- in the background --------------------------------------------------------------------------------

    async def serve(self) -> None:
        """Until cancelled."""
        last_retention = float("-inf")
        while True:
            try:
                await self._work()
                self.figures.waiting = await self.erasing.waiting()
                if trio.current_time() - last_retention >= RETENTION_EVERY_S:
                    last_retention = trio.current_time()
                    await self.keep()
            except StoreError as error:
                _log.warning("what is due cannot be deleted", detail=error.detail)
            await trio.sleep(WORK_EVERY_S)

    async def keep(self) -> None:
        """Delete what is due by retention. Raises `StoreError`."""
        settings, now = self.settings, self.clock()
        for what, delete, days in (
            ("calls", self.retention.delete_calls, settings.call_days),
            ("recordings", self._delete_recordings, settings.recording_days),
            ("transcripts", self.retention.delete_transcripts, settings.transcript_days),
        ):
            while count := await delete(now, days or None, BATCH):
                self.figures.deleted[what] += count
                _log.info("retention", deleted=what, calls=count)
                if count < BATCH:
                    break

    async def _delete_recordings(self, now: datetime, days: float | None, limit: int) -> int:
        rows = await self.retention.due_recordings(now, days, limit)
        done: Counter[UUID] = Counter()
        try:
            for row in rows:
                paths = [row["recording_path"], row["pcap_path"]]
                paths += [transfer.get("recordingPath") for transfer in row["transfers"]]
                await self.files.delete(
                    row["org_id"], str(row["id"]), _row_with(row["org_id"], row["id"], paths)
                )
                await self.retention.recordings_gone(row["org_id"], row["id"], now)
                done[row["org_id"]] += 1
        finally:
            with trio.move_on_after(AT_ONCE_S, shield=True):
                for org_id, count in done.items():
                    await self.retention.note(org_id, retention_entry("retention.recordings", count, now))
        return len(rows)

    async def _work(self, only_calls: set[str] | None = None) -> int:
        """Whatever is due, or what of it is of these calls; how many files were deleted."""
        files = 0
        for erasure in await self.erasing.due(self.clock(), BATCH * 10):
            if only_calls is None or (erasure.call_id in only_calls and not erasure.swept):
                files += await self._do(erasure)
        return files

    async def _do(self, erasure: Erasure) -> int:
        now = self.clock()
        try:
            if not await self.erasing.sweep(erasure, now):
                await self._later(erasure, now, "live")
                return 0
            row = _row_with(erasure.org_id, erasure.call_id, erasure.paths)
            files = await self.files.delete(erasure.org_id, erasure.call_id, row)
        except AywaError as error:
            await self._later(erasure, now, error.detail)
            return 0
        if self._is_strange(erasure, now) and not files:
            await self._later(erasure, now, f"its files lie on host {erasure.host}")
            return 0
        await self.erasing.done(erasure, now)
        return files

    def _is_strange(self, erasure: Erasure, now: datetime) -> bool:
        young = now - erasure.requested_at < timedelta(seconds=STRANGE_HOST_S)
        return bool(erasure.paths) and erasure.host not in ("", self.host) and young

    async def _later(self, erasure: Erasure, now: datetime, why: str) -> None:
        pause_s = AGAIN_S[0] if why == "live" else AGAIN_S[min(erasure.attempts, len(AGAIN_S) - 1)]
        await self.erasing.postpone(erasure, now + timedelta(seconds=pause_s), why)


def make_keeper(
    settings: Settings, postgres: Postgres, sealer: Sealer, rng: Random, worker_id: str
) -> Keeper:
    """With the files of this host and those in the artifact store. Raises StoreError."""
    book = TombstoneBook(postgres, TombstoneFile(Path(tombstone_file(settings))), sealer, rng)
    erasing = PostgresErasing(postgres, book)
    return Keeper(
        book,
        erasing,
        PostgresRetention(postgres, erasing),
        ArtifactKeeper(
            settings.artifacts.directory, open_store(settings.artifacts), PostgresArtifacts(postgres)
        ),
        settings.retention,
        wall_now,
        host_of(worker_id),
    )


def _row_with(org_id: UUID, call_id: object, paths: object) -> CallRow:
    """A row that says nothing but where files lie."""
    named = [str(path) for path in paths if path]  # type: ignore[attr-defined]
    epoch = datetime.fromtimestamp(0, UTC)
    return CallRow(
        id=str(call_id),
        type=CallType.INBOUND,
        status=CallStatus.ENDED,
        scenario="",
        from_uri="",
        to_uri="",
        sip_call_id="",
        created_at=epoch,
        updated_at=epoch,
        transfers=tuple({"recordingPath": path} for path in named),
        org_id=org_id,
    )
