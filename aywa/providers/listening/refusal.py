"""What a recogniser's own error codes mean."""

from __future__ import annotations

from aywa.errors import ProviderError, ProviderFault


def refusal(provider: str, code: str, fault: ProviderFault, *, status: int | None = None) -> ProviderError:
    """The error for a recogniser that says what is wrong: of its words only the code is told on."""
    detail = "The recogniser reports an error" + (f" ({code})" if code else "")
    return ProviderError(detail, provider=provider, stage="stt", fault=fault, status=status)


def by_status(status: int) -> ProviderFault:
    """The fault for an HTTP status inside an error frame."""
    known = {
        401: ProviderFault.UNAUTHORISED,
        402: ProviderFault.FUNDS,
        403: ProviderFault.UNAUTHORISED,
        408: ProviderFault.TIMEOUT,
        429: ProviderFault.RATE_LIMITED,
    }
    if status in known:
        return known[status]
    return ProviderFault.BAD_REQUEST if 400 <= status < 500 else ProviderFault.UNAVAILABLE
