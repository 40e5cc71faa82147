"""Phrases put together as their language writes them."""

from __future__ import annotations

import pytest

from aywa.turn.heard import HeardLedger
from aywa.turn.joining import joined


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (("Good morning.", "How may I help?"), "Good morning. How may I help?"),
        (("", "one", "", "two", ""), "one two"),
        ((), ""),
        (("您好。", "早餐七点开始。"), "您好。早餐七点开始。"),
        (("はい、承知しました。", "お部屋は静かです。"), "はい、承知しました。お部屋は静かです。"),
        (("请拨打", "112"), "请拨打 112"),
        (("สวัสดีครับ", "เรามีห้องพัก"), "สวัสดีครับ เรามีห้องพัก"),
        (("네.", "감사합니다."), "네. 감사합니다."),
    ],
)
def test_joined(pieces: tuple[str, ...], text: str) -> None:
    assert joined(pieces) == text


def test_what_was_heard_has_no_space_that_was_not_written() -> None:
    ledger = HeardLedger()
    for phrase, text in enumerate(("您好。", "早餐七点开始。")):
        ledger.phrase(1, phrase, text)
        ledger.wrote(1, phrase, 8000)
        ledger.wrote_whole(1, phrase)
    ledger.played_to(16_000, 16_000)
    assert ledger.so_far(1)[0] == ledger.settle(1).text == "您好。早餐七点开始。"
