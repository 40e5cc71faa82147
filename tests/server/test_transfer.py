"""Transfers as the API and the command line ask for them."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

import pytest

from aywa.model.transfer import TransferCommand
from aywa.ports.store import CallStatus, TimelineEntry
from aywa.transfer.plan import Briefing, Destination, Mode, TransferPlan
from aywa_server.app import create_app
from aywa_server.call_view import call_resource
from aywa_server.cli_transfer import body_of, register
from aywa_server.metrics import Metrics
from aywa_server.transfer_plan import DEFAULT_MESSAGE, plan_of
from tests.kit.api_parts import AUTH, DictCallStore, SpyCalls, make_parts
from tests.kit.call_store_contract import call_row

NUMBER = "+493012345678"


def read(plan: dict[str, object] | None = None, **destination: Any) -> TransferPlan:
    whom = destination or {"type": "number", "number": NUMBER}
    body: dict[str, Any] = {"type": "transfer", "destination": {**whom, "transferPlan": plan or {}}}
    return plan_of(TransferCommand.model_validate(body))


def test_the_least_that_can_be_said() -> None:
    assert read() == TransferPlan(Destination(NUMBER), Mode.REFER, DEFAULT_MESSAGE, needs_consent=False)


@pytest.mark.parametrize(
    ("mode", "verb", "expected", "briefing", "asks", "first"),
    [
        ("blind-transfer", None, Mode.REFER, Briefing.SUMMARY, False, False),
        ("blind-transfer", "dial", Mode.DIAL, Briefing.SUMMARY, False, False),
        ("warm-transfer-say-message", None, Mode.WARM, Briefing.MESSAGE, False, False),
        ("warm-transfer-say-summary", "refer", Mode.ATTENDED, Briefing.SUMMARY, False, False),
        ("warm-transfer-experimental", None, Mode.WARM, Briefing.CONVERSATION, True, False),
        (
            "warm-transfer-wait-for-operator-to-speak-first-and-then-say-message",
            None,
            Mode.WARM,
            Briefing.MESSAGE,
            False,
            True,
        ),
    ],
)
def test_modes(
    mode: str, verb: str | None, expected: Mode, briefing: Briefing, asks: bool, first: bool
) -> None:
    plan = read({"mode": mode, "sipVerb": verb})
    assert (plan.mode, plan.briefing) == (expected, briefing)
    assert (plan.needs_consent, plan.colleague_first) == (asks, first)


def test_everything_else() -> None:
    plan = read(
        {
            "mode": "blind-transfer-add-summary-to-sip-header",
            "dialTimeout": 20,
            "timeout": 5,
            "message": "A caller.",
            "requireAccept": True,
            "fallbackPlan": {"message": "Sorry."},
        },
        type="sip",
        sipUri="sip:bob@pbx.example",
        sipHeaders={"X-Ticket": "7"},
        message="",
        callerId="+49301",
    )
    assert plan.destination == Destination(
        sip_uri="sip:bob@pbx.example", headers=(("X-Ticket", "7"),), caller_id="+49301"
    )
    assert plan.announcement == ""
    assert (plan.adds_summary, plan.needs_consent, plan.briefing_text) == (True, True, "A caller.")
    assert (plan.dial_timeout_s, plan.greeting_timeout_s) == (20, 5)
    assert (plan.fallback_message, plan.fallback_ends_call) == ("Sorry.", True)


async def test_over_http() -> None:
    parts = make_parts(DictCallStore({call_row(1).id: call_row(1)}))
    client = create_app(parts).test_client()
    body = {"type": "transfer", "destination": {"type": "number", "number": NUMBER}, "content": "One moment."}
    answer = await client.post(f"/call/{call_row(1).id}/control", json=body, headers=AUTH)
    assert answer.status_code == 200
    assert isinstance(parts.calls, SpyCalls)
    ((_, kind, plan),) = parts.calls.commands
    assert kind == "transfer"
    assert isinstance(plan, TransferPlan)
    assert plan.announcement == "One moment."


@pytest.mark.parametrize(
    ("arguments", "mode", "asks"),
    [
        ("--to +493012345678", Mode.WARM, True),
        ("--to +493012345678 --mode dial --timeout 30", Mode.DIAL, False),
        ("--to sip:bob@pbx.example --mode attended --say Wait. --brief Hello", Mode.ATTENDED, True),
        ("--to sip:bob@pbx.example --mode refer", Mode.REFER, False),
    ],
)
def test_the_command_line(arguments: str, mode: Mode, asks: bool) -> None:
    parser = ArgumentParser()
    register(parser.add_subparsers())
    args = parser.parse_args(["transfer", "some-call", *arguments.split()])
    plan = plan_of(TransferCommand.model_validate(body_of(args)))
    assert (plan.mode, plan.needs_consent) == (mode, asks)


def test_a_transfer_is_in_the_artifact() -> None:
    record = {"destination": {"type": "number", "number": NUMBER}, "mode": "warm", "status": "busy"}
    call = call_resource(call_row(1, status=CallStatus.ENDED, transfers=(record,)), "http://x")
    shown = call.model_dump(by_alias=True, exclude_none=True)
    assert shown["artifact"]["transfers"] == [record]
    assert (
        "transfers"
        not in call_resource(call_row(2, transfers=()), "http://x").model_dump(exclude_none=True)["artifact"]
    )


def test_transfers_are_counted() -> None:
    metrics = Metrics()
    metrics.observe(TimelineEntry("c", 1, 0, "transfer.ended", {"mode": "warm", "outcome": "busy"}))
    assert b'aywa_transfers_total{mode="warm",outcome="busy"} 1.0' in metrics.render()
