"""`GET /openapi.json`: what this API is, for whoever asks."""

from __future__ import annotations

from quart import Blueprint, Response, jsonify

from aywa_server.openapi.document import openapi_document


def openapi_routes() -> Blueprint:
    """The route; public, for the document is in the repository too."""
    routes = Blueprint("openapi", __name__)

    @routes.get("/openapi.json")
    async def document() -> Response:
        return jsonify(openapi_document())

    return routes
