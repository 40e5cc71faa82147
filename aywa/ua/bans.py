"""Hosts that guess: refused for a while after too many wrong secrets in a row.

Only answers to a challenge that the host itself has received count: a forged source address gets nobody
banned. A call with the right secret clears what its host has failed before, so that one phone with an old
password does not shut its PBX out.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

FAILURES = 10
WINDOW_S = 60.0  # within which they must fall
BAN_S = 300.0
REMEMBERED = 1024  # hosts; the one that failed longest ago is forgotten


@dataclass(slots=True)
class _Record:
    """What one host has failed since `since`; `until` when it is banned, both in seconds."""

    since: float
    failures: int = 0
    until: float = 0.0


class Bans:
    """Which hosts are banned, by IP literal. Times are seconds of one clock."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def banned(self, host: str, now: float) -> bool:
        """Whether `host` has to wait."""
        record = self._records.get(host)
        return record is not None and now < record.until

    def failed(self, host: str, now: float) -> bool:
        """`host` gave a wrong secret; True when that gets it banned."""
        record = self._records.pop(host, None)
        if record is None or now - record.since > WINDOW_S:
            record = _Record(now)
        record.failures += 1
        self._records[host] = record
        if len(self._records) > REMEMBERED:
            self._records.popitem(last=False)
        if record.failures < FAILURES:
            return False
        record.until = now + BAN_S
        return True

    def proved(self, host: str) -> None:
        """`host` gave a right one."""
        self._records.pop(host, None)
