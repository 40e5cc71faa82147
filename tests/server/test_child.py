"""`aywa-media` as a child: its log begins anew at each start, and one run before is kept."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from aywa.errors import TransportError
from aywa_server.child import open_child, previous_log

SETTINGS = {"RUNTIME_HTTP_PORT": "9", "RUNTIME_SIP_PORT": "9", "RUNTIME_API_KEY": "nobody-asks-for-it"}


@pytest.mark.live
async def test_a_log_a_run_and_one_before(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    for word in ("first", "second", "third"):
        with pytest.raises(TransportError, match=word):
            async with open_child(SETTINGS, log, command=(sys.executable, "-c", f"print('{word}')")):
                pass
    assert log.read_text() == "third\n"
    assert previous_log(log).read_text() == "second\n"
    assert not previous_log(previous_log(log)).exists()
