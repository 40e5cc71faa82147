"""A name server on loopback that answers from a table, and counts what it is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import trio

TTL_S = 30


class FakeDns:
    """`records`: (name, type) to the texts of its records; a type that is not there gets none."""

    def __init__(self, records: Mapping[tuple[str, str], tuple[str, ...]], where: str) -> None:
        self.records = dict(records)
        self.where = where  # host:port
        self.asked: Counter[tuple[str, str]] = Counter()

    def answer(self, data: bytes) -> bytes:
        """The response to one query."""
        query = dns.message.from_wire(data)
        (question,) = query.question
        kind = dns.rdatatype.to_text(question.rdtype)
        key = (question.name.to_text(omit_final_dot=True).lower(), kind)
        self.asked[key] += 1
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if key in self.records:
            response.answer.append(dns.rrset.from_text(question.name, TTL_S, "IN", kind, *self.records[key]))
        elif key[0] not in {name for name, _ in self.records}:
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire()


@asynccontextmanager
async def open_fake_dns(records: Mapping[tuple[str, str], tuple[str, ...]]) -> AsyncIterator[FakeDns]:
    """Answer while the block lasts."""
    with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as socket:
        await socket.bind(("127.0.0.1", 0))
        server = FakeDns(records, f"127.0.0.1:{socket.getsockname()[1]}")

        async def serve() -> None:
            while True:
                data, source = await socket.recvfrom(4096)
                await socket.sendto(server.answer(data), source)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            yield server
            nursery.cancel_scope.cancel()
