"""Whom a REFER of ours names, and what its answers mean to a transfer."""

from __future__ import annotations

from aywa.proto.sip.refer import ReferTo
from aywa.proto.sip.session_states import ReferAnswered as SipReferAnswered
from aywa.proto.sip.session_states import ReferReported
from aywa.proto.sip.uri import Uri, parse_uri
from aywa.transfer.events import ReferAnswered, ReferProgress, TransferInput
from aywa.transfer.plan import Destination


def refer_target(destination: Destination, peer: Uri) -> ReferTo:
    """Whom the caller's side, which is at `peer`, shall call: a number is one at its own host. Raises
    ParseError.
    """
    if destination.sip_uri:
        return ReferTo(parse_uri(destination.sip_uri))
    port = "" if peer.port is None else f":{peer.port}"
    host = f"[{peer.host}]" if ":" in peer.host else peer.host
    return ReferTo(parse_uri(f"sip:{destination.number}@{host}{port}"))


def told_by(event: SipReferAnswered | ReferReported) -> TransferInput:
    """The same in the machine's words."""
    if isinstance(event, ReferReported):
        return ReferProgress(event.status)
    return ReferAnswered(event.status, event.reports)
