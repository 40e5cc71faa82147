"""`/knowledge/search` and `/file/:id/knowledge`: what files say."""

from __future__ import annotations

from pydantic import TypeAdapter
from quart import Blueprint, Response, jsonify

from aywa.errors import OverloadedError
from aywa.model.knowledge import FileKnowledge, FoundPassage, KnowledgeQuery
from aywa.ports.knowledge import FileState
from aywa.ports.resources import ResourceKind
from aywa.runtime.knowledge import Knowledge
from aywa_server.body import read_json_object
from aywa_server.parts import Parts
from aywa_server.resources.kinds import FILE, Kind
from aywa_server.resources.reading import read_resource
from aywa_server.routes.resources import org_of_request, resource_uuid

_QUERY = Kind(ResourceKind.FILE, "KnowledgeQuery", TypeAdapter(KnowledgeQuery))


def knowledge_routes(parts: Parts) -> Blueprint:
    """The routes."""
    routes = Blueprint("knowledge", __name__)

    @routes.post("/knowledge/search")
    async def search() -> Response:
        asked = read_resource(_QUERY, await read_json_object())
        assert isinstance(asked, KnowledgeQuery)
        org_id = org_of_request()
        for file_id in dict.fromkeys(asked.file_ids):
            await parts.resources.get(org_id, FILE, file_id)
        found = await _knowledge(parts).search.search(org_id, asked.file_ids, asked.query, most=asked.limit)
        return jsonify(
            [
                FoundPassage(
                    file_id=each.file_id,
                    position=each.position,
                    source=each.source,
                    text=each.text,
                    score=each.score,
                ).model_dump(mode="json", by_alias=True)
                for each in found
                if each.file_id is not None
            ]
        )

    @routes.get(f"{FILE.path}/<resource_id>/knowledge")
    async def reading(resource_id: str) -> Response:
        org_id, id = org_of_request(), resource_uuid(resource_id, FILE)
        await parts.resources.get(org_id, FILE, id)
        known = await _knowledge(parts).store.reading(org_id, id)
        told = FileKnowledge(file_id=id, status=FileState.WAITING.value)
        if known is not None:
            told = FileKnowledge(
                file_id=id,
                status=known.state.value,
                passages=known.passages,
                language=known.language,
                model=known.model,
                error=known.error,
                settled_at=known.settled_at,
            )
        return jsonify(told.model_dump(mode="json", by_alias=True))

    return routes


def _knowledge(parts: Parts) -> Knowledge:
    if parts.knowledge is None:
        raise OverloadedError("nobody reads files here")
    return parts.knowledge
