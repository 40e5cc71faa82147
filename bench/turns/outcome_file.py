"""Outcomes as lines of JSON: one for each run, then one for each of its acts, with all that was judged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

from bench.turns.figures import Run
from bench.turns.outcome import Outcome, PauseOutcome

_OF_RUN = ("name", "what", "dialogues", "failed", "latest_ms", "left_out")


def write_outcomes(runs: Sequence[Run], conditions: str, path: Path) -> None:
    """All runs; `conditions`: machine, seed and load, in a line for whoever reads it back."""
    with path.open("w", encoding="utf-8") as file:
        for run in runs:
            head = {name: getattr(run, name) for name in _OF_RUN}
            file.write(json.dumps({"run": head, "conditions": conditions}, ensure_ascii=False) + "\n")
            for each in run.outcomes:
                line = {"mode": run.name, "failures": each.failures, **asdict(each)}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")


def read_outcomes(paths: Sequence[Path]) -> tuple[list[Run], list[str]]:
    """The modes of these files in order, and the conditions they were taken under, each once."""
    runs: list[Run] = []
    conditions: list[str] = []
    known = {each.name for each in fields(Outcome)}
    for path in paths:
        outcomes: list[Outcome] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            if "run" in told:
                outcomes = []
                runs.append(Run(outcomes=outcomes, **told["run"]))
                if told["conditions"] not in conditions:
                    conditions.append(told["conditions"])
                continue
            values = {name: value for name, value in told.items() if name in known}
            values["pauses"] = [PauseOutcome(**pause) for pause in values["pauses"]]
            outcomes.append(Outcome(**values))
    return _joined(runs), conditions


def _joined(runs: Sequence[Run]) -> list[Run]:
    """Parts of one mode, of several seeds, as one run."""
    joined: dict[str, Run] = {}
    for run in runs:
        known = joined.get(run.name)
        joined[run.name] = (
            run
            if known is None
            else Run(
                run.name,
                run.what,
                [*known.outcomes, *run.outcomes],
                known.dialogues + run.dialogues,
                [*known.failed, *run.failed],
                max(known.latest_ms, run.latest_ms),
                known.left_out + run.left_out,
            )
        )
    return list(joined.values())
