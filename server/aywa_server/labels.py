"""What labels of metrics may say: words of closed lists, and few of those that an operator makes up.

Each value of a label is a time series that somebody stores for months, and what comes from a caller may be
his number. So no label takes what it is given.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from aywa.call.dial_outcome import DialOutcome
from aywa.errors import EndCode
from aywa.transfer.outcome import Outcome
from aywa.transfer.plan import Mode
from aywa.turn.causes import Unused

OTHER = "other"
REASONS = frozenset(code.value for code in EndCode)
TRANSFER_MODES = frozenset(mode.value for mode in Mode)
TRANSFER_OUTCOMES = frozenset(outcome.value for outcome in Outcome)
DIAL_OUTCOMES = frozenset(outcome.value for outcome in DialOutcome)
DROPPED = frozenset(why.name.lower() for why in Unused)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_STATUSES = frozenset(str(status.value) for status in HTTPStatus)
MAX_TRUNKS = 200
_TRUNK = re.compile(r"[a-z0-9_-]{1,32}")  # as the settings allow a trunk to be named


def one_of(known: frozenset[str], value: object) -> str:
    """The value, or `other`."""
    return str(value) if value in known else OTHER


class Trunks:
    """Names of trunks: the first `MAX_TRUNKS` that are seen."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def label(self, value: object) -> str:
        """The name, "" for none, or `other`."""
        name = str(value or "")
        if name in self._seen or not name:
            return name
        if len(self._seen) >= MAX_TRUNKS or not _TRUNK.fullmatch(name):
            return OTHER
        self._seen.add(name)
        return name


def status_of(status: int) -> str:
    """Of HTTP."""
    return one_of(_STATUSES, str(status))
