"""`aywa keys`, `aywa organizations` and `aywa audit` against a whole API on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from threading import Event, Thread

import pytest
import trio
from hypercorn.trio import serve
from structlog.testing import capture_logs

from aywa.settings import HttpSettings
from aywa_server.cli import main
from aywa_server.http_server import bind_http, http_config
from tests.kit.api_parts import API_KEY
from tests.kit.postgres import postgres_url
from tests.kit.tenant_world import open_tenant_world

__all__ = ["postgres_url"]
pytestmark = pytest.mark.live


@pytest.fixture
def running(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An API whose address and key the CLI finds in the environment."""
    http = HttpSettings(port=0)
    sock = bind_http(http)
    monkeypatch.setenv("AYWA_RUNTIME_BASE_URL", f"http://127.0.0.1:{sock.getsockname()[1]}")
    monkeypatch.setenv("AYWA_RUNTIME_API_KEY", API_KEY)
    ready, stop = Event(), Event()

    async def run() -> None:
        async with open_tenant_world(postgres_url) as world, trio.open_nursery() as nursery:
            wait = partial(trio.to_thread.run_sync, stop.wait)
            await nursery.start(partial(serve, world.app, http_config(http, sock), shutdown_trigger=wait))
            ready.set()

    thread = Thread(target=trio.run, args=(run,))
    with capture_logs():
        thread.start()
        assert ready.wait(30)
        yield
        stop.set()
        thread.join(10)


def test_a_keys_life_on_the_command_line(
    running: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def aywa(*arguments: str, code: int = 0) -> str:
        assert main(arguments) == code, capsys.readouterr()
        told = capsys.readouterr()
        return (told.out + told.err).strip()

    org = aywa("organizations", "create", "clinic")
    assert f"{org}  " in aywa("organizations", "list")
    assert aywa("organizations", "rename", org, "hospital") == "renamed"
    monkeypatch.setenv("AYWA_RUNTIME_ORGANIZATION_ID", org)
    key = aywa("keys", "create", "console", "--scope", "read", "--expires-in", "7")
    line = aywa("keys", "list")
    key_id = line.split()[0]
    assert key not in line
    assert (key[:14] in line, "console" in line, " read " in line, "expires" in line) == (True,) * 4
    assert aywa("calls", "--api-key", key) == "no calls yet"
    assert "scope" in aywa("keys", "list", "--api-key", key, code=2)
    new = aywa("keys", "rotate", key_id, "--grace", "60")
    assert new.startswith("aywa_rt_")
    assert aywa("keys", "revoke", key_id) == "revoked"
    assert "revoked" in aywa("keys", "list")
    assert "there is no API key" in aywa("keys", "revoke", "nothing", code=2)
    assert aywa("keys", "create", "root", "--kind", "admin", "--unbound").startswith("aywa_ad_")
    assert "root" in aywa("keys", "list", "--unbound")
    assert "api_key.revoke" in aywa("audit", "list")
    told = aywa("audit", "verify")
    assert told.startswith("5 rows are whole")
    assert aywa("audit", "verify", "--head", told.split()[-1]) == told
    assert "not in the log" in aywa("audit", "verify", "--head", "0" * 63 + "1", code=1)
