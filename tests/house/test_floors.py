"""Imports go down only, and the three lowest floors do no I/O."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.rules_floors import PURE, imported, impure
from tests.house.sources import ROOT, Source, assert_kept, files

_MODULES = {
    "aywa": "errors settings redaction log ids clock _native model dsp proto turn transfer dialling answering"
    " ports outbound media ua bridge call analysis tracing providers emulators knowledge store events"
    " scenarios artifacts caller transports runtime",
    "aywa_server": "serve",
    "aywa_installer": "status",
}


def test_the_lower_floors_are_pure() -> None:
    assert_kept(impure, files(".py", under=PURE))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("import trio\n", "imports trio"),
        ("import os.path\n", "imports os"),
        ("from time import monotonic\n", "imports time"),
        ("def f():\n    import socket\n", "imports socket"),
        ("from random import choice\n", "imports random"),
        ("from random import Random\nr = Random()\n", "dice of its own"),
        ("from datetime import datetime\nx = datetime.now()\n", "reads the clock"),
        ("def f():\n    return open('x')\n", "opens a file"),
    ],
)
def test_an_impure_module_is_found(text: str, what: str) -> None:
    assert what in next(impure(Source("aywa/turn/x.py", text)))


def test_the_two_exceptions_are_for_their_files_only() -> None:
    assert list(impure(Source("aywa/clock.py", "import time\n"))) == []
    assert list(impure(Source("aywa/clock.py", "import os\n"))) != []
    assert list(impure(Source("aywa/ids.py", "from random import Random\ndef f(r: Random): ...\n"))) == []


def _tree(place: Path, imports: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The linter's verdict on a small project with our contracts, our module names and these imports."""
    for package, modules in _MODULES.items():
        for name in ("", *modules.split()):
            folder = place / package / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "__init__.py").write_text("")
    for path, text in imports.items():
        (place / path).write_text(text)
    contracts = (ROOT / "pyproject.toml").read_text().partition("[tool.importlinter]")
    (place / "pyproject.toml").write_text(contracts[1] + contracts[2])
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", code, "--no-cache", "--config", str(place / "pyproject.toml")]
    environment = {"PYTHONPATH": str(place)}
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)


def test_the_contracts_keep_a_clean_tree(tmp_path: Path) -> None:
    legal = {
        "aywa/runtime/__init__.py": "import aywa.call, aywa.media\n",
        "aywa/call/x.py": "import aywa.ports, aywa.media\n",
        "aywa/turn/x.py": "import aywa.model\n",
        "aywa_server/serve/__init__.py": "import aywa.runtime\n",
    }
    verdict = _tree(tmp_path, legal)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("aywa/turn/x.py", "import aywa.call\n"),  # up
        ("aywa/call/x.py", "import aywa.providers\n"),  # sideways
        ("aywa/media/x.py", "import aywa.ua\n"),
        ("aywa/proto/x.py", "import aywa.dsp\n"),
        ("aywa/runtime/x.py", "import aywa_server\n"),
        ("aywa/errors/x.py", "import aywa.settings\n"),
        ("aywa/dsp/x.py", "import trio\n"),  # I/O
        ("aywa/turn/x.py", "import time\n"),
        ("aywa/ports/x.py", "import asyncio\n"),
        ("aywa_installer/x.py", "import aywa.errors\n"),  # stands alone
        ("aywa_installer/x.py", "import httpx\n"),
    ],
)
def test_the_contracts_break_on_a_violation(tmp_path: Path, path: str, text: str) -> None:
    verdict = _tree(tmp_path, {path: text})
    assert verdict.returncode != 0
    assert "BROKEN" in verdict.stdout, verdict.stdout + verdict.stderr


def test_the_installer_imports_the_standard_library_only() -> None:
    for source in files(".py", under=("installer/",)):
        for name in imported(source):
            assert name in {*sys.stdlib_module_names, "aywa_installer"}, f"{source.path} imports {name}"


def test_every_module_of_aywa_stands_on_a_floor() -> None:
    """A package the contracts do not name would be free to import anything."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    named = {module.strip(" ()") for layer in layers for module in layer.replace("|", ":").split(":")}
    found = {source.path.split("/")[1].removesuffix(".py") for source in files(".py", under=("aywa/",))}
    assert {f"aywa.{name}" for name in found - {"__init__"}} - named == set()
