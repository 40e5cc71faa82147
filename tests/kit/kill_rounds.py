"""Rounds of calls on a runtime that is killed at a random instant, started again, and asked what it knows."""

from __future__ import annotations

import socket
import wave
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import trio

from aywa.bridge.asyncio_loop import open_asyncio_loop
from aywa.bridge.postgres import Postgres, Row, open_postgres
from aywa.errors import AywaError
from aywa.proto.sdp.offer_answer import LocalAudio, accept_answer, make_offer
from aywa.proto.sip.uri import parse_uri
from aywa.settings import SipSettings
from aywa.ua.user_agent import UserAgent, open_user_agent
from aywa_server.child import Child
from aywa_server.cli_call import decline
from tests.kit.outbox_world import until
from tests.kit.plain_caller import PlainCall
from tests.kit.runtime_process import open_runtime_process, runtime_settings
from tests.kit.webhook_server import WebhookServer, open_webhook_server

SETTLED_S = 30.0  # for what servers are told after the last round
LATEST_S = 2.0  # of the instants, after the first call was placed
GREETING_S = 0.6  # of the last call, before anybody is killed early


@dataclass(frozen=True, slots=True)
class Known:
    """What had been committed a moment before."""

    entries: frozenset[tuple[str, int, str]]  # call, number, kind
    lines: frozenset[tuple[str, int, str]]
    jobs: frozenset[tuple[str, str, int]]  # id, call, number
    rows: Mapping[str, Row]
    at: datetime
    answered: frozenset[str] = frozenset()  # SIP Call-IDs


@dataclass(slots=True)
class Round:
    """What one round came to."""

    number: int
    live: int = 0
    killed_after_s: float = 0.0
    ready_s: float = 0.0
    committed: int = 0
    lost: int = 0  # of those
    shortest_s: float = 0.0  # by how much the worst recording is shorter than its call was long
    faults: list[str] = field(default_factory=list)


class Phones:
    """Many calls of one user agent, which say nothing for as long as they are up."""

    def __init__(self, agent: UserAgent, nursery: trio.Nursery) -> None:
        self._agent = agent
        self._nursery = nursery
        self.calls: list[PlainCall] = []

    async def call(self, sip_port: int, number: int) -> None:
        """Place one; a runtime that is killed meanwhile does not answer."""
        media = trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        await media.bind(("127.0.0.1", 0))
        offer = make_offer(LocalAudio("127.0.0.1", media.getsockname()[1]), number, 1)
        with suppress(AywaError):
            session = await self._agent.invite(
                parse_uri(f"sip:1000@127.0.0.1:{sip_port}"),
                from_uri=parse_uri(f"sip:{number}@127.0.0.1"),
                offer=offer,
            )
            assert session.answer is not None
            remote = accept_answer(offer, session.answer).remote
            self.calls.append(PlainCall(session, media, remote))

    async def talk(self) -> None:
        """A packet of each call every 20 ms."""
        due = trio.current_time()
        while True:
            for call in self.calls:
                with suppress(OSError):
                    await call.send(call.packet())
            due += 0.02
            await trio.sleep_until(due)


class KillWorld:
    """Holds what outlives the runtime: its data, its server, and a look into its database."""

    def __init__(self, folder: Path, server: WebhookServer, calls: int, seed: int) -> None:
        self._calls = calls
        self._rng = Random(seed)
        self._settings = runtime_settings(
            folder / "data",
            RUNTIME_WEBHOOK_URL=server.url(),
            RUNTIME_OUTBOUND_PRIVATE="127.0.0.1",
            RUNTIME_SIP_TRUNKS="127.0.0.0/8",
            RUNTIME_SIP_TRUNK_RATE="5000",
            RUNTIME_LOG_LEVEL="WARNING",
        )
        self._server = server
        self._data = folder / "data"

    @asynccontextmanager
    async def runtime(self) -> AsyncIterator[Child]:
        """Until it is killed."""
        async with open_runtime_process(self._settings) as child:
            yield child

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Postgres]:
        """The embedded server's, which no kill reaches. A runtime must have started it."""
        url = f"postgresql://postgres@/postgres?host={quote(str(self._data / 'postgres'), safe='')}"
        async with open_asyncio_loop() as loop, open_postgres(loop, url, max_connections=2) as postgres:
            yield postgres

    async def rounds(self, count: int, tell: Callable[[Round], None]) -> list[str]:
        """One after the other; the runtime that is started after a kill carries the next round's calls.

        Returns what is wrong with what servers were told in all rounds, once all of it has come.
        """
        async with AsyncExitStack() as stack:
            child = await stack.enter_async_context(self.runtime())
            postgres = await stack.enter_async_context(self.database())
            seen: set[str] = set()
            for number in range(1, count + 1):
                found = Round(number)
                known = await self._kill(child, postgres, found, seen)
                began = trio.current_time()
                child = await stack.enter_async_context(self.runtime())
                found.ready_s = trio.current_time() - began
                await _judge(postgres, known, seen, found)
                seen |= known.rows.keys()
                tell(found)
            return await self._told(postgres)

    async def _told(self, postgres: Postgres) -> list[str]:
        """A runtime must be there, which tells them."""
        waiting = "select count(*) as n from webhook_jobs where state <> 'delivered'"
        with trio.move_on_after(SETTLED_S):
            while (await postgres.system().fetch(waiting))[0]["n"]:  # noqa: ASYNC110 - another process
                await trio.sleep(0.2)
        rows = await postgres.system().fetch("select id, call_id::text, seq, type, state from webhook_jobs")
        return list(_message_faults(rows, self._server))

    async def _kill(self, child: Child, postgres: Postgres, found: Round, seen: set[str]) -> Known:
        rng = self._rng
        settings = SipSettings(port=0, trunks=(), user_agent="kill rounds")
        async with (
            open_user_agent(settings, rng=Random(rng.random()), on_call=decline) as agent,
            trio.open_nursery() as nursery,
        ):
            phones = Phones(agent, nursery)
            nursery.start_soon(phones.talk)
            began = trio.current_time()
            for number in range(self._calls):
                nursery.start_soon(phones.call, child.sip_port, number)
            if found.number % 4:  # every fourth is killed while calls are still being answered
                await until(lambda: len(phones.calls) == self._calls, SETTLED_S)
                await trio.sleep(GREETING_S)
            await trio.sleep(rng.uniform(0, LATEST_S))
            known = await _look(postgres, seen)
            child.kill()
            found.live = len(phones.calls)
            answered = frozenset(call.session.sip_call_id for call in phones.calls)
            found.killed_after_s = trio.current_time() - began
            found.committed = len(known.entries) + len(known.lines) + len(known.jobs)
            nursery.cancel_scope.cancel()
        for call in phones.calls:
            call.media.close()
        return replace(known, answered=answered)


