"""DNS for SIP: asks what `Resolution` wants to know, and remembers the answers for as long as they say."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from random import Random

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.rdatatype
import dns.rdtypes.IN.NAPTR
import dns.rdtypes.IN.SRV
import dns.resolver
import trio

from aywa.errors import TransportError
from aywa.proto.sip.resolution import Naptr, Question, Record, RecordType, Resolution, Srv
from aywa.proto.sip.routing import Address
from aywa.proto.sip.uri import Uri

LIFETIME_S = 4.0  # for one question: the caller hears nothing meanwhile
CACHED = 1024  # answers
MAX_TTL_S = 3600.0
FAILED_TTL_S = 5.0  # a name nobody answered for is asked again soon
NONE_TTL_S = 60.0  # a name without such records


class Resolver:
    """Looks names up with the system's servers, or with `nameservers`: IPv4 literals, or `host:port`."""

    def __init__(self, rng: Random, nameservers: Iterable[str] = ()) -> None:
        self._rng = rng
        self._cache: dict[Question, tuple[float, tuple[Record, ...]]] = {}
        self._servers = list(nameservers)
        self._dns: dns.asyncresolver.Resolver | None = None

    async def addresses(self, uri: Uri, family: int) -> list[Address]:
        """Where `uri` leads, in the order to try. `family`: 4 or 6. Raises TransportError for nowhere."""
        if not uri.host:
            raise TransportError(f"A {uri.scheme} URI names no host to call.")
        resolution = Resolution(uri, family=family, rng=self._rng)
        while (question := resolution.wanted) is not None:
            resolution.answer(await self._look_up(question))
        if not resolution.addresses:
            raise TransportError(f"The host {uri.host} has no address.")
        return resolution.addresses

    async def _look_up(self, question: Question) -> tuple[Record, ...]:
        now = trio.current_time()
        held = self._cache.get(question)
        if held is not None and now < held[0]:
            return held[1]
        host = question.type in (RecordType.A, RecordType.AAAA)
        if "." not in question.name:  # of this machine or its containers: no name server of the world has it
            ttl_s, records = NONE_TTL_S, await _of_the_system(question) if host else ()
        else:
            ttl_s, records = await self._ask(question)
            if host and not records and not self._servers:  # /etc/hosts, and what else this host resolves by
                records = await _of_the_system(question)
        if len(self._cache) >= CACHED:
            self._cache.clear()
        self._cache[question] = (now + min(ttl_s, MAX_TTL_S), records)
        return records

    async def _ask(self, question: Question) -> tuple[float, tuple[Record, ...]]:
        try:
            answer = await self._resolver().resolve(
                question.name, question.type.value, lifetime=LIFETIME_S, search=False
            )
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return NONE_TTL_S, ()
        except (dns.exception.DNSException, OSError):
            return FAILED_TTL_S, ()
        rows = () if answer.rrset is None else tuple(answer.rrset)
        ttl_s = 0.0 if answer.rrset is None else float(answer.rrset.ttl)
        return ttl_s, tuple(_record(row) for row in rows)

    def _resolver(self) -> dns.asyncresolver.Resolver:
        """Made when first needed: most systems call numbers only and have no use for it."""
        if self._dns is None:
            self._dns = dns.asyncresolver.Resolver(configure=not self._servers)
            if self._servers:
                self._dns.nameservers = [_nameserver(text) for text in self._servers]
        return self._dns


def _nameserver(text: str) -> dns.nameserver.Nameserver:
    host, _, port = text.partition(":")
    return dns.nameserver.Do53Nameserver(host, int(port or 53))


def _record(row: object) -> Record:
    if isinstance(row, dns.rdtypes.IN.SRV.SRV):
        return Srv(row.priority, row.weight, row.port, row.target.to_text())
    if isinstance(row, dns.rdtypes.IN.NAPTR.NAPTR):
        flags, service = row.flags.decode("latin-1"), row.service.decode("latin-1")
        return Naptr(row.order, row.preference, flags, service, row.replacement.to_text())
    return str(row)  # an address


async def _of_the_system(question: Question) -> tuple[Record, ...]:
    family = trio.socket.AF_INET6 if question.type is RecordType.AAAA else trio.socket.AF_INET
    try:
        with trio.fail_after(LIFETIME_S):
            found = await trio.socket.getaddrinfo(question.name, None, family=family)
    except (OSError, UnicodeError, trio.TooSlowError):
        return ()
    return tuple(dict.fromkeys(str(ip_address(str(row[4][0]).partition("%")[0])) for row in found))
