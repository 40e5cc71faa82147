"""Liveness, readiness and metrics."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify

from aywa import __version__
from aywa.model.api_key import KeyScope
from aywa.model.readiness import Readiness
from aywa_server.caller import needs
from aywa_server.metrics import CONTENT_TYPE
from aywa_server.parts import Parts

PUBLIC_ENDPOINTS = frozenset({"health.live", "health.ready", "openapi.document"})


def health_routes(parts: Parts) -> Blueprint:
    """`/health`, `/healthz`, `/readyz` (public) and `/metrics`."""
    routes = Blueprint("health", __name__)

    @routes.get("/health", endpoint="live")
    @routes.get("/healthz", endpoint="live")
    async def live() -> Response:
        return jsonify({"status": "ok", "version": __version__})

    @routes.get("/readyz", endpoint="ready")
    async def ready() -> Response:
        checks = await parts.readiness.check()
        ok = all(check.ok for check in checks)
        body = Readiness(status="ready" if ok else "not-ready", version=__version__, checks=checks)
        response = jsonify(body.to_json())
        response.status_code = 200 if ok else 503
        return response

    @routes.get("/metrics")
    @needs(KeyScope.METRICS)
    async def metrics() -> Response:
        return Response(parts.metrics.render(), content_type=CONTENT_TYPE)

    return routes