async def _look(postgres: Postgres, seen: set[str]) -> Known:
    async with postgres.system().transaction() as session:
        done = list(seen)
        narrowed = "where not call_id::text = any ($1::text[])"
        entries = await session.fetch(f"select call_id::text, seq, kind from timeline {narrowed}", done)
        lines = await session.fetch(f"select call_id::text, seq, text from transcript {narrowed}", done)
        jobs = await session.fetch(f"select id, call_id::text, seq from webhook_jobs {narrowed}", done)
        rows = await session.fetch(
            "select *, id::text as call_id from calls where not id::text = any ($1)", done
        )
    return Known(
        frozenset((row["call_id"], row["seq"], row["kind"]) for row in entries),
        frozenset((row["call_id"], row["seq"], row["text"]) for row in lines),
        frozenset((row["id"], row["call_id"], row["seq"]) for row in jobs),
        {row["call_id"]: row for row in rows},
        datetime.now(UTC),
    )


async def _judge(postgres: Postgres, known: Known, seen: set[str], found: Round) -> None:
    now = await _look(postgres, seen)
    for name in ("entries", "lines", "jobs"):
        lost = getattr(known, name) - getattr(now, name)
        found.lost += len(lost)
        found.faults += [f"{name}: {each} is lost" for each in sorted(lost)[:3]]
    if missing := known.rows.keys() - now.rows.keys():
        found.faults.append(f"{len(missing)} calls are lost")
    if unknown := known.answered - {row["sip_call_id"] for row in now.rows.values()}:
        found.faults.append(f"{len(unknown)} calls were answered and have no record")
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    ends: defaultdict[str, int] = defaultdict(int)
    for call_id, seq, kind in now.entries:
        numbers[call_id].append(seq)
        ends[call_id] += kind == "call.ended"
    for call_id, row in now.rows.items():
        if sorted(numbers[call_id]) != list(range(1, len(numbers[call_id]) + 1)):
            found.faults.append(f"{call_id}: its timeline has holes")
        if (row["status"], ends[call_id]) != ("ended", 1):
            found.faults.append(f"{call_id}: {row['status']} with {ends[call_id]} ends")
        if row["recording_path"] and row["started_at"]:
            talked = (known.at - row["started_at"]).total_seconds()
            short = talked - _plays(Path(row["recording_path"]), found)
            found.shortest_s = max(found.shortest_s, short)
            if short > 1.0:
                found.faults.append(f"{call_id}: its recording is {short:.1f} s short")


def _plays(path: Path, found: Round) -> float:
    """Seconds that can be read."""
    try:
        with wave.open(str(path)) as recording:
            frames = recording.getnframes()
            data, rate = recording.readframes(frames), recording.getframerate()
            frame_bytes = recording.getnchannels() * recording.getsampwidth()
            if len(data) != frames * frame_bytes:
                found.faults.append(f"{path.name}: its header says more than it holds")
            return float(len(data) // frame_bytes) / rate
    except (wave.Error, EOFError, OSError) as error:
        found.faults.append(f"{path.name}: {error}")
        return 0.0


def _message_faults(rows: Any, server: WebhookServer) -> list[str]:
    faults = [f"{row['id']} is {row['state']}" for row in rows if row["state"] != "delivered"]
    by_id = {row["id"]: (row["call_id"], row["seq"]) for row in rows}
    came: dict[str, bytes] = {}
    for request in server.received:
        if came.setdefault(request.id, request.body) != request.body:
            faults.append(f"{request.id} came with two bodies")
        if request.id not in by_id:
            faults.append(f"{request.id} came and is not known")
    faults += [f"{id} never came" for id in by_id.keys() - came.keys()]
    ends: defaultdict[str, int] = defaultdict(int)
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for row in rows:
        numbers[row["call_id"]].append(row["seq"])
        ends[row["call_id"]] += row["type"] == "end-of-call-report"
    for call_id, each in numbers.items():
        if sorted(each) != list(range(1, len(each) + 1)):
            faults.append(f"{call_id}: its messages have holes")
        if ends[call_id] != 1:
            faults.append(f"{call_id}: {ends[call_id]} reports of its end")
    return faults


@asynccontextmanager
async def open_kill_world(folder: Path, *, calls: int, seed: int) -> AsyncIterator[KillWorld]:
    """With a server that is told of everything."""
    async with open_webhook_server() as server:
        yield KillWorld(folder, server, calls, seed)
