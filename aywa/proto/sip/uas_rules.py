"""What a user agent server checks before it looks at the meaning of a request: RFC 3261 §8.2.

`Max-Forwards: 0` is not among the checks: §16.3 makes it a proxy's business, and a user agent is where
the forwarding ends anyway.
"""

from __future__ import annotations

from aywa.proto.sip.build import response_to
from aywa.proto.sip.identity import ACCEPT, ALLOW, KNOWN_METHODS
from aywa.proto.sip.info_dtmf import TYPES
from aywa.proto.sip.message import Request, Response

SCHEMES = ("sip", "sips", "tel")


def refuse(
    request: Request, extensions: tuple[str, ...] = ("timer", "100rel", "replaces")
) -> Response | None:
    """The refusal `request` has earned, or None. An ACK is never refused; its caller does not ask.

    In the RFC's order: method (405, 501), Request-URI (416), Require (420), content (415, and 469 for an INFO
    of a package, RFC 6086 §4.2.2), the content of the answer (406, §21.4.7).
    """
    if request.method not in ALLOW:
        status = 405 if request.method in KNOWN_METHODS else 501
        return response_to(request, status, headers=(("Allow", ", ".join(ALLOW)),))
    if request.method == "CANCEL":
        return None  # Require in a CANCEL is ignored (§8.2.2.3), and it has no content
    if request.uri.scheme not in SCHEMES:
        return response_to(request, 416)
    unknown = [tag for tag in request.headers.items_of("Require") if tag.lower() not in extensions]
    if unknown:
        return response_to(request, 420, headers=(("Unsupported", ", ".join(unknown)),))
    return _refuse_content(request) or _refuse_answer(request)


def _refuse_answer(request: Request) -> Response | None:
    """406 where the answer's content, which is SDP, is not among what the caller takes (RFC 4475 §3.3.15)."""
    if request.method not in ("INVITE", "UPDATE") or "Accept" not in request.headers:
        return None
    taken = {item.partition(";")[0].strip().lower() for item in request.headers.items_of("Accept")}
    if taken & {ACCEPT, "application/*", "*/*"}:
        return None
    return response_to(request, 406, headers=(("Accept", ACCEPT),))


def _refuse_content(request: Request) -> Response | None:
    if not request.body or request.method == "BYE":
        return None  # what a BYE carries changes nothing about its meaning
    accept = (("Accept", ACCEPT),)
    encoding = request.headers.get("Content-Encoding")
    if encoding and encoding.strip().lower() != "identity":
        return response_to(request, 415, headers=(*accept, ("Accept-Encoding", "identity")))
    if request.method == "INFO":
        if "Info-Package" in request.headers:
            return response_to(request, 469, headers=(("Recv-Info", ""),))
        if request.content_type not in TYPES:
            return response_to(request, 415, headers=(("Accept", ", ".join(TYPES)),))
        return None
    if request.method not in ("INVITE", "UPDATE", "PRACK"):
        return None
    if request.content_type != ACCEPT:
        return response_to(request, 415, headers=accept)
    return None
