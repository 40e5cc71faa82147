"""Requests to web services as an assistant's plan writes them: what the model chooses, and what it does not.

Where a request goes is the operator's alone: the URL is filled in twice, once with what only the operator
has said, and both must lead to the same host. What comes from the model, the caller or a server is
percent-encoded and can neither add a field to the query nor leave the path's directory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import quote

from aywa.call.server_line import ServerLine
from aywa.call.server_tools import attempts
from aywa.call.servers import WebTool
from aywa.call.tool_answer import ToolAnswer, failure, failure_of, failure_words
from aywa.call.variables import Variables
from aywa.errors import AywaError, OutboundError, OutboundFault, ParseError
from aywa.model.strict_json import JsonError, read_json
from aywa.model.template import TemplateError, render
from aywa.ports.llm import ToolCall
from aywa.ports.server_requests import WebAnswer, WebRequest
from aywa.proto.web_headers import dynamic_headers, operator_headers
from aywa.proto.web_target import WebTarget, parse_web_target

_DOTS = re.compile(r"/(?:\.|%2e){1,2}(?=[/?]|$)", re.I)
_SHOWN = 2_000  # characters of what a service says that refuses
_BODILESS = frozenset({"GET"})


async def ask_service(
    line: ServerLine, tool: WebTool, call: ToolCall, variables: Variables, key: str
) -> ToolAnswer:
    """Ask the service. Never raises."""
    try:
        request = web_request(tool, call.arguments, variables, key)
    except TemplateError as error:
        return failure(f"the request cannot be made: {error}")
    except ParseError as error:
        return failure(f"the request cannot be made: {error.detail}")

    async def once() -> Mapping[str, object]:
        answer = await line.fetch(request)
        if not 200 <= answer.status < 300:
            refused.append(answer)
            detail = f"the service answered {answer.status}"
            raise OutboundError(detail, OutboundFault.STATUS, status=answer.status)
        return {"answer": answer}

    refused: list[WebAnswer] = []
    try:
        found = (await attempts(once, tool.backoff))["answer"]
        assert isinstance(found, WebAnswer)
        return read_answer(found)
    except AywaError as error:
        if isinstance(error, OutboundError) and error.fault is OutboundFault.STATUS and refused:
            return read_answer(refused[-1])
        return failure_of(error, effect=tool.rules.effect)


def read_answer(answer: WebAnswer) -> ToolAnswer:
    """What a service has said."""
    if not 200 <= answer.status < 300:
        said = answer.body[:_SHOWN].decode("utf-8", "replace").strip()
        detail = f"the service answered {answer.status}"
        return failure_words(f"{detail}: {said}" if said else detail)
    if not answer.body.strip():
        return ToolAnswer("")
    if "json" in answer.headers.get("content-type", "").lower():
        try:
            return ToolAnswer(read_json(answer.body))
        except JsonError as error:
            return failure_words(f"the service answered no JSON: {error}")
    try:
        return ToolAnswer(read_json(answer.body))
    except JsonError:
        return ToolAnswer(answer.body.decode("utf-8", "replace"))


def web_request(tool: WebTool, arguments: Mapping[str, object], variables: Variables, key: str) -> WebRequest:
    """The request. Raises TemplateError, or ParseError for a URL that leads nowhere or elsewhere."""
    operator = variables.operator(arguments)
    known = variables.all(arguments)
    url = _url(tool.url, operator, known)
    constant, chosen = _parts(tool.headers, arguments, known)
    headers = [
        *operator_headers({name: str(value) for name, value in constant.items()}),
        *dynamic_headers({name: str(value) for name, value in chosen.items() if value is not None}),
    ]
    body = b""
    if tool.method not in _BODILESS:
        fixed, filled = _parts(tool.body, arguments, known)
        whole = {**filled, **fixed}
        for name in tool.rules.arguments:
            whole.setdefault(name, arguments.get(name))
        if whole or tool.body is not None:
            body = json.dumps(whole, ensure_ascii=False).encode("utf-8", "replace")
            if "content-type" not in {name.lower() for name, _ in headers}:
                headers.append(("Content-Type", "application/json"))
    return WebRequest(
        url,
        tool.method,
        tuple(headers),
        body,
        tool.credential_id,
        tool.timeout_s,
        key if tool.rules.effect else "",
    )


def _url(template: str, operator: Mapping[str, object], known: Mapping[str, object]) -> str:
    safe = {name: _encoded(value) for name, value in known.items() if name not in operator}
    url = render(template, {**safe, **operator}, strict=True, url=True)
    target = _read(url)
    blank = {name: _blank(value) for name, value in safe.items()}
    try:
        wanted = _read(render(template, {**blank, **operator}, strict=True, url=True))
    except ParseError:
        wanted = None
    if wanted is None or wanted.origin != target.origin:
        raise ParseError("what was said in the call must not choose the host", where="url")
    if _DOTS.search(target.path) and not _DOTS.search(wanted.path):
        raise ParseError("what was said in the call must not leave the path", where="url")
    return url


def _read(url: str) -> WebTarget:
    return parse_web_target(url.strip())


def _encoded(value: object) -> object:
    """Fit for a path or a query."""
    if isinstance(value, str):
        return quote(value, safe="")
    if isinstance(value, Mapping):
        return {name: _encoded(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_encoded(each) for each in value]
    return value


def _blank(value: object) -> object:
    """The same shape with nothing that anybody has said."""
    if isinstance(value, Mapping):
        return {name: _blank(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_blank(each) for each in value]
    return ""


def _parts(
    schema: Mapping[str, object] | None, arguments: Mapping[str, object], known: Mapping[str, object]
) -> tuple[dict[str, object], dict[str, object]]:
    """Of a schema's properties: what the plan says, and what the model says."""
    constant: dict[str, object] = {}
    chosen: dict[str, object] = {}
    properties = None if schema is None else schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, Mapping) else ():
        if not isinstance(inner, Mapping):
            continue
        if inner.get("value") is not None:
            constant[name] = _constant(inner["value"], known)
        elif isinstance(inner.get("properties"), Mapping):
            given = arguments.get(name)
            fixed, filled = _parts(inner, given if isinstance(given, Mapping) else {}, known)
            if fixed or filled:
                chosen[name] = {**filled, **fixed}
        elif name in arguments:
            chosen[name] = arguments[name]
    return constant, chosen


