"""The set-up's shell code: its syntax, and the one sentence it fails with, on machines made of stubs."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.sources import ROOT, files

_TOOLS = (
    "bash",
    "sh",
    "env",
    "sleep",
    "mkdir",
    "tail",
    "tr",
    "cut",
    "sed",
    "cat",
    "head",
    "date",
    "dirname",
    "grep",
)


class Machine:
    """A PATH of a few real tools and of stubs, each a line of shell; what they were told is in `calls`."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.bin = place / "bin"
        self.bin.mkdir()
        for tool in _TOOLS:
            real = shutil.which(tool)
            assert real is not None
            (self.bin / tool).symlink_to(real)

    def stub(self, name: str, body: str = "") -> None:
        """A command that notes its arguments and then runs `body`."""
        path = self.bin / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.place}/calls"\n{body}\n')
        path.chmod(0o755)

    @property
    def calls(self) -> str:
        """Every stub's call, a line each."""
        noted = self.place / "calls"
        return noted.read_text() if noted.exists() else ""

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run shell code with the set-up's functions, and a set of one package that a stub can bring."""
        proof = self.place / "proof"
        code = f"""
            set -euo pipefail
            . scripts/lib.sh; . scripts/packages.sh; . scripts/python.sh
            packages_of() {{ echo "thing {proof}"; }}
            {script}
        """
        environment = {"PATH": str(self.bin), "AYWA_VENV": str(self.place / "venv")}
        return subprocess.run(
            ["bash", "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine of root, with nothing but the tools."""
    made = Machine(tmp_path)
    made.stub("id", "echo 0")
    return made


def _sentence(result: subprocess.CompletedProcess[str]) -> str:
    """The error, which is one line and the last."""
    assert result.returncode != 0
    lines = result.stderr.strip().splitlines()
    assert [line for line in lines if line.startswith("error: ")] == lines[-1:]
    return lines[-1].removeprefix("error: ")


@pytest.mark.parametrize("source", [source.path for source in files(".sh", ".ci/run")])
def test_scripts_are_shell(source: str) -> None:
    assert subprocess.run(["bash", "-n", source], cwd=ROOT, check=False).returncode == 0


def test_a_complete_machine_is_left_alone(machine: Machine) -> None:
    (machine.place / "proof").touch()
    machine.stub("apt-get", "exit 1")
    result = machine.run("ensure_packages run")
    assert (result.returncode, result.stdout, machine.calls) == (0, "", "")


def test_what_is_missing_is_installed_without_questions(machine: Machine) -> None:
    machine.stub(
        "apt-get", f'case "$*" in *install*) touch {machine.place}/proof ;; esac\necho $DEBIAN_FRONTEND'
    )
    (machine.bin / "touch").symlink_to(shutil.which("touch") or "")
    result = machine.run("ensure_packages run")
    assert result.returncode == 0, result.stderr
    assert "Installing system packages: thing" in result.stdout
    assert (machine.place / "venv-log" / "apt-install.log").read_text() == "noninteractive\n"
    installed = machine.calls.splitlines()[-1]
    assert "--no-install-recommends" in installed
    assert "--path-include=/usr/share/doc/asterisk-core-sounds-*/*" in installed


def test_no_apt(machine: Machine) -> None:
    assert "neither Debian nor Ubuntu" in _sentence(machine.run("ensure_packages run"))


def test_no_sudo(machine: Machine) -> None:
    machine.stub("apt-get")
    machine.stub("id", "echo 1000")
    assert "no sudo, so run this as root" in _sentence(machine.run("ensure_packages run"))


def test_sudo_refused(machine: Machine) -> None:
    machine.stub("apt-get")
    machine.stub("id", "echo 1000")
    machine.stub("sudo", "exit 1")
    assert "sudo was refused" in _sentence(machine.run("ensure_packages run"))


def test_sudo_granted(machine: Machine) -> None:
    machine.stub("id", "echo 1000")
    machine.stub("apt-get", f": >{machine.place}/proof")
    machine.stub("sudo", '[ "$1" = -v ] || exec "$@"')
    assert machine.run("ensure_packages run").returncode == 0


def test_no_network(machine: Machine) -> None:
    machine.stub("apt-get", "exit 100")
    assert "check the network" in _sentence(machine.run("ensure_packages run"))


def test_a_package_that_brings_nothing(machine: Machine) -> None:
    machine.stub("apt-get")
    assert "what they carry is not there: thing" in _sentence(machine.run("ensure_packages run"))


@pytest.mark.parametrize(
    ("known", "installed"),
    [
        (
            "python3.11",
            "python3.11 python3.11-venv python3.11-dev",
        ),  # Debian 12; Ubuntu 22.04 beside its 3.10
        ("python3.12", "python3.12 python3.12-venv python3.12-dev"),  # Ubuntu 24.04
        ("python3.13", "python3.13 python3.13-venv python3.13-dev"),  # Debian 13
    ],
)
def test_a_python_is_chosen(machine: Machine, known: str, installed: str) -> None:
    machine.stub("python3", "exit 3")  # too old
    machine.stub("apt-cache", f'[ "$2" = {known} ]')
    new = machine.bin / known
    (machine.bin / "chmod").symlink_to(shutil.which("chmod") or "")
    machine.stub(
        "apt-get",
        f'case "$*" in *install*) printf "#!/bin/sh\\necho {new}\\n" >{new}; chmod 755 {new} ;; esac',
    )
    result = machine.run("choose_python")
    assert (result.returncode, result.stdout) == (0, f"{new}\n"), result.stderr
    assert installed in machine.calls


def test_no_python_to_be_had(machine: Machine) -> None:
    machine.stub("python3", "exit 3")
    machine.stub("apt-cache", "exit 100")
    machine.stub("apt-get")
    assert "no Python 3.11 to 3.13" in _sentence(machine.run("choose_python"))


def test_a_named_python_that_will_not_do(machine: Machine) -> None:
    machine.stub("python3.9", "exit 3")
    assert "PYTHON=python3.9 will not do" in _sentence(machine.run("PYTHON=python3.9 choose_python"))


_STUB_PYTHON = """#!/bin/sh
case "$*" in
-m\\ venv*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
-c*) echo "$0" ;;
-m\\ pip*) echo "no route to host"; exit 1 ;;
*) cat >/dev/null; echo requirement ;;
esac
"""


def test_no_package_index(machine: Machine) -> None:
    """The whole set-up on a machine that has everything but a network."""
    for tool in ("cp", "rm", "find", "sort", "xargs", "sha256sum", "stat", "nproc", "git"):
        (machine.bin / tool).symlink_to(shutil.which(tool) or "")
    for tool in ("gcc", "pkg-config", "sox", "sipp", "baresip", "tcpdump"):
        machine.stub(tool)
    python = machine.bin / "python3"
    python.write_text(_STUB_PYTHON)
    python.chmod(0o755)
    (machine.bin / "sleep").unlink()
    machine.stub("sleep")
    result = machine.run("exec bash scripts/setup.sh run")
    assert "check the network and pip's configuration" in _sentence(result)
    log = (machine.place / "venv-log" / "pip-run.log").read_text()
    assert log.count("no route to host") == 3


def test_the_readmes_commands_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        commands = re.findall(r"(?:^|`|\$ )make ([a-z]+)", page.read_text(), re.MULTILINE)
        assert set(commands) - {"git"} <= targets, page.name
    assert {"run", "test"} <= set(re.findall(r"make ([a-z]+)", (ROOT / "README.md").read_text()))


def test_the_build_server_runs_the_readmes_command() -> None:
    assert "make test" in (ROOT / ".ci/run").read_text()
