"""What the operator lets URLs lead to that users and models name, besides the public internet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_network

from aywa.errors import Gap
from aywa.settings.reader import EnvironmentReader, parts

VARIABLE = "RUNTIME_OUTBOUND_PRIVATE"
WIDEST = {4: 16, 6: 48}  # bits; in production a wider block is no list of what is needed
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?")
_EXAMPLE = "n8n,10.20.0.0/16"


@dataclass(frozen=True, slots=True)
class OutboundSettings:
    """`private`: names of hosts, addresses and CIDR blocks that may be asked although they are not public."""

    private: tuple[str, ...] = ()


def read_outbound(env: EnvironmentReader) -> OutboundSettings:
    """The settings of this slice; faults go to the reader."""
    rule = "must be a comma-separated list of host names, IP addresses or CIDR blocks"
    return OutboundSettings(env.read(VARIABLE, _entries, (), rule, _EXAMPLE))


def outbound_gaps(settings: OutboundSettings) -> list[Gap]:
    """What production does not allow: to open the inside as a whole."""
    wide = [entry for entry in settings.private if _is_wide(entry)]
    if not wide:
        return []
    rule = (
        f"must not list a block wider than /{WIDEST[4]} (IPv6: /{WIDEST[6]}) in production: {', '.join(wide)}"
    )
    return [Gap(VARIABLE, rule, _EXAMPLE)]


def _entries(text: str) -> tuple[str, ...]:
    return tuple(_entry(part.lower()) for part in parts(text))


def _entry(text: str) -> str:
    """Raises ValueError. What ends in a number is an address, or nothing."""
    if not _NAME.fullmatch(text) or text.rpartition(".")[2].isdigit():
        ip_network(text, strict=False)
    return text


def _is_wide(entry: str) -> bool:
    try:
        network = ip_network(entry, strict=False)
    except ValueError:
        return False
    return network.prefixlen < WIDEST[network.version]
