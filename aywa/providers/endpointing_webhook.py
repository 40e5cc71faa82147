"""The endpointing server of a plan, over HTTP: `call.endpointing.request` out, `{"timeoutSeconds": n}` in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from math import isfinite

import httpx

from aywa.errors import ProviderError
from aywa.providers.public_addresses import Network, PrivateAddressError, Resolve, checked_address, resolve

MAX_ANSWER_BYTES = 4096
MAX_WAIT_S = 15.0
_TIMEOUT_S = 2.0  # of a connection left alone; a call's own deadline is shorter
_MAX_CONNECTIONS = 100


class EndpointingWebhook:
    """See `EndpointingAdvisor`. No redirect is followed; every request looks the name up and checks it."""

    name = "endpointing webhook"

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        headers: Mapping[str, str],
        allowed: Sequence[Network] = (),
        resolve: Resolve = resolve,
    ) -> None:
        """`allowed`: networks that are not public and may be asked all the same."""
        self._client = client
        self._url = httpx.URL(url)
        self._headers = dict(headers)
        self._allowed = allowed
        self._resolve = resolve

    async def advise(self, message: Mapping[str, object]) -> float:
        """See `EndpointingAdvisor`."""
        url = self._url
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            address = await checked_address(url.host, port, self._allowed, self._resolve)
            request = self._client.build_request(
                "POST",
                url.copy_with(host=address),
                headers={**self._headers, "host": url.netloc.decode("ascii")},
                json={"message": dict(message)},
                extensions={"sni_hostname": url.host},
            )
            response = await self._client.send(request, stream=True)
            try:
                if not response.is_success:
                    raise self._failed(f"answered {response.status_code}")
                return _wait_of(await _bounded(response))
            finally:
                await response.aclose()
        except PrivateAddressError as error:
            raise self._failed(str(error), retryable=False) from error
        except (OSError, httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise self._failed(f"could not be asked: {type(error).__name__}") from error
        except ValueError as error:
            raise self._failed(str(error)) from error

    def _failed(self, detail: str, *, retryable: bool = True) -> ProviderError:
        return ProviderError(f"The server {detail}", provider=self.name, stage="turn", retryable=retryable)


@asynccontextmanager
async def open_endpointing_webhook(
    url: str, headers: Mapping[str, str], allowed: Sequence[Network] = ()
) -> AsyncIterator[EndpointingWebhook]:
    """With connections that are kept for as long as the block runs."""
    async with open_webhook_client() as client:
        yield EndpointingWebhook(client, url, headers, allowed)


@asynccontextmanager
async def open_webhook_client() -> AsyncIterator[httpx.AsyncClient]:
    """A client for any number of webhooks."""
    limits = httpx.Limits(max_connections=_MAX_CONNECTIONS, max_keepalive_connections=_MAX_CONNECTIONS)
    async with httpx.AsyncClient(
        timeout=_TIMEOUT_S, limits=limits, follow_redirects=False, trust_env=False
    ) as client:
        yield client


async def _bounded(response: httpx.Response) -> bytes:
    body = b""
    async for piece in response.aiter_bytes():
        if len(body) <= MAX_ANSWER_BYTES:  # the rest is read and dropped, within the deadline
            body += piece
    if len(body) > MAX_ANSWER_BYTES:
        raise ValueError(f"answered more than {MAX_ANSWER_BYTES} bytes")
    return body


def _wait_of(body: bytes) -> float:
    """The wait that an answer says. Raises ValueError."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ValueError("answered no JSON") from error
    wait_s = answer.get("timeoutSeconds") if isinstance(answer, dict) else None
    if isinstance(wait_s, bool) or not isinstance(wait_s, int | float):
        raise ValueError("answered no timeoutSeconds")
    try:
        wait_s = float(wait_s)
    except OverflowError as error:
        raise ValueError("answered a timeoutSeconds out of range") from error
    if not isfinite(wait_s) or not 0.0 <= wait_s <= MAX_WAIT_S:
        raise ValueError(f"answered a timeoutSeconds that is not 0 to {MAX_WAIT_S:g}")
    return wait_s
