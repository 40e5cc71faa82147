"""What the spool of artifacts asks of the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from aywa.ports.artifacts import Artifact
from aywa.ports.store import CallRow


class ArtifactBook(Protocol):
    """Every method raises `StoreError`."""

    async def ended_calls(self, call_ids: Sequence[str]) -> list[CallRow]:
        """Those of these calls that are over, of whatever organisation."""

    async def left_behind(self, host: str, before: datetime) -> list[str]:
        """Calls with artifacts that wait on this host, or with logs that wait on any since `before`."""

    async def expect(self, artifacts: Sequence[Artifact]) -> None:
        """Write them down as waiting; what is there already is left as it is."""

    async def of_calls(self, call_ids: Sequence[str]) -> list[Artifact]:
        """What is written down of these calls."""

    async def failed(self, artifact: Artifact, error: str, next_at: datetime) -> None:
        """An attempt has failed; the next is not made before `next_at`."""

    async def settle(self, artifact: Artifact) -> bool:
        """Write down what has become of one that waited; False when it waits no more, or is expected no more.

        With the last one of a call its server is told, in the same transaction.
        """

    async def forget(self, org_id: UUID, call_id: str) -> None:
        """Delete what is written down of a call."""
