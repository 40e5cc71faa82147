"""Who may call: the addresses of the PBXs and carriers beside this host."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aywa.errors import ConfigError, Gap
from aywa.proto.sip.digest import Credentials
from aywa.settings import TrunkCredentials, TrunkSettings

UNNAMED = TrunkSettings("addresses")  # what `RUNTIME_SIP_TRUNKS` lists: an address is all there is to say
_REMEMBERED = 1024  # verdicts kept; a flood of forged sources must not grow the table


@dataclass(frozen=True, slots=True)
class _Block:
    """Addresses that belong to one trunk."""

    network: IPv4Network | IPv6Network
    trunk: TrunkSettings

    @property
    def scope(self) -> str:
        """What its calls are counted as: those of the trunk, or of an entry without a name."""
        return str(self.network) if self.trunk == UNNAMED else self.trunk.name


class Trunks:
    """Which trunk an IP address belongs to: the one with the narrowest block, the first of several.

    `entries` are addresses and blocks of no name. Raises ConfigError naming each entry that is neither.
    """

    def __init__(self, entries: Iterable[str], named: Sequence[TrunkSettings] = ()) -> None:
        self.named = tuple(named)
        self._blocks: list[_Block] = []
        self._verdicts: dict[str, TrunkSettings | None] = {}
        self._met: dict[str, TrunkSettings] = {}  # by host: where names of ours were found
        gaps = [gap for trunk in named for gap in self._add(trunk.addresses, trunk, trunk.name)]
        gaps += self._add(entries, UNNAMED, "RUNTIME_SIP_TRUNKS")
        if gaps:
            raise ConfigError(gaps)
        calling = {trunk.name for trunk in named if trunk.register is not None}
        self.sources = len(calling | {block.scope for block in self._blocks})  # trunks and entries that call
        self._blocks.sort(key=lambda block: -block.network.prefixlen)  # stable: named ones stay first

    def allows(self, host: str) -> bool:
        """True when requests from `host` (an IP literal) are answered."""
        return self.of(host) is not None

    def of(self, host: str) -> TrunkSettings | None:
        """The trunk that `host` (an IP literal) belongs to."""
        met = self._met.get(host)
        if met is not None:
            return met
        try:
            return self._verdicts[host]
        except KeyError:
            pass
        if len(self._verdicts) >= _REMEMBERED:
            self._verdicts.clear()
        verdict = self._verdicts[host] = self._look_up(host)
        return verdict

    def scope_of(self, host: str) -> str:
        """What calls of `host` (an IP literal) are counted as; "" for an address of no trunk."""
        met = self._met.get(host)
        if met is not None:
            return met.name
        block = self._block_of(host)
        return "" if block is None else block.scope

    def named_as(self, name: str) -> TrunkSettings:
        """The trunk of that name. Raises KeyError."""
        return {trunk.name: trunk for trunk in self.named}[name]

    def meet(self, host: str, trunk: TrunkSettings) -> None:
        """The registrar of `trunk` was found at `host`: its calls come from there too.

        An address that another trunk lists stays with that one.
        """
        if self._look_up(host) in (None, UNNAMED):
            self._met[host] = trunk

    def credentials_for(self, host: str) -> Credentials | None:
        """Who we are towards `host`, when its trunk says so."""
        trunk = self.of(host)
        return None if trunk is None or trunk.outbound is None else credentials_of(trunk.outbound)

    def _add(self, entries: Iterable[str], trunk: TrunkSettings, name: str) -> list[Gap]:
        gaps = []
        for entry in entries:
            try:
                self._blocks.append(_Block(ip_network(entry.strip(), strict=False), trunk))
            except ValueError:
                rule = f"{entry.strip()!r} is neither an IP address nor a CIDR block"
                gaps.append(Gap(name, rule, "192.0.2.10,10.0.0.0/8"))
        return gaps

    def _look_up(self, host: str) -> TrunkSettings | None:
        block = self._block_of(host)
        return None if block is None else block.trunk

    def _block_of(self, host: str) -> _Block | None:
        address: IPv4Address | IPv6Address = ip_address(host.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return next((block for block in self._blocks if address in block.network), None)


def credentials_of(settings: TrunkCredentials) -> Credentials:
    """The same for the protocol."""
    return Credentials(settings.user, settings.password, settings.ha1, settings.realm)
