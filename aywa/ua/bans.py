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
# Hosts; the one that failed longest ago is forgotten, but nobody who is banned: who has many addresses could
# buy himself out of a ban with them.
REMEMBERED = 1024


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
        """`host` gave a wrong secret; True when that gets it banned.

        Where all that is remembered are bans, a further host is not remembered.
        """
        record = self._records.pop(host, None)
        if record is None or now - record.since > WINDOW_S:
            record = _Record(now)
        record.failures += 1
        if len(self._records) >= REMEMBERED and not self._make_room(now):
            return False
        self._records[host] = record
        if record.failures < FAILURES:
            return False
        record.until = now + BAN_S
        return True

    def _make_room(self, now: float) -> bool:
        """Forget whoever failed longest ago and is not banned; False when there is nobody."""
        for host, record in self._records.items():
            if now >= record.until:
                del self._records[host]
                return True
        return False

    def proved(self, host: str) -> None:
        """`host` gave a right one."""
        self._records.pop(host, None)
