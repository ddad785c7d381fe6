"""Checks of `followups.yaml` against the actions: what it names must exist, and what it copies must fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from whispera.catalog.catalog import Catalog
from whispera.catalog.check import Findings
from whispera.catalog.model import SPAN_TYPES, Action, SlotSpec
from whispera.catalog.nodes import did_you_mean
from whispera.catalog.vocabulary import Rule
from whispera.errors import PatternError
from whispera.patterns import count, parse, slots

MIN_GENERIC = 40
"""Phrasings of `another`, `instead` and `answers` for short values."""
MIN_RULE = 6

_FREE = ("text", "name")
_Problem = tuple[str, str, str]
"""Key below the rule, message and hint."""


def check_followups(findings: Findings, catalog: Catalog) -> None:
    """Everything wrong with the follow-ups of a catalog; none at all is in order."""
    ups = catalog.followups
    if not ups.source:
        return

    def note(key: str, message: str, *, hint: str = "", line: int = 0) -> None:
        findings.note(ups.source, line or ups.lines.get(key, 0), key, message, hint=hint)

    for name, phrasings in (("another", ups.another), ("instead", ups.instead), ("answers", ups.answers)):
        if len(set(phrasings.say)) < MIN_GENERIC:
            message = f"{len(set(phrasings.say))} different patterns: expected at least {MIN_GENERIC}"
            note(f"{name}.say", message)
    for name in ups.enum:
        if name != "any" and name not in catalog.enums:
            note(f"enum.{name}", f"no enum named '{name}'", hint=did_you_mean(name, ["any", *catalog.enums]))
    for name, texts in ups.enum.items():
        for index, text in enumerate(texts):
            for value in {slot.value for slot in slots(parse(text)) if slot.value is not None}:
                if name in catalog.enums and value not in catalog.enums[name]:
                    hint = did_you_mean(value, catalog.enums[name])
                    note(f"enum.{name}[{index}]", f"'{value}' is no {name} in {text!r}", hint=hint)
    for name, texts in (*ups.enum.items(), *_generic(catalog), ("chat", ups.chat)):
        key = f"enum.{name}" if name in ups.enum else name
        for index, text in enumerate(texts):
            for problem in _pattern(text, catalog):
                note(f"{key}[{index}]", f"{problem} in {text!r}")
    for rule in ups.rules:
        if len(set(rule.say)) < MIN_RULE:
            message = f"{len(set(rule.say))} different patterns: expected at least {MIN_RULE}"
            note(rule.key, message, line=rule.line)
        for below, message, hint in _rule(rule, catalog):
            line = ups.lines.get(f"{rule.key}.{below}", rule.line)
            note(f"{rule.key}.{below}", message, hint=hint, line=line)


def _generic(catalog: Catalog) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in ("another", "instead", "answers"):
        phrasings = getattr(catalog.followups, name)
        yield f"{name}.say", phrasings.say
        yield f"{name}.long", phrasings.long


def _pattern(text: str, catalog: Catalog) -> Iterator[str]:
    try:
        count(parse(text), lists=catalog.lists)
    except PatternError as error:
        yield error.message


def _rule(rule: Rule, catalog: Catalog) -> Iterator[_Problem]:
    befores: list[Action] = []
    for index, intent in enumerate(rule.after):
        action, problems = _named(intent, catalog)
        yield from ((f"after[{index}]", message, hint) for message, hint in problems)
        if action is not None:
            befores.append(action)
    target, problems = _named(rule.then, catalog)
    yield from (("then", message, hint) for message, hint in problems)
    if target is None:
        return
    for name, value in rule.then.items():
        spec = target.slot(name)
        if spec is not None and value.startswith("@"):
            for before in befores:
                message = _uncopied(spec, before, value[1:])
                if message:
                    yield f"then.{name}", message, did_you_mean(value[1:], [s.name for s in before.slots])
    for index, text in enumerate(rule.say):
        said = {slot.name for slot in slots(parse(text))}
        yield from ((f"say[{index}]", f"{problem} in {text!r}", "") for problem in _pattern(text, catalog))
        for name in sorted(said):
            if target.slot(name) is None:
                hint = did_you_mean(name, [spec.name for spec in target.slots])
                yield f"say[{index}]", f"{target.name} has no slot '{name}' in {text!r}", hint
        for spec in target.slots:
            wanted = rule.then.get(spec.name, "")
            if wanted == f"{{{spec.name}}}" and spec.name not in said:
                yield f"say[{index}]", f"expected {{{spec.name}}} in {text!r}", ""
            elif spec.name not in said and not wanted and not spec.may_be_absent:
                hint = f"copy it: {{action: {target.name}, {spec.name}: '@slot'}}"
                yield f"say[{index}]", f"{target.name} needs '{spec.name}'", hint


def _named(intent: Mapping[str, str], catalog: Catalog) -> tuple[Action | None, list[tuple[str, str]]]:
    """The action of an intent, and what is wrong with its name, slots and enum words."""
    action = catalog.actions.get(intent["action"])
    if action is None:
        hint = did_you_mean(intent["action"], catalog.actions)
        return None, [(f"no action named '{intent['action']}'", hint)]
    problems: list[tuple[str, str]] = []
    for name, value in intent.items():
        if name == "action":
            continue
        spec = action.slot(name)
        if spec is None:
            hint = did_you_mean(name, [one.name for one in action.slots])
            problems.append((f"{action.name} has no slot '{name}'", hint))
        elif not value.startswith("@") and value != f"{{{name}}}" and value not in spec.enum:
            hint = did_you_mean(value, spec.enum) or f"expected @slot or {{{name}}}"
            problems.append((f"'{value}' is no {spec.type}", hint))
    return action, problems


def _uncopied(spec: SlotSpec, before: Action, name: str) -> str:
    """Why a slot cannot be copied from that slot of the action before; empty when it can."""
    other = before.slot(name)
    if other is None:
        return f"{before.name} has no slot '{name}' to copy"
    free = spec.type in _FREE and other.type in _FREE
    if not free and (spec.type != other.type or spec.type not in SPAN_TYPES) and spec.enum != other.enum:
        return f"{before.name}.{name} is {other.type}, not {spec.type}"
    return ""
