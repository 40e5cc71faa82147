"""Lets in whoever shows a call's token in the URL: for that call, and for that one thing."""

from __future__ import annotations

from quart.wrappers.base import BaseRequestWebsocket

from aywa.errors import RequestError
from aywa.model.api_key import KeyScope
from aywa_server.auth import Gate, source_of
from aywa_server.call_tokens import CallTokens, Door
from aywa_server.caller import Caller
from aywa_server.parts import Parts

# By endpoint: what its token is for, the scope that it stands for, and what of a monitorPlan wants a key too.
_DOORS = {
    "listen.listen": (Door.LISTEN, KeyScope.READ, "listenAuthentication"),
    "control.control": (Door.CONTROL, KeyScope.CONTROL, "controlAuthentication"),
    "web.transport": (Door.TRANSPORT, KeyScope.CALLS, ""),
}


class TokenGate:
    """`tokens` None: nothing opens without a key."""

    def __init__(self, parts: Parts, gate: Gate) -> None:
        self._calls = parts.calls
        self._tokens: CallTokens | None = parts.tokens
        self._gate = gate

    def admit(self, asked: BaseRequestWebsocket) -> Caller | None:
        """Who asks by a token; None when a key is needed.

        Raises `RequestError`: 401 for a wrong token, 409 when this worker does not carry the call, 403 when
        the assistant's plan does not let the door be opened, 429.
        """
        known = _DOORS.get(asked.endpoint or "")
        token = asked.args.get("token")
        if known is None or token is None or self._tokens is None:
            return None
        door, scope, wants_key = known
        call_id = str((asked.view_args or {}).get("call_id", ""))
        if not self._tokens.opens(token, call_id, door):
            raise self._gate.refuse_token(source_of(asked.remote_addr or ""))
        self._gate.pace(f"{door.value}:{call_id}")
        row = self._calls.row(call_id)
        if row is None:
            detail = "the call is not up in this worker: it is over, or another worker carries it"
            raise RequestError(detail, http_status=409, code="call-not-live")
        plan = row.monitor or {}
        if not plan.get(door.value, True):
            raise RequestError(
                f"the assistant's monitorPlan has {door.value} switched off",
                http_status=403,
                code="monitoring-disabled",
            )
        if plan.get(wants_key, False):
            return None
        name = f"{door.value}-url:{call_id}"
        return Caller(name, name, row.org_id, frozenset({scope}), bound=True)
