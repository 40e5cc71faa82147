"""A server that says how long to wait for a caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class EndpointingAdvisor(Protocol):
    """For all calls of a process."""

    name: str

    async def advise(self, message: Mapping[str, object]) -> float:
        """The wait in seconds, 0 to 15, that the answer to this message says.

        Raises `ProviderError`. The caller of this sets the deadline, by cancelling.
        """
