"""What a caller of the API, a transfer or a redirect names as its destination, read strictly.

```
+49 30 1234567            a number
tel:+49-30-1234567        the same; parameters are refused (phone-context would say another country)
sip:+49301234567@pbx      a number on a trunk that has this host
sip:210@pbx               a user of that host, where the trunk lists him
112                       an emergency number, where the settings list it
```
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from aywa.dialling.numbers import BadNumber, Number, parse_number
from aywa.dialling.ranges import EMERGENCY
from aywa.errors import ParseError
from aywa.proto.sip.uri import Uri, parse_uri

MAX_TEXT = 200  # characters
_LOOKS_DIALLED = re.compile(r"[0-9+ ().\-/]+", re.ASCII)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._\-]{0,63}", re.ASCII)
_EXTENSION = re.compile(r"[0-9]{1,10}", re.ASCII)
_TRANSPORTS = (None, "udp", "tcp", "tls")


@dataclass(frozen=True, slots=True)
class SipUser:
    """A user at a host. `number` is what he is when his name reads as a number in E.164."""

    user: str
    host: str
    port: int | None = None
    transport: str | None = None
    number: Number | None = None


@dataclass(frozen=True, slots=True)
class Emergency:
    """A short number that brings help."""

    digits: str


Destination: TypeAlias = Number | SipUser | Emergency


def parse_destination(text: str, home: str = "") -> Destination:
    """Read a destination. Raises BadNumber with the rule it breaks."""
    if len(text) > MAX_TEXT or not text.isascii() or not text.isprintable():
        raise BadNumber(f"must be at most {MAX_TEXT} printable ASCII characters")
    scheme = text.partition(":")[0].lower() if ":" in text else ""
    if scheme == "sip":
        return _sip_user(text, home)
    if scheme == "tel":
        text = text[4:]
        if not text.startswith("+"):
            raise BadNumber("must be a global number in a tel: URI: + and the country code")
    elif scheme:
        raise BadNumber("must be a number, or a sip: or tel: URI")
    if text in EMERGENCY:
        return Emergency(text)
    return parse_number(text, home)


def _sip_user(text: str, home: str) -> SipUser:
    try:
        uri = parse_uri(text)
    except ParseError:
        raise BadNumber("must be a sip: URI such as sip:210@pbx.example.com") from None
    return user_of(uri, home)


def user_of(uri: Uri, home: str = "") -> SipUser:
    """Read a SIP URI; what could send the call elsewhere than it says is refused. Raises BadNumber."""
    if uri.scheme != "sip" or uri.user is None or uri.password is not None or uri.headers:
        raise BadNumber("must be a sip: URI with a user, without password and headers")
    parameters = dict(uri.parameters)
    transport = (parameters.pop("transport", None) or "").lower() or None
    if parameters.pop("user", "phone") not in ("phone", "ip") or parameters or transport not in _TRANSPORTS:
        raise BadNumber("must be a sip: URI without parameters other than transport and user")
    user = uri.user_text
    host = uri.host.lower()
    if _EXTENSION.fullmatch(user) or _NAME.fullmatch(user):
        return SipUser(user, host, uri.port, transport, _number_or_none(user, home))
    if _LOOKS_DIALLED.fullmatch(user):
        return SipUser(user, host, uri.port, transport, parse_number(user, home))
    raise BadNumber("must name a user of letters, digits, . - and _, or a number")


def _number_or_none(user: str, home: str) -> Number | None:
    """Digits alone may be an extension or a number: the trunk's list of users says which."""
    if not user.isdigit() or user in EMERGENCY:
        return None
    try:
        return parse_number(user, home)
    except BadNumber:
        return None
