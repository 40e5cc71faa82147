"""The headers and bodies of transfers: Refer-To and sipfrag (RFC 3515), Replaces (RFC 3891), and the parts of
RFC 6665 that a REFER's implicit subscription needs.

```
Refer-To: <sip:bob@example.com?Replaces=12345%40192.0.2.1%3Bto-tag%3D12%3Bfrom-tag%3D34>
Replaces: 12345@192.0.2.1;to-tag=12;from-tag=34;early-only
Event: refer;id=93809824                 Subscription-State: active;expires=60
```
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from aywa.errors import ParseError

from .grammar import is_token, parse_parameters
from .name_addr import parse_name_addr
from .uri import Uri, unescape

SIPFRAG = "message/sipfrag"
EVENT = "refer"
MAX_SIPFRAG = 65_536  # bytes of which only the first line is looked at
_CALL_ID = re.compile(r"[^\x00-\x20;,\x7f]++")
_STATUS_LINE = re.compile(rb"SIP/2\.0[ \t]++([1-6][0-9]{2})(?![^ \t\r\n])")
_MUST_ESCAPE = re.compile(r"[^A-Za-z0-9\-_.!~*'()]")  # of a header's value in a URI


@dataclass(frozen=True, slots=True)
class Replaces:
    """The dialog a new INVITE takes the place of, as its receiver names it: `to_tag` is the receiver's."""

    call_id: str
    to_tag: str
    from_tag: str
    early_only: bool = False

    def __str__(self) -> str:
        early = ";early-only" if self.early_only else ""
        return f"{self.call_id};to-tag={self.to_tag};from-tag={self.from_tag}{early}"


def parse_replaces(text: str) -> Replaces:
    """Read a Replaces header; it is never a list (RFC 3891 §6.1). Raises ParseError."""
    call_id, semicolon, rest = text.strip().partition(";")
    call_id = call_id.strip()
    if _CALL_ID.fullmatch(call_id) is None:
        raise ParseError("Malformed Call-ID", where="Replaces")
    parameters = parse_parameters(semicolon + rest, "Replaces")
    to_tag, from_tag = parameters.get("to-tag") or "", parameters.get("from-tag") or ""
    if not is_token(to_tag) or not is_token(from_tag):
        raise ParseError("Replaces needs a to-tag and a from-tag", where="Replaces")
    return Replaces(call_id, to_tag, from_tag, "early-only" in parameters)


@dataclass(frozen=True, slots=True)
class ReferTo:
    """Whom to call: `uri` without headers, and the dialog there to take the place of, if any."""

    uri: Uri
    replaces: Replaces | None = None

    def __str__(self) -> str:
        """As the value of Refer-To."""
        uri = self.uri
        if self.replaces is not None:
            uri = replace(uri, headers=(*uri.headers, ("Replaces", _escaped(str(self.replaces)))))
        return f"<{uri}>"


def parse_refer_to(text: str) -> ReferTo:
    """Read a Refer-To header. A method other than INVITE is not for a call. Raises ParseError."""
    uri = parse_name_addr(text, "Refer-To").uri
    if (uri.parameters.get("method") or "INVITE").upper() != "INVITE":
        raise ParseError("Only calls can be asked for", where="Refer-To")
    named = [unescape(value) for name, value in uri.headers if name.lower() == "replaces"]
    if len(named) > 1:
        raise ParseError("Replaces is given twice", where="Refer-To")
    parameters = {name: value for name, value in uri.parameters.items() if name != "method"}
    plain = replace(uri, headers=(), parameters=parameters)
    return ReferTo(plain, parse_replaces(named[0]) if named else None)


def parse_sipfrag(body: bytes) -> int:
    """The status that a NOTIFY's body tells (RFC 3420): its status line; what follows says no more.

    Raises ParseError.
    """
    if len(body) > MAX_SIPFRAG:
        raise ParseError("A fragment of this size", where="sipfrag")
    match = _STATUS_LINE.match(body.lstrip(b"\r\n"))
    if match is None:
        raise ParseError("No status line", where="sipfrag")
    return int(match[1])


def sipfrag(status: int, reason: str) -> bytes:
    """The body that tells a status of 100 to 699."""
    return f"SIP/2.0 {status} {reason}\r\n".encode()


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """`active`, `pending` or `terminated`, or what else it says, in lower case; and why it ended."""

    state: str
    reason: str = ""

    @property
    def over(self) -> bool:
        """No more NOTIFY follows."""
        return self.state == "terminated"


def parse_subscription_state(text: str) -> SubscriptionState:
    """Read a Subscription-State header. Raises ParseError."""
    state, semicolon, rest = text.strip().partition(";")
    state = state.strip().lower()
    if not is_token(state):
        raise ParseError("Malformed state", where="Subscription-State")
    parameters = parse_parameters(semicolon + rest, "Subscription-State")
    return SubscriptionState(state, (parameters.get("reason") or "").lower())


def parse_event(text: str) -> tuple[str, str]:
    """The package of an Event header in lower case, and its id, "" for none. Raises ParseError."""
    package, semicolon, rest = text.strip().partition(";")
    package = package.strip().lower()
    if not is_token(package):
        raise ParseError("Malformed package", where="Event")
    return package, parse_parameters(semicolon + rest, "Event").get("id") or ""


def _escaped(text: str) -> str:
    return _MUST_ESCAPE.sub(lambda m: "".join(f"%{byte:02X}" for byte in m[0].encode()), text)
