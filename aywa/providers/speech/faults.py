"""Errors of voices, in words of ours. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from aywa.errors import ProviderError, ProviderFault

STAGE = "tts"
_BY_STATUS = {
    401: ProviderFault.UNAUTHORISED,
    402: ProviderFault.FUNDS,
    403: ProviderFault.UNAUTHORISED,
    408: ProviderFault.TIMEOUT,
    429: ProviderFault.RATE_LIMITED,
}


def voice_error(provider: str, detail: str, fault: ProviderFault, **further: object) -> ProviderError:
    """An error of the stage. `detail`: static text and technical attributes only."""
    return ProviderError(detail, provider=provider, stage=STAGE, fault=fault, **further)  # type: ignore[arg-type]


def malformed(provider: str) -> ProviderError:
    """For a frame that is none of the wire's."""
    return voice_error(provider, "The voice said what its protocol does not allow", ProviderFault.PROTOCOL)


def fault_of_status(status: int) -> ProviderFault:
    """What a status in a frame means; as of HTTP."""
    return _BY_STATUS.get(
        status, ProviderFault.BAD_REQUEST if 400 <= status < 500 else ProviderFault.UNAVAILABLE
    )


def refuse_text(headers: Mapping[str, str], provider: str) -> None:
    """Raises ProviderError where an answer is text: an error with a good status, or a proxy's page."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("text/") or kind == "application/json":
        raise voice_error(provider, "The voice answered with text", ProviderFault.PROTOCOL)


def text_of(frame: Mapping[str, object], name: str) -> str:
    """A string in a frame; "" where there is none."""
    value = frame.get(name)
    return value if isinstance(value, str) else ""
