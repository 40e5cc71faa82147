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


# Sums of products may be taken four at a time where nothing depends on the last bit.
_SUMS = ("-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math")


def _extension(name: str, *packages: str, flags: tuple[str, ...] = ()) -> Extension:
    """A module of _native, with what pkg-config says of the libraries it links."""
    return Extension(
        f"aywa._native.{name}",
        [f"aywa/_native/{name}.pyx"],
        extra_compile_args=[*_FLAGS, *flags, *_pkg_config("--cflags", packages)],
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
            _extension("plc", flags=_SUMS),
            _extension("timescale", flags=_SUMS),
            _extension("jitter"),
            _extension("room"),
            _extension("rooms"),
            _extension("mixing"),
            _extension("g722"),
            _extension("l16"),
            _extension("opus", "opus"),
            _extension("codec"),
            _extension("comfort_noise"),
            _extension("rtp"),
            _extension("reorder"),
            _extension("source"),
            _extension("capture"),
            _extension("background"),
            _extension("scheduling"),
            _extension("heap"),
            _extension("arena"),
            _extension("vad"),
            _extension("echo_fit"),
            _extension("echo_search"),
            _extension("echo_path"),
            _extension("echo"),
            _extension("telephone_event"),
            _extension("tonal", flags=_SUMS),
            _extension("beep"),
            _extension("goertzel"),
            _extension("tone"),
            _extension("hearing"),
            _extension("recorder"),
            _extension("speech"),
            _extension("srtp_keys", "libcrypto"),
            _extension("srtp_replay"),
            _extension("srtp_cipher", "libcrypto"),
            _extension("srtp", "libcrypto"),
            _extension("wire"),
            _extension("uplink_clock"),
            _extension("uplink_tones"),
            _extension("uplink_audio"),
            _extension("uplink"),
            _extension("downlink"),
            _extension("phase"),
            _extension("wheel"),
            _extension("leg"),
            _extension("engine"),
            _extension("reception"),
            _extension("rtcp"),
            _extension("reporting"),
        ],
        nthreads=cpu_count() or 1,
        shared_utility_qualified_name=_SHARED,
        language_level=3,
        compiler_directives={"boundscheck": False, "wraparound": False, "cdivision": True},
    )
)
