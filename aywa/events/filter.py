"""Which events a listener wants."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

from aywa.events.event import CallEvent

TYPE = re.compile(r"[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)*(?:\.\*)?")


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Of one organisation; None leaves a side open.

    `kinds`: kinds of the timeline (`turn.user`), or their beginnings (`turn` and `turn.*` are one).
    """

    org_id: UUID
    call_id: str | None = None
    assistant_id: str | None = None
    kinds: frozenset[str] | None = None

    def wants(self, event: CallEvent) -> bool:
        """Whether this one is meant."""
        return (
            event.org_id == self.org_id
            and (self.call_id is None or event.call_id == self.call_id)
            and (self.assistant_id is None or event.assistant_id == self.assistant_id)
            and (self.kinds is None or self._is_of(event.kind))
        )

    def _is_of(self, kind: str) -> bool:
        assert self.kinds is not None
        while kind not in self.kinds:
            kind, dot, _ = kind.rpartition(".")
            if not dot:
                return False
        return True


def kinds_of(names: list[str]) -> frozenset[str]:
    """From what was asked for; ValueError for what no kind begins with."""
    if not names or any(TYPE.fullmatch(name) is None or len(name) > 100 for name in names):
        raise ValueError
    return frozenset(name.removesuffix(".*") for name in names)
