"""The endpointing server over HTTP: what is sent, what is believed, and where nothing is sent."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from random import Random

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from aywa.errors import OutboundError, OutboundFault, ProviderError
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.model.server_body import ServerBody
from aywa.outbound.client import Answer, Ask, OutboundClient, open_outbound
from aywa.outbox.requests import Requests
from aywa.outbox.sending import Sender
from aywa.outbox.targets import ConfiguredTargets
from aywa.proto.outbound_rules import PUBLIC_ONLY
from aywa.providers.endpointing_webhook import EndpointingWebhook

AT = datetime.now(UTC)
URL = "https://voice.example.com/end?a=1"


class Server(OutboundClient):
    """Answers everything alike."""

    def __init__(
        self, status: int = 200, body: bytes | str = b"", fault: OutboundFault | None = None
    ) -> None:
        self.asked: list[Ask] = []
        self._answer = Answer(status, {}, body.encode() if isinstance(body, str) else body, "/end")
        self._fault = fault

    async def ask(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        if self._fault is not None:
            raise OutboundError("the server cannot be reached", self._fault)
        return self._answer


def webhook(client: OutboundClient, url: str = URL) -> EndpointingWebhook:
    server = ServerBody.model_construct(url=url, headers={"x-key": "secret"})
    requests = Requests(
        Sender(client, [b"key"]), ConfiguredTargets(None, None), clock=lambda: AT, rng=Random(1)
    )
    return EndpointingWebhook(requests, DEFAULT_ORGANIZATION, server)


async def test_what_is_sent_and_understood() -> None:
    server = Server(200, '{"timeoutSeconds": 1.25}')
    message = {"type": "call.endpointing.request", "messages": []}
    assert await webhook(server).advise(message) == 1.25
    (ask,) = server.asked
    assert json.loads(ask.body) == {"message": message}
    assert (ask.method, ask.url, ask.redirects) == ("POST", URL, 0)
    fields = dict(ask.headers)
    assert (fields["Content-Type"], fields["x-key"]) == ("application/json", "secret")
    Webhook(b64encode(b"key").decode()).verify(ask.body, fields)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        *((500, ""), (302, ""), (200, "soon"), (200, "[1]"), (200, "{}"), (200, '{"timeoutSeconds": "1"}')),
        *(
            (200, '{"timeoutSeconds": true}'),
            (200, '{"timeoutSeconds": -1}'),
            (200, '{"timeoutSeconds": 15.1}'),
        ),
        *(
            (200, '{"timeoutSeconds": NaN}'),
            (200, '{"timeoutSeconds": 1' + "0" * 400 + "}"),
            (200, "[" * 4000),
        ),
    ],
)
async def test_an_answer_that_says_nothing_is_a_failure(status: int, body: str) -> None:
    with pytest.raises(ProviderError):
        await webhook(Server(status, body)).advise({})


@pytest.mark.parametrize("fault", OutboundFault)
async def test_a_server_that_is_not_there_is_a_failure(fault: OutboundFault) -> None:
    with pytest.raises(ProviderError, match="cannot be reached") as failure:
        await webhook(Server(fault=fault)).advise({})
    assert failure.value.retryable is (fault is not OutboundFault.REFUSED)


@given(st.binary(max_size=200))
def test_any_body_is_a_wait_or_a_failure(body: bytes) -> None:
    async def ask() -> None:
        try:
            wait_s = await webhook(Server(200, body)).advise({})
        except ProviderError:
            return
        assert 0.0 <= wait_s <= 15.0

    trio.run(ask)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.1.2.3", "[::1]", "169.254.169.254", "0.0.0.0", "localhost"]
)
async def test_nothing_is_sent_into_a_private_network(host: str) -> None:
    async with open_outbound(PUBLIC_ONLY) as client:
        with pytest.raises(ProviderError, match="public internet"):
            await webhook(client, f"http://{host}:9/").advise({})
