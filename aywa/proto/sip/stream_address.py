"""An address that is reached over a connection: what UDP's host and port are not enough for."""

from __future__ import annotations

from enum import Enum


class Transport(Enum):
    """What carries SIP. The value is the word of a Via (RFC 3261 §20.42)."""

    UDP = "UDP"
    TCP = "TCP"
    TLS = "TLS"


class StreamAddress(tuple[str, int]):
    """Host and port behind TCP or TLS.

    `flow` names the connection that is used while it is open, 0 for none; when it is gone, a new one goes to
    host and port. `name` is the domain that a certificate must show (RFC 5922 §4); empty: the host.
    """

    transport: Transport
    flow: int
    name: str

    def __new__(
        cls, host: str, port: int, transport: Transport, flow: int = 0, name: str = ""
    ) -> StreamAddress:
        made = super().__new__(cls, (host, port))
        made.transport, made.flow, made.name = transport, flow, name
        return made

    def at(self, port: int) -> StreamAddress:
        """The same peer on another port."""
        return StreamAddress(self[0], port, self.transport, self.flow, self.name)

    def same_peer(self, other: StreamAddress) -> bool:
        """True when both name one peer, by whichever connection."""
        return (self[0], self[1], self.transport, self.name) == (
            other[0],
            other[1],
            other.transport,
            other.name,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StreamAddress) and self._parts() == other._parts()

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        return f"StreamAddress{self._parts()}"

    def _parts(self) -> tuple[str, int, str, int, str]:
        return (self[0], self[1], self.transport.value, self.flow, self.name)


def transport_of(address: tuple[str, int]) -> Transport:
    """What carries messages to `address`."""
    return address.transport if isinstance(address, StreamAddress) else Transport.UDP
