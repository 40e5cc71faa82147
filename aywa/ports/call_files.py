"""Who deletes what a call has left behind outside the database."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from aywa.ports.store import CallRow


class CallFiles(Protocol):
    """Recordings and captures, wherever they lie."""

    async def delete(self, org_id: UUID, call_id: str, row: CallRow | None = None) -> int:
        """Delete every file and object of this call; how many those were.

        `row`: the call, whose paths are followed. Raises StoreError: what is left is deleted by the same
        request again.
        """
