"""`make bench-turns`: how well the runtime takes turns, in numbers (see bench/README.md).

    python -m bench.turns [MODE...] [--dialogues N] [--seed S] [--languages en,es] [--save]

The same dialogues are carried out in every mode, over real SIP and RTP on loopback, many at a time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.__main__ import RESULTS, conditions
from bench.media_load import raise_file_limit
from bench.turns.dialogue import dialogues
from bench.turns.figures import Run, curve, failures, languages_table, sounds_table, table
from bench.turns.measure import Load, run_mode, run_peer
from bench.turns.modes import MODES, PEERS, USUAL
from bench.turns.outcome_file import read_outcomes, write_outcomes
from bench.turns.recordings import LANGUAGES, installed

_TITLE = "Conversation quality: pauses, interruptions and sounds, by mode"


def report(runs: Sequence[Run]) -> str:
    """All tables as Markdown."""
    parts = [
        table(runs),
        "By language:",
        languages_table(runs),
        "By sound, and by length of the pause:",
        sounds_table(runs),
        "What went wrong, acts:",
        "\n".join(failures(run) for run in runs),
    ]
    return "\n\n".join(parts)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.turns", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("modes", nargs="*", metavar="MODE", help=", ".join((*MODES, *PEERS)))
    parser.add_argument("--dialogues", type=int, default=500)
    parser.add_argument("--seed", type=int, help="default: drawn from the time, and printed")
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    parser.add_argument("--prompts", choices=("judged", "tuned", "all"), default="judged")
    parser.add_argument("--at-once", type=int, default=100, help="calls at the same time")
    parser.add_argument("--peers", action="store_true", help="other systems too, as far as one core carries")
    parser.add_argument("--peer-dialogues", type=int, default=100)
    parser.add_argument("--peer-at-once", type=int, default=12)
    parser.add_argument("--stall-ms", type=float, default=40.0, help="how late a frame spoils an act")
    parser.add_argument("--outcomes", type=Path, help="where to write every act as a line of JSON")
    parser.add_argument("--read", type=Path, nargs="+", help="such files: show these, carry out nothing")
    parser.add_argument("--save", action="store_true", help="keep the tables and the chart in bench/results")
    chosen = parser.parse_args(arguments)
    known = (*MODES, *PEERS)
    if unknown := [name for name in chosen.modes if name not in known]:
        parser.error(f"there is no mode {', '.join(unknown)}; there are {', '.join(known)}")
    chosen.modes = chosen.modes or list(USUAL)
    chosen.modes += [name for name in PEERS if chosen.peers and name not in chosen.modes]
    chosen.languages = tuple(chosen.languages.split(","))
    if unknown := [name for name in chosen.languages if name not in LANGUAGES]:
        parser.error(f"there are no recordings in {', '.join(unknown)}")
    return chosen


def keep(text: str, told: str, runs: Sequence[Run]) -> None:
    """Into bench/results, with the chart."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "turns.svg").write_text(curve(runs), encoding="utf-8")
    body = f"# {_TITLE}\n\n{told}\n\n{text}\n\n![false cut-ins](turns.svg)\n"
    (RESULTS / "turns.md").write_text(body, encoding="utf-8")


def carry_out(chosen: argparse.Namespace) -> tuple[list[Run], str]:
    """Every mode and peer, one after the other; and under what conditions."""
    raise_file_limit()
    seed = chosen.seed if chosen.seed is not None else time.time_ns() % 1_000_000
    told = (
        f"{conditions()}. {chosen.dialogues} dialogues of seed {seed} in {', '.join(chosen.languages)}, "
        f"{chosen.prompts} prompts, {chosen.at_once} at a time; "
        "services: words after 150 ms, model 200 ms, voice 100 ms."
    )
    print(f"{told}\n", flush=True)
    drawn = dialogues(chosen.dialogues, seed, chosen.languages, chosen.prompts)
    runs = []
    with tempfile.TemporaryDirectory(prefix="aywa-turns-") as folder:
        for name in chosen.modes:
            began = time.monotonic()
            place = Path(folder) / name
            if name in MODES:
                load = Load(drawn, chosen.at_once, seed, chosen.stall_ms / 1000)
                runs.append(run_mode(MODES[name], load, place))
            else:
                some = drawn[: chosen.peer_dialogues]
                load = Load(some, chosen.peer_at_once, seed, chosen.stall_ms / 1000)
                runs.append(run_peer(PEERS[name], load, place))
            print(f"{name} took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
            if chosen.outcomes is not None:
                write_outcomes(runs, told, chosen.outcomes)
    return runs, told


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; 2 when recordings are missing."""
    chosen = parse(arguments)
    if chosen.read:
        runs, taken = read_outcomes(chosen.read)
        told = "\n\n".join(taken)
        print(f"{told}\n")
    else:
        if missing := installed(chosen.languages):
            print(f"recordings are missing: apt-get install {' '.join(missing)}", file=sys.stderr)
            return 2
        runs, told = carry_out(chosen)
    text = report(runs)
    print(text)
    if chosen.save:
        keep(text, told, runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
