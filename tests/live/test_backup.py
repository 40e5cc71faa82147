"""A runtime that is started on a restored copy has the call, its recording and its credentials."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import trio

from tests.kit.plain_caller import PlainCall, open_plain_call
from tests.kit.postgres import temporary_dir
from tests.kit.runtime_process import open_runtime_process, runtime_settings, wait_for_end, wait_for_status

pytestmark = [pytest.mark.live, pytest.mark.paired]
KEY = "a phrase of at least thirty-two characters"
SECRET = "sk-canary-0815"


def aywa(settings: Mapping[str, str], *arguments: str, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "aywa_server.cli", *arguments],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stderr + done.stdout
    return done.stdout if status == 0 else done.stderr


async def talk(call: PlainCall, seconds: float) -> None:
    with trio.move_on_after(seconds):
        while True:
            await call.send(call.packet())
            await trio.sleep(0.02)


async def test_a_copy_can_be_started_and_forgets_what_was_erased() -> None:
    with temporary_dir() as place:
        await _back_up_and_restore(place)


async def _back_up_and_restore(place: Path) -> None:
    first = runtime_settings(place / "one", RUNTIME_STORE_ENCRYPTION_KEY=KEY)
    async with open_runtime_process(first) as runtime:
        made = await runtime.post("/credential", {"provider": "openai", "apiKey": SECRET, "name": "Ours"})
        ids = []
        for seed in (1, 2):
            async with open_plain_call(runtime.sip_port, seed=seed) as call:
                row = await wait_for_status(runtime, "in-progress")
                await talk(call, 2)
            ids.append((await wait_for_end(runtime, row["id"]))["id"])
        kept, erased = ids
        recording = (await runtime.client.get(f"/call/{kept}/stereo-recording")).content
        run = trio.to_thread.run_sync
        told = json.loads(await run(lambda: aywa(first, "backup", str(place / "backups"), "--json")))
        backup = Path(told["path"])
        assert told["tables"]["calls"] == 2
        assert len(told["keyIds"]) == 1
        assert KEY not in await run((backup / "manifest.json").read_text)
        assert "a runtime uses" in await run(lambda: aywa(first, "restore", str(backup), status=2))
        await run(lambda: aywa({**first, **_api(first)}, "erase", "--call", erased, "--yes"))
        assert (await runtime.client.get(f"/call/{erased}")).status_code == 404
    await run(lambda: _refusals(first, backup, place))
    second = runtime_settings(place / "two", RUNTIME_STORE_ENCRYPTION_KEY=KEY)
    # the file of what was erased is kept apart from backups, and was not lost with the old host
    (place / "two").mkdir()
    (place / "two" / "tombstones.jsonl").write_bytes((place / "one" / "tombstones.jsonl").read_bytes())
    assert "2 calls" in await run(lambda: aywa(second, "restore", str(backup)))
    async with open_runtime_process(second) as runtime:
        call = await runtime.get(f"/call/{kept}")
        assert call["status"] == "ended"
        assert (await runtime.get(f"/call/{kept}/timeline"))["timeline"]
        assert (await runtime.client.get(f"/call/{kept}/stereo-recording")).content == recording
        assert (await runtime.client.get(f"/call/{erased}")).status_code == 404
        assert (await runtime.get(f"/credential/{made['id']}"))["apiKey"] == "redacted"
        assert [each["id"] for each in await runtime.get("/credential")] == [made["id"]]
        assert await run(lambda: list((place / "two").rglob(f"*{erased}*"))) == []


def _api(settings: Mapping[str, str]) -> dict[str, str]:
    return {"AYWA_RUNTIME_BASE_URL": f"http://127.0.0.1:{settings['RUNTIME_HTTP_PORT']}"}


def _refusals(settings: Mapping[str, str], backup: Path, place: Path) -> None:
    """Into what is not empty, without the key, from another version, and of what was changed."""
    assert "not empty" in aywa(settings, "restore", str(backup), status=2)
    assert "no backup" in aywa(settings, "restore", str(place), status=2)
    empty = runtime_settings(place / "three", RUNTIME_STORE_ENCRYPTION_KEY="another phrase of 32 characters!")
    assert "is not set" in aywa(empty, "restore", str(backup), status=2)
    assert "whole" in aywa(settings, "backup", "--verify", str(backup))
    manifest = backup / "manifest.json"
    said = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**said, "schema": 999}))
    assert "newer version" in aywa(settings, "restore", str(backup), "--replace", status=2)
    manifest.write_text(json.dumps({**said, "format": 2}))
    assert "format 2" in aywa(settings, "restore", str(backup), "--replace", status=2)
    manifest.write_text(json.dumps(said))
    table = next((backup / "tables").glob("transcript*"))
    data = table.read_bytes()
    table.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert "transcript.copy.gz was changed" in aywa(settings, "backup", "--verify", str(backup), status=2)
    assert "was changed" in aywa(settings, "restore", str(backup), "--replace", status=2)
    table.write_bytes(data)
