"""What is wrong with an answer, in words of ours. A vendor's own may hold what a caller said."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from aywa.errors import ProviderError, ProviderFault

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_BY_WORD = (
    (re.compile("quota_exceeded|insufficient_quota|billing|insufficient_funds|payment"), ProviderFault.FUNDS),
    (re.compile("rate_limit|resource_exhausted|too_many_requests"), ProviderFault.RATE_LIMITED),
    (
        re.compile("authentication|permission|api_key|unauthenticated|unauthorized"),
        ProviderFault.UNAUTHORISED,
    ),
    (re.compile("timeout|deadline_exceeded"), ProviderFault.TIMEOUT),
    (
        re.compile("invalid|context_length|not_found|too_large|failed_precondition|out_of_range"),
        ProviderFault.BAD_REQUEST,
    ),
)
_BY_STATUS = {
    401: ProviderFault.UNAUTHORISED,
    402: ProviderFault.FUNDS,
    403: ProviderFault.UNAUTHORISED,
    408: ProviderFault.TIMEOUT,
    429: ProviderFault.RATE_LIMITED,
    504: ProviderFault.TIMEOUT,
}


def protocol_error(provider: str, detail: str) -> ProviderError:
    """It says what its protocol does not allow."""
    return ProviderError(detail, provider=provider, stage="llm", fault=ProviderFault.PROTOCOL)


def broken_off(provider: str) -> ProviderError:
    """The stream ended in the middle of the answer."""
    detail = "The model broke off in the middle of its answer"
    return ProviderError(detail, provider=provider, stage="llm", fault=ProviderFault.CLOSED)


def withheld(provider: str, reason: str) -> ProviderError:
    """A filter of the vendor's let nothing out: another try there changes nothing."""
    code = reason.lower() if _CODE.fullmatch(reason) else "no reason"
    detail = f"The provider withheld the answer ({code})"
    return ProviderError(detail, provider=provider, stage="llm", fault=ProviderFault.BAD_REQUEST)


def stream_error(provider: str, error: object) -> ProviderError:
    """The error for one that comes in the stream, after a status of 200."""
    said = error if isinstance(error, Mapping) else {}
    codes = [said.get(name) for name in ("code", "type", "status")]
    status = next((code for code in codes if isinstance(code, int) and 400 <= code < 600), None)
    words = [code for code in codes if isinstance(code, str) and _CODE.fullmatch(code)]
    text = " ".join(words).lower()
    fault = next((fault for word, fault in _BY_WORD if word.search(text)), None)
    if fault is None and status is not None:
        fault = _BY_STATUS.get(status)
        if fault is None and status < 500:
            fault = ProviderFault.BAD_REQUEST
    named = words[0] if words else str(status or "no code")
    return ProviderError(
        f"The provider failed in the middle of its answer ({named})",
        provider=provider,
        stage="llm",
        fault=fault or ProviderFault.UNAVAILABLE,
        status=status,
    )


def read_object(provider: str, data: str) -> dict[str, object]:
    """A JSON object out of the stream. Raises ProviderError (PROTOCOL)."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise protocol_error(provider, "The stream holds what is no JSON") from error
    if not isinstance(value, dict):
        raise protocol_error(provider, "The stream holds JSON that is no object")
    return value


def spoken(text: str) -> str:
    """Text without halves of UTF-16 pairs, which JSON can write and no other encoding can."""
    if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