def _constant(value: object, known: Mapping[str, object]) -> object:
    if isinstance(value, str):
        return render(value, known)
    if isinstance(value, Mapping):
        return {name: _constant(each, known) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_constant(each, known) for each in value]
    return value


def chosen_schema(*schemas: Mapping[str, object] | None) -> dict[str, object]:
    """What of these the model chooses, as one schema of an object."""
    properties: dict[str, object] = {}
    required: list[object] = []
    for schema in schemas:
        open_ = _open(schema or {})
        inner = open_.get("properties")
        properties |= inner if isinstance(inner, dict) else {}
        required += [name for name in open_.get("required", []) if name not in required]  # type: ignore[attr-defined]
    made: dict[str, object] = {"type": "object", "properties": properties}
    return {**made, "required": required} if required else made


def _open(schema: Mapping[str, object]) -> dict[str, object]:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return dict(schema)
    kept: dict[str, object] = {}
    for name, inner in properties.items():
        if not isinstance(inner, Mapping) or inner.get("value") is not None:
            continue
        below = _open(inner)
        if isinstance(inner.get("properties"), Mapping) and inner["properties"] and not below["properties"]:
            continue  # nothing in it is the model's
        kept[name] = below
    wanted = schema.get("required")
    required = [name for name in wanted if name in kept] if isinstance(wanted, list | tuple) else []
    made = {**schema, "properties": kept}
    made.pop("required", None)
    return {**made, "required": required} if required else made
