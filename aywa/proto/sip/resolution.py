"""Which addresses a URI leads to, and in which order: RFC 3263 §4, order of SRV by RFC 2782.

```
Resolution(uri) -> wanted: Question(NAPTR) -> answer(records) -> wanted: Question(SRV) ... -> wanted None
                                                                                             addresses
```
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address
from typing import TYPE_CHECKING, TypeAlias

from aywa.proto.sip.routing import Address
from aywa.proto.sip.stream_address import StreamAddress, Transport
from aywa.proto.sip.uri import DEFAULT_PORTS, Uri

if TYPE_CHECKING:
    from random import Random  # the type only: the caller brings the dice

MAX_ADDRESSES = 16  # tried for one request: a call that has not found its way by then rings nowhere
MAX_QUESTIONS = 24  # asked for one URI, whatever the answers make us ask for
SERVICES = {"SIPS+D2T": Transport.TLS, "SIP+D2T": Transport.TCP, "SIP+D2U": Transport.UDP}  # §4.1
_PREFIXES = {Transport.UDP: "_sip._udp.", Transport.TCP: "_sip._tcp.", Transport.TLS: "_sips._tcp."}


class RecordType(Enum):
    """What is asked for."""

    NAPTR = "NAPTR"
    SRV = "SRV"
    A = "A"
    AAAA = "AAAA"


@dataclass(frozen=True, slots=True)
class Question:
    """What the caller looks up next."""

    name: str
    type: RecordType


@dataclass(frozen=True, slots=True)
class Naptr:
    """RFC 3403 §4.1; `flags` and `service` whatever their case."""

    order: int
    preference: int
    flags: str
    service: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Srv:
    """RFC 2782."""

    priority: int
    weight: int
    port: int
    target: str


Record: TypeAlias = Naptr | Srv | str  # an address as text


@dataclass(frozen=True, slots=True)
class _Server:
    """A host that is still to be looked up."""

    host: str
    port: int
    transport: Transport


class Resolution:
    """One URI on its way to addresses. Ask for `wanted` and `answer` it until it is None.

    `family` 4 or 6 is what the sockets speak. `rng` draws among SRV records of one priority.
    """

    def __init__(self, uri: Uri, *, family: int, rng: Random) -> None:
        self.addresses: list[Address] = []  # the first is tried first
        self._uri = uri
        self._rng = rng
        self._host = RecordType.AAAA if family == 6 else RecordType.A
        self._questions: list[Question] = []
        self._services: dict[str, Transport] = {}
        self._found: dict[Question, Sequence[Record]] = {}
        self._servers: list[_Server] = []
        self._asked = 0
        self._begin()

    @property
    def wanted(self) -> Question | None:
        """What to look up now; None: `addresses` is complete."""
        return self._questions[0] if self._questions and self._asked < MAX_QUESTIONS else None

    def answer(self, records: Iterable[Record]) -> None:
        """Take the records of `wanted`: none when the name has none, or nobody answered."""
        question = self._questions.pop(0)
        found = list(records)
        self._asked += 1
        match question.type:
            case RecordType.NAPTR:
                self._take_naptr([record for record in found if isinstance(record, Naptr)])
            case RecordType.SRV:
                self._take_srv(question.name, [record for record in found if isinstance(record, Srv)])
            case _:
                self._found[question] = [record for record in found if isinstance(record, str)]
        if not self._questions or self._asked >= MAX_QUESTIONS:
            self._settle()

    def _begin(self) -> None:
        """A number needs no question, a port no service (§4.1, §4.2)."""
        uri = self._uri
        transport = self._asked_for()
        try:
            numeric = str(ip_address(uri.host))
        except ValueError:
            numeric = ""
        if numeric:
            self._add(numeric, _Server(numeric, uri.port or _default_port(transport), transport))
        elif uri.port is not None:
            self._look_up([_Server(uri.host, uri.port, transport)])
        elif uri.transport is not None:
            self._ask_services([transport])
        else:
            self._questions = [Question(uri.host, RecordType.NAPTR)]

    def _asked_for(self) -> Transport:
        secure = self._uri.scheme == "sips" or self._uri.transport == "tls"
        return Transport.TLS if secure else Transport.TCP if self._uri.transport == "tcp" else Transport.UDP

    def _take_naptr(self, records: list[Naptr]) -> None:
        secure = self._uri.scheme == "sips"
        usable = [
            record
            for record in records
            if record.flags.lower() == "s"
            and (transport := SERVICES.get(record.service.upper())) is not None
            and (transport is Transport.TLS or not secure)
        ]
        for record in sorted(usable, key=lambda record: (record.order, record.preference)):
            name = record.replacement.rstrip(".").lower()
            if name not in self._services:
                self._services[name] = SERVICES[record.service.upper()]
                self._questions.append(Question(name, RecordType.SRV))
        if not usable:  # §4.1: SRV for each transport we speak
            plain = [Transport.UDP, Transport.TCP]
            self._ask_services([Transport.TLS] if secure else plain)

    def _ask_services(self, transports: list[Transport]) -> None:
        for transport in transports:
            name = _PREFIXES[transport] + self._uri.host
            self._services[name] = transport
            self._questions.append(Question(name, RecordType.SRV))

    def _take_srv(self, name: str, records: list[Srv]) -> None:
        transport = self._services[name]
        targets = [record for record in records if record.target.rstrip(".")]  # "." says: not offered
        for record in in_order(targets, self._rng):
            self._servers.append(_Server(record.target.rstrip(".").lower(), record.port, transport))
        if self._questions:
            return
        if not self._servers:  # §4.2: no SRV at all, so the host itself
            transport = self._asked_for()
            self._servers.append(_Server(self._uri.host, _default_port(transport), transport))
        self._look_up(self._servers)

    def _look_up(self, servers: list[_Server]) -> None:
        self._servers = servers[:MAX_ADDRESSES]
        hosts = dict.fromkeys(server.host for server in self._servers)
        self._questions += [Question(host, self._host) for host in hosts]

    def _settle(self) -> None:
        self._questions.clear()
        for server in self._servers:
            for found in self._found.get(Question(server.host, self._host), ()):
                if isinstance(found, str) and len(self.addresses) < MAX_ADDRESSES:
                    self._add(found, server)

    def _add(self, host: str, server: _Server) -> None:
        address: Address = (host, server.port)
        if server.transport is not Transport.UDP:
            # The certificate must be for the domain of the URI, not for the SRV's target (RFC 5922 §4).
            secure = server.transport is Transport.TLS and host != self._uri.host
            name = self._uri.host if secure else ""
            address = StreamAddress(host, server.port, server.transport, name=name)
        if address not in self.addresses:
            self.addresses.append(address)


def in_order(records: Iterable[Srv], rng: Random) -> list[Srv]:
    """SRV records by priority, and within one by a draw weighted as RFC 2782 describes."""
    left = sorted(records, key=lambda record: (record.priority, record.weight))  # weight 0 comes first
    ordered: list[Srv] = []
    while left:
        rank = [record for record in left if record.priority == left[0].priority]
        point = rng.randint(0, sum(record.weight for record in rank))
        running = 0
        for record in rank:
            running += record.weight
            if running >= point:
                break
        ordered.append(record)
        left.remove(record)
    return ordered


def _default_port(transport: Transport) -> int:
    return DEFAULT_PORTS["sips" if transport is Transport.TLS else "sip"]
