"""The load generator: built on first use, run as a process of its own on a core of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.loadgen.tape import Sound

ROOT = Path(__file__).resolve().parents[2]


def build() -> None:
    """Compile the generator's native code beside itself where that has not been done. Raises
    CalledProcessError.
    """
    here = Path(__file__).parent
    for source in sorted(here.glob("*.pyx")):
        built = list(here.glob(f"{source.stem}.*.so"))
        if built and built[0].stat().st_mtime > source.stat().st_mtime:
            continue
        program = (
            "from setuptools import Extension, setup\n"
            "from Cython.Build import cythonize\n"
            f"source = 'bench/loadgen/{source.name}'\n"
            f"module = Extension('bench.loadgen.{source.stem}', [source], extra_compile_args=['-O3'])\n"
            "arguments = ['-q', 'build_ext', '--inplace']\n"
            "setup(name='loadgen', packages=[], script_args=arguments, ext_modules=cythonize([module]))\n"
        )
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What the phones heard."""

    sent: int
    received: int
    missing: int
    late_ticks: int
    realtime: bool
    deviation_us: dict[str, float]
    barge_in_ms: list[float]


class LoadGenerator:
    """A running load generator process; `ports` are its phones'."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.ports: list[int] = self._read()["ports"]

    def start(self, targets: list[int], *, warm_up_s: float, seconds: float) -> None:
        """Let every phone talk to its target port, measuring after the warm-up."""
        self._write({"targets": targets, "warm_up_s": warm_up_s, "seconds": seconds})

    def wait_measuring(self) -> None:
        """Block until the warm-up is over. Call in a thread."""
        self._read()

    def wait_result(self) -> LoadResult:
        """Block until the measurement is over. Call in a thread."""
        return LoadResult(**self._read())

    def _write(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the load generator has died")
        message: dict[str, Any] = json.loads(line)
        return message


@contextmanager
def open_load_generator(
    phones: int, *, core: int | None, sound: Sound = Sound.PCMU
) -> Iterator[LoadGenerator]:
    """A load generator with so many phones, pinned to a core; killed when the block is left."""
    build()
    command = [sys.executable, "-m", "bench.loadgen", str(phones), "-" if core is None else str(core)]
    command.append(sound.value)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield LoadGenerator(process)
        finally:
            process.kill()
