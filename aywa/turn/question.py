"""Whether the caller has been asked something that is still open."""

from __future__ import annotations

import re

_MARKS = "?؟？"
_SENTENCE = re.compile(rf"[^.!{_MARKS}…]*[.!{_MARKS}…]*\s*")
_AFTER = 3  # words said after a question before it is taken for passed over
_HALF = 0.5  # of a question heard: who answers now has understood it


def question_open(heard: str, text: str) -> bool:
    """Whether the words `heard`, the beginning of `text`, end in a question or shortly behind one."""
    at = len(heard.strip())
    begun = 0
    asked = False
    for match in _SENTENCE.finditer(text.strip()):
        sentence = match.group().strip()
        end = match.start() + len(match.group().rstrip())
        if not sentence:
            continue
        begun = match.start()
        is_question = sentence[-1] in _MARKS
        if at >= end:  # it was heard whole
            asked = is_question or (asked and len(sentence.split()) <= _AFTER)
            continue
        if at <= begun:
            return asked
        if is_question and at - begun >= _HALF * (end - begun):
            return True
        return asked and len(text[begun:at].split()) <= _AFTER
    return asked
