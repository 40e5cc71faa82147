"""Files from their upload to what a question finds, on real PostgreSQL; and fifty questions on a handbook."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from aywa.artifacts.blobs import DiskBlobs
from aywa.bridge.postgres import Postgres
from aywa.emulators.exchange import EmulatorSocket, Reply, Request
from aywa.emulators.faults import Fault, FaultKind, Faults
from aywa.emulators.host import open_emulator
from aywa.errors import ProviderError, ProviderFault
from aywa.knowledge.embedded import load_embedded_embedder
from aywa.knowledge.reader import AGAIN_S, Reader, read_apart
from aywa.knowledge.search import Search
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.ports.knowledge import Embedder, FileState
from aywa.proto.outbound_rules import OutboundRules
from aywa.providers.embeddings import HttpEmbedder, vectors_of
from aywa.providers.web.access import Access
from aywa.providers.web.door import open_door
from aywa.store.knowledge import open_knowledge_store
from bench.knowledge import handbook
from bench.knowledge.recall import open_handbook, recall_of
from tests.kit.postgres import open_clean_postgres, postgres_url

__all__ = ["postgres_url"]
pytestmark = pytest.mark.live
LOOPBACK = OutboundRules(networks=(ip_network("127.0.0.0/8"),))
_FILE = """
insert into resources (org_id, kind, id, body, created_at, updated_at) values ($1, 'file', $2, $3, $4, $4)
"""


class World:
    """A database with files in it, and who reads them."""

    def __init__(self, postgres: Postgres, reader: Reader, search: Search, blobs: DiskBlobs) -> None:
        self.postgres = postgres
        self.reader = reader
        self.search = search
        self.blobs = blobs
        self.now = datetime.now(UTC)

    async def upload(self, name: str, mimetype: str, content: bytes | None, org_id: UUID) -> UUID:
        """A file as the API keeps it; its content may be on another host."""
        id = uuid4()
        body = {"name": name, "mimetype": mimetype}
        await self.postgres.system().execute(_FILE, org_id, id, body, self.now)
        if content is not None:
            await self.blobs.put(org_id, id, content)
        return id

    async def read_all(self) -> None:
        """Until there is nothing more to read."""
        while await self.reader.step():
            pass


@asynccontextmanager
async def world(url: str, tmp_path: Path, embedder: Embedder | None = None) -> AsyncIterator[World]:
    async with open_clean_postgres(url) as (_, postgres):
        store, blobs = await open_knowledge_store(postgres), DiskBlobs(str(tmp_path))
        used = embedder or load_embedded_embedder()
        made: list[World] = []
        reader = Reader(store, blobs, used, lambda: made[0].now)
        made.append(World(postgres, reader, Search(store, used), blobs))
        yield made[0]


async def test_fifty_questions_find_their_section(postgres_url: str) -> None:
    embedder = load_embedded_embedder()
    async with (
        open_clean_postgres(postgres_url) as (_, postgres),
        open_handbook(postgres, embedder) as (store, file_id),
    ):
        search = Search(store, embedder)
        figures = await recall_of(
            lambda question: search.search(DEFAULT_ORGANIZATION, [file_id], question, most=5)
        )
    print(f"recall at 5: {figures.at_5:.2f}, at 1: {figures.at_1:.2f}; not found: {figures.missed}")
    assert figures.at_5 >= 0.9


async def test_files_are_read_and_found_by_their_own_organisation_only(
    postgres_url: str, tmp_path: Path
) -> None:
    other = UUID(int=7)
    async with world(postgres_url, tmp_path) as here:
        await here.postgres.system().execute(
            "insert into organizations (id, name, created_at, updated_at) values ($1, 'other', now(), now())",
            other,
        )
        ours = await here.upload("handbook.md", "text/markdown", handbook(), DEFAULT_ORGANIZATION)
        theirs = await here.upload("secret.txt", "text/plain", b"The dogs cost 99 euros.", other)
        sound = await here.upload("a.wav", "audio/wav", b"RIFF", DEFAULT_ORGANIZATION)
        await here.read_all()
        found = await here.search.search(
            DEFAULT_ORGANIZATION, [ours, theirs, sound], "what do you charge for a dog", most=3
        )
        assert found[0].source.startswith("handbook.md > Handbook of the Harbour Lights Hotel > ")
        assert any("fifteen euros a night" in passage.text for passage in found)
        assert all("99" not in passage.text for passage in found)
        assert [p.text for p in await here.search.search(other, [ours, theirs], "dogs", most=3)] == [
            "The dogs cost 99 euros."
        ]
        assert list(await here.search.search(other, [], "dogs", most=3)) == []
        assert list(await here.search.search(other, [theirs], " \x00", most=3)) == []
        store = await open_knowledge_store(here.postgres)
        reading = await store.reading(DEFAULT_ORGANIZATION, ours)
        assert reading is not None
        assert (reading.state, reading.language, reading.passages) == (FileState.DONE, "english", 63)
        assert await store.reading(DEFAULT_ORGANIZATION, theirs) is None
        assert await store.reading(DEFAULT_ORGANIZATION, sound) is None


async def test_a_deleted_file_is_forgotten_with_all_its_passages(postgres_url: str, tmp_path: Path) -> None:
    async with world(postgres_url, tmp_path) as here:
        id = await here.upload("a.txt", "text/plain", b"Dogs cost money.", DEFAULT_ORGANIZATION)
        await here.read_all()
        system = here.postgres.system()
        await system.execute("delete from resources where id = $1", id)
        for table in ("knowledge_files", "knowledge_passages", "knowledge_vectors"):
            assert (await system.fetch(f"select count(*) as n from {table}"))[0]["n"] == 0


async def test_a_file_that_cannot_be_read_says_why_and_one_that_is_elsewhere_waits(
    postgres_url: str, tmp_path: Path
) -> None:
    async with world(postgres_url, tmp_path) as here:
        broken = await here.upload("a.pdf", "application/pdf", b"%PDF-1.7 broken", DEFAULT_ORGANIZATION)
        strange = await here.upload("a.bin", "application/octet-stream", b"x", DEFAULT_ORGANIZATION)
        elsewhere = await here.upload("b.txt", "text/plain", None, DEFAULT_ORGANIZATION)
        await here.read_all()
        store = await open_knowledge_store(here.postgres)

        async def state(id: UUID) -> tuple[str, str]:
            reading = await store.reading(DEFAULT_ORGANIZATION, id)
            assert reading is not None
            return reading.state.value, reading.error

        assert (await state(broken))[0] == "failed"
        assert (await state(strange))[1].startswith("Files of this type are not searched")
        assert (await state(elsewhere))[0] == "waiting"
        for _ in AGAIN_S:
            await here.postgres.system().execute("update knowledge_files set next_at = now()")
            await here.read_all()
        assert await state(elsewhere) == (
            "failed",
            "the file's content is not here: it may be on another host",
        )


async def test_another_model_reads_everything_anew(postgres_url: str, tmp_path: Path) -> None:
    class Other:
        name = "other"

        async def embed(self, texts: list[str]) -> list[list[float]]:
            return [[1.0, 0.0] for _ in texts]

    async with world(postgres_url, tmp_path) as here:
        id = await here.upload("a.txt", "text/plain", b"Dogs cost money.", DEFAULT_ORGANIZATION)
        await here.read_all()
        store = await open_knowledge_store(here.postgres)
        again = Reader(store, here.blobs, Other(), lambda: here.now + timedelta(seconds=301))
        await here.postgres.system().execute("update knowledge_files set next_at = now()")
        assert await again.step()
        reading = await store.reading(DEFAULT_ORGANIZATION, id)
        assert reading is not None
        assert (reading.model, reading.state) == ("other", FileState.DONE)
        assert not await again.step()


async def test_a_pdf_is_read_in_a_process_of_its_own() -> None:
    assert "Dogs are welcome" in await read_apart(_pdf("Dogs are welcome"), "application/pdf")


class Embeddings:
    """OpenAI's embeddings: each text lies where its length says."""

    name = "openai"

    def __init__(self) -> None:
        self.asked: list[dict[str, object]] = []

    async def http(self, request: Request, reply: Reply) -> None:
        if request.headers.get("authorization") != "Bearer key":
            await reply.json(401, {"error": {"code": "invalid_api_key", "message": "no"}})
            return
        asked = request.json()
        self.asked.append(asked)
        texts = asked["input"]
        assert isinstance(texts, list)
        data = [{"index": at, "embedding": [3.0, 4.0 * len(text)]} for at, text in enumerate(texts)]
        await reply.json(200, {"data": data[::-1], "model": asked["model"]})

    async def socket(self, request: Request, socket: EmulatorSocket) -> None:
        await socket.reject(404)


