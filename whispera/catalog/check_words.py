"""Checks of what people say: patterns, examples, near misses and the values in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from whispera import values
from whispera.catalog.catalog import Catalog
from whispera.catalog.check import Findings
from whispera.catalog.forms import expected
from whispera.catalog.model import Action, Place, SlotSpec, said
from whispera.catalog.nodes import did_you_mean
from whispera.catalog.validate import is_canonical
from whispera.domain.intent import NONE, SEQUENCE
from whispera.errors import PatternError
from whispera.patterns import Alt, ListRef, Node, Opt, Seq, Slot, count, parse, slots

MIN_PATTERNS = 40
MIN_EXAMPLES = 4
MIN_OWN_PATTERNS = 5
"""Of an action in the user's own configuration, which needs no examples either."""
MAX_SPAN_WORDS = 24

_GLUED = re.compile(r"[^\W_]\{[a-z]|(?<!\\)\}[^\W_]")
_WORD = re.compile(r"\S+")


def check_words(findings: Findings, catalog: Catalog, action: Action, *, own: bool = False) -> None:
    """Summary, slots, patterns, examples and near misses of one action; `own` of one in the overlay."""
    source, lines = action.source, action.lines
    if not action.summary:
        findings.note(source, lines.get("summary", 0), "summary", "missing: expected one sentence")
    elif not re.fullmatch(r"[A-Z][^.!?]*(\.[^\s.!?][^.!?]*)*\.", action.summary):
        findings.note(
            source,
            lines["summary"],
            "summary",
            "expected one sentence",
            hint="such as: Opens an application.",
        )
    different = {text.lower() for text in action.patterns}
    least = MIN_OWN_PATTERNS if own else MIN_PATTERNS
    if len(different) < least:
        message = f"{len(different)} different patterns: expected at least {least}"
        findings.note(source, lines.get("patterns", 0), "patterns", message)
    if len(action.examples) < MIN_EXAMPLES and not own:
        message = f"{len(action.examples)} examples: expected at least {MIN_EXAMPLES}"
        hint = "words people used that no pattern has"
        findings.note(source, lines.get("examples", 0), "examples", message, hint=hint)
    _check_slots(findings, catalog, action)
    seen: dict[str, Place] = {}
    for index, text in enumerate(action.patterns):
        place = action.place(f"patterns[{index}]")
        first = seen.setdefault(text.lower(), place)
        if first is not place:
            file = "" if first.file == place.file else f" of {first.file}"
            _note(findings, place, f"the same as line {first.line}{file}: {text!r}")
        for message, hint in pattern_problems(text, catalog, action):
            _note(findings, place, f"{message} in {text!r}", hint=hint)
    plain = {bare(text) for text in action.patterns}
    for index, example in enumerate(action.examples):
        place = action.place(f"examples[{index}]", line=example.line)
        if bare(example.say) in plain:
            _note(findings, place, f"{example.say!r} is a pattern: examples are held out")
        for message, hint in intent_problems(example.say, example.intent, catalog, canonical=True):
            _note(findings, place, message, hint=hint)
    for index, miss in enumerate(action.near_misses):
        place = action.place(f"not[{index}]", line=miss.line)
        if miss.intent["action"] == action.name:
            _note(findings, place, f"{miss.say!r} is {action.name} itself: no near miss")
        if bare(miss.say) in plain:
            _note(findings, place, f"{miss.say!r} is also a pattern of {action.name}")
        for message, hint in intent_problems(miss.say, miss.intent, catalog, canonical=False):
            _note(findings, place, message, hint=hint)


def _note(findings: Findings, place: Place, message: str, *, hint: str = "") -> None:
    findings.note(place.file, place.line, place.key, message, hint=hint)


def bare(text: str) -> str:
    """Words alone, small and without punctuation, to compare sentences by."""
    return " ".join(re.sub(r"[^\w\s{}']", " ", text.lower()).split())


def _check_slots(findings: Findings, catalog: Catalog, action: Action) -> None:
    source = action.source
    for spec in action.slots:
        for name in catalog.fillers_of(spec) if not spec.enum else ():
            filler = catalog.fillers.get(name)
            key = "fill" if spec.fill else "slots"
            line = action.lines.get(key, 0)
            if filler is None:
                hint = did_you_mean(name, catalog.fillers)
                findings.note(source, line, f"{key}.{spec.name}", f"no filler named '{name}'", hint=hint)
            elif {filler.type, spec.type} - {"text", "name"} and filler.type != spec.type:
                message = f"the filler '{name}' holds {filler.type}, the slot is {spec.type}"
                findings.note(source, line, f"{key}.{spec.name}", message)
    for name, value in action.defaults.items():
        spec_of = action.slot(name)
        if spec_of is not None and (message := canonical_problem(spec_of, value)):
            findings.note(source, action.lines.get("defaults", 0), f"defaults.{name}", message)


