"""What a URL that somebody else wrote may lead to: the public internet, and what the operator has listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aywa.errors import OutboundError, OutboundFault
from aywa.proto.public_ip import carried_ipv4, is_public

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class OutboundRules:
    """The operator's exceptions: networks, and names that may lead to any address."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    def is_listed(self, host: str) -> bool:
        """Whether this name or address is one of the exceptions as it stands in a URL."""
        if host in self.hosts:
            return True
        try:
            return self._in_networks(host)
        except ValueError:
            return False

    def judge(self, host: str, addresses: Sequence[str]) -> tuple[str, ...]:
        """The addresses of a host, each once, canonically spelled: these and no others may be dialled.

        Raises OutboundError when there is none, or when a single one may not be: a name that leads to the
        public internet and inside is not to be trusted with either.
        """
        judged: list[str] = []
        for text in addresses:
            try:
                if not (is_public(text) or host in self.hosts or self._in_networks(text)):
                    raise OutboundError("the host is not one of the public internet", OutboundFault.REFUSED)
                judged.append(str(ip_address(text.partition("%")[0])))
            except ValueError as error:
                raise OutboundError("the host has no address", OutboundFault.UNRESOLVED) from error
        if not judged:
            raise OutboundError("the host has no address", OutboundFault.UNRESOLVED)
        return tuple(dict.fromkeys(judged))

    def _in_networks(self, text: str) -> bool:
        """Whether the operator listed it, or every address that it carries. Raises ValueError."""
        ip = ip_address(text.partition("%")[0])
        forms = carried_ipv4(ip) if isinstance(ip, IPv6Address) else ()
        return self._holds(str(ip)) or (bool(forms) and all(self._holds(str(form)) for form in forms))

    def _holds(self, text: str) -> bool:
        ip = ip_address(text)
        return any(ip.version == network.version and ip in network for network in self.networks)


PUBLIC_ONLY = OutboundRules()


def outbound_rules(entries: Sequence[str]) -> OutboundRules:
    """The rules that a list of names, addresses and CIDR blocks means; what is no block is a name."""
    networks: list[Network] = []
    hosts: set[str] = set()
    for entry in entries:
        try:
            networks.append(ip_network(entry, strict=False))
        except ValueError:
            hosts.add(entry.lower())
    return OutboundRules(tuple(networks), frozenset(hosts))