async def test_embeddings_come_from_any_server_of_that_shape() -> None:
    emulator = Embeddings()
    faults = Faults([None, Fault(FaultKind.STATUS, status=429, retry_after_s=3), Fault(FaultKind.MALFORMED)])
    async with open_emulator(emulator, faults) as host, open_door(LOOPBACK) as door:
        embedder = HttpEmbedder(door, Access("openai", host.url, "key"), "small", 2)
        assert await embedder.embed(["a", ""]) == [[0.6, 0.8], [0.6, 0.8]]
        assert emulator.asked == [
            {"model": "small", "encoding_format": "float", "dimensions": 2, "input": ["a", " "]}
        ]
        assert embedder.name == "openai/small/2"
        for fault in (ProviderFault.RATE_LIMITED, ProviderFault.PROTOCOL):
            with pytest.raises(ProviderError) as caught:
                await embedder.embed(["a"])
            assert caught.value.fault is fault
        wrong = HttpEmbedder(door, Access("openai", host.url, "other"), "small")
        with pytest.raises(ProviderError) as caught:
            await wrong.embed(["a"])
        assert caught.value.fault is ProviderFault.UNAUTHORISED


@pytest.mark.parametrize(
    "said",
    [
        "",
        "[]",
        "{}",
        '{"data": []}',
        '{"data": [{"embedding": []}]}',
        '{"data": [{"embedding": [0, 0]}]}',
        '{"data": [{"embedding": ["a"]}]}',
        '{"data": [{"index": 3, "embedding": [1]}]}',
        '{"data": [{"embedding": [NaN]}]}',
    ],
)
def test_embeddings_that_are_none_are_refused(said: str) -> None:
    with pytest.raises(ValueError):
        vectors_of(said.encode(), 1)


def _pdf(text: str) -> bytes:
    """A page of PDF 1.4 with one line of text, written by hand."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = "%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{each}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    trailer = f"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF"
    return (body + f"xref\n0 6\n0000000000 65535 f \n{table}" + trailer).encode()


def test_the_hand_written_questions_are_fifty() -> None:
    assert len(json.loads((Path("bench/knowledge/questions.json")).read_text())) == 50