def pattern_problems(text: str, catalog: Catalog, action: Action) -> list[tuple[str, str]]:
    """(message, hint) for each thing wrong with a pattern that parses."""
    pattern = parse(text)
    problems: list[tuple[str, str]] = []
    if _GLUED.search(text):
        problems.append(("a slot stuck to a letter", "a span starts and ends with a word"))
    try:
        count(pattern, lists=catalog.lists)
    except PatternError as error:
        problems.append((error.message, error.hint))
    for spec in action.slots:
        least, most = _occurrences(pattern.node, spec.name)
        if most > 1:
            problems.append((f"{{{spec.name}}} twice", ""))
        if least == 0 and not spec.may_be_absent:
            problems.append(
                (f"no {{{spec.name}}}, which {action.name} needs", "or {slot=value|} if it is meant")
            )
    for slot in slots(pattern):
        found = action.slot(slot.name)
        if found is not None and slot.value is not None:
            problems.extend(_fixed_problems(slot, found))
    return problems


def _occurrences(node: Node, name: str) -> tuple[int, int]:
    """How often a slot stands on a path, at least and at most."""
    if isinstance(node, Slot):
        return (1, 1) if node.name == name else (0, 0)
    if isinstance(node, Seq):
        pairs = [_occurrences(item, name) for item in node.items]
        return sum(least for least, _ in pairs), sum(most for _, most in pairs)
    if isinstance(node, Alt):
        pairs = [_occurrences(choice.node, name) for choice in node.choices]
        return min(least for least, _ in pairs), max(most for _, most in pairs)
    if isinstance(node, Opt):
        return 0, _occurrences(node.node, name)[1]
    assert isinstance(node, ListRef) or not hasattr(node, "items")
    return 0, 0


def _fixed_problems(slot: Slot, spec: SlotSpec) -> list[tuple[str, str]]:
    """What is wrong with `{slot=value|words}`."""
    value, words = slot.value or "", slot.words or ""
    if spec.enum:
        if value in spec.enum:
            return []
        return [(f"'{value}' is no {spec.type}", did_you_mean(value, spec.enum))]
    if not words:
        return [(f"{{{slot.name}={value}|}} has no words", "a value must be said: only enums can go without")]
    parsed = spec.read(words)
    if parsed is None or str(parsed) != value:
        found = "nothing" if parsed is None else f"'{parsed}'"
        return [(f"'{words}' is {found} as {spec.type}, not '{value}'", "")]
    if not spec.fits(words):
        return [(f"'{words}' has words beside the {spec.type}", "leave outer words out of the slot")]
    return []


def canonical_problem(spec: SlotSpec, value: Any) -> str:
    """Why a value is not canonical for a slot; empty when it is."""
    if is_canonical(spec, value):
        return ""
    what = f"one of {', '.join(spec.enum)}" if spec.enum else expected(spec.type)
    return f"'{value}' is no {spec.type}: expected {what}"


def intent_problems(
    say: str, intent: Mapping[str, Any], catalog: Catalog, *, canonical: bool
) -> list[tuple[str, str]]:
    """(message, hint) for what is wrong with an intent written for a sentence.

    With `canonical` values must be canonical; without, they may also be words of the sentence.
    """
    name = intent["action"]
    if name == SEQUENCE:
        steps = intent.get("steps", [])
        return [found for step in steps for found in intent_problems(say, step, catalog, canonical=canonical)]
    if name == NONE:
        return []
    action = catalog.actions.get(name)
    if action is None:
        return [(f"no action named '{name}'", did_you_mean(name, catalog.actions))]
    problems: list[tuple[str, str]] = []
    for spec in action.slots:
        if spec.name not in intent and not spec.may_be_absent:
            hint = f"write {{action: {name}, {spec.name}: ...}}"
            problems.append((f"{name} needs a value for '{spec.name}' in {say!r}", "" if canonical else hint))
    for slot, value in intent.items():
        if slot == "action":
            continue
        found = action.slot(slot)
        if found is None:
            hint = did_you_mean(slot, [spec.name for spec in action.slots])
            problems.append((f"{name} has no slot '{slot}'", hint))
            continue
        wrong = canonical_problem(found, value)
        if wrong and (canonical or found.enum):
            problems.append((wrong, ""))
        elif found.is_span and not _is_said(found, value, say):
            problems.append((f"no words of {say!r} are {value!r} as {found.type}", ""))
    return problems


def _is_said(spec: SlotSpec, value: Any, say: str) -> bool:
    """Whether some run of words of the sentence is the value, or means it."""
    wanted = str(value).lower()
    if spec.words:
        return any(spec.words.get(said(run)) == wanted for run, _ in _readings("text", say))
    return any(wanted in readings for readings in _readings(spec.type, say))


@lru_cache(maxsize=4096)
def _readings(slot_type: str, say: str) -> tuple[tuple[str, str], ...]:
    """For each run of words of a sentence: the words, and their value as text; small letters."""
    words = [found.span() for found in _WORD.finditer(say)]
    readings: list[tuple[str, str]] = []
    for first in range(len(words)):
        for last in range(first, min(len(words), first + MAX_SPAN_WORDS)):
            run = say[words[first][0] : words[last][1]].strip(",;:!?\"'").removesuffix(".")
            parsed = values.parse(slot_type, run) if run else None
            readings.append((run.lower(), "" if parsed is None else str(parsed).lower()))
    return tuple(readings)
