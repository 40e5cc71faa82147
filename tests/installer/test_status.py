"""The installer's `status` against a server of its own, as a module and as a zipapp."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import zipapp
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from aywa_installer.__main__ import main
from aywa_installer.readiness import NotARuntimeError, parse_readiness

_ROOT = Path(__file__).parents[2]
_READY = {
    "status": "ready",
    "checks": {"store": {"status": "ok"}, "sip": {"status": "ok", "detail": "udp 5080"}},
}
_STARTING = {
    "status": "starting",
    "checks": [{"name": "store", "ready": False, "detail": "cannot be reached"}],
}


@contextmanager
def _runtime(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_ready_runtime(capsys: pytest.CaptureFixture[str]) -> None:
    with _runtime(200, json.dumps(_READY).encode()) as url:
        assert main(["status", "--url", url]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{url} is ready",
        "  ok  store",
        "  ok  sip          udp 5080",
    ]


def test_a_runtime_that_is_not_ready(capsys: pytest.CaptureFixture[str]) -> None:
    with _runtime(503, json.dumps(_STARTING).encode()) as url:
        assert main(["status", "--url", url]) == 1
    assert "  no  store        cannot be reached" in capsys.readouterr().out


@pytest.mark.parametrize(("status", "body"), [(404, b"{}"), (200, b"<html>"), (200, b"[]"), (200, b"{}")])
def test_something_else_answers(status: int, body: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with _runtime(status, body) as url:
        assert main(["status", "--url", url]) == 2
    assert capsys.readouterr().err.startswith("aywa status: ")


def test_nothing_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--url", "http://127.0.0.1:9"]) == 2
    assert "is aywa-media running there?" in capsys.readouterr().err
    assert main(["status", "--url", "file:///etc/passwd"]) == 2
    assert "not an http or https address" in capsys.readouterr().err


def test_json_is_the_runtimes_own(capsys: pytest.CaptureFixture[str]) -> None:
    with _runtime(200, json.dumps(_READY).encode()) as url:
        assert main(["status", "--url", url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == _READY


def test_an_answer_cut_short_is_no_runtime() -> None:
    with pytest.raises(NotARuntimeError):
        parse_readiness("http://x", b'{"status": "rea')


def test_the_zipapp_runs_without_the_project(tmp_path: Path) -> None:
    archive = tmp_path / "aywa.pyz"
    zipapp.create_archive(_ROOT / "installer", archive, main="aywa_installer.__main__:run_and_exit")
    for status, answer, code in ((200, _READY, 0), (503, _STARTING, 1)):
        with _runtime(status, json.dumps(answer).encode()) as url:
            command = [sys.executable, "-I", "-S", str(archive), "status", "--url", url]
            told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (told.returncode, told.stderr) == (code, "")
        assert f"{url} is " in told.stdout
