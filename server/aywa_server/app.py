"""The Quart app: takes the running objects, holds no globals."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import structlog
from quart import Response, g, request, websocket
from quart.wrappers.base import BaseRequestWebsocket
from quart_trio import QuartTrio
from quart_trio.wrappers import TrioRequest

from aywa.ids import new_token
from aywa.log import get_logger
from aywa_server.auth import ORGANIZATION_HEADER, Gate, KeyRing, source_of
from aywa_server.caller import scope_of
from aywa_server.cors import install_cors
from aywa_server.ids_in_paths import PathId
from aywa_server.parts import Parts
from aywa_server.problems import install_error_handlers
from aywa_server.resources.kinds import FILE, JSON_KINDS
from aywa_server.routes.api_keys import api_key_routes
from aywa_server.routes.artifacts import artifact_routes
from aywa_server.routes.audit import audit_routes
from aywa_server.routes.call_costs import call_costs_routes
from aywa_server.routes.calls import calls_routes
from aywa_server.routes.control import control_routes
from aywa_server.routes.erasure import erasure_routes
from aywa_server.routes.events import event_routes
from aywa_server.routes.files import file_routes
from aywa_server.routes.health import PUBLIC_ENDPOINTS, health_routes
from aywa_server.routes.knowledge import knowledge_routes
from aywa_server.routes.listen import listen_routes
from aywa_server.routes.observing import observing_routes
from aywa_server.routes.openapi import openapi_routes
from aywa_server.routes.organizations import organization_routes
from aywa_server.routes.pcap import pcap_routes
from aywa_server.routes.place import place_routes
from aywa_server.routes.recording import recording_routes
from aywa_server.routes.resources import resource_routes
from aywa_server.routes.setup import setup_routes
from aywa_server.routes.structured_runs import structured_run_routes
from aywa_server.routes.web import web_routes
from aywa_server.routes.webhooks import webhooks_routes
from aywa_server.token_gate import TokenGate

_log = get_logger("http")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
_FORM_BYTES = 65_536  # of an upload, beside the file
_BODY_TIMEOUT_S = 20  # for the whole body, however slowly it drips


def create_app(parts: Parts) -> QuartTrio:
    """An app that serves these parts."""
    app = QuartTrio("aywa_server", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = parts.http.max_body_bytes
    app.request_class = _request_class(parts.http.max_file_bytes)
    app.config["BODY_TIMEOUT"] = _BODY_TIMEOUT_S
    app.url_map.strict_slashes = False
    app.url_map.converters["default"] = PathId
    install_error_handlers(app)
    _install_request_ids(app, parts)
    install_cors(app, parts.http.cors_origins)
    ring = KeyRing(parts.http.api_keys)
    gate = Gate(ring, parts.tenancy, parts.now, parts.http)
    _install_auth(app, gate, TokenGate(parts, gate))
    app.register_blueprint(health_routes(parts))
    app.register_blueprint(calls_routes(parts))
    app.register_blueprint(call_costs_routes(parts))
    app.register_blueprint(observing_routes(parts))
    app.register_blueprint(recording_routes(parts))
    app.register_blueprint(artifact_routes(parts))
    app.register_blueprint(place_routes(parts))
    app.register_blueprint(web_routes(parts))
    app.register_blueprint(control_routes(parts))
    app.register_blueprint(listen_routes(parts))
    app.register_blueprint(pcap_routes(parts))
    app.register_blueprint(erasure_routes(parts))
    app.register_blueprint(event_routes(parts))
    app.register_blueprint(setup_routes(parts))
    app.register_blueprint(openapi_routes())
    app.register_blueprint(file_routes(parts))
    for kind in JSON_KINDS:
        app.register_blueprint(resource_routes(parts, kind))
    app.register_blueprint(structured_run_routes(parts))
    app.register_blueprint(knowledge_routes(parts))
    app.register_blueprint(webhooks_routes(parts))
    app.register_blueprint(api_key_routes(parts))
    app.register_blueprint(organization_routes(parts))
    app.register_blueprint(audit_routes(parts))
    return app


def _request_class(max_file_bytes: int) -> type[TrioRequest]:
    """Requests of which uploads alone may be large: a limit holds before the body is looked at."""

    class SizedRequest(TrioRequest):
        def __init__(self, method: str, scheme: str, path: str, *others: Any, **named: Any) -> None:
            if method == "POST" and path.rstrip("/") == FILE.path:
                named["max_content_length"] = max_file_bytes + _FORM_BYTES
                self.max_content_length = named["max_content_length"]
            super().__init__(method, scheme, path, *others, **named)

    return SizedRequest


def _install_request_ids(app: QuartTrio, parts: Parts) -> None:
    """Every answer names its request; a client's own id is kept if it is a plain word."""

    @app.before_websocket
    async def begin_websocket() -> None:
        name(websocket)

    @app.before_request
    async def begin() -> None:
        name(request)

    def name(asked: BaseRequestWebsocket) -> None:
        offered = asked.headers.get("X-Request-Id", "")
        g.request_id = offered if _REQUEST_ID.fullmatch(offered) else f"req_{new_token(parts.rng, 20)}"
        g.began_at = parts.now()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    async def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        if _body_is_left():
            response.headers["Connection"] = "close"
        route = request.url_rule.rule if request.url_rule is not None else "unknown"
        seconds = parts.now() - g.began_at
        parts.metrics.observe_request(request.method, route, response.status_code, seconds)
        _log.info(
            "request",
            method=request.method,
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
        )
        return response


def _body_is_left() -> bool:
    """Whether the request was answered before its body had come: on a connection that is used again the rest
    would be waited for, and the next request with it.
    """
    announced = bool(request.content_length) or "Transfer-Encoding" in request.headers
    return announced and request.http_version.startswith("1") and not request.body._complete.is_set()


def _install_auth(app: QuartTrio, gate: Gate, tokens: TokenGate) -> None:
    """Who asks is known, and may ask it, before anything of the request is looked at."""

    @app.before_request
    async def check() -> None:
        await admit(request, request.method)

    @app.before_websocket
    async def check_websocket() -> None:
        await admit(websocket, "GET")

    async def admit(asked: BaseRequestWebsocket, method: str) -> None:
        endpoint = asked.endpoint
        if asked.routing_exception is None and endpoint not in PUBLIC_ENDPOINTS:
            g.recheck = partial(
                gate.admit,
                asked.headers.get("Authorization", ""),
                asked.headers.get("X-API-Key", ""),
                asked.headers.get(ORGANIZATION_HEADER, ""),
                source_of(asked.remote_addr or ""),
            )
            g.caller = tokens.admit(asked) or await g.recheck()
            assert endpoint is not None, "it was routed"
            g.caller.require(scope_of(app.view_functions[endpoint], method))
