"""A lookup in files: what the model reads, and what the timeline keeps of it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from aywa.call.query_tool import MOST_PASSAGES, look_up
from aywa.call.servers import QueryTool
from aywa.errors import StoreError
from aywa.ports.knowledge import Passage
from aywa.ports.llm import ToolCall, ToolSpec

ORG, FILE = UUID(int=1), UUID(int=2)
TOOL = QueryTool(ToolSpec("handbook", "", {}), (FILE,))
CALL = ToolCall("call-1", "handbook", {"query": "dogs"})


class Files:
    """A search that finds one passage, or fails."""

    def __init__(self, error: StoreError | None = None) -> None:
        self.error = error
        self.asked: list[tuple[UUID, tuple[UUID, ...], str, int]] = []

    async def search(
        self, org_id: UUID, file_ids: Sequence[UUID], query: str, *, most: int
    ) -> Sequence[Passage]:
        self.asked.append((org_id, tuple(file_ids), query, most))
        if self.error is not None:
            raise self.error
        return [Passage("Fifteen euros a night.", "handbook.md > Dogs", 0.2, FILE, 7)]


class Notes(list[tuple[str, dict[str, object]]]):
    """A timeline."""

    def __call__(self, kind: str, /, **data: object) -> None:
        self.append((kind, data))


async def test_the_model_reads_passages_and_the_timeline_cites_them() -> None:
    files, notes = Files(), Notes()
    answer = await look_up(files, ORG, TOOL, CALL, notes)
    assert answer.value == [{"text": "Fifteen euros a night.", "source": "handbook.md > Dogs"}]
    assert not answer.failed
    assert files.asked == [(ORG, (FILE,), "dogs", MOST_PASSAGES)]
    cited = [{"file_id": str(FILE), "source": "handbook.md > Dogs", "position": 7}]
    assert notes == [("knowledge.searched", {"id": "call-1", "query": "dogs", "passages": cited})]


async def test_a_search_that_fails_is_told_to_the_model() -> None:
    notes = Notes()
    answer = await look_up(Files(StoreError("the database is away")), ORG, TOOL, CALL, notes)
    assert (answer.failed, answer.value) == (True, "the database is away")
    assert (await look_up(None, ORG, TOOL, CALL, notes)).failed
    assert notes == []
