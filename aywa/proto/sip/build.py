"""Messages that follow from others: responses, ACK, CANCEL, new requests (RFC 3261 §8.1.1, §8.2.6, §9.1)."""

from __future__ import annotations

from collections.abc import Iterable

from aywa.errors import LocalProtocolError

from .header import CSeq, NameAddr, Via
from .headers import Headers
from .message import Message, Request, Response
from .status import reason_phrase
from .uri import Uri

MAX_FORWARDS = 70  # §8.1.1.6


def response_to(
    request: Request,
    status: int,
    reason: str | None = None,
    *,
    to_tag: str | None = None,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    content_type: str | None = None,
) -> Response:
    """A response with what §8.2.6 copies: all Vias, From, To, Call-ID, CSeq.

    `to_tag` goes into To unless the request had a tag there. Record-Route is copied where the response can
    make a dialog (101 to 299, §12.1.1), Timestamp into a 100 (§8.2.6.1).
    """
    response = Response(status, reason_phrase(status) if reason is None else reason, Headers(), body)
    source, target = request.headers, response.headers
    for via in source.get_all("Via"):
        target.add("Via", via)
    if 101 <= status <= 299:
        for route in source.get_all("Record-Route"):
            target.add("Record-Route", route)
    _copy(source, target, "From")
    to = request.to
    if to_tag is not None and not to.tag:
        target.add("To", str(to.with_tag(to_tag)))
    else:
        _copy(source, target, "To")
    _copy(source, target, "Call-ID", "CSeq")
    if status == 100:
        _copy(source, target, "Timestamp")
    _finish(response, headers, content_type)
    return response


def ack_for(invite: Request, response: Response) -> Request:
    """The ACK of a final response of 300 and above: part of the INVITE's transaction (§17.1.1.3).

    The ACK of a 2xx belongs to the dialog and is a `new_request`; asking for it here is LocalProtocolError.
    """
    if response.status < 300:
        raise LocalProtocolError("Only 3xx to 6xx are acknowledged in the transaction")
    ack = _within_transaction(invite, "ACK")
    ack.headers.set("To", response.headers.get("To") or str(response.to))
    return ack


def cancel_for(invite: Request, *, headers: Iterable[tuple[str, str]] = ()) -> Request:
    """The CANCEL of an INVITE (§9.1); `headers` may carry a Reason (RFC 3326)."""
    cancel = _within_transaction(invite, "CANCEL")
    for name, value in headers:
        cancel.headers.add(name, value)
    return cancel


def new_request(
    method: str,
    uri: Uri,
    *,
    via: Via,
    from_: NameAddr,
    to: NameAddr,
    call_id: str,
    cseq: int,
    contact: NameAddr | None = None,
    routes: Iterable[NameAddr] = (),
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    content_type: str | None = None,
    max_forwards: int = MAX_FORWARDS,
) -> Request:
    """A request with the six mandatory headers (§8.1.1). The URI's own headers are left out (§19.1.5)."""
    request = Request(method, uri.without_headers(), Headers(), body)
    target = request.headers
    target.add("Via", str(via))
    target.add("Max-Forwards", str(max_forwards))
    for route in routes:
        target.add("Route", str(route))
    target.add("From", str(from_))
    target.add("To", str(to))
    target.add("Call-ID", call_id)
    target.add("CSeq", str(CSeq(cseq, method)))
    if contact is not None:
        target.add("Contact", str(contact))
    _finish(request, headers, content_type)
    return request


def _within_transaction(invite: Request, method: str) -> Request:
    """A request that shares the INVITE's branch: same URI, top Via only, same route, same number."""
    if invite.method != "INVITE":
        raise LocalProtocolError(f"{method} follows an INVITE only")
    request = Request(method, invite.uri)
    target = request.headers
    target.add("Via", str(invite.via))
    target.add("Max-Forwards", str(MAX_FORWARDS))
    for route in invite.headers.get_all("Route"):
        target.add("Route", route)
    _copy(invite.headers, target, "From", "To", "Call-ID")
    target.add("CSeq", str(CSeq(invite.cseq.number, method)))
    return request


def _copy(source: Headers, target: Headers, *names: str) -> None:
    for name in names:
        value = source.get(name)
        if value is not None:
            target.add(name, value)


def _finish(message: Message, headers: Iterable[tuple[str, str]], content_type: str | None) -> None:
    """Add the caller's headers and say what the body is; a body of no type is LocalProtocolError (§7.4.1)."""
    for name, value in headers:
        message.headers.add(name, value)
    if content_type is not None:
        message.headers.set("Content-Type", content_type)
    if message.body and "Content-Type" not in message.headers:
        raise LocalProtocolError("A body needs a Content-Type")
