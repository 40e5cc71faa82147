"""The table of settings in docs/operations.md is what the code reads."""

from __future__ import annotations

import pytest

from scripts import settings_table
from tests.house.sources import ROOT


def test_the_table_is_up_to_date() -> None:
    page = (ROOT / settings_table.PAGE).read_text()
    assert settings_table.refreshed(page) == page, "run make docs"


def test_every_variable_has_a_meaning_and_no_other() -> None:
    read = {setting.name for setting in settings_table.known_settings()}
    assert read == set(settings_table.MEANINGS)


def test_a_changed_table_is_seen() -> None:
    page = (ROOT / settings_table.PAGE).read_text()
    assert settings_table.refreshed(page.replace("`5080`", "`5060`")) == settings_table.refreshed(page)
    assert settings_table.refreshed(page.replace("`5080`", "`5060`")) != page.replace("`5080`", "`5060`")
    with pytest.raises(ValueError, match="lost one of its marks"):
        settings_table.refreshed("words")
