"""What an HTTP status, a close code or a failed connection means for whoever wanted a vendor. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from aywa.errors import OutboundError, OutboundFault, ProviderError, ProviderFault

MAX_RETRY_AFTER_S = 3600.0  # a longer wish is not believed
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_KEYS = (b'"API_KEY_INVALID"', b'"API_KEY_EXPIRED"')  # Google's reasons, behind a status of 400
_FUNDS = frozenset({"insufficient_quota", "quota_exceeded", "billing_error", "insufficient_funds"})
_BY_OUTBOUND = {
    OutboundFault.REFUSED: ProviderFault.REFUSED,
    OutboundFault.TIMEOUT: ProviderFault.TIMEOUT,
    OutboundFault.PROTOCOL: ProviderFault.CLOSED,
    OutboundFault.TOO_LONG: ProviderFault.PROTOCOL,
}
_BY_STATUS = {
    401: ProviderFault.UNAUTHORISED,
    402: ProviderFault.FUNDS,
    403: ProviderFault.UNAUTHORISED,
    408: ProviderFault.TIMEOUT,
    425: ProviderFault.UNAVAILABLE,
    429: ProviderFault.RATE_LIMITED,
}


def status_error(
    status: int, headers: Mapping[str, str], body: bytes, *, provider: str, stage: str, now: datetime
) -> ProviderError:
    """The error for an answer that is none. `headers`: names in lower case. `body`: its beginning, of which
    only a code of the vendor's is told on: its sentences may hold what the caller said.
    """
    code = _code(body)
    fault = _BY_STATUS.get(status)
    if code in _FUNDS:
        fault = ProviderFault.FUNDS
    elif status == 400 and any(reason in body for reason in _KEYS):
        fault = ProviderFault.UNAUTHORISED
    elif fault is None:
        fault = ProviderFault.BAD_REQUEST if 400 <= status < 500 else ProviderFault.UNAVAILABLE
    return ProviderError(
        f"The provider answered {status}" + (f" ({code})" if code else ""),
        provider=provider,
        stage=stage,
        fault=fault,
        status=status,
        retry_after_s=retry_after(headers.get("retry-after"), now),
    )


def outbound_error(error: OutboundError, *, provider: str, stage: str) -> ProviderError:
    """The error for a connection that failed."""
    fault = _BY_OUTBOUND.get(error.fault, ProviderFault.UNAVAILABLE)
    return ProviderError(f"The provider: {error.detail}", provider=provider, stage=stage, fault=fault)


def retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds of a `Retry-After` (RFC 9110 §10.2.3), at most an hour; None where it says nothing."""
    if text is None:
        return None
    text = text.strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text):
        return min(float(text), MAX_RETRY_AFTER_S)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return min(max(0.0, (at - now).total_seconds()), MAX_RETRY_AFTER_S)


def _code(body: bytes) -> str:
    """A vendor's own code of the error, where it has one in any of the usual places."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(said, dict):
        return ""
    inner = said.get("error", said.get("detail"))
    for place in (inner, said):
        if not isinstance(place, dict):
            continue
        for name in ("code", "type", "status", "err_code", "error_code"):
            value = place.get(name)
            if isinstance(value, str) and _CODE.fullmatch(value):
                return value
    return ""
