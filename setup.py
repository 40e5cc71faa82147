"""The list of native extensions; everything else is in pyproject.toml."""

from Cython.Build import cythonize
from setuptools import Extension, setup

# -O3 vectorises the FIR and G.711 loops; no -march, one wheel must run on every x86-64 and arm64 host.
_FLAGS = ["-O3", "-fno-math-errno"]


def _extension(name: str, libraries: tuple[str, ...] = ()) -> Extension:
    return Extension(
        f"aywa._native.{name}",
        [f"aywa/_native/{name}.pyx"],
        extra_compile_args=_FLAGS,
        libraries=list(libraries),
    )


setup(
    ext_modules=cythonize(
        [],
        language_level=3,
        compiler_directives={"boundscheck": False, "wraparound": False, "cdivision": True},
    )
)
