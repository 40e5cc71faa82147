"""Server-sent events the slow way: the whole stream at once, character by character, by the standard."""

from __future__ import annotations


def events_of(stream: bytes) -> list[tuple[str, str, str]]:
    """Type, data and last id of every event that a blank line dispatches."""
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
    events: list[tuple[str, str, str]] = []
    data = event = last_id = ""
    for line in _lines(text):
        if line == "":
            if data != "":
                events.append((event or "message", data[:-1], last_id))
            data = event = ""
            continue
        if line[0] == ":":
            continue
        colon = line.find(":")
        name, value = (line, "") if colon < 0 else (line[:colon], line[colon + 1 :])
        if value[:1] == " ":
            value = value[1:]
        if name == "data":
            data += value + "\n"
        if name == "event":
            event = value
        if name == "id" and "\0" not in value:
            last_id = value
    return events


def _lines(text: str) -> list[str]:
    """Whole lines only."""
    lines, line, at = [], "", 0
    while at < len(text):
        character = text[at]
        at += 1
        if character == "\r":
            if text[at : at + 1] == "\n":
                at += 1
            lines.append(line)
            line = ""
        elif character == "\n":
            lines.append(line)
            line = ""
        else:
            line += character
    return lines
