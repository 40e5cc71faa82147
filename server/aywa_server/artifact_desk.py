"""What the API knows of artifacts: where each is, how it is read, and what may be tried again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar
from uuid import UUID

import trio

from aywa.clock import wall_now
from aywa.ports.artifacts import (
    Artifact,
    ArtifactKind,
    ArtifactState,
    ArtifactStore,
    ArtifactStoreError,
)
from aywa.settings import ArtifactSettings

ANSWER_S = 0.8  # for the first bytes: a client hears within a second that the store is away
PIECE_S = 10.0  # for each of those that follow
_READERS = 16  # threads: more downloads at a time wait for each other
T = TypeVar("T")


class ArtifactLog(Protocol):
    """What is written down of an organisation's artifacts. Every method raises StoreError."""

    async def of_call(self, org_id: UUID, call_id: str) -> list[Artifact]:
        """Those of a call of this organisation."""

    async def newest(
        self, org_id: UUID, state: ArtifactState | None, call_id: UUID | None, limit: int
    ) -> list[Artifact]:
        """The newest first; None narrows nothing."""

    async def retry(self, org_id: UUID, call_id: UUID | None, now: datetime) -> list[str]:
        """Have what waits be tried at once, of this call or of all: the calls."""


class ArtifactDesk:
    """One for all requests."""

    def __init__(
        self,
        settings: ArtifactSettings,
        store: ArtifactStore | None,
        log: ArtifactLog,
        hurry: Callable[[Sequence[str]], None],
    ) -> None:
        """`hurry` wakes whoever stores the artifacts of these calls."""
        self._settings = settings
        self._store = store
        self._log = log
        self._hurry = hurry
        self._readers = trio.CapacityLimiter(_READERS)

    @property
    def moves(self) -> bool:
        """Whether files leave the disk for a store."""
        return self._store is not None

    async def of(self, org_id: UUID, call_id: str) -> dict[ArtifactKind, Artifact]:
        """What is written down of a call."""
        return {each.kind: each for each in await self._log.of_call(org_id, call_id)}

    async def newest(
        self, org_id: UUID, state: ArtifactState | None, call_id: UUID | None, limit: int
    ) -> list[Artifact]:
        """The newest first."""
        return await self._log.newest(org_id, state, call_id, limit)

    async def retry(self, org_id: UUID, call_id: UUID | None) -> list[str]:
        """Try again what waits: the calls. Another host's are tried there, within a minute."""
        calls = await self._log.retry(org_id, call_id, wall_now())
        self._hurry(calls)
        return calls

    async def read(self, artifact: Artifact, begin: int, end: int, bound_s: float) -> bytes:
        """A part of an object. Raises ArtifactStoreError in time, FileNotFoundError where there is none."""
        store = self._stored_in()
        return await self._within(bound_s, lambda: store.read_range(artifact.key, begin, end))

    async def redirect(self, artifact: Artifact) -> str | None:
        """Where a client is sent for an object, if the settings say that clients are sent."""
        return await self._sign(artifact) if self._settings.downloads == "redirect" else None

    async def signed(
        self, artifacts: Mapping[ArtifactKind, Artifact]
    ) -> tuple[dict[ArtifactKind, str], datetime | None]:
        """URLs of the store's own for what is in it, and when they end; without any where it has none."""
        until, found = wall_now() + timedelta(seconds=self._settings.url_expires_s), {}
        for kind, artifact in artifacts.items():
            if artifact.state is ArtifactState.STORED:
                try:
                    url = await self._sign(artifact)
                except ArtifactStoreError:
                    break  # who may sign is asked of the host: the call is shown all the same
                if url is not None:
                    found[kind] = url
        return found, until if found else None

    async def _sign(self, artifact: Artifact) -> str | None:
        store = self._stored_in()
        return await self._within(ANSWER_S, lambda: store.sign(artifact.key, self._settings.url_expires_s))

    def _stored_in(self) -> ArtifactStore:
        if self._store is None:
            raise ArtifactStoreError("the artifact is in a store that is not configured any more")
        return self._store

    async def _within(self, bound_s: float, work: Callable[[], T]) -> T:
        with trio.move_on_after(bound_s):
            try:
                return await trio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._readers)
            except ArtifactStoreError as error:
                raise ArtifactStoreError(f"the artifact store: {error.detail}", retryable=True) from None
        raise ArtifactStoreError("the artifact store does not answer in time", retryable=True)
