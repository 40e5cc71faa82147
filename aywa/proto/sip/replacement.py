"""Which session a new INVITE takes the place of: RFC 3891 §3. Whether it may is its owner's to decide."""

from __future__ import annotations

from collections.abc import Iterable

from aywa.errors import ParseError
from aywa.proto.sip.build import response_to
from aywa.proto.sip.message import Request, Response
from aywa.proto.sip.refer import parse_replaces
from aywa.proto.sip.session import InviteUsage
from aywa.proto.sip.session_states import State

_ENDING = (State.ENDING, State.BYE_WAITING, State.TERMINATED)


def replaced_session(request: Request, sessions: Iterable[InviteUsage]) -> InviteUsage | Response | None:
    """The session that `request` replaces; None when it asks for none; the refusal it has earned.

    400 for a header that cannot be read or is given twice, 481 for no such dialog or one that is not yet
    answered, 603 for one that is just ending, 486 when only an early dialog was to be replaced.
    """
    values = request.headers.get_all("Replaces")
    if not values:
        return None
    try:
        if len(values) > 1 or request.headers.get("Join") is not None:
            raise ParseError("An INVITE replaces one dialog", where="Replaces")
        wanted = parse_replaces(values[0])
    except ParseError as error:
        return response_to(request, error.status_hint)
    for usage in sessions:
        dialog = usage.dialog
        if dialog is None or (usage.call_id, usage.local_tag) != (wanted.call_id, wanted.to_tag):
            continue
        if (dialog.remote.tag or "0") != wanted.from_tag:  # a peer without a tag is named 0 (§3)
            continue
        if usage.state in _ENDING:
            return response_to(request, 603)
        if usage.state is not State.CONFIRMED:
            return response_to(request, 481)
        return response_to(request, 486) if wanted.early_only else usage
    return response_to(request, 481)
