"""The operator CLI's side of the API: where it is, which key opens it, and one sentence for each failure."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from aywa_server.api_key import read_key_file

_TIMEOUT_S = 15.0  # `end` waits until the call is over


class ApiError(Exception):
    """The request did not succeed. The message is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class ApiClient:
    """Asks one runtime."""

    url: str
    key: str
    organization: str = ""  # empty: the key's own, or the default one

    def get(self, path: str, **query: str | int) -> Any:
        """The JSON of a GET. Raises `ApiError`."""
        return self._ask("GET", path, params=query)

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        """The JSON of a POST. Raises `ApiError`."""
        return self._ask("POST", path, json=dict(body))

    def patch(self, path: str, body: Mapping[str, object]) -> Any:
        """The JSON of a PATCH. Raises `ApiError`."""
        return self._ask("PATCH", path, json=dict(body))

    def delete(self, path: str) -> Any:
        """The JSON of a DELETE. Raises `ApiError`."""
        return self._ask("DELETE", path)

    def get_file(self, path: str, media_type: str) -> bytes:
        """What a GET answers with, of this type. Raises `ApiError`."""
        answer = self._request("GET", path)
        if answer.headers.get("Content-Type") == media_type and not answer.is_error:
            return answer.content
        self._json(answer)
        raise ApiError(f"{self.url} answered with something else than {media_type}")

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        return self._json(self._request(method, path, **options))

    def headers(self) -> dict[str, str]:
        """What every request carries. Raises `ApiError`."""
        if not (self.key.isascii() and self.key.isprintable()):
            raise ApiError("the API key cannot be one: it has characters that are not printable ASCII")
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        if self.organization:
            headers["X-Organization-Id"] = self.organization
        return headers

    def refuse(self, answer: httpx.Response) -> None:
        """Raises `ApiError` with what the runtime says of a request that it refused."""
        self._json(answer)

    def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = self.headers()
        try:
            return httpx.request(
                method, self.url.rstrip("/") + path, headers=headers, timeout=_TIMEOUT_S, **options
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ApiError(
                f"no runtime answers at {self.url} ({error}): is aywa-media running there?"
            ) from error

    def _json(self, answer: httpx.Response) -> Any:
        try:
            body = answer.json()
        except ValueError as error:
            raise ApiError(
                f"{self.url} answered with something else than JSON: is it an Aywa runtime?"
            ) from error
        if answer.status_code == 401:
            raise ApiError("the runtime wants its API key: pass --api-key or set AYWA_RUNTIME_API_KEY")
        if answer.is_error:
            told = body.get("message") if isinstance(body, dict) else None
            raise ApiError(f"{told or 'the runtime refused'} (HTTP {answer.status_code})")
        return body


def call_path(call_id: str, rest: str = "") -> str:
    """The path of a call, whatever the operator typed as its id."""
    return f"/call/{quote(call_id, safe='')}{rest}"


def add_api_options(parser: argparse.ArgumentParser) -> None:
    """Where the runtime is and which key opens it."""
    port = os.environ.get("RUNTIME_HTTP_PORT") or "8080"
    parser.add_argument(
        "--url",
        default=os.environ.get("AYWA_RUNTIME_BASE_URL") or f"http://127.0.0.1:{port}",
        help="the runtime's origin (AYWA_RUNTIME_BASE_URL, default %(default)s)",
    )
    parser.add_argument(
        "--organization",
        metavar="ID",
        default=os.environ.get("AYWA_RUNTIME_ORGANIZATION_ID", ""),
        help="in whose name, for a key of no organization (AYWA_RUNTIME_ORGANIZATION_ID)",
    )
    parser.add_argument(
        "--api-key",
        metavar="KEY",
        help="default: AYWA_RUNTIME_API_KEY, RUNTIME_API_KEY, or the key a development runtime generated",
    )


def client_for(args: argparse.Namespace) -> ApiClient:
    """The client of these options."""
    configured = os.environ.get("RUNTIME_API_KEY", "").split(",")[0].strip()
    key = args.api_key or os.environ.get("AYWA_RUNTIME_API_KEY") or configured
    return ApiClient(
        args.url, key or read_key_file(Path(os.environ.get("RUNTIME_DATA_DIR") or "var")), args.organization
    )
