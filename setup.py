"""The list of native extensions; everything else is in pyproject.toml."""

from os import cpu_count
from shlex import split
from subprocess import run

from Cython.Build import cythonize
from setuptools import Extension, setup

# -O3 vectorises the FIR and G.711 loops; no -march, one wheel must run on every x86-64 and arm64 host. -g0:
# Python's own flags ask for debugging symbols, which are ten times the code.
_FLAGS = ["-O3", "-fno-math-errno", "-g0"]
# Cython's memoryview support, once for all modules instead of a megabyte of C in each.
_SHARED = "aywa._native._cyutility"


def _extension(name: str, *packages: str) -> Extension:
    """A module of _native, with what pkg-config says of the libraries it links."""
    return Extension(
        f"aywa._native.{name}",
        [f"aywa/_native/{name}.pyx"],
        extra_compile_args=[*_FLAGS, *_pkg_config("--cflags", packages)],
        extra_link_args=[*_pkg_config("--libs", packages), "-lm"],
    )


def _pkg_config(what: str, packages: tuple[str, ...]) -> list[str]:
    if not packages:
        return []
    try:
        found = run(["pkg-config", what, *packages], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise SystemExit("pkg-config is missing: install pkg-config, libopus-dev and libssl-dev") from None
    if found.returncode:
        raise SystemExit(f"development files are missing: {found.stderr.strip()}")
    return split(found.stdout)


setup(
    ext_modules=cythonize(
        [
            Extension(_SHARED, [_SHARED.replace(".", "/") + ".c"], extra_compile_args=_FLAGS),
            _extension("g711"),
            _extension("pcm"),
            _extension("resample"),
            _extension("plc"),
            _extension("rtp"),
            _extension("reorder"),
            _extension("source"),
            _extension("scheduling"),
            _extension("vad"),
            _extension("telephone_event"),
            _extension("recorder"),
            _extension("speech"),
            _extension("uplink"),
            _extension("downlink"),
            _extension("wheel"),
            _extension("leg"),
            _extension("engine"),
            _extension("srtp_keys", "libcrypto"),
            _extension("srtp_replay"),
            _extension("srtp_cipher", "libcrypto"),
            _extension("srtp", "libcrypto"),
            _extension("reception"),
            _extension("rtcp"),
        ],
        nthreads=cpu_count() or 1,
        shared_utility_qualified_name=_SHARED,
        language_level=3,
        compiler_directives={"boundscheck": False, "wraparound": False, "cdivision": True},
    )
)
