"""Following 3xx: where to call next, in which order, and when to stop (RFC 3261 §8.1.3.4, §19.1.1).

A redirect is a stranger's word about whom we call, and who pays: nothing is followed but what `allow` lets
pass, no target twice, and no more than `MAX_TARGETS` in all.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from aywa.proto.sip.message import Response
from aywa.proto.sip.name_addr import NameAddr
from aywa.proto.sip.uri import Uri

MAX_TARGETS = 8  # targets of one call, over all its redirects
_Q = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


class RedirectPlan:
    """The targets of one call that are still to be tried, the likeliest first."""

    def __init__(self, first: Uri, allow: Callable[[Uri], bool]) -> None:
        self._allow = allow
        self._seen = {_name(first)}
        self._open: list[Uri] = []

    def add(self, response: Response) -> None:
        """Take the Contacts of a 3xx, by their q, before what is left of earlier ones."""
        found: list[Uri] = []
        for contact in sorted(response.contacts, key=_preference, reverse=True):
            uri = contact.uri.without_headers()
            name = _name(uri)
            if name in self._seen or len(self._seen) > MAX_TARGETS or uri.scheme != "sip" or not uri.host:
                continue
            if self._allow(uri):
                self._seen.add(name)
                found.append(uri)
        self._open = found + self._open

    def next(self) -> Uri | None:
        """The next target; None when there is none."""
        return self._open.pop(0) if self._open else None


def _preference(contact: NameAddr) -> float:
    """The q of a Contact, 0 to 1; without one, or with nonsense, 1 (§20.10 leaves it open)."""
    text = contact.parameters.get("q") or ""
    return float(text) if _Q.fullmatch(text) else 1.0


def _name(uri: Uri) -> tuple[str, str, int]:
    return (uri.user_text, uri.host.lower(), uri.effective_port)
