"""Headers that a caller of ours adds to a request: what he may say, and what stays the stack's own.

```
X-Ticket: 4711        taken
Reason: ...           taken: it says why, and steers nothing
Via, Contact, ...     refused: the stack makes them, and a second one would steer the call elsewhere
a line break          refused: it would begin a header of its own
```
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from aywa.errors import LocalProtocolError

from .grammar import is_token
from .headers import resolve

MAX_HEADERS = 32
MAX_NAME = 64
MAX_VALUE = 1024  # characters
MAX_TOTAL = 4096  # characters of all names and values: the INVITE must stay one datagram
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")
RESERVED = frozenset(
    resolve(name)[0]
    for name in """
    Accept Accept-Encoding Allow Allow-Events Authentication-Info Authorization Call-ID Contact
    Content-Disposition Content-Encoding Content-Language Content-Length Content-Type CSeq Event Expires From
    Max-Forwards MIME-Version Min-Expires Min-SE Path Proxy-Authenticate Proxy-Authorization Proxy-Require
    RAck Record-Route Refer-To Referred-By Replaces Require Route RSeq Server Service-Route Session-Expires
    SIP-ETag SIP-If-Match Subscription-State Supported Timestamp To Unsupported User-Agent Via
    WWW-Authenticate
    """.split()  # noqa: SIM905  (a table of words reads better than a list of strings)
)


class CustomHeaderError(LocalProtocolError):
    """A header that may not be added."""

    http_status = 400
    code = "invalid-header"


def check_custom_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The headers themselves; CustomHeaderError names the one that may not be sent, and why.

    The words never repeat a value: it may hold who called whom.
    """
    checked = tuple(headers)
    if len(checked) > MAX_HEADERS:
        raise CustomHeaderError(f"More than {MAX_HEADERS} headers.")
    total = 0
    for place, (name, value) in enumerate(checked, start=1):
        if len(name) > MAX_NAME or not is_token(name):
            raise CustomHeaderError(
                f"The name of header {place} is not a token of at most {MAX_NAME} characters."
            )
        if resolve(name)[0] in RESERVED:
            raise CustomHeaderError(f"{resolve(name)[1]} is a header that the runtime itself makes.")
        if len(value) > MAX_VALUE:
            raise CustomHeaderError(f"The value of {name} is longer than {MAX_VALUE} characters.")
        if _CONTROL.search(value):
            raise CustomHeaderError(f"The value of {name} has a line break or another control character.")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise CustomHeaderError(f"The value of {name} is not text.") from None
        total += len(name) + len(value)
    if total > MAX_TOTAL:
        raise CustomHeaderError(f"All headers together are longer than {MAX_TOTAL} characters.")
    return checked
