"""Credentials of servers, from the store to the request: rotation, tokens, and one that is gone."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

import pytest
import trio

from aywa.errors import OutboundError
from aywa.model.server import OAuth2Authentication
from aywa.outbound.client import Answer, Ask, OutboundClient
from aywa.outbox.sending import Sender
from aywa.outbox.targets import ConfiguredTargets, Target
from aywa.ports.outbox import JobState, WebhookJob
from aywa.runtime.stored_targets import GONE, StoredTargets
from aywa_server.resources.kinds import ASSISTANT, CREDENTIAL
from aywa_server.resources.service import Resources
from tests.kit.outbox_world import now, open_outbox_world
from tests.kit.resource_store import SEALER, DictResources, SteppingClock
from tests.kit.webhook_server import Received, open_webhook_server

ORG = UUID(int=5)


async def test_rotated_between_two_attempts_and_then_gone(postgres_url: str) -> None:
    """500 with the first secret, 200 with the second, and no third message without a credential."""
    store = DictResources()
    targets = StoredTargets(store, SEALER, ConfiguredTargets(None, None))
    resources = Resources(store, SEALER, Random(7), SteppingClock(), targets.forget)
    plan = {"type": "hmac", "secretKey": "first", "algorithm": "sha256", "signaturePrefix": "sha256="}
    credential = await resources.create(ORG, CREDENTIAL, {"provider": "webhook", "authenticationPlan": plan})

    def signed_by(request: Received) -> str:
        for secret in ("first", "second"):
            said = request.headers["x-timestamp"].encode() + b"." + request.body
            mark = hmac.new(secret.encode(), said, "sha256").hexdigest()
            if request.headers["x-signature"] == f"sha256={mark}":
                return secret
        return "nobody"

    async with open_webhook_server() as server, open_outbox_world(postgres_url) as world:
        server.answer = lambda request: (200 if signed_by(request) == "second" else 500, {})
        named = {"url": server.url(), "credentialId": str(credential.id)}
        row = await resources.create(ORG, ASSISTANT, {"name": "A", "server": named})

        def job(number: int) -> WebhookJob:
            made = world.job(number, server.url(), source=f"assistant:{row.id}")
            return replace(made, org_id=ORG)

        async def state(number: int) -> tuple[JobState, str]:
            found = await world.outbox.get_job(ORG, f"msg_{number}")
            assert found is not None
            return found.state, found.last_error

        async with world.worker(None, targets=targets):
            await world.commit(job(1))
            await until_tried(world, 1)
            assert await state(1) == (JobState.WAITING, "the server answered 500")
            change = {"authenticationPlan": {"secretKey": "second"}}
            await resources.change(ORG, CREDENTIAL, credential.id, change)
            world.ahead_s = 60.0
            await until_tried(world, 1, JobState.DELIVERED)
            assert [signed_by(each) for each in server.received] == ["first", "second"]
            del store.rows[credential.id]
            targets.forget()
            await world.commit(job(2))
            await until_tried(world, 2, JobState.DEAD)
            assert await state(2) == (JobState.DEAD, GONE)
            assert len(server.received) == 2


async def until_tried(world: Any, number: int, state: JobState | None = None) -> None:
    """Wait until the message was tried, or is in this state."""
    with trio.fail_after(15.0):
        while True:
            found = await world.outbox.get_job(ORG, f"msg_{number}")
            if found is not None and (found.tries if state is None else found.state is state):
                return
            await trio.sleep(0.02)


class TokenServer(OutboundClient):
    """Gives tokens, and takes messages that show the one it gave last."""

    def __init__(self, said: Mapping[str, object] | bytes, status: int = 200) -> None:
        self.said = said
        self.status = status
        self.given = 0
        self.asked: list[Ask] = []

    async def ask(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        if ask.url != PLAN.url:
            shown = dict(ask.headers)["Authorization"]
            return Answer(200 if shown == f"Bearer t{self.given}" else 401, {}, b"", "/")
        self.given += 1
        said = self.said
        token = {"access_token": f"t{self.given}"}
        body = said if isinstance(said, bytes) else json.dumps({**token, **said}).encode()
        return Answer(self.status, {}, body, "/")


PLAN = OAuth2Authentication(
    url="https://t.example/token", client_id="a b", client_secret="c4faff", scope="x y"
)
TARGET = Target("https://a.example/hook", authentication=PLAN)


async def send(sender: Sender) -> int:
    return (await sender.send(TARGET, "msg_1", int(now().timestamp()), b"{}")).status


async def test_a_token_is_asked_for_once_and_anew_when_it_ends(autojump_clock: Any) -> None:
    client = TokenServer({"expires_in": 130})
    sender = Sender(client, [b"key"])
    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(send, sender)
    assert client.given == 1
    first = client.asked[0]
    assert first.body == b"grant_type=client_credentials&scope=x+y"
    basic = dict(first.headers)["Authorization"].removeprefix("Basic ")
    assert b64decode(basic) == b"a+b:" + PLAN.client_secret.encode()
    await trio.sleep(99)
    assert (await send(sender), client.given) == (200, 1)
    await trio.sleep(2)
    assert (await send(sender), client.given) == (200, 2)
    client.given = 7  # it was taken back
    assert (await send(sender), client.given) == (401, 7)
    assert (await send(sender), client.given) == (200, 8)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        *(({}, 500), (b"no", 200), (b"[]", 200), ({"access_token": ""}, 200)),
        *(({"access_token": "a\r\nb"}, 200), ({"access_token": 5}, 200)),
    ],
    ids=["500", "no-json", "list", "empty", "two-lines", "number"],
)
async def test_no_token_is_a_failure_that_is_tried_again(said: Any, status: int) -> None:
    sender = Sender(TokenServer(said, status), [b"key"])
    with pytest.raises(OutboundError, match="token"):
        await send(sender)
