"""A server that is told of calls, also of one whose process was killed."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
import trio
from standardwebhooks.webhooks import Webhook

from tests.kit.outbox_world import until
from tests.kit.plain_caller import open_plain_call
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_status
from tests.kit.webhook_server import WebhookServer, open_webhook_server

pytestmark = pytest.mark.live
SECRET = "whsec_" + b64encode(b"a secret of enough bytes").decode()


def settings_for(server: WebhookServer, data_dir: Path) -> dict[str, str]:
    return runtime_settings(
        data_dir,
        RUNTIME_WEBHOOK_URL=server.url(),
        RUNTIME_OUTBOUND_PRIVATE="127.0.0.1",
        WEBHOOK_SIGNING_SECRET=SECRET,
    )


def types(server: WebhookServer, call_id: str) -> list[str]:
    messages = [request.message for request in server.received if request.message["call"]["id"] == call_id]
    return [f"{message['type']} {message.get('status', '')}".strip() for message in messages]


async def test_kill_9_in_mid_call_and_the_report_comes_all_the_same(tmp_path: Path) -> None:
    async with open_webhook_server() as server:
        settings = settings_for(server, tmp_path / "data")
        async with open_runtime_process(settings) as runtime, open_plain_call(runtime.sip_port):
            call = await wait_for_status(runtime, "in-progress")
            await until(lambda: "status-update in-progress" in types(server, call["id"]))
            runtime.kill()
        async with open_runtime_process(settings) as runtime:
            await until(lambda: "end-of-call-report" in types(server, call["id"]), 15)
            jobs = await runtime.get(f"/logs/webhooks?callId={call['id']}")
            with trio.fail_after(10):
                while any(job["state"] != "delivered" for job in jobs):
                    await trio.sleep(0.05)
                    jobs = await runtime.get(f"/logs/webhooks?callId={call['id']}")
        told = types(server, call["id"])
        assert told[:3] == ["status-update queued", "status-update ringing", "status-update in-progress"]
        assert told[-2:] == ["status-update ended", "end-of-call-report"]
        report = server.received[-1].message
        assert report["endedReason"] == "call.in-progress.error-process-lost"
        assert report["call"]["status"] == "ended"
        for request in server.received:
            assert Webhook(SECRET).verify(request.body, request.headers)
        by_id = {request.id: request.message["sequence"] for request in server.received}
        assert sorted(by_id.values()) == list(range(1, len(by_id) + 1)), "no hole, no two alike"
