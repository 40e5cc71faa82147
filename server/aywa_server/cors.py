"""Cross-origin requests from the origins in `CORS_ORIGINS`; without any, browsers elsewhere get nothing."""

from __future__ import annotations

from quart import Response, request
from quart_trio import QuartTrio

_METHODS = "GET, POST, PATCH, DELETE"
_HEADERS = "Authorization, X-API-Key, X-Organization-Id, Content-Type, X-Request-Id, Idempotency-Key"
_MAX_AGE_S = "600"


def install_cors(app: QuartTrio, origins: tuple[str, ...]) -> None:
    """Answer preflights and mark answers. Install it before authentication: a preflight carries no key."""
    allowed = frozenset(origins)

    @app.before_request
    async def preflight() -> Response | None:
        asks = "Access-Control-Request-Method" in request.headers
        if request.method != "OPTIONS" or not asks or request.headers.get("Origin") not in allowed:
            return None
        answer = Response("", status=204)
        answer.headers["Access-Control-Allow-Methods"] = _METHODS
        answer.headers["Access-Control-Allow-Headers"] = _HEADERS
        answer.headers["Access-Control-Max-Age"] = _MAX_AGE_S
        return answer

    @app.after_request
    async def mark(response: Response) -> Response:
        origin = request.headers.get("Origin", "")
        if origin in allowed:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "X-Request-Id, Retry-After"
        if allowed:
            response.headers.add("Vary", "Origin")
        return response
