"""`/api-key`: make, look at, end and exchange keys; their secrets are shown once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from quart import Blueprint, Response, g, jsonify, request

from aywa.clock import wall_now
from aywa.errors import RequestError
from aywa.ids import new_call_id
from aywa.model.api_key import DEFAULT_SCOPES, ApiKey, KeyRotation, KeyScope, NewApiKey, fault_of
from aywa.model.audit import AuditEntry
from aywa.model.key_token import HINT_LENGTH, SECRET_BYTES, digest_of, make_token
from aywa.store.api_keys import KeyRow
from aywa.store.tenancy import Tenancy
from aywa_server.bodies import cursor_of_query, read_body, read_query, uuid_or_none
from aywa_server.caller import caller, needs
from aywa_server.cursor import next_link
from aywa_server.parts import Parts
from aywa_server.routes.calls import base_url
from aywa_server.routes.organizations import tenancy_of


def api_key_routes(parts: Parts) -> Blueprint:
    """The routes; `?unbound=1` is for keys of no organisation."""
    routes = Blueprint("api_keys", __name__)

    @routes.post("/api-key")
    @needs(KeyScope.ADMIN)
    async def create_key() -> tuple[Response, int]:
        row = _wanted(parts, await read_body(NewApiKey))
        return jsonify((await _make(parts, row, "api_key.create")).to_json()), 201

    @routes.get("/api-key")
    @needs(KeyScope.ADMIN)
    async def list_keys() -> Response:
        limit = read_query("limit", "unbound", "cursor").get("limit", 100)
        rows = await tenancy_of(parts).keys.list(_owner(), limit + 1, cursor_of_query())
        response = jsonify([_resource(row).to_json() for row in rows[:limit]])
        if len(rows) > limit:
            last = rows[limit - 1]
            url = f"{base_url(parts)}/api-key"
            response.headers["Link"] = next_link(url, request.args, last.created_at, last.id)
        return response

    @routes.get("/api-key/<key_id>")
    @needs(KeyScope.ADMIN)
    async def get_key(key_id: str) -> Response:
        return jsonify(_resource(await _find(tenancy_of(parts), key_id)).to_json())

    @routes.delete("/api-key/<key_id>")
    @needs(KeyScope.ADMIN)
    async def revoke_key(key_id: str) -> Response:
        tenancy, now = tenancy_of(parts), wall_now()
        row = await _find(tenancy, key_id)
        if row.revoked_at is None:
            async with tenancy.changing(row.org_id, _entry("api_key.revoke", row)) as session:
                row = await tenancy.keys.revoke(session, row.id, row.org_id, now) or row
        return jsonify(_resource(row).to_json())

    @routes.post("/api-key/<key_id>/rotate")
    @needs(KeyScope.ADMIN)
    async def rotate_key(key_id: str) -> tuple[Response, int]:
        wanted = await read_body(KeyRotation, optional=True)
        old = await _find(tenancy_of(parts), key_id)
        grace = timedelta(seconds=wanted.grace_seconds)
        made = await _make(parts, _renewed(parts, old, wanted), "api_key.rotate", old, grace)
        return jsonify(made.to_json()), 201

    return routes


def _wanted(parts: Parts, wanted: NewApiKey) -> KeyRow:
    """The key that is asked for; raises `RequestError` for one that may not be."""
    now = wall_now()
    if (fault := fault_of(wanted, now)) is not None:
        raise RequestError(f"{fault[0]}: {fault[1]}", code="invalid-field", field=fault[0])
    if wanted.all_organizations:
        caller().require_unbound()
    return KeyRow(
        id=UUID(new_call_id(parts.rng)),
        org_id=None if wanted.all_organizations else caller().org_id,
        kind=wanted.kind,
        name=wanted.name,
        hint="",
        scopes=DEFAULT_SCOPES[wanted.kind] if wanted.scopes is None else wanted.scopes,
        created_at=now,
        created_by=caller().actor,
        expires_at=wanted.expires_at,
    )


def _renewed(parts: Parts, old: KeyRow, wanted: KeyRotation) -> KeyRow:
    """The key in place of an old one; raises `RequestError` for one that may not be."""
    now = wall_now()
    if not old.valid(now):
        raise RequestError("the key is revoked or expired", http_status=409, code="key-not-valid")
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise RequestError("expiresAt: must be in the future", code="invalid-field", field="expiresAt")
    return replace(
        old,
        id=UUID(new_call_id(parts.rng)),
        created_at=now,
        created_by=caller().actor,
        expires_at=wanted.expires_at or old.expires_at,
        last_used_at=None,
    )


async def _make(
    parts: Parts, row: KeyRow, action: str, old: KeyRow | None = None, grace: timedelta = timedelta(0)
) -> ApiKey:
    """Store a new key, in place of an old one if there is one; the only time that its secret is known."""
    tenancy = tenancy_of(parts)
    secret = parts.rng.getrandbits(8 * SECRET_BYTES).to_bytes(SECRET_BYTES, "big")
    token = make_token(row.kind, secret)
    row = replace(row, hint=token[:HINT_LENGTH])
    replaced: dict[str, object] = {}
    if old is not None:
        replaced = {"replaces": str(old.id), "graceSeconds": int(grace.total_seconds())}
    async with tenancy.changing(row.org_id, _entry(action, row, replaced)) as session:
        await tenancy.keys.insert(session, row, digest_of(token))
        if old is not None and grace:
            await tenancy.keys.expire(session, old.id, old.org_id, row.created_at + grace)
        elif old is not None:
            await tenancy.keys.revoke(session, old.id, old.org_id, row.created_at)
    return _resource(row).model_copy(update={"key": token})


async def _find(tenancy: Tenancy, key_id: str) -> KeyRow:
    """The key of the caller's organisation; raises `RequestError` (404)."""
    key = uuid_or_none(key_id)
    row = None if key is None else await tenancy.keys.get(key, _owner())
    if row is None:
        raise RequestError("there is no API key with this id", http_status=404, code="api-key-not-found")
    return row


def _owner() -> UUID | None:
    """Whose keys are meant: the organisation's, or with `?unbound=1` those of none."""
    if request.args.get("unbound", "0") != "1":
        return caller().org_id
    caller().require_unbound()
    return None


def _entry(action: str, row: KeyRow, data: dict[str, object] | None = None) -> AuditEntry:
    told: dict[str, object] = {
        "kind": row.kind.value,
        "name": row.name,
        "scopes": [scope.value for scope in row.scopes],
        "expiresAt": row.expires_at.isoformat() if row.expires_at else None,
        **(data or {}),
    }
    return AuditEntry(
        caller().actor, action, "api_key", str(row.id), wall_now(), request_id=g.request_id, data=told
    )


def _resource(row: KeyRow) -> ApiKey:
    return ApiKey(
        id=str(row.id),
        org_id=str(row.org_id) if row.org_id is not None else None,
        kind=row.kind.value,
        name=row.name,
        hint=row.hint,
        scopes=[scope.value for scope in row.scopes],
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
