"""Reading paraphrases out of whatever a language model answers.

Asked for JSON, models answer with JSON, JSON in a fence, JSON after some thoughts, JSON that is cut off, or a
list with dashes. All of it is taken; an answer without paraphrases is an empty list.
"""

from __future__ import annotations

import ast
import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

ASKED_FOR = "paraphrases"
"""The key that the request names."""

_THOUGHTS = re.compile(r"<(think|thinking|reasoning)>.*?(</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_BULLET = re.compile(r"^\s*(?:[-*•]|\(?\d{1,3}[.):])\s+(\S.*)$")
_TRAILING_COMMA = re.compile(r",(\s*[\]}])")
_KEYS = ("paraphrase", "text", "say", "sentence", "utterance", "phrase", "command")
_QUOTES = "\"'“”„«»‘’`* \t"
_I = re.compile(r"I(['’]|$)")
_MOST_CHARS = 300
_READ_CHARS = 200_000
_DEPTH = 4

_DECODER = json.JSONDecoder()


def read_answer(text: str) -> list[str]:
    """The paraphrases in an answer, each once, as they were written."""
    text = _THOUGHTS.sub(" ", text[:_READ_CHARS])
    found = _from_json(text) or _from_broken_json(text) or _from_list(text)
    folded = (" ".join(one.split()) for one in found)
    return [one for one in dict.fromkeys(folded) if one and len(one) <= _MOST_CHARS]


def _from_json(text: str) -> list[str]:
    """The longest list of sentences that stands somewhere as whole JSON."""
    best: list[str] = []
    for source in (text, _TRAILING_COMMA.sub(r"\1", text)):
        at = 0
        while (at := _next_opening(source, at)) >= 0:
            try:
                value, end = _DECODER.raw_decode(source, at)
            except ValueError:
                at += 1
                continue
            except RecursionError:
                return best
            sentences = list(_sentences(value))
            if len(sentences) > len(best):
                best = sentences
            at = end
        if best:
            return best
    return best


def _next_opening(text: str, at: int) -> int:
    found = re.compile(r"[\[{]").search(text, at)
    return found.start() if found else -1


def _sentences(value: Any, depth: int = 0) -> Iterator[str]:
    """The sentences of a value: strings of lists, and of the objects in them."""
    if depth > _DEPTH:
        return
    if isinstance(value, list):
        for one in value:
            if isinstance(one, str):
                yield one
            elif isinstance(one, dict):
                named = next((one[key] for key in _KEYS if isinstance(one.get(key), str)), None)
                if named is not None:
                    yield named
    elif isinstance(value, dict):
        for inner in [value[ASKED_FOR]] if ASKED_FOR in value else value.values():
            yield from _sentences(inner, depth + 1)


def _from_broken_json(text: str) -> list[str]:
    """The whole strings of a list that was never closed, or not well."""
    start, end = text.find("["), text.rfind("]")
    if start < 0:
        return []
    with contextlib.suppress(ValueError, SyntaxError, MemoryError, RecursionError):
        return list(_sentences(ast.literal_eval(text[start : end + 1])))  # single quotes
    found: list[str] = []
    for match in _STRING.finditer(text, start):
        if text[match.end() :].lstrip()[:1] == ":":  # a key
            continue
        try:
            found.append(json.loads(match.group()))
        except ValueError:
            continue
    return found


def _from_list(text: str) -> list[str]:
    """The items of a list with dashes or numbers."""
    return [found.group(1) for line in text.splitlines() if (found := _BULLET.match(line))]


def tidy(say: str, slots: Iterable[str]) -> str:
    """A paraphrase as a pattern is written: no quotes around it, no closing mark, slots as `{name}`."""
    text = say.strip(_QUOTES)
    for name in slots:
        marked = rf"\{{+\s*{name}\s*\}}+|<{name}>|\[{name}\]|\$\{{?{name}\b\}}?|%{name}%"
        text = re.sub(marked, f"{{{name}}}", text, flags=re.IGNORECASE)
    text = text.rstrip(" .!?…").strip(_QUOTES).rstrip(" .!?…")
    first, space, rest = text.partition(" ")
    if first[:1].isupper() and first[1:].islower() and not _I.match(first):
        text = f"{first.lower()}{space}{rest}"
    return text
