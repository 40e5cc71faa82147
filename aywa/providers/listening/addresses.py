"""Addresses of recognisers as people write them."""

from __future__ import annotations

_SCHEMES = {"ws://": "http://", "wss://": "https://"}


def base_of(url: str, path: str = "") -> str:
    """The address that a door takes: http or https, without a query, the endpoint's path or a slash."""
    url = url.split("#", 1)[0]
    for socket, web in _SCHEMES.items():
        if url.startswith(socket):
            url = web + url[len(socket) :]
    return url.split("?", 1)[0].rstrip("/").removesuffix(path).rstrip("/")


def place_of(url: str) -> tuple[str, str]:
    """The base and the path with its query, of a URL that is used as it is."""
    web = url.split("#", 1)[0]
    for socket, scheme in _SCHEMES.items():
        if web.startswith(socket):
            web = scheme + web[len(socket) :]
    scheme, _, rest = web.partition("://")
    at = min((index for index in (rest.find("/"), rest.find("?")) if index >= 0), default=len(rest))
    path = rest[at:]
    return f"{scheme}://{rest[:at]}", path if path.startswith("/") else f"/{path}"
