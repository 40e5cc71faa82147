"""`/assistant`, `/phone-number`, `/tool`, `/credential`, `/webhook-endpoint`, `/structured-output`."""

from __future__ import annotations

import re
from uuid import UUID

from quart import Blueprint, Response, jsonify, request

from aywa.ports.resources import ResourceRow
from aywa_server.body import read_json_object
from aywa_server.caller import caller
from aywa_server.cursor import next_link
from aywa_server.parts import Parts
from aywa_server.resources.kinds import Kind
from aywa_server.resources.query import parse_page
from aywa_server.resources.service import shown, unknown
from aywa_server.routes.calls import base_url

_ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"', re.ASCII)


def resource_routes(parts: Parts, kind: Kind) -> Blueprint:
    """The five routes of one kind."""
    routes = Blueprint(kind.kind.value, __name__)
    resources = parts.resources

    @routes.post(kind.path)
    async def create() -> Response:
        body = await read_json_object()

        async def make(id: UUID | None) -> Response:
            return made(parts, await resources.create(org_of_request(), kind, body, id), kind)

        return await parts.once.answer(org_of_request(), body, make)

    @routes.patch(f"{kind.path}/<resource_id>")
    async def change(resource_id: str) -> Response:
        body = await read_json_object()
        id, version = resource_uuid(resource_id, kind), wanted_version()
        return answer(await resources.change(org_of_request(), kind, id, body, version), kind)

    add_reading_routes(routes, parts, kind)

    @routes.delete(f"{kind.path}/<resource_id>")
    async def delete(resource_id: str) -> Response:
        row = await resources.delete(org_of_request(), kind, resource_uuid(resource_id, kind))
        return answer(row, kind)

    return routes


def add_reading_routes(routes: Blueprint, parts: Parts, kind: Kind) -> None:
    """The list, and one of it."""
    resources = parts.resources

    @routes.get(kind.path)
    async def show_list() -> Response:
        page = parse_page(request.args)
        rows, more = await resources.page(org_of_request(), kind, page)
        response = jsonify([shown(row, kind) for row in rows])
        if more:
            url = f"{base_url(parts)}{kind.path}"
            last = rows[-1]
            response.headers["Link"] = next_link(url, request.args, last.created_at, last.id)
        return response

    @routes.get(f"{kind.path}/<resource_id>")
    async def show(resource_id: str) -> Response:
        return answer(await resources.get(org_of_request(), kind, resource_uuid(resource_id, kind)), kind)


def org_of_request() -> UUID:
    """Whose resources the request is about."""
    return caller().org_id


def resource_uuid(text: str, kind: Kind) -> UUID:
    """The id of a path; raises `RequestError` (404) for what cannot be one."""
    try:
        return UUID(text)
    except ValueError:
        raise unknown(kind) from None


def wanted_version() -> int | None:
    """The version that `If-Match` names (RFC 9110 §13.1.1); None for none and for `*`, 0 for what is none."""
    text = request.headers.get("If-Match", "*").strip()
    if text == "*":
        return None
    match = _ETAG.fullmatch(text)
    return 0 if match is None else int(match[1])


def made(parts: Parts, row: ResourceRow, kind: Kind) -> Response:
    """201, and where it is."""
    response = answer(row, kind)
    response.status_code = 201
    response.headers["Location"] = f"{base_url(parts)}{kind.path}/{row.id}"
    return response


def answer(row: ResourceRow, kind: Kind) -> Response:
    """The resource with its version."""
    response = jsonify(shown(row, kind))
    response.headers["ETag"] = f'"{row.version}"'
    return response
