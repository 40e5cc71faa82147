"""What may be dialled: asked before any INVITE leaves, by calls, transfers and redirects alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aywa.call.dial_outcome import DialRefused
from aywa.call.dial_request import DialRequest
from aywa.call.dial_route import Route, caller_uri, host_uri, number_uri
from aywa.call.dialler_port import DiallerPort
from aywa.errors import ParseError
from aywa.proto.sip.uri import Uri, parse_uri
from aywa.settings import TrunkSettings

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True)
class Dialling:
    """What a process dials with."""

    dialler: DiallerPort
    gate: DialGate


class DialGate:
    """Decides by trunk and destination."""

    def __init__(self, trunks: Sequence[TrunkSettings]) -> None:
        self._trunks = tuple(trunks)

    def routes(self, request: DialRequest) -> tuple[Route, ...]:
        """The ways to call, the best first; at least one. Raises DialRefused."""
        routes = [
            route
            for trunk in self._trunks
            if request.trunk in (None, trunk.name) and (route := _route(trunk, request)) is not None
        ]
        if not routes:
            raise DialRefused("No trunk may dial this destination")
        return tuple(routes)

    def may_follow(self, target: Uri, route: Route) -> bool:
        """Whether a redirect of a call on `route` to `target` is followed."""
        return False


def _route(trunk: TrunkSettings, request: DialRequest) -> Route | None:
    """By which URI this trunk reaches the destination; None where it may not."""
    dialling = trunk.dial
    if dialling is None:
        return None
    server = parse_uri(dialling.server)
    shown = request.from_number or (dialling.callers[0] if dialling.callers else None)
    caller = caller_uri(server, trunk, shown)
    if _E164.fullmatch(request.destination):
        return Route(trunk, number_uri(server, dialling, request.destination[1:]), caller)
    try:
        uri = parse_uri(request.destination)
    except ParseError:
        return None
    if uri.scheme != "sip" or uri.host not in dialling.hosts or uri.user is None:
        return None
    return Route(trunk, host_uri(uri.user_text, uri.host, uri.port, uri.transport), caller)
