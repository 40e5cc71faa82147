"""Ids in paths: whatever stands between two slashes, except the words that are paths of their own."""

from __future__ import annotations

from werkzeug.routing import BaseConverter

# `POST /call/phone` beside `GET /call/<call_id>`: asked with another method, the word's own path answers 405.
_WORDS = ("phone", "web", "replay", "run", "jobs")


class PathId(BaseConverter):
    """The converter of every `<..._id>`; no id is one of these words."""

    part_isolating = True
    regex = rf"(?!(?:{'|'.join(_WORDS)})$)[^/]+"
