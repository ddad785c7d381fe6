"""Reading the files beside the actions: slots, lookup, compound, order, settings."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode

from whispera.catalog.action_file import read_intent, read_near_misses
from whispera.catalog.forms import INT_RANGES
from whispera.catalog.lookup import App, Folder, Site
from whispera.catalog.model import SPAN_TYPES
from whispera.catalog.nodes import Source, did_you_mean, kind, line_of
from whispera.catalog.platforms import PLATFORM_KEYS, spread
from whispera.catalog.settings import Settings
from whispera.catalog.vocabulary import KINDS, Compound, CompoundExample, Filler, Form, NonCommands
from whispera.catalog.voice_file import read_voice
from whispera.domain.intent import SEQUENCE
from whispera.patterns import Pattern, parse

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def read_enum(source: Source, root: Node) -> tuple[str, dict[str, tuple[str, ...]]]:
    """The name of an enum and, for each canonical word in file order, how it is said."""
    found = source.known(root, "", ("enum", "words"))
    name = source.text(found["enum"], "enum")
    words: dict[str, tuple[str, ...]] = {}
    if "words" not in found:
        source.note(root, "words", "missing: expected {word: [spoken forms]}")
        return name, words
    for word, forms in source.entries(found["words"], "words").items():
        if not _NAME.fullmatch(word):
            source.note(forms, f"words.{word}", "expected small letters, digits, underscores")
        words[word] = source.texts(forms, f"words.{word}", single=True)
    if not words:
        source.note(found["words"], "words", "expected at least one word")
    if name in SPAN_TYPES:
        source.note(found["enum"], "enum", f"'{name}' is a slot type already")
    return name, words


def read_filler(source: Source, root: Node) -> Filler:
    """A filler list."""
    found = source.known(root, "", ("fill", "type", "values", "held_out", "invent", "kind", "after"))
    slot_type = source.text(found["type"], "type") if "type" in found else "text"
    if slot_type not in SPAN_TYPES:
        hint = did_you_mean(slot_type, SPAN_TYPES)
        source.note(found["type"], "type", f"no slot type named '{slot_type}'", hint=hint)
    kind = source.text(found["kind"], "kind") if "kind" in found else ""
    if kind and kind not in KINDS:
        source.note(found["kind"], "kind", f"'{kind}' cannot be made up", hint=did_you_mean(kind, KINDS))
    after = source.entries(found["after"], "after") if "after" in found else {}
    return Filler(
        source.text(found["fill"], "fill"),
        slot_type,
        values=source.patterns(found["values"], "values") if "values" in found else (),
        held_out=source.patterns(found["held_out"], "held_out") if "held_out" in found else (),
        invent=source.number(found["invent"], "invent", least=0, most=1) if "invent" in found else 0.0,
        kind=kind,
        after={word: source.text(node, f"after.{word}") for word, node in after.items()},
        source=source.shown,
        lines=dict(source.lines),
    )


def read_lists(source: Source, root: Node) -> dict[str, tuple[Pattern, ...]]:
    """`lists: {please: [patterns]}`."""
    found = source.known(root, "", ("lists",))
    if "lists" not in found:
        return {}
    lists: dict[str, tuple[Pattern, ...]] = {}
    for name, node in source.entries(found["lists"], "lists").items():
        if not _NAME.fullmatch(name):
            source.note(node, f"lists.{name}", "expected small letters, digits, underscores")
        lists[name] = tuple(parse(text) for text in source.patterns(node, f"lists.{name}"))
    return lists


def read_forms(source: Source, root: Node) -> dict[str, tuple[Form, ...]]:
    """`forms: {duration: [{said: words, is: value}]}`."""
    found = source.known(root, "", ("forms",))
    forms: dict[str, tuple[Form, ...]] = {}
    types = source.known(found["forms"], "forms", SPAN_TYPES) if "forms" in found else {}
    for slot_type, node in types.items():
        read: list[Form] = []
        for item, key in source.items(node, f"forms.{slot_type}"):
            entries = source.known(item, key, ("said", "is"))
            if len(entries) != 2:
                source.note(item, key, "expected {said: words, is: value}")
                continue
            is_number = slot_type in INT_RANGES
            value: str | int = (source.integer if is_number else source.text)(entries["is"], f"{key}.is")
            read.append(Form(source.text(entries["said"], f"{key}.said"), value, line_of(item)))
        forms[slot_type] = tuple(read)
    return forms


def read_non_commands(source: Source, root: Node) -> NonCommands:
    """`kinds: {chat: [patterns]}` and `examples:`."""
    found = source.known(root, "", ("kinds", "examples"))
    kinds: dict[str, tuple[str, ...]] = {}
    if "kinds" in found:
        for name, node in source.entries(found["kinds"], "kinds").items():
            kinds[name] = source.patterns(node, f"kinds.{name}")
    examples = source.texts(found["examples"], "examples") if "examples" in found else ()
    return NonCommands(kinds, examples)


def read_compound(source: Source, root: Node) -> Compound:
    """`joins`, `say`, `not`, `examples`."""
    found = source.known(root, "", ("joins", "say", "not", "examples"))
    joins = source.patterns(found["joins"], "joins") if "joins" in found else ()
    for index, join in enumerate(joins):
        if "{a}" not in join or "{b}" not in join:
            key = f"joins[{index}]"
            source.note(source.lines[key], key, "expected {a} and {b}, a before b in time")
    return Compound(
        joins,
        _compounds(source, found.get("say"), "say"),
        read_near_misses(source, found["not"], "not") if "not" in found else (),
        _compounds(source, found.get("examples"), "examples"),
    )


def _compounds(source: Source, node: Node | None, key: str) -> tuple[CompoundExample, ...]:
    examples: list[CompoundExample] = []
    for item, where in source.items(node, key) if node is not None else ():
        entries = source.known(item, where, ("text", "say", "steps"))
        said = entries.get("text") or entries.get("say")
        if said is None or "steps" not in entries:
            source.note(item, where, "expected {text: words, steps: [{action: ..., slot: ...}, ...]}")
            continue
        steps = tuple(
            read_intent(source, step, one) for step, one in source.items(entries["steps"], f"{where}.steps")
        )
        if not 2 <= len(steps) <= 6 or any(step["action"] in (SEQUENCE, "none") for step in steps):
            source.note(
                entries["steps"], f"{where}.steps", "expected 2 to 6 actions, none of them a sequence"
            )
        examples.append(CompoundExample(source.text(said, f"{where}.text"), steps, line_of(item)))
    return tuple(examples)


def read_order(source: Source, root: Node) -> dict[str, tuple[str, ...]]:
    """Group to its actions, in contract order."""
    return {group: source.texts(node, group) for group, node in source.entries(root, "").items()}


def _by_platform(source: Source, node: Node, key: str) -> dict[str, tuple[str, ...]]:
    """Names by platform; one name or list alone holds everywhere."""
    if not isinstance(node, MappingNode):
        return spread({"any": source.texts(node, key, single=True)})
    named = source.known(node, key, PLATFORM_KEYS)
    return spread({name: source.texts(one, f"{key}.{name}", single=True) for name, one in named.items()})


def read_apps(source: Source, root: Node) -> dict[str, App]:
    """Applications by spoken name."""
    apps: dict[str, App] = {}
    for name, node in source.entries(root, "").items():
        found = source.known(node, name, ("also", *PLATFORM_KEYS, "process", "window"))
        launch = {key: found[key] for key in PLATFORM_KEYS if key in found}
        apps[name] = App(
            name,
            source.texts(found["also"], f"{name}.also", single=True) if "also" in found else (),
            spread({key: source.texts(one, f"{name}.{key}", single=True) for key, one in launch.items()}),
            _by_platform(source, found["process"], f"{name}.process") if "process" in found else {},
            _by_platform(source, found["window"], f"{name}.window") if "window" in found else {},
        )
    return apps


def read_folders(source: Source, root: Node) -> dict[str, Folder]:
    """Folders by spoken name."""
    folders: dict[str, Folder] = {}
    for name, node in source.entries(root, "").items():
        found = source.known(node, name, ("also", *PLATFORM_KEYS))
        paths = {key: found[key] for key in PLATFORM_KEYS if key in found}
        folders[name] = Folder(
            name,
            source.texts(found["also"], f"{name}.also", single=True) if "also" in found else (),
            spread({key: source.texts(one, f"{name}.{key}", single=True) for key, one in paths.items()}),
        )
    return folders


def read_sites(source: Source, root: Node, *, query: bool) -> dict[str, Site]:
    """Sites, or with `query` engines, by spoken name; a url alone is enough."""
    sites: dict[str, Site] = {}
    for name, node in source.entries(root, "").items():
        if isinstance(node, ScalarNode):
            site = Site(name, (), source.text(node, name))
        else:
            found = source.known(node, name, ("also", "url"))
            also = source.texts(found["also"], f"{name}.also", single=True) if "also" in found else ()
            site = Site(name, also, source.text(found["url"], f"{name}.url") if "url" in found else "")
        if not site.url:
            source.note(node, f"{name}.url", f"expected a url, found {kind(node)}")
        elif query and "{query}" not in site.url:
            source.note(node, f"{name}.url", "expected {query} where the words to search for go")
        sites[name] = site
    return sites


def read_settings(source: Source, root: Node, base: Settings) -> Settings:
    """The settings of a file laid over `base`."""
    found = source.known(root, "", ("confidence", "confirm", "context", "history", "synth", "voice"))
    given: dict[str, Any] = {}
    if "confidence" in found:
        risks = source.known(found["confidence"], "confidence", base.confidence)
        confidence: Mapping[str, float] = {
            risk: source.number(node, f"confidence.{risk}", least=0, most=1) for risk, node in risks.items()
        }
        given["confidence"] = {**base.confidence, **confidence}
    if "confirm" in found:
        confirm = source.known(found["confirm"], "confirm", ("disruptive",))
        if "disruptive" in confirm:
            limit = source.number(confirm["disruptive"], "confirm.disruptive", least=0, most=1)
            given["confirm_disruptive_below"] = limit
    if "context" in found:
        context = source.known(found["context"], "context", ("intents", "seconds"))
        for name, node in context.items():
            given[f"context_{name}"] = source.integer(node, f"context.{name}")
            if given[f"context_{name}"] < 0:
                source.note(node, f"context.{name}", "expected 0 or more")
    if "history" in found:
        history = source.known(found["history"], "history", ("keep", "audio"))
        if "keep" in history:
            given["history_keep"] = source.integer(history["keep"], "history.keep")
        if "audio" in history:
            given["history_audio"] = source.flag(history["audio"], "history.audio")
    if "synth" in found:
        for name, node in source.known(found["synth"], "synth", ("endpoint", "model")).items():
            given[f"synth_{name}"] = source.text(node, f"synth.{name}", empty=True)
    if "voice" in found:
        given["voice"] = read_voice(source, found["voice"], base.voice)
    return dataclasses.replace(base, **given)
