"""Errors to HTTP, in one table. The body is `{statusCode, error, message, code, field?}`."""

from __future__ import annotations

from http import HTTPStatus

from quart import Quart, Response, json
from werkzeug.exceptions import HTTPException, RequestTimeout

from aywa.dialling.usage import LimitReached
from aywa.errors import AywaError, OverloadedError, RateLimitedError, RequestError, StoreError
from aywa.log import get_logger, places

_log = get_logger("http")

# The codes of what Quart itself refuses; the AywaError tree carries its own.
_CODES = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    408: "request-timeout",
    413: "body-too-large",
    415: "unsupported-media-type",
}


def problem(status: int, message: str, *, code: str = "", field: str | None = None) -> Response:
    """An error response."""
    body: dict[str, object] = {
        "statusCode": status,
        "error": HTTPStatus(status).phrase,
        "message": message,
        "code": code or _CODES.get(status, "error"),
    }
    if field is not None:
        body["field"] = field
    return Response(json.dumps(body), status=status, content_type="application/json")


def install_error_handlers(app: Quart) -> None:
    """Answer every error of this app as a problem."""
    app.register_error_handler(AywaError, _aywa_error)
    app.register_error_handler(HTTPException, _http_exception)
    app.register_error_handler(Exception, _unexpected)


async def _aywa_error(error: Exception) -> Response:
    assert isinstance(error, AywaError)
    status = error.http_status
    if status >= 500:
        _log.warning("request failed", error=type(error).__name__, detail=error.detail)
    field = error.field if isinstance(error, RequestError) else None
    response = problem(status, error.detail, code=error.code, field=field)
    if isinstance(error, OverloadedError | LimitReached | RateLimitedError):
        response.headers["Retry-After"] = str(error.retry_after_s)
    elif isinstance(error, StoreError) and error.retryable:
        response.headers["Retry-After"] = "1"
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


async def _http_exception(error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = error.code or 500
    message = (
        "the body did not arrive in time" if isinstance(error, RequestTimeout) else _MESSAGES.get(status)
    )
    response = problem(status, message or error.description or error.name)
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


async def _unexpected(error: Exception) -> Response:
    _log.error("request crashed", places=places(error))
    return problem(500, "internal error: see the runtime's log for this request id", code="internal-error")


_MESSAGES = {
    404: "there is no such route",
    405: "this route does not support the method: see the Allow header",
    413: "the body is larger than this route accepts",
}
