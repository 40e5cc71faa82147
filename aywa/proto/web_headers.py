"""Which header fields somebody else may add to a request of ours.

An operator's fields may carry credentials; those that a model or a caller fills may not: a prompt must not be
able to spend somebody's key. Fields that frame the message or name the host are never taken from anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MAX_FIELDS = 50
MAX_VALUE = 8192  # characters
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_FRAMING = frozenset(
    {
        *("host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer"),
        *("upgrade", "expect", "proxy-connection", "http2-settings", "accept-encoding"),
    }
)
_SENSITIVE = re.compile(
    r"auth|cookie|token|secret|passw|credential|session|signature|api[-_]?key|access[-_]?key|private[-_]?key"
    r"|^(?:proxy|forwarded|via|x-forwarded|x-real-ip|x-original|x-rewrite|x-http-method|cf-|webhook-|x-amz"
    r"|x-goog|x-ms-|metadata)",
    re.I,
)


def operator_headers(fields: Mapping[str, str]) -> list[tuple[str, str]]:
    """Those of a configuration: credentials are meant there. What cannot be sent is left out."""
    return _taken(fields.items())


def dynamic_headers(fields: Mapping[str, str]) -> list[tuple[str, str]]:
    """Those that a model or a caller filled: without anything that grants, identifies or reroutes."""
    return _taken((name, value) for name, value in fields.items() if not _SENSITIVE.search(name))


def _taken(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (name, value.strip())
        for name, value in fields
        if _TOKEN.fullmatch(name)
        and name.lower() not in _FRAMING
        and len(value) <= MAX_VALUE
        and _VALUE.fullmatch(value)
    ][:MAX_FIELDS]
