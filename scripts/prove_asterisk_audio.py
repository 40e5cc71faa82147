"""Compares what Asterisk and the runtime recorded of the newest call, for prove_asterisk.sh."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.kit.correlation import best_match, load


def main() -> int:
    """Print both likenesses; 1 when a side did not hear the other."""
    name, root, recordings = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    newest = max(recordings.rglob("*.wav"), key=lambda path: path.stat().st_mtime)
    sound = root / "usr/share/asterisk/sounds/en_US_f_Allison/demo-congrats.wav"
    up = best_match(load(sound)[: 5 * 8000], load(newest, channel=1))
    down = best_match(load(newest, channel=2), load(root / f"tmp/{name}-heard.wav"))
    print(f"{name:<10} Asterisk hears {down.likeness:.4f}, the assistant {up.likeness:.4f}  ({newest.name})")
    return 0 if min(up.likeness, down.likeness) > 0.85 else 1


if __name__ == "__main__":
    sys.exit(main())
