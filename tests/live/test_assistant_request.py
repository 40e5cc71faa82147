"""A server that is asked who answers a call over SIP, and is told of it where the answer says."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import trio
from standardwebhooks.webhooks import Webhook

from tests.kit.outbox_world import until
from tests.kit.plain_caller import open_plain_call
from tests.kit.postgres import data_dir
from tests.kit.runtime_process import Child, open_runtime_process, runtime_settings, wait_for_end
from tests.kit.webhook_server import Received, WebhookServer, open_webhook_server

__all__ = ["data_dir"]
pytestmark = pytest.mark.live
SECRET = "whsec_" + b64encode(b"a secret of enough bytes").decode()


async def _call(runtime: Child, seed: int, *, until_over: bool) -> dict[str, Any]:
    """Call 1000 and hang up once something was said, or wait for the other side to; the call, over."""
    async with open_plain_call(runtime.sip_port, seed=seed) as call:
        with trio.fail_after(25):
            while True:
                await call.send(call.packet())
                await trio.sleep(0.1)
                newest = await runtime.call_with(call.session.sip_call_id)
                if newest is None:
                    continue
                said = (await runtime.get(f"/call/{newest['id']}/timeline"))["transcript"]
                if newest["status"] == "ended" or (said and not until_over):
                    break
    return await wait_for_end(runtime, newest["id"])


def _told(server: WebhookServer, call_id: str) -> list[tuple[str, str]]:
    return [
        (request.path, request.message["type"])
        for request in server.received
        if request.message["call"]["id"] == call_id
    ]


async def test_who_answers_is_asked_and_told(data_dir: Path) -> None:
    async with open_webhook_server() as server:
        settings = runtime_settings(
            data_dir, RUNTIME_OUTBOUND_PRIVATE="127.0.0.1", WEBHOOK_SIGNING_SECRET=SECRET
        )
        inline = {
            "name": "Inline",
            "firstMessage": "Here is somebody else.",
            "server": {"url": server.url("/inline?key=1"), "secret": "hidden"},
            "serverMessages": ["status-update", "end-of-call-report"],
        }
        answers = [{"assistant": inline}, {"error": "We are closed."}]

        def answer(request: Received) -> bytes:
            asked = request.message["type"] == "assistant-request"
            return json.dumps(answers.pop(0)).encode() if asked else b"ok"

        server.body = answer
        async with open_runtime_process(settings) as runtime:
            number = {
                "provider": "byo-phone-number",
                "number": "1000",
                "numberE164CheckEnabled": False,
                "server": {"url": server.url("/number")},
            }
            bound = await runtime.post("/phone-number", number)
            answered = await _call(runtime, 1, until_over=False)
            assert answered["artifact"]["messages"][0]["message"] == "Here is somebody else."
            await until(lambda: ("/inline?key=1", "end-of-call-report") in _told(server, answered["id"]))
            assert _told(server, answered["id"]) == [
                ("/number", "assistant-request"),
                *[("/inline?key=1", "status-update")] * 4,
                ("/inline?key=1", "end-of-call-report"),
            ]
            closed = await _call(runtime, 2, until_over=True)
            assert closed["endedReason"] == "assistant-request-returned-error"
            await until(lambda: ("/number", "end-of-call-report") in _told(server, closed["id"]))
            for request in server.received:
                assert Webhook(SECRET).verify(request.body, request.headers)
                assert request.message["phoneNumber"] == {"id": bound["id"], "number": "1000"}
                secret = "hidden" if request.path.startswith("/inline") else None
                assert request.headers.get("x-vapi-secret") == secret
            jobs = await runtime.get(f"/logs/webhooks?callId={answered['id']}")
            assert "hidden" not in json.dumps(jobs)
            assert {job["endpoint"] for job in jobs} == {server.url("/inline")}
