"""Figures and tables of `bench.turns`, and the file that its outcomes are kept in."""

from __future__ import annotations

from pathlib import Path

from bench.turns.__main__ import report
from bench.turns.figures import ROWS, Run, curve
from bench.turns.outcome import Outcome, PauseOutcome
from bench.turns.outcome_file import read_outcomes, write_outcomes


def outcome(what: str, **more: object) -> Outcome:
    """One act of an English dialogue."""
    return Outcome("1.en", "en", 0, what, "en/test", 1.0, **more)  # type: ignore[arg-type]


OUTCOMES = [
    outcome("turn", response_ms=700.0, pauses=[PauseOutcome(300.0, False), PauseOutcome(1200.0, True)]),
    outcome("turn", response_ms=900.0, pauses=[PauseOutcome(800.0, False), PauseOutcome(900.0, False)]),
    outcome("interruption", yield_ms=40.0, heard_error=1, response_ms=800.0),
    outcome("interruption", missed=True, answered=False),
    outcome("cough", cut=True, jump=0, resumed_after_ms=500.0),
    outcome("cough", cut=True, stays=True, why=["+3 turn.yield turn=1"]),
    outcome("babble"),
    outcome("echo"),
    outcome("idle", said=True),
]
RUN = Run("default", "as it comes", OUTCOMES, 4, ["refused 503"], 12.0, 1)


def _cell(name: str) -> str:
    return next(of(RUN) for row, of in ROWS if row == name)


def test_shares_are_of_what_could_go_wrong() -> None:
    assert _cell("false cut-ins in pauses of 200-1500 ms") == "25.0 % of 4"
    assert _cell("interruptions missed") == "50.0 % of 2"
    assert _cell("answers stopped by a sound") == "50.0 % of 4"
    assert _cell("resumed at the exact sample, of those") == "50.0 % of 2"
    assert _cell("false interruptions that stay") == "25.0 % of 4"
    assert _cell("said into idle noise") == "100.0 % of 1"
    assert _cell("no answer") == "25.0 % of 4"
    assert _cell("response delay p50 / p95 ms").startswith("800 / ")
    assert _cell("time to yield p50 / p95 ms") == "40 / 40"


def test_the_report_names_what_went_wrong() -> None:
    text = report([RUN])
    assert "stays interrupted 1" in text
    assert "not carried out: 1 (refused 503)" in text
    assert "| cut into pauses of 1000 to 1500 ms | 100.0 % of 1 |" in text
    assert "default: " in curve([RUN])


def test_outcomes_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "acts.jsonl"
    write_outcomes([RUN, Run("other", "", OUTCOMES[:2], 2)], "a machine", path)
    runs, conditions = read_outcomes([path])
    assert [run.name for run in runs] == ["default", "other"]
    assert runs[0] == RUN
    assert list(runs[1].outcomes) == OUTCOMES[:2]
    assert conditions == ["a machine"]


def test_parts_of_a_mode_are_one_run(tmp_path: Path) -> None:
    for seed in (1, 2):
        write_outcomes([RUN], f"seed {seed}", tmp_path / f"{seed}.jsonl")
    (run,), conditions = read_outcomes([tmp_path / "1.jsonl", tmp_path / "2.jsonl"])
    assert (run.dialogues, len(run.outcomes), run.left_out) == (8, 2 * len(OUTCOMES), 2)
    assert conditions == ["seed 1", "seed 2"]
