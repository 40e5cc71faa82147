"""`GET /setup/requirements`: what is still to be set. `GET /runbooks`: what to do when something is wrong."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify

from aywa.model.setup import SetupRequirement, SetupRequirements
from aywa.settings import Requirement, RequirementState
from aywa_server.parts import Parts
from aywa_server.runbooks import runbooks


def setup_routes(parts: Parts) -> Blueprint:
    """Both. Neither has a value of a setting in it."""
    routes = Blueprint("setup", __name__)

    @routes.get("/setup/requirements")
    async def setup_requirements() -> Response:
        found = [_told(requirement) for requirement in parts.requirements]
        whole = SetupRequirements(
            mode="production" if parts.production else "development",
            complete=all(each.state == "ok" for each in found),
            requirements=found,
        )
        return jsonify(whole.to_json())

    @routes.get("/runbooks")
    async def list_runbooks() -> Response:
        return jsonify([runbook.to_json() for runbook in runbooks()])

    return routes


def _told(requirement: Requirement) -> SetupRequirement:
    met = requirement.state is RequirementState.OK
    example = f" (for example {requirement.example})" if requirement.example else ""
    return SetupRequirement(
        id=requirement.id,
        title=requirement.title,
        state=requirement.state.value,
        variable=requirement.variable,
        fix=None if met else f"{requirement.variable} {requirement.rule}{example}",
    )
