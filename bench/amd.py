"""Answering-machine detection on labelled calls made from recorded speech, without and with transcripts.

    python -m bench.amd [--tuned]

The judged calls are English and Spanish; `--tuned` shows those that thresholds were chosen on.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence

from aywa.answering.outcomes import Outcome
from aywa.caller.measure import percentile
from bench.answering_run import Listened, Result, listen, run_call
from bench.answering_set import JUDGED, RATE, TUNED, Call, calls_of, has

SEED = 20
MOST_FALSE = 0.03
_HUMAN, _MACHINE = Outcome.HUMAN, Outcome.MACHINE


def matrix(results: Sequence[Result]) -> list[str]:
    """The confusion matrix: a row for what it was, a column for what was decided."""
    counts = Counter((each.call.label, each.outcome) for each in results)
    lines = ["| it was \\ decided | " + " | ".join(each.name.lower() for each in Outcome) + " | right |"]
    lines.append("|---|" + "--:|" * (len(Outcome) + 1))
    for label in Outcome:
        row = [counts[label, outcome] for outcome in Outcome]
        if total := sum(row):
            share = 100 * counts[label, label] / total
            lines.append(
                f"| {label.name.lower()} | {' | '.join(str(n or '') for n in row)} | {share:.0f} % |"
            )
    return lines


def false_machines(results: Sequence[Result]) -> tuple[int, int, int]:
    """People taken for machines, people taken for anything that is not talked to, and all people."""
    people = [each for each in results if each.call.label is _HUMAN]
    machines = sum(each.outcome is _MACHINE for each in people)
    wrong = sum(each.outcome not in (_HUMAN, Outcome.UNKNOWN) for each in people)
    return machines, wrong, len(people)


def times(results: Sequence[Result]) -> list[str]:
    """Time to the verdict by what it was."""
    lines = ["| it was | since the answer: median s | p95 s | since the last word: median s | p95 s |"]
    lines.append("|---|--:|--:|--:|--:|")
    for label in Outcome:
        chosen = [each for each in results if each.call.label is label and each.verdict is not None]
        if not chosen:
            continue
        since = [each.elapsed_s for each in chosen]
        word = [pause for each in chosen if (pause := each.pause_s) is not None]
        cells = [figure(since, 0.5), figure(since, 0.95), figure(word, 0.5), figure(word, 0.95)]
        lines.append(f"| {label.name.lower()} | {' | '.join(cells)} |")
    return lines


def figure(values: Sequence[float], share: float, digits: int = 2) -> str:
    """A percentile, or nothing."""
    value = percentile(list(values), share)
    return "" if value is None else f"{value:.{digits}f}"


def beeps(heard: Sequence[Listened]) -> list[str]:
    """How well beeps are found, over all calls, and how late their ends are known."""
    true = sum(len(each.call.beeps) for each in heard)
    found = sum(len(each.found) for each in heard)
    false = sum(each.false for each in heard)
    late = [ms for each in heard for ms in each.late_ms]
    off = [abs(ms) for each in heard for ms in each.off_ms]
    hours = sum(len(each.call.pcm) for each in heard) / 2 / RATE / 3600
    return [
        "| beeps | found | recall | false | precision | hours of audio |",
        "|--:|--:|--:|--:|--:|--:|",
        f"| {true} | {found} | {100 * found / true:.1f} % | {false} | {100 * found / (found + false):.1f} %"
        f" | {hours:.1f} |",
        "",
        "| a beep's end is known after | it is placed within |",
        "|---|---|",
        f"| median {figure(late, 0.5, 0)} ms, p95 {figure(late, 0.95, 0)} ms"
        f" | median {figure(off, 0.5, 0)} ms, p95 {figure(off, 0.95, 0)} ms |",
    ]


def messages(results: Sequence[Result]) -> str:
    """When the message begins, on the machines that were recognised."""
    chosen = [each for each in results if each.call.label is _MACHINE and each.outcome is _MACHINE]
    after = [each.message_after_s for each in chosen if each.message_after_s is not None]
    early = sum(each < 0 for each in after)
    by = Counter(each.message.by.name.lower() for each in chosen if each.message is not None)
    how = ", ".join(f"{name} {count}" for name, count in by.most_common())
    return (
        f"messages on recognised machines: {len(after)} ({how}); begun {figure(after, 0.5)} s (median),"
        f" {figure(after, 0.95)} s (p95) after the last beep's end; before it: {early}"
    )


def show(calls: Sequence[Call]) -> bool:
    """Print everything about these calls; whether few enough people were taken for machines."""
    reached = True
    for transcripts in (False, True):
        results = [run_call(call, transcripts=transcripts) for call in calls]
        title = "With transcripts (one word in ten misheard, 0.3 s late)" if transcripts else "Without words"
        machines, wrong, people = false_machines(results)
        reached = reached and machines <= MOST_FALSE * people
        print(f"\n### {title}\n")
        print("\n".join(matrix(results)))
        print(
            f"\npeople taken for machines: {machines} of {people} ({100 * machines / people:.1f} %);"
            f" for anything that is not talked to at once: {wrong} ({100 * wrong / people:.1f} %)\n"
        )
        print("\n".join(times(results)))
        print(f"\n{messages(results)}")
    print("\n### Beeps\n")
    print("\n".join(beeps([listen(call) for call in calls])), flush=True)
    return reached


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 1 when more than 3 % of the people are taken for machines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tuned", action="store_true", help="the calls that thresholds were chosen on")
    languages = TUNED if parser.parse_args(arguments).tuned else JUDGED
    if missing := [each for each in languages if not has(each, "vm-intro")]:
        packages = " ".join(
            f"asterisk-core-sounds-{each}-wav asterisk-core-sounds-{each}" for each in missing
        )
        print(f"recorded speech or its words are missing: apt-get install {packages}", file=sys.stderr)
        return 2
    calls = calls_of(languages, SEED)
    print(
        f"{len(calls)} calls of 40 s in {', '.join(languages)}: recorded speech, level -14 to 2 dB, noise 12"
        " to 40 dB below the speech, none to 5 % of the packets lost, mu-law."
    )
    return 0 if show(calls) else 1


if __name__ == "__main__":
    sys.exit(main())
