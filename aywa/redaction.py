"""Takes personal data and secrets out of what is about to be logged. Pure.

Two nets. By name: what stands in a field that holds words of a conversation, a party or a secret is not
printed at all. By shape: in every other text credentials, tokens, telephone and card numbers, addresses of
people are replaced. The words of a conversation have no shape: only the first net catches them, so they may
stand in no message, which `Pii` and `log.places` see to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

REDACTED = "<redacted>"
MAX_TEXT = 2_000  # characters of one value; a log line is no place for more
MAX_DEPTH = 6
MAX_ITEMS = 50
# fmt: off
_PRIVATE = frozenset((
    "text", "spoken", "transcript", "words", "said", "heard", "prompt", "content", "arguments",
    "result", "results", "body", "greeting", "evidence", "message", "messages", "from", "to",
    "from_uri", "to_uri", "number", "phone", "phone_number", "customer", "caller", "called",
    "display", "user", "username", "asserted", "remote_party", "diversions", "history", "headers",
    "digit", "digits", "keys", "dtmf", "slots", "variables", "variable_values", "summary",
    "structured_data", "name_addr", "callee", "destination", "target", "args", "params", "cookie",
    "query",
))
# fmt: on
_SECRET = re.compile(
    r"pass(?:word|wd|phrase)?$|secret|token$|(?:^|_)(?:api_?)?key$|authoriz|authentic\w*_(?:info|header)|"
    r"credential|cookie|(?:^|_)(?:nonce|ha1|pwd|dsn|signature)$|encryption|private_key"
)
_NAMED = re.compile(
    r"(?i)([\"']?\b(?:[\w-]*(?:password|passwd|passphrase|secret|token|key|authorization|credential)|"
    r"pwd|nonce|cnonce|ha1|signature|x-api-key|cookie)[\"']?\s*[=:]\s*)"
    r"(?:\"[^\"]*\"|'[^']*'|(?:bearer|basic|digest|token)\s+[^\s,;&\"']+|[^\s,;&\"'})\]]+)"
)
_SCHEME = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}")
_DIGEST = re.compile(r"(?i)\bdigest\s+\w+\s*=.*")
_KEYS = re.compile(
    r"\b(?:aywa_(?:rt|ad)_\w+|(?:sk|pk|rk|xi|dg|gsk|key)[-_][A-Za-z0-9][\w-]{8,}|whsec_[\w+/=-]+|"
    r"(?:AKIA|ASIA)[0-9A-Z]{12,}|xox[a-z]-[\w-]+|gh[a-z]_\w{10,}|AIza[\w-]{20,}|"
    r"eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?|(?:AC|SK)[0-9a-f]{32})"
)
_LOGIN = re.compile(r"(?<=://)[^/\s@\"'<>]+@")
_SIP_USER = re.compile(r"(?i)\b((?:sips?|tel):)[^@\s<>;\"']+@")
_TEL = re.compile(r"(?i)\b(tel:)[+0-9().*#-]+")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_INLINE = re.compile(r"(?i)(inline:)[A-Za-z0-9+/=|:]+")
_QUERY = re.compile(r"(?<=[\w/])\?[^\s\"'<>]*=[^\s\"'<>]*")
_NUMBER = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|"  # a UUID, which is kept
    r"(?<![0-9A-Za-z.])\+?\(?\d(?:[ ().-]{0,2}\d){6,}(?![0-9A-Za-z:])"
)
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def redact_text(text: str) -> str:
    """The text with what has the shape of a secret or of a person's address replaced."""
    text = text[:MAX_TEXT]
    text = _NAMED.sub(rf"\g<1>{REDACTED}", text)
    text = _DIGEST.sub(REDACTED, text)
    text = _SCHEME.sub(rf"\g<1> {REDACTED}", text)
    text = _KEYS.sub(REDACTED, text)
    text = _LOGIN.sub(f"{REDACTED}@", text)
    text = _INLINE.sub(rf"\g<1>{REDACTED}", text)
    text = _SIP_USER.sub(rf"\g<1>{REDACTED}@", text)
    text = _TEL.sub(rf"\g<1>{REDACTED}", text)
    text = _MAIL.sub(REDACTED, text)
    text = _QUERY.sub(f"?{REDACTED}", text)
    return _NUMBER.sub(_number, text)


def redact(value: object, name: str = "", depth: int = 0) -> object:
    """A value that stands under this name, as JSON types."""
    if name and is_private(name):
        return value if value is None or isinstance(value, bool) else REDACTED
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return redact_text(value)
        case _ if depth >= MAX_DEPTH:
            return REDACTED
        case Mapping():
            items = list(value.items())[:MAX_ITEMS]
            return {redact_text(str(key)): redact(inner, str(key), depth + 1) for key, inner in items}
        case list() | tuple() | set() | frozenset():
            return [redact(inner, "", depth + 1) for inner in list(value)[:MAX_ITEMS]]
        case bytes() | bytearray() | memoryview():
            return REDACTED
        case _:
            return redact_text(str(value))


def is_private(name: str) -> bool:
    """Whether what stands under this name is never printed, whatever it is."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_")
    return name in _PRIVATE or _SECRET.search(name) is not None


def _number(match: re.Match[str]) -> str:
    """Dates, IP addresses and UUIDs are no telephone numbers."""
    text = match.group(0)
    if _ADDRESS.fullmatch(text) or _DATE.fullmatch(text) or _UUID.fullmatch(text):
        return text
    return REDACTED
