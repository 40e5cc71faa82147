"""The operations on resources: five a kind, and those of files."""

from __future__ import annotations

from aywa_server.call_query import TIMES
from aywa_server.cursor import CURSOR
from aywa_server.once import HEADER
from aywa_server.openapi.operation import JSON, Answer, Operation, Parameter, Schema, ref
from aywa_server.resources.kinds import FILE, JSON_KINDS, Kind

IDEMPOTENCY = Parameter(
    HEADER,
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "The same request with the same key is answered as before, for 24 hours",
    "header",
)
IF_MATCH = Parameter("If-Match", {"type": "string"}, "The ETag of what is to be changed", "header")
_WRITE = (400, 401, 408, 409, 413, 415, 422, 503)


def list_parameters(*, least: int = 0, cursor: bool = True) -> tuple[Parameter, ...]:
    """How many, between which times."""
    limit = {"type": "integer", "minimum": least, "maximum": 1000, "default": 100}
    times = [
        Parameter(name, {"type": "string", "format": "date-time"}, "A bound, as the names of others say")
        for name in sorted(TIMES)
    ]
    where = {"type": "string", "pattern": CURSOR}
    more = [Parameter("cursor", where, "From a Link header: where the page before ended")]
    return (Parameter("limit", limit, "At most so many"), *times, *(more if cursor else ()))


def resource_operations() -> tuple[Operation, ...]:
    """Of every kind."""
    found: list[Operation] = []
    for kind in JSON_KINDS:
        made = Answer(201, "As it was made", {JSON: ref(kind.name)}, ("Location", "ETag"))
        body = {JSON: ref(f"{kind.name}Body")}
        found += [
            Operation(
                "POST",
                kind.path,
                f"create{kind.name}",
                f"Make a {kind.kind.value}",
                kind.kind.value,
                (made,),
                body=body,
                parameters=(IDEMPOTENCY,),
                problems=_WRITE,
            ),
            *_reading(kind),
            _change(kind, ref(f"{kind.name}Patch")),
            _delete(kind),
        ]
    return (*found, *_file_operations())


def _reading(kind: Kind) -> tuple[Operation, ...]:
    many = {JSON: {"type": "array", "items": ref(kind.name)}}
    noun = kind.kind.value
    return (
        Operation(
            "GET",
            kind.path,
            f"list{kind.name}s",
            f"The newest of {noun}",
            noun,
            (Answer(200, "A page; the Link header leads to the next", many),),
            parameters=list_parameters(),
            problems=(400, 401, 503),
        ),
        Operation(
            "GET",
            f"{kind.path}/<resource_id>",
            f"get{kind.name}",
            f"One {noun}",
            noun,
            (_one(kind),),
            problems=(401, 404, 503),
        ),
    )


def _one(kind: Kind) -> Answer:
    return Answer(200, "As it is now", {JSON: ref(kind.name)}, ("ETag",))


def _change(kind: Kind, body: Schema) -> Operation:
    return Operation(
        "PATCH",
        f"{kind.path}/<resource_id>",
        f"change{kind.name}",
        "Merge the body into it (RFC 7396): null takes a field away",
        kind.kind.value,
        (_one(kind),),
        body={JSON: body, "application/merge-patch+json": body},
        parameters=(IF_MATCH,),
        problems=(400, 401, 404, 408, 409, 412, 413, 415, 503),
    )


def _delete(kind: Kind) -> Operation:
    return Operation(
        "DELETE",
        f"{kind.path}/<resource_id>",
        f"delete{kind.name}",
        "Forget it; what is in use is not forgotten",
        kind.kind.value,
        (Answer(200, "As it was", {JSON: ref(kind.name)}, ("ETag",)),),
        problems=(401, 404, 409, 503),
    )


def _file_operations() -> tuple[Operation, ...]:
    form: Schema = {
        "type": "object",
        "required": ["file"],
        "additionalProperties": False,
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "purpose": {"type": "string", "maxLength": 100},
            "metadata": {"type": "object"},
        },
    }
    made = Answer(201, "As it was made", {JSON: ref("File")}, ("Location", "ETag"))
    content = Answer(200, "As it was uploaded", {"*/*": {"type": "string", "format": "binary"}})
    return (
        Operation(
            "POST",
            FILE.path,
            "createFile",
            "Upload a file",
            "file",
            (made,),
            body={"multipart/form-data": form},
            parameters=(IDEMPOTENCY,),
            problems=_WRITE,
        ),
        *_reading(FILE),
        _change(FILE, ref("FileChange")),
        _delete(FILE),
        Operation(
            "GET",
            f"{FILE.path}/<resource_id>/content",
            "getFileContent",
            "Its content",
            "file",
            (content,),
            problems=(401, 404, 503),
        ),
    )
