"""The languages of the text model, by ISO 639-1 code."""

from __future__ import annotations

from aywa.turn.lexicon import de, en, es, fr, it, pt, ru
from aywa.turn.lexicon.pack import WordPack

PACKS: dict[str, WordPack] = {pack.PACK.code: pack.PACK for pack in (en, es, fr, it, ru, de, pt)}
