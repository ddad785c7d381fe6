"""Reading one action file into an `Action`; an overlay file gives only the keys it changes."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Any, get_args

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from whispera.catalog.forms import INT_RANGES
from whispera.catalog.model import SPAN_TYPES, Action, Example, NearMiss, Risk, SlotSpec, Step
from whispera.catalog.nodes import Source, did_you_mean, is_null, kind, line_of, scalar
from whispera.catalog.platforms import PLATFORM_KEYS, spread
from whispera.catalog.undo import undo_parts
from whispera.domain.intent import SEQUENCE
from whispera.errors import PatternError
from whispera.patterns import parse, slots

KEYS = (
    "action",
    "group",
    "summary",
    "slots",
    "ask",
    "fill",
    "patterns",
    "examples",
    "not",
    "defaults",
    "run",
    "undo",
    "probe",
    "risk",
    "done",
    "shared_verb",
    "in_sequences",
    "cut_off",
)
STEP_KINDS = ("argv", "keys", "type", "open", "builtin", "sorry")
STEP_KEYS = (*STEP_KINDS, "needs", "when", "env", "detach", "timeout_s")
_NAME = re.compile(r"[a-z][a-z0-9_]*")

Enums = Mapping[str, Mapping[str, tuple[str, ...]]]


class ActionFile:
    """One action file being read."""

    def __init__(self, source: Source, enums: Enums) -> None:
        self.source = source
        self.enums = enums
        self.specs: dict[str, SlotSpec] = {}

    def read(self, base: Mapping[str, Action] | None = None) -> Action | None:
        """The action, laid over the one of that name in `base`; None when it has not even a name."""
        source = self.source
        root = source.compose()
        if root is None:
            return None
        found = source.known(root, "", KEYS)
        for key, node in found.items():
            source.lines[key] = line_of(node)
        if "action" not in found:
            source.note(root, "action", "missing: expected the name of the action")
            return None
        name = source.text(found["action"], "action")
        if not _NAME.fullmatch(name):
            hint = "such as open_app"
            source.note(found["action"], "action", "expected small letters, digits, underscores", hint=hint)
            return None
        under = (base or {}).get(name)
        action = under or Action(name, source.path.parent.name, "", source=str(source.shown))
        given = self.fields(found, action)
        if under is not None and "run" in given:
            given["run"] = {**under.run, **given["run"]}
        if under is None:
            for key in ("slots", "patterns", "run"):
                if key not in found and key != "slots":
                    source.note(root, key, "missing")
        return dataclasses.replace(action, **given, source=str(source.shown), lines=dict(source.lines))

    def fields(self, found: Mapping[str, Node], action: Action) -> dict[str, Any]:
        """The fields of `Action` that the file gives."""
        source = self.source
        given: dict[str, Any] = {}
        if "group" in found:
            given["group"] = source.text(found["group"], "group")
        if "summary" in found:
            given["summary"] = source.text(found["summary"], "summary", empty=True)
        self.specs = {spec.name: spec for spec in action.slots}
        if "slots" in found:
            self.specs = self.slots(found["slots"])
        self.ask(found.get("ask"))
        self.fill(found.get("fill"))
        given["slots"] = tuple(self.specs.values())
        if "patterns" in found:
            given["patterns"] = source.patterns(found["patterns"], "patterns")
            self.check_slots(given["patterns"], found["patterns"])
        if "examples" in found:
            given["examples"] = self.examples(found["examples"], action.name)
        if "not" in found:
            given["near_misses"] = read_near_misses(source, found["not"], "not")
        if "defaults" in found:
            given["defaults"] = {
                name: self.value(node, f"defaults.{name}", self.specs[name])
                for name, node in source.known(found["defaults"], "defaults", self.specs).items()
            }
        if "run" in found:
            given["run"] = self.run(found["run"])
        if "undo" in found:
            given["undo"] = self.undo(found["undo"])
        if "probe" in found:
            given["probe"], given["probe_pattern"] = self.probe(found["probe"])
        if "risk" in found:
            given["risk"] = self.risk(found["risk"])
        if "done" in found:
            given["done"] = self.done(found["done"])
        if "shared_verb" in found:
            given["shared_verb"] = source.text(found["shared_verb"], "shared_verb")
            if not self.specs:
                source.note(found["shared_verb"], "shared_verb", "expected an action with a slot")
        for key in ("in_sequences", "cut_off"):
            if key in found:
                given[key] = source.flag(found[key], key)
        return given

    def done(self, node: Node) -> str:
        """A sentence with slots in braces."""
        text = self.source.text(node, "done")
        try:
            named = [one for one in Formatter().parse(text) if one[1] is not None]
        except ValueError as error:
            self.source.note(
                node, "done", f"not a sentence with slots: {error}", hint='as in "opened {target}"'
            )
            return ""
        for _, name, form, conversion in named:
            if form or conversion:
                self.source.note(node, "done", f"'{name}' is said as it is", hint=f"write {{{name}}} alone")
            elif name not in self.specs:
                self.source.note(
                    node, "done", f"there is no slot '{name}'", hint=f"there are {list(self.specs)}"
                )
        return text

    def slots(self, node: Node) -> dict[str, SlotSpec]:
        """`{name: type, name?: type}`."""
        specs: dict[str, SlotSpec] = {}
        types = (*SPAN_TYPES, *self.enums)
        for written, value in self.source.entries(node, "slots").items():
            name = written.removesuffix("?")
            key = f"slots.{name}"
            slot_type = self.source.text(value, key)
            if not _NAME.fullmatch(name) or name in ("action", "steps", "say", "is"):
                self.source.note(value, key, "no fit name for a slot: small letters, digits, underscores")
            elif slot_type not in types:
                hint = did_you_mean(slot_type, types)
                self.source.note(value, key, f"no slot type or enum named '{slot_type}'", hint=hint)
            else:
                enum = tuple(self.enums.get(slot_type, ()))
                specs[name] = SlotSpec(name, slot_type, optional=written.endswith("?"), enum=enum)
        return specs

    def ask(self, node: Node | None) -> None:
        """Questions for needed slots that were not said."""
        for name, value in self.source.known(node, "ask", self.specs).items() if node else ():
            if self.specs[name].optional:
                self.source.note(value, f"ask.{name}", "an optional slot is never asked for")
            self.specs[name] = dataclasses.replace(
                self.specs[name], ask=self.source.text(value, f"ask.{name}")
            )

    def fill(self, node: Node | None) -> None:
        """Filler lists by slot."""
        for name, value in self.source.known(node, "fill", self.specs).items() if node else ():
            fillers = self.source.texts(value, f"fill.{name}", single=True)
            self.specs[name] = dataclasses.replace(self.specs[name], fill=fillers)

    def check_slots(self, patterns: tuple[str, ...], node: Node) -> None:
        """Note slots that patterns use and the action has not."""
        for index, text in enumerate(patterns):
            key = f"patterns[{index}]"
            try:
                used = slots(parse(text))
            except PatternError:  # pragma: no cover - patterns() left those out
                continue
            for slot in used:
                if slot.name not in self.specs:
                    hint = did_you_mean(slot.name, self.specs) or "add it to `slots`"
                    line = self.source.lines.get(key) or line_of(node)
                    self.source.note(line, key, f"no slot named '{slot.name}' here", hint=hint)

    def examples(self, node: Node, action: str) -> tuple[Example, ...]:
        """`{say: words, slot: canonical value}`."""
        found: list[Example] = []
        for item, key in self.source.items(node, "examples"):
            entries = self.source.known(item, key, ("say", *self.specs))
            if "say" not in entries:
                self.source.note(item, key, "expected {say: words, slot: value}")
                continue
            intent: dict[str, Any] = {"action": action}
            for spec in self.specs.values():
                if spec.name in entries:
                    intent[spec.name] = self.value(entries[spec.name], f"{key}.{spec.name}", spec)
            found.append(Example(self.source.text(entries["say"], f"{key}.say"), intent, line_of(item)))
        return tuple(found)

    def value(self, node: Node, key: str, spec: SlotSpec) -> str | int:
        """A canonical value: a whole number or text, by the type of the slot."""
        if spec.type in INT_RANGES:
            return self.source.integer(node, key)
        return self.source.text(node, key)

    def run(self, node: Node) -> dict[str, tuple[Step, ...]]:
        """Platform to steps; one argv alone is the short form."""
        given: dict[str, tuple[Step, ...]] = {}
        for platform, value in self.source.known(node, "run", PLATFORM_KEYS).items():
            key = f"run.{platform}"
            self.source.lines[key] = line_of(value)
            if isinstance(value, SequenceNode) and all(isinstance(i, ScalarNode) for i in value.value):
                if not value.value:
                    self.source.note(value, key, "expected a program and its arguments, or steps")
                    continue
                given[platform] = (Step("argv", self.source.texts(value, key)),)
            elif isinstance(value, MappingNode):
                given[platform] = self.steps([(value, key)])
            elif isinstance(value, SequenceNode):
                given[platform] = self.steps(list(self.source.items(value, key)))
            else:
                self.source.note(
                    value,
                    key,
                    f"expected a list, found {kind(value)}",
                    hint="[program, argument, ...]: a command is never one string",
                )
        return spread(given)

    def steps(self, items: list[tuple[Node, str]]) -> tuple[Step, ...]:
        """Steps tried in order."""
        found = (self.step(item, key) for item, key in items)
        return tuple(step for step in found if step is not None)

    def step(self, node: Node, key: str) -> Step | None:
        """One step: exactly one of STEP_KINDS, and its conditions."""
        source = self.source
        entries = source.known(node, key, STEP_KEYS)
        kinds = [name for name in STEP_KINDS if name in entries]
        if len(kinds) != 1:
            found = " and ".join(kinds) or "none of them"
            source.note(node, key, f"expected exactly one of {', '.join(STEP_KINDS)}, found {found}")
            return None
        step_kind: Any = kinds[0]
        body = entries[step_kind]
        where = f"{key}.{step_kind}"
        value: tuple[str, ...]
        if step_kind == "argv":
            value = source.texts(body, where)
        elif step_kind == "open":
            opened = source.known(body, where, ("app", "url", "path"))
            if len(opened) != 1:
                source.note(body, where, "expected one of app, url, path", hint="open: {app: '{target}'}")
                return None
            step_kind, target = next(iter(opened.items()))
            value = (source.text(target, f"{where}.{step_kind}"),)
        else:
            value = (source.text(body, where),)
        if not value:
            source.note(body, where, "expected a program and its arguments")
            return None
        extra: dict[str, Any] = {}
        if "needs" in entries:
            extra["needs"] = source.texts(entries["needs"], f"{key}.needs", single=True)
        if "when" in entries:
            extra["when"] = self.when(entries["when"], f"{key}.when")
        if "env" in entries:
            env = source.entries(entries["env"], f"{key}.env")
            extra["env"] = {name: source.text(one, f"{key}.env.{name}") for name, one in env.items()}
        if "detach" in entries:
            extra["detach"] = source.flag(entries["detach"], f"{key}.detach")
        if "timeout_s" in entries:
            limit = source.number(entries["timeout_s"], f"{key}.timeout_s", least=0.1, most=86400)
            extra["timeout_s"] = limit
        return Step(step_kind, value, **extra)

    def when(self, node: Node, key: str) -> dict[str, tuple[str | int | None, ...]]:
        """`{slot: value}`, `{slot: [values]}`; null is absent."""
        found: dict[str, tuple[str | int | None, ...]] = {}
        for name, value in self.source.known(node, key, self.specs).items():
            options = value.value if isinstance(value, SequenceNode) else [value]
            found[name] = tuple(
                None if is_null(one) else self.value(one, f"{key}.{name}", self.specs[name])
                for one in options
            )
        return found

    def undo(self, node: Node) -> str:
        """The undo, checked for its form."""
        text = self.source.text(node, "undo", empty=True)
        try:
            if text:
                undo_parts(text)
        except ValueError as error:
            self.source.note(node, "undo", str(error), hint="such as set_volume(level=@before)")
            return ""
        return text

    def probe(self, node: Node) -> tuple[dict[str, tuple[str, ...]], str]:
        """The argv by platform and the pattern over its output."""
        source = self.source
        given: dict[str, tuple[str, ...]] = {}
        pattern = ""
        for name, value in source.known(node, "probe", (*PLATFORM_KEYS, "pattern")).items():
            if name != "pattern":
                given[name] = source.texts(value, f"probe.{name}")
                continue
            pattern = source.text(value, "probe.pattern")
            try:
                if re.compile(pattern).groups != 1:
                    source.note(value, "probe.pattern", "expected exactly one group in parentheses")
            except re.error as error:
                source.note(value, "probe.pattern", f"no regular expression: {error}")
        if given and not pattern:
            source.note(node, "probe.pattern", "missing: expected a regular expression with one group")
        return spread(given), pattern

    def risk(self, node: Node) -> Any:
        """harmless, disruptive or destructive."""
        risks = get_args(Risk)
        text = self.source.text(node, "risk")
        if text in risks:
            return text
        hint = did_you_mean(text, risks)
        self.source.note(node, "risk", f"expected one of {', '.join(risks)}, found '{text}'", hint=hint)
        return "harmless"


def read_near_misses(source: Source, node: Node, key: str) -> tuple[NearMiss, ...]:
    """`{say: words, is: none | action | intent}`; words alone are `none`."""
    found: list[NearMiss] = []
    for item, where in source.items(node, key):
        if isinstance(item, ScalarNode):
            found.append(NearMiss(source.text(item, where), {"action": "none"}, line_of(item)))
            continue
        entries = source.known(item, where, ("say", "text", "is"))
        said = entries.get("say") or entries.get("text")
        if said is None or "is" not in entries:
            source.note(item, where, "expected {say: words, is: none | action | {action: ..., slot: ...}}")
            continue
        intent = read_intent(source, entries["is"], f"{where}.is")
        found.append(NearMiss(source.text(said, f"{where}.say"), intent, line_of(item)))
    return tuple(found)


def read_intent(source: Source, node: Node, key: str) -> dict[str, Any]:
    """A flat intent: the name of an action, or a mapping with `action` and slots as written."""
    if isinstance(node, ScalarNode):
        return {"action": "none" if is_null(node) else source.text(node, key)}
    entries = source.entries(node, key)
    if "steps" in entries:
        steps = [read_intent(source, item, where) for item, where in source.items(entries["steps"], key)]
        return {"action": SEQUENCE, "steps": steps}
    if "action" not in entries:
        source.note(node, key, "expected {action: name, slot: value}")
        return {"action": "none"}
    intent: dict[str, Any] = {"action": source.text(entries["action"], f"{key}.action")}
    for name, value in entries.items():
        if name == "action":
            continue
        if not isinstance(value, ScalarNode):
            source.note(value, f"{key}.{name}", f"expected a value, found {kind(value)}")
            continue
        intent[name] = scalar(value)
    return intent


def read_action(
    path: Path, *, source: Source, enums: Enums, base: Mapping[str, Action] | None = None
) -> Action | None:
    """The action of a file; mistakes are noted in `source`."""
    assert source.path == path
    return ActionFile(source, enums).read(base)
