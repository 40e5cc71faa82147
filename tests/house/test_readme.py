"""What README.md takes from elsewhere is what stands there."""

from __future__ import annotations

import pytest

from scripts import readme_output
from tests.house.sources import ROOT


def test_the_included_files_are_up_to_date() -> None:
    page = (ROOT / "README.md").read_text()
    assert readme_output.with_files(page) == page, "run make docs"


def test_output_is_taken_without_progress_keys_and_folders() -> None:
    page = "\n".join(("before", *readme_output._OUTPUT, "after"))
    key = "k" * 32
    output = (
        f"==> Building\n     10 s  cc -c x.c\nlog {ROOT}/var/log\ncurl -H 'Authorization: Bearer {key}' x\n"
    )
    fresh = readme_output.with_output(page, output)
    assert "cc -c" not in fresh
    assert key not in fresh
    assert "log var/log\n" in fresh
    assert "$ make run ONCE=1\n==> Building\n" in fresh
    assert readme_output.with_output(fresh, output) == fresh


def test_a_lost_mark_is_told() -> None:
    with pytest.raises(ValueError, match="lost one of its marks"):
        readme_output.with_output("no marks", "output")
