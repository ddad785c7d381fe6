"""Reading `followups.yaml`: what is said after a command and leans on it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from yaml.nodes import MappingNode, Node

from whispera.catalog.nodes import Source, did_you_mean, line_of
from whispera.catalog.vocabulary import Followups, Phrasings, Rule
from whispera.patterns import parse, slots

GENERIC = ("another", "instead", "answers")
RULES = ("pairs", "more", "less", "back")
VALUE = "x"
"""The slot of a generic pattern."""

_COPY = re.compile(r"@[a-z][a-z0-9_]*")


def read_followups(source: Source, root: Node) -> Followups:
    """The follow-ups of a file; mistakes are noted at the source."""
    found = source.known(root, "", (*GENERIC, "enum", "phrases", *RULES, "chat"))
    phrases = _by_name(source, found.get("phrases"), "phrases")
    enum = _by_name(source, found.get("enum"), "enum")
    for name, texts in enum.items():
        _expect_value(source, texts, f"enum.{name}")
    generic = {name: _phrasings(source, found[name], name) for name in GENERIC if name in found}
    return Followups(
        **generic,
        enum=enum,
        rules=tuple(rule for kind in RULES for rule in _rules(source, found.get(kind), kind, phrases)),
        chat=source.patterns(found["chat"], "chat") if "chat" in found else (),
        source=source.shown,
        lines=dict(source.lines),
    )


def _by_name(source: Source, node: Node | None, key: str) -> dict[str, tuple[str, ...]]:
    if node is None:
        return {}
    entries = source.entries(node, key)
    source.lines |= {f"{key}.{name}": line_of(texts) for name, texts in entries.items()}
    return {name: source.patterns(texts, f"{key}.{name}") for name, texts in entries.items()}


def _phrasings(source: Source, node: Node, key: str) -> Phrasings:
    found = source.known(node, key, ("say", "long", "over"))
    say = source.patterns(found["say"], f"{key}.say") if "say" in found else ()
    long = source.patterns(found["long"], f"{key}.long") if "long" in found else ()
    _expect_value(source, say, f"{key}.say")
    _expect_value(source, long, f"{key}.long")
    return Phrasings(say, long, source.flag(found["over"], f"{key}.over") if "over" in found else False)


def _expect_value(source: Source, texts: tuple[str, ...], key: str) -> None:
    for index, text in enumerate(texts):
        where = f"{key}[{index}]"
        names = {slot.name for slot in slots(parse(text))}
        if names != {VALUE}:
            source.note(source.lines[where], where, f"expected {{{VALUE}}} and no other slot in {text!r}")


def _rules(
    source: Source, node: Node | None, kind: str, phrases: Mapping[str, tuple[str, ...]]
) -> Iterator[Rule]:
    for item, key in source.items(node, kind) if node is not None else ():
        found = source.known(item, key, ("after", "then", "use", "say", "over"))
        if "after" not in found or "then" not in found or not found.keys() & {"use", "say"}:
            source.note(item, key, "expected {after: [actions], then: action, say: [patterns]}")
            continue
        befores = source.items(found["after"], f"{key}.after")
        after = tuple(_intent(source, one, where) for one, where in befores)
        then = _intent(source, found["then"], f"{key}.then")
        say = source.patterns(found["say"], f"{key}.say") if "say" in found else ()
        for name in source.texts(found["use"], f"{key}.use", single=True) if "use" in found else ():
            if name not in phrases:
                hint = did_you_mean(name, phrases)
                source.note(found["use"], f"{key}.use", f"no phrases named '{name}'", hint=hint)
            say += phrases.get(name, ())
        for name, value in then.items():
            if value.startswith("@") and not _COPY.fullmatch(value):
                source.note(found["then"], f"{key}.then.{name}", f"expected @slot, found '{value}'")
        over = source.flag(found["over"], f"{key}.over") if "over" in found else False
        yield Rule(kind, after, then, say, over, key, line_of(item))


def _intent(source: Source, node: Node, key: str) -> dict[str, str]:
    """An action by name, or `{action: name, slot: word}`."""
    if not isinstance(node, MappingNode):
        return {"action": source.text(node, key)}
    found = source.entries(node, key)
    if "action" not in found:
        source.note(node, key, "expected an action")
    texts = {name: source.text(value, f"{key}.{name}") for name, value in found.items()}
    return {"action": texts.pop("action", ""), **texts}
