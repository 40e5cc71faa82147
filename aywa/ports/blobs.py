"""Where contents are kept that are too large for a row."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class BlobStore(Protocol):
    """Contents by the id of their resource, apart by organisation. Every method raises `StoreError`."""

    async def put(self, org_id: UUID, id: UUID, content: bytes) -> None:
        """Keep it; it is all there or not at all."""

    async def get(self, org_id: UUID, id: UUID) -> bytes | None:
        """The content, or None."""

    async def delete(self, org_id: UUID, id: UUID) -> None:
        """Forget it, if it is there."""
