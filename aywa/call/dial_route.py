"""By which trunk somebody is called, as whom, and under which URI."""

from __future__ import annotations

from dataclasses import dataclass

from aywa.proto.sip.uri import Uri, escape_user
from aywa.settings import TrunkDialling, TrunkSettings


@dataclass(frozen=True, slots=True)
class Route:
    """One way to a destination."""

    trunk: TrunkSettings
    target: Uri
    from_uri: Uri


def number_uri(server: Uri, dialling: TrunkDialling, digits: str) -> Uri:
    """The URI of a number on a trunk's server; `digits` is the number in E.164 without its plus."""
    return Uri("sip", f"{dialling.prefix}{digits}", None, server.host, server.port, _steering(server))


def short_uri(server: Uri, digits: str) -> Uri:
    """The URI of a short number, which has no country code and no prefix."""
    return Uri("sip", digits, None, server.host, server.port, _steering(server))


def host_uri(user: str, host: str, port: int | None, transport: str | None) -> Uri:
    """A user at a host, with nothing else that a stranger's URI may have carried: no `maddr`, no headers."""
    parameters: dict[str, str | None] = {} if transport is None else {"transport": transport}
    return Uri("sip", escape_user(user), None, host, port, parameters)


def caller_uri(server: Uri, trunk: TrunkSettings, shown: str | None) -> Uri:
    """Who calls: the number shown, or else the user that the trunk knows us as."""
    user = shown or (trunk.outbound.user if trunk.outbound is not None else "aywa")
    return Uri("sip", escape_user(user), None, server.host, server.port)


def _steering(server: Uri) -> dict[str, str | None]:
    return {name: value for name, value in server.parameters.items() if name == "transport"}
