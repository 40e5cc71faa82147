"""The operations on organisations, their keys and their audit log, and on what webhooks were sent."""

from __future__ import annotations

from aywa_server.cursor import CURSOR
from aywa_server.openapi.operation import JSON, Answer, Operation, Parameter, Schema, ref

_LIMIT = Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "At most so many")
_ID: Schema = {"type": "string"}
_REFUSED = (400, 401, 403, 404, 408, 409, 413, 415, 429, 503)


def admin_operations() -> tuple[Operation, ...]:
    """Of `/organization`, `/api-key` and `/audit-log`."""
    unbound = Parameter("unbound", {"type": "integer", "minimum": 1, "maximum": 1}, "Keys of none")
    more = Parameter("cursor", {"type": "string", "pattern": CURSOR}, "From a Link header")
    before = Parameter("seqLt", {"type": "integer", "minimum": 1}, "Entries before this one")
    return (
        _one("POST", "/organization", "createOrganization", "NewOrganization", 201),
        _one("GET", "/organization", "listOrganizations", parameters=(_LIMIT, more)),
        _one("GET", "/organization/<org_id>", "getOrganization"),
        _one("PATCH", "/organization/<org_id>", "renameOrganization", "NewOrganization"),
        _one("POST", "/api-key", "createApiKey", "NewApiKey", 201),
        _one("GET", "/api-key", "listApiKeys", parameters=(_LIMIT, unbound, more)),
        _one("GET", "/api-key/<key_id>", "getApiKey"),
        _one("DELETE", "/api-key/<key_id>", "revokeApiKey"),
        _one("POST", "/api-key/<key_id>/rotate", "rotateApiKey", "KeyRotation", 201),
        _one("GET", "/audit-log", "listAuditLog", parameters=(_LIMIT, before)),
        _one("GET", "/audit-log/verification", "verifyAuditLog"),
    )


def webhook_operations() -> tuple[Operation, ...]:
    """Of `/logs/webhooks`."""
    return (
        _one("GET", "/logs/webhooks", "listWebhooks", parameters=(_LIMIT,)),
        _one("GET", "/logs/webhooks/<row_id>", "getWebhook"),
        _one("POST", "/logs/webhooks/replay", "replayWebhooks", "Anything", 202),
        _one("POST", "/logs/webhooks/<row_id>/replay", "replayWebhook", status=202),
        _one("POST", "/logs/webhooks/jobs/<job_id>/retry", "retryWebhook", status=202),
    )


def _one(
    method: str,
    path: str,
    name: str,
    body: str = "",
    status: int = 200,
    parameters: tuple[Parameter, ...] = (),
) -> Operation:
    return Operation(
        method,
        path,
        name,
        name,
        path.split("/")[1],
        (Answer(status, "As it is now", {JSON: {"type": ["object", "array"]}}),),
        body={JSON: ref(body)} if body else None,
        parameters=parameters,
        problems=_REFUSED,
        ids=_ID,
    )
