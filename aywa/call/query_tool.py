"""Looks something up in an organisation's files, for the model."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from aywa.call.servers import QueryTool
from aywa.call.tool_answer import ToolAnswer, failure
from aywa.errors import AywaError
from aywa.ports.knowledge import KnowledgeSearch
from aywa.ports.llm import ToolCall

MOST_PASSAGES = 5


class Note(Protocol):
    """Writes into the call's timeline."""

    def __call__(self, kind: str, /, **data: object) -> None:
        """An entry of this kind."""


async def look_up(
    search: KnowledgeSearch | None, org_id: UUID, tool: QueryTool, call: ToolCall, note: Note
) -> ToolAnswer:
    """The passages that fit; `note` takes down which they were. Never raises."""
    if search is None:
        return failure("nothing can be looked up here")
    query = str(call.arguments.get("query", ""))
    try:
        found = await search.search(org_id, tool.file_ids, query, most=MOST_PASSAGES)
    except AywaError as error:
        return failure(error.detail, sent=True)
    cited = [
        {"file_id": str(passage.file_id), "source": passage.source, "position": passage.position}
        for passage in found
    ]
    note("knowledge.searched", id=call.id, query=query, passages=cited)
    return ToolAnswer([{"text": passage.text, "source": passage.source} for passage in found])
