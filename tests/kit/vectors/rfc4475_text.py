"""How the torture messages of RFC 4475 are written down: text with LF, bodies by address."""

from __future__ import annotations


def sdp(address: str, *, times: str = "0 0") -> str:
    """The body most torture messages carry."""
    return (
        f"v=0\no=mhandley 29739 7272939 IN IP4 {address}\ns=-\nc=IN IP4 {address}\nt={times}\n"
        "m=audio 49217 RTP/AVP 0 12\nm=video 3227 RTP/AVP 31\na=rtpmap:31 LPC\n"
    )


def message(head: str, body: str = "", *, length: int | None = None) -> bytes:
    """A message as sent. `{length}` in the head becomes `length`, else the body's own."""
    content = body.replace("\n", "\r\n").encode()
    head = head.lstrip("\n").replace("{length}", str(len(content) if length is None else length))
    return head.replace("\n", "\r\n").encode() + b"\r\n" + content
