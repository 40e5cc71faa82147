"""Who may call: the addresses of the PBXs and carriers beside this host."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aywa.errors import ConfigError, Gap

_REMEMBERED = 1024  # verdicts kept; a flood of forged sources must not grow the table


class Trunks:
    """An allow-list of IP addresses and CIDR blocks. Raises ConfigError naming each entry that is neither."""

    def __init__(self, entries: Iterable[str]) -> None:
        self._networks: list[IPv4Network | IPv6Network] = []
        self._verdicts: dict[str, bool] = {}
        gaps = []
        for entry in entries:
            try:
                self._networks.append(ip_network(entry.strip(), strict=False))
            except ValueError:
                rule = f"{entry.strip()!r} is neither an IP address nor a CIDR block"
                gaps.append(Gap("RUNTIME_SIP_TRUNKS", rule, "192.0.2.10,10.0.0.0/8"))
        if gaps:
            raise ConfigError(gaps)

    def allows(self, host: str) -> bool:
        """True when requests from `host` (an IP literal) are answered."""
        verdict = self._verdicts.get(host)
        if verdict is None:
            if len(self._verdicts) >= _REMEMBERED:
                self._verdicts.clear()
            verdict = self._verdicts[host] = self._look_up(host)
        return verdict

    def _look_up(self, host: str) -> bool:
        address = ip_address(host.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)
