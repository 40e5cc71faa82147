"""`/file`: uploads, what is known of them, and their contents."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from uuid import UUID

import trio
from quart import Blueprint, Response, request
from werkzeug.datastructures import FileStorage

from aywa.errors import RequestError
from aywa_server.body import parse_json_object, read_json_object
from aywa_server.parts import Parts
from aywa_server.resources.kinds import FILE
from aywa_server.routes.resources import (
    add_reading_routes,
    answer,
    made,
    org_of_request,
    resource_uuid,
    wanted_version,
)

_FIELDS = frozenset({"purpose", "metadata"})
_CHANGEABLE = frozenset({"name", "purpose", "metadata"})
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
_TYPE = re.compile(r"[\x21-\x7e]{1,120}/[\x21-\x7e]{1,120}")
MULTIPART = "multipart/form-data"


def file_routes(parts: Parts) -> Blueprint:
    """The routes."""
    routes = Blueprint("file", __name__)
    resources, blobs = parts.resources, parts.blobs

    @routes.post(FILE.path)
    async def upload() -> Response:
        content, body = await _read_upload()

        async def make(id: UUID | None) -> Response:
            org_id = org_of_request()
            new = resources.new_id() if id is None else id
            await blobs.put(org_id, new, content)
            row = await resources.create(org_id, FILE, body, new)
            if parts.knowledge is not None:
                parts.knowledge.reader.wake()
            return made(parts, row, FILE)

        return await parts.once.answer(org_of_request(), body, make)

    add_reading_routes(routes, parts, FILE)

    @routes.patch(f"{FILE.path}/<resource_id>")
    async def change(resource_id: str) -> Response:
        body = await read_json_object()
        for field in body:
            if field not in _CHANGEABLE:
                raise RequestError(f"{field}: cannot be changed", code="invalid-field", field=field)
        id = resource_uuid(resource_id, FILE)
        return answer(await resources.change(org_of_request(), FILE, id, body, wanted_version()), FILE)

    @routes.delete(f"{FILE.path}/<resource_id>")
    async def delete(resource_id: str) -> Response:
        org_id, id = org_of_request(), resource_uuid(resource_id, FILE)
        row = await resources.delete(org_id, FILE, id)
        await blobs.delete(org_id, id)
        return answer(row, FILE)

    @routes.get(f"{FILE.path}/<resource_id>/content")
    async def download(resource_id: str) -> Response:
        org_id, id = org_of_request(), resource_uuid(resource_id, FILE)
        row = await resources.get(org_id, FILE, id)
        content = await blobs.get(org_id, id)
        if content is None:
            raise RequestError("the file has no content", http_status=404, code="file-not-found")
        response = Response(content, content_type=str(row.body["mimetype"]))
        # Somebody else's page must not run as ours, whatever its type says.
        response.headers["Content-Disposition"] = f'attachment; filename="{id}"'
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = "sandbox"
        return response

    return routes


async def _read_upload() -> tuple[bytes, dict[str, object]]:
    """The content and the body of its resource. Raises `RequestError` (415, 400) or Quart's 413."""
    if request.mimetype != MULTIPART:
        raise RequestError(
            f"the body must be a form: send Content-Type: {MULTIPART}",
            http_status=415,
            code="unsupported-media-type",
        )
    files, form = await request.files, await request.form
    uploads = files.getlist("file")
    if len(uploads) != 1 or len(files) > 1:
        raise RequestError("file: must be one file", code="invalid-field", field="file")
    for field in form:
        if field not in _FIELDS:
            raise RequestError(f"{field}: is not a field that is known", code="invalid-field", field=field)
    upload = uploads[0]
    content = await trio.to_thread.run_sync(upload.read)
    body: dict[str, object] = {
        "name": _name_of(upload),
        "mimetype": _type_of(upload),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "status": "done",
    }
    if "purpose" in form:
        body["purpose"] = form["purpose"]
    if "metadata" in form:
        body["metadata"] = _metadata(form["metadata"])
    return content, body


def _name_of(upload: FileStorage) -> str:
    plain = _UNPRINTABLE.sub("", upload.filename or "").replace("\\", "/")
    return PurePosixPath(plain).name[:255] or "file"


def _type_of(upload: FileStorage) -> str:
    named = upload.mimetype or ""
    return named if _TYPE.fullmatch(named) else "application/octet-stream"


def _metadata(text: str) -> dict[str, object]:
    try:
        return parse_json_object(text.encode("utf-8", "surrogateescape"))
    except RequestError as error:
        raise RequestError(f"metadata: {error.detail}", code="invalid-field", field="metadata") from None
