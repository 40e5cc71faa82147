"""`/organization`: who shares the runtime."""

from __future__ import annotations

from uuid import UUID

from quart import Blueprint, Response, g, jsonify, request

from aywa.clock import wall_now
from aywa.errors import StoreError
from aywa.ids import new_call_id
from aywa.model.api_key import KeyScope
from aywa.model.audit import AuditEntry
from aywa.model.organization import NewOrganization, Organization
from aywa.store.tenancy import Tenancy
from aywa_server.auth import no_organization
from aywa_server.bodies import cursor_of_query, read_body, read_query, uuid_or_none
from aywa_server.caller import caller, needs
from aywa_server.cursor import next_link
from aywa_server.parts import Parts
from aywa_server.routes.calls import base_url


def organization_routes(parts: Parts) -> Blueprint:
    """The routes: a key of one organisation sees that one, any other all of them."""
    routes = Blueprint("organizations", __name__)

    @routes.post("/organization")
    @needs(KeyScope.ADMIN)
    async def create_organization() -> tuple[Response, int]:
        wanted, tenancy, asking = await read_body(NewOrganization), tenancy_of(parts), caller()
        asking.require_unbound()
        org_id, now = UUID(new_call_id(parts.rng)), wall_now()
        async with tenancy.founding(org_id, _entry("organization.create", org_id, wanted)) as session:
            made = await tenancy.organizations.insert(session, org_id, wanted.name, now)
        return jsonify(made.to_json()), 201

    @routes.get("/organization")
    @needs(KeyScope.ADMIN)
    async def list_organizations() -> Response:
        limit, organizations = (
            read_query("limit", "cursor").get("limit", 100),
            tenancy_of(parts).organizations,
        )
        if caller().bound:
            own = await organizations.get(caller().org_id, caller().org_id)
            return jsonify([own.to_json()] if own is not None else [])
        found = await organizations.list(limit + 1, cursor_of_query())
        response = jsonify([each.to_json() for each in found[:limit]])
        if len(found) > limit:
            last = found[limit - 1]
            url = f"{base_url(parts)}/organization"
            response.headers["Link"] = next_link(url, request.args, last.created_at, last.id)
        return response

    @routes.get("/organization/<org_id>")
    @needs(KeyScope.ADMIN)
    async def get_organization(org_id: str) -> Response:
        return jsonify((await _find(tenancy_of(parts), org_id)).to_json())

    @routes.patch("/organization/<org_id>")
    @needs(KeyScope.ADMIN)
    async def rename_organization(org_id: str) -> Response:
        wanted, tenancy = await read_body(NewOrganization), tenancy_of(parts)
        found = UUID((await _find(tenancy, org_id)).id)
        async with tenancy.changing(found, _entry("organization.rename", found, wanted)) as session:
            renamed = await tenancy.organizations.rename(session, found, wanted.name, wall_now())
        if renamed is None:
            raise no_organization()
        return jsonify(renamed.to_json())

    return routes


def tenancy_of(parts: Parts) -> Tenancy:
    """Raises `StoreError` in an API that has no database."""
    if parts.tenancy is None:
        raise StoreError("this API has no database")
    return parts.tenancy


async def _find(tenancy: Tenancy, text: str) -> Organization:
    org_id, asking = uuid_or_none(text), caller()
    own = asking.org_id if asking.bound else None
    found = None if org_id is None else await tenancy.organizations.get(org_id, own)
    if found is None:
        raise no_organization()
    return found


def _entry(action: str, org_id: UUID, wanted: NewOrganization) -> AuditEntry:
    return AuditEntry(
        caller().actor,
        action,
        "organization",
        str(org_id),
        wall_now(),
        request_id=g.request_id,
        data={"name": wanted.name},
    )
