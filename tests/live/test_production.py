"""A whole runtime in production mode: every service that it must have, one call, and its end."""

from __future__ import annotations

import secrets
import signal
from pathlib import Path

import pytest
import trio

from tests.kit.event_world import open_redis_server
from tests.kit.plain_caller import open_plain_call
from tests.kit.postgres import postgres_url
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end, wait_for_status
from tests.kit.s3_server import make_bucket, s3
from tests.kit.webhook_server import open_webhook_server

__all__ = ["postgres_url", "s3"]
pytestmark = [pytest.mark.live, pytest.mark.beside]


def production(data_dir: Path, postgres: str, redis: str, origin: str) -> dict[str, str]:
    """Every setting that production does not start without, as an operator makes them."""
    key = secrets.token_hex(32)
    return runtime_settings(
        data_dir,
        NODE_ENV="production",
        RUNTIME_API_KEY=key,
        RUNTIME_PUBLIC_URL="https://voice.harbour-lights.io",
        RUNTIME_STORE_POSTGRES_URL=postgres,
        RUNTIME_STORE_ENCRYPTION_KEY=secrets.token_urlsafe(32),
        REDIS_URL=redis,
        RUNTIME_ARTIFACT_S3_BUCKET=make_bucket(origin),
        RUNTIME_ARTIFACT_S3_ENDPOINT=origin,
        RUNTIME_ARTIFACT_S3_ACCESS_KEY_ID="an-id",
        RUNTIME_ARTIFACT_S3_SECRET_ACCESS_KEY="a-secret",
        WEBHOOK_SIGNING_SECRET=f"whsec_{secrets.token_urlsafe(32).replace('-', 'a').replace('_', 'b')}=",
    )


async def test_production_takes_a_call_stores_it_and_leaves(
    postgres_url: str, s3: str, tmp_path: Path
) -> None:
    with open_redis_server(tmp_path) as redis:
        async with open_webhook_server() as server:
            settings = production(tmp_path / "data", postgres_url, redis.url, s3)
            settings |= {
                "RUNTIME_WEBHOOK_URL": server.url(),
                "RUNTIME_OUTBOUND_PRIVATE": "127.0.0.1",
            }
            async with open_runtime_process(settings) as runtime:
                readiness = (await runtime.client.get("/readyz")).json()
                assert all(check["ok"] for check in readiness["checks"]), readiness
                wanted = await runtime.get("/setup/requirements")
                assert wanted["complete"], wanted
                assert (await runtime.client.get("/call", headers={"Authorization": ""})).status_code == 401
                async with open_plain_call(runtime.sip_port) as call, trio.open_nursery() as talking:
                    row = await wait_for_status(runtime, "in-progress")
                    for _ in range(50):
                        await call.send(call.packet(b"\x20\xa0" * 80))
                        await trio.sleep(0.02)
                    talking.cancel_scope.cancel()
                await wait_for_end(runtime, row["id"])

                def told() -> bool:
                    return "end-of-call-report" in [each.message["type"] for each in server.received]

                with trio.fail_after(30):
                    while not await runtime.get("/artifact?state=stored"):  # noqa: ASYNC110
                        await trio.sleep(0.1)
                    while not told():  # noqa: ASYNC110
                        await trio.sleep(0.1)
                runtime.process.send_signal(signal.SIGTERM)
                with trio.fail_after(20):
                    while (code := runtime.process.poll()) is None:  # noqa: ASYNC110
                        await trio.sleep(0.05)
                assert code == 0
