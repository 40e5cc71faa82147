"""The error taxonomy: every error knows its own verdict.

```
AywaError
├─ ProtocolError(status_hint)
│   ├─ ParseError(where)          untrusted bytes broke a rule; the only exception a `parse_*` lets out
│   ├─ LocalProtocolError         we broke the rules: our bug, loud
│   └─ RemoteProtocolError        the peer broke the rules: answer `status_hint`
├─ TransportError                 unreachable, timed out, closed
│   └─ OutboundError(fault)       a URL that somebody else wrote was refused or could not be asked
├─ ProviderError                  an STT, LLM or TTS failed
├─ StoreError                     the database failed
├─ MediaError                     the engine could not do it
│   └─ OverloadedError            admission refused (503 with Retry-After)
├─ ConfigError(gaps)              settings that cannot work, all reported together
└─ RequestError                   what an API caller did wrong
    └─ RateLimitedError           asked too often (429 with Retry-After)
```

Messages are static text plus technical attributes: never a phone number, a transcript or a secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class EndCode(Enum):
    """Why a call ended. The values are the `endedReason` strings of the public contract."""

    CUSTOMER_HANGUP = "customer-ended-call"
    ASSISTANT_HANGUP = "assistant-ended-call"
    ASSISTANT_SAID_GOODBYE = "assistant-ended-call-after-message-spoken"
    END_PHRASE = "assistant-said-end-call-phrase"
    VOICEMAIL = "voicemail"
    CONTROL = "manually-canceled"
    CALLER_CANCELLED = "customer-cancelled-before-answer"
    MAX_DURATION = "exceeded-max-duration"
    SILENCE = "silence-timed-out"
    MEDIA_TIMEOUT = "call.in-progress.error-media-timeout"
    NOT_ANSWERED = "customer-did-not-answer"
    BUSY = "customer-busy"
    REJECTED = "call.start.error-rejected"
    UNACCEPTABLE_OFFER = "call.start.error-no-common-codec"
    OVERLOADED = "call.start.error-overloaded"
    SIP_ERROR = "call.in-progress.error-sip"
    NOT_CONNECTED = "call.in-progress.error-sip-outbound-call-failed-to-connect"
    FORBIDDEN = "call.in-progress.error-providerfault-outbound-sip-403-forbidden"
    UNAUTHENTICATED = "call.in-progress.error-providerfault-outbound-sip-407-proxy-authentication-required"
    TIMED_OUT = "call.in-progress.error-providerfault-outbound-sip-408-request-timeout"
    UNAVAILABLE = "call.in-progress.error-providerfault-outbound-sip-480-temporarily-unavailable"
    TRUNK_DOWN = "call.in-progress.error-providerfault-outbound-sip-503-service-unavailable"
    PROVIDER_ERROR = "pipeline-error"
    INTERNAL_ERROR = "call.in-progress.error-internal"
    FORWARDED = "assistant-forwarded-call"
    TRANSFER_HANGUP = "customer-ended-call-during-transfer"
    OPERATOR_BUSY = "call.forwarding.operator-busy"
    OPERATOR_NO_ANSWER = "call.forwarding.no-answer"
    TRANSFER_FAILED = "call.in-progress.error-transfer-failed"
    JOIN_TIMED_OUT = "assistant-join-timed-out"  # nobody came to a call by websocket
    REQUEST_FAILED = "assistant-request-failed"
    REQUEST_ERROR = "assistant-request-returned-error"
    REQUEST_UNSPEAKABLE = "assistant-request-returned-unspeakable-error"
    REQUEST_INVALID = "assistant-request-returned-invalid-assistant"
    REQUEST_EMPTY = "assistant-request-returned-no-assistant"
    REQUEST_FORWARDED = "assistant-request-returned-forwarding-phone-number"
    SHUTDOWN = "worker-shutdown"
    PROCESS_LOST = "call.in-progress.error-process-lost"


class EndSide(Enum):
    """Who ended the call."""

    CALLER = "caller"
    ASSISTANT = "assistant"
    OPERATOR = "operator"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class EndReason:
    """How a call ended: a value, not an error. `sip_status` is the final status seen or sent, if any."""

    code: EndCode
    side: EndSide
    sip_status: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """One setting that cannot work: the variable, the rule it breaks and an example that would do."""

    name: str
    rule: str
    example: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.rule}" + (f" (for example {self.example})" if self.example else "")


class AywaError(Exception):
    """Something went wrong in the runtime."""

    http_status = 500
    code = "internal-error"
    end_code = EndCode.INTERNAL_ERROR

    def __init__(self, detail: str = "") -> None:
        self.detail = detail or (type(self).__doc__ or "").splitlines()[0]
        super().__init__(self.detail)

    def end_reason(self) -> EndReason:
        """The reason a call ends with when this error reaches its blast wall."""
        return EndReason(self.end_code, EndSide.SYSTEM, detail=self.detail)


class ProtocolError(AywaError):
    """The rules of a protocol were broken."""

    code = "protocol-error"
    end_code = EndCode.SIP_ERROR

    def __init__(self, detail: str = "", *, status_hint: int = 400) -> None:
        super().__init__(detail)
        self.status_hint = status_hint

    def end_reason(self) -> EndReason:
        return EndReason(self.end_code, EndSide.SYSTEM, self.status_hint, self.detail)


class ParseError(ProtocolError):
    """The bytes do not follow the grammar."""

    code = "parse-error"

    def __init__(self, detail: str = "", *, where: str = "", status_hint: int = 400) -> None:
        super().__init__(detail, status_hint=status_hint)
        self.where = where


class LocalProtocolError(ProtocolError):
    """This side used a protocol in a state that does not allow it."""


class RemoteProtocolError(ProtocolError):
    """The peer used a protocol in a state that does not allow it."""


class TransportError(AywaError):
    """A peer could not be reached."""

    http_status = 502
    code = "transport-error"
    end_code = EndCode.SIP_ERROR


class OutboundFault(Enum):
    """Why a URL was not answered."""

    REFUSED = "refused"  # by the rules: to try again changes nothing
    UNRESOLVED = "unresolved"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    TOO_LONG = "too-long"
    STATUS = "status"  # it was answered, with a status that is no success


# The request has not left: nothing can have been done.
UNSENT = frozenset(
    {OutboundFault.REFUSED, OutboundFault.UNRESOLVED, OutboundFault.UNREACHABLE, OutboundFault.TLS}
)


class OutboundError(TransportError):
    """A URL could not be asked."""

    code = "outbound-error"

    def __init__(self, detail: str, fault: OutboundFault, *, status: int | None = None) -> None:
        super().__init__(detail)
        self.fault = fault
        self.status = status  # of HTTP, where that is what was wrong


class ProviderFault(Enum):
    """What kind of failure it is. `retryable` ones may pass by themselves."""

    UNAUTHORISED = "unauthorised"  # the key is wrong or may not do this
    FUNDS = "funds"  # the account is empty
    RATE_LIMITED = "rate-limited"
    UNAVAILABLE = "unavailable"  # cannot be reached, or says that it cannot
    TIMEOUT = "timeout"
    BAD_REQUEST = "bad-request"  # it does not take what it was asked: another try changes nothing
    REFUSED = "refused"  # by the rules for outgoing connections
    PROTOCOL = "protocol"  # it says what its protocol does not allow
    CLOSED = "closed"  # it broke off

    @property
    def retryable(self) -> bool:
        """Whether the same may work a little later."""
        return self not in _FINAL_FAULTS


_FINAL_FAULTS = frozenset(
    {
        ProviderFault.UNAUTHORISED,
        ProviderFault.FUNDS,
        ProviderFault.BAD_REQUEST,
        ProviderFault.REFUSED,
    }
)


class ProviderError(AywaError):
    """A speech or language provider failed."""

    http_status = 502
    code = "provider-error"
    end_code = EndCode.PROVIDER_ERROR

    def __init__(
        self,
        detail: str = "",
        *,
        provider: str,
        stage: str,
        retryable: bool | None = None,
        fault: ProviderFault | None = None,
        status: int | None = None,
        retry_after_s: float | None = None,
        close_code: int | None = None,
    ) -> None:
        """`retryable`: if not given, as the fault says. `status`: of HTTP; `close_code`: of a websocket."""
        super().__init__(detail)
        self.provider = provider
        self.stage = stage
        self.fault = fault
        self.retryable = (fault is not None and fault.retryable) if retryable is None else retryable
        self.status = status
        self.retry_after_s = retry_after_s
        self.close_code = close_code


class StoreError(AywaError):
    """The database could not be used."""

    http_status = 503
    code = "store-error"

    def __init__(self, detail: str = "", *, retryable: bool = False, state: str = "") -> None:
        """`state`: the SQLSTATE, if the database gave one."""
        super().__init__(detail)
        self.retryable = retryable
        self.state = state


class MediaError(AywaError):
    """The media engine could not do what was asked."""

    code = "media-error"


class OverloadedError(MediaError):
    """No more calls are admitted at the moment."""

    http_status = 503
    code = "overloaded"
    end_code = EndCode.OVERLOADED

    def __init__(self, detail: str = "", *, retry_after_s: int = 5) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class ConfigError(AywaError):
    """The configuration cannot work."""

    code = "config-error"

    def __init__(self, gaps: Sequence[Gap]) -> None:
        self.gaps = tuple(gaps)
        super().__init__("; ".join(str(gap) for gap in self.gaps))


class RequestError(AywaError):
    """The request cannot be served."""

    http_status = 400
    code = "bad-request"

    def __init__(
        self, detail: str = "", *, http_status: int = 400, code: str = "bad-request", field: str | None = None
    ) -> None:
        super().__init__(detail)
        self.http_status = http_status
        self.code = code
        self.field = field


class RateLimitedError(RequestError):
    """The caller asks too often."""

    def __init__(self, detail: str = "", *, retry_after_s: int) -> None:
        super().__init__(detail, http_status=429, code="rate-limited")
        self.retry_after_s = retry_after_s
