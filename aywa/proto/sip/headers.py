"""The header fields of a message: an ordered multidict that cannot be made to break a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar, cast

from aywa.errors import LocalProtocolError

from .grammar import check_line, is_token, split_list

T = TypeVar("T")

# RFC 3261 §20 and the headers of common extensions, each with its compact form where it has one.
_NAMES = """
Accept Accept-Contact:a Accept-Encoding Accept-Language Alert-Info Allow Allow-Events:u Authentication-Info
Authorization Call-ID:i Call-Info Contact:m Content-Disposition Content-Encoding:e Content-Language
Content-Length:l Content-Type:c CSeq Date Diversion Error-Info Event:o Expires From:f Geolocation History-Info
Identity:y In-Reply-To Max-Forwards MIME-Version Min-Expires Min-SE Organization P-Access-Network-Info
P-Asserted-Identity P-Called-Party-ID P-Charging-Vector P-Early-Media P-Preferred-Identity Path Priority
Privacy Proxy-Authenticate Proxy-Authorization Proxy-Require RAck Reason Record-Route Refer-To:r Referred-By:b
Reject-Contact:j Remote-Party-ID Replaces Reply-To Request-Disposition:d Require Retry-After Route RSeq
Server Session-Expires:x SIP-ETag SIP-If-Match Subject:s Subscription-State Supported:k Timestamp To:t
Unsupported User-Agent Via:v Warning WWW-Authenticate
""".split()  # noqa: SIM905  (a table of words reads better than a list of strings)


def _spellings() -> dict[str, tuple[str, str]]:
    table = {}
    for entry in _NAMES:
        name, _, compact = entry.partition(":")
        row = (name.lower(), name)
        table[name] = table[name.lower()] = table[name.upper()] = row
        if compact:
            table[compact] = table[compact.upper()] = row
    return table


# Every usual spelling -> (comparison key, spelling to print). Rarer capitals go through `_resolve`.
KNOWN: dict[str, tuple[str, str]] = _spellings()


def resolve(name: str) -> tuple[str, str]:
    """The comparison key and the printed spelling of a header name in any case or compact form."""
    return KNOWN.get(name) or KNOWN.get(name.lower()) or (name.lower(), name)


class Headers:
    """Header fields in order. Names compare without case, compact forms are expanded, values are text.

    A value of several fields or of one comma-separated field means the same (§7.3.1), so nothing is split
    here: `get_all` gives the fields as they stand, `items_of` the items of all of them.
    """

    __slots__ = ("_rows", "_typed")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._rows: list[tuple[str, str, str]] = []  # key, name, value
        self._typed: dict[str, object] = {}
        for name, value in items:
            self.add(name, value)

    @classmethod
    def from_rows(cls, rows: list[tuple[str, str, str]]) -> Headers:
        """Headers out of (key, name, value) rows that the parser has already checked."""
        headers = cls()
        headers._rows = rows
        return headers

    def get(self, name: str) -> str | None:
        """The value of the first field with this name."""
        key = resolve(name)[0]
        for row in self._rows:
            if row[0] == key:
                return row[2]
        return None

    def get_all(self, name: str) -> list[str]:
        """The values of all fields with this name, in order, not split."""
        key = resolve(name)[0]
        return [row[2] for row in self._rows if row[0] == key]

    def items_of(self, name: str) -> list[str]:
        """The comma-separated items of all fields of this name, without empty ones."""
        return [item for value in self.get_all(name) for item in split_list(value, name) if item]

    def tokens_of(self, name: str) -> list[str]:
        """The same for lists of tokens (Allow, Supported), which have no quotes: never an error."""
        parts = ",".join(self.get_all(name)).split(",")
        return [token for part in parts if (token := part.strip(" \t"))]

    def add(self, name: str, value: str) -> None:
        """Append a field. LocalProtocolError for a line break or a name that is no token."""
        self._rows.append(_row(name, value))
        self._typed.clear()

    def prepend(self, name: str, value: str) -> None:
        """Put a field before all others: a Via or Record-Route on top."""
        self._rows.insert(0, _row(name, value))
        self._typed.clear()

    def set(self, name: str, value: str) -> None:
        """Make this the only field of its name, in the place of the first one."""
        new = _row(name, value)
        rows: list[tuple[str, str, str]] = []
        placed = False
        for row in self._rows:
            if row[0] != new[0]:
                rows.append(row)
            elif not placed:
                rows.append(new)
                placed = True
        self._rows = rows if placed else [*rows, new]
        self._typed.clear()

    def remove(self, name: str) -> None:
        """Take all fields of this name out; none is fine."""
        key = resolve(name)[0]
        self._rows = [row for row in self._rows if row[0] != key]
        self._typed.clear()

    def items(self) -> list[tuple[str, str]]:
        """All fields as (name, value), in order."""
        return [(name, value) for _, name, value in self._rows]

    def copy(self) -> Headers:
        """Headers that change apart from these."""
        return Headers.from_rows(self._rows.copy())

    def typed(self, key: str, read: Callable[[Headers], T]) -> T:
        """`read(self)`, remembered under `key` until the next change."""
        if key not in self._typed:
            self._typed[key] = read(self)
        return cast("T", self._typed[key])

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.items())

    def __len__(self) -> int:
        return len(self._rows)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return [(key, value) for key, _, value in self._rows] == [
            (key, value) for key, _, value in other._rows
        ]

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        """Names only: values hold who called whom."""
        return f"<Headers {' '.join(name for _, name, _ in self._rows)}>"


def _row(name: str, value: str) -> tuple[str, str, str]:
    key, printed = resolve(name)
    if not is_token(printed):
        raise LocalProtocolError("A header name is not a token")
    # Blanks at the ends mean nothing (§7.3.1), and one in front of a line of its own would read as folding.
    return key, printed, check_line(value, printed).strip(" \t")
