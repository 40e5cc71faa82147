"""Files, functions and parameter lists stay small enough to be read at once."""

from __future__ import annotations

from tests.house.rules_size import big_cython_functions, big_functions, long_file
from tests.house.sources import Source, assert_kept, files


def test_files_stay_below_the_wall() -> None:
    assert_kept(long_file, files(".py", ".pyi", ".pyx", ".pxd", ".sh"))


def test_functions_stay_below_the_wall() -> None:
    assert_kept(big_functions, files(".py"))


def test_cython_functions_stay_below_the_wall() -> None:
    assert_kept(big_cython_functions, files(".pyx"))


def test_a_long_file_is_found() -> None:
    assert list(long_file(Source("x.py", "pass\n" * 500))) == []
    assert len(list(long_file(Source("x.py", "pass\n" * 501)))) == 1


def test_a_long_function_is_found() -> None:
    assert list(big_functions(Source("x.py", "def f():\n" + "    pass\n" * 59))) == []
    assert "f has 61 lines" in next(big_functions(Source("x.py", "def f():\n" + "    pass\n" * 60)))
    assert "m has 61 lines" in next(
        big_functions(Source("x.py", "class C:\n    async def m(self):\n" + "        pass\n" * 60))
    )


def test_a_greedy_function_is_found() -> None:
    assert list(big_functions(Source("x.py", "def f(self, a, b, c, d, e, f, g, *, h, i): ...\n"))) == []
    assert "takes 8 positional" in next(big_functions(Source("x.py", "def f(a, b, c, d, e, f, g, h): ...\n")))


def test_a_long_cython_function_is_found() -> None:
    head = "cdef inline int f(\n    int a,\n) noexcept nogil:\n"
    assert list(big_cython_functions(Source("x.pyx", head + "    pass\n" * 57 + "x = 1\n" * 40))) == []
    assert "f has 61 lines" in next(big_cython_functions(Source("x.pyx", head + "    pass\n" * 58)))
    struct = "cdef extern from 'x.h':\n" + "    int g(int)\n" * 80
    assert list(big_cython_functions(Source("x.pyx", struct))) == []
