"""Checks of what actions do: commands for every platform, templates, and nothing a value could break out of.

An argv is never split again, so a value cannot add an argument. What can still go wrong is an argument that
its program reads as code; text-like slots are therefore refused inside the script of an interpreter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from whispera.catalog.catalog import Catalog
from whispera.catalog.check import Findings
from whispera.catalog.model import PLATFORMS, TEXT_LIKE, Action, SlotSpec, Step
from whispera.catalog.nodes import did_you_mean
from whispera.catalog.undo import BEFORE, undo_parts

FILTERS = ("url", "app", "process", "path", "window")
TEMPLATE = re.compile(r"(?<![{$])\{([a-z][a-z0-9_]*)(?:\|([a-z]+))?\}(?!\})")
"""`{slot}` or `{slot|filter}`; other braces are literal."""

INTERPRETERS = {
    "sh": ("-c",),
    "bash": ("-c", "-lc"),
    "dash": ("-c",),
    "zsh": ("-c",),
    "osascript": ("-e",),
    "python": ("-c",),
    "python3": ("-c",),
    "perl": ("-e",),
    "ruby": ("-e",),
    "node": ("-e",),
}
"""Program to the options after which code follows."""
SHELLS_THAT_JOIN = ("powershell", "pwsh", "cmd")
"""These read all their arguments as code, so no text-like slot may be among them."""


def check_commands(findings: Findings, catalog: Catalog, action: Action) -> None:
    """Run, undo and probe of one action."""
    lines, source = action.lines, action.source
    missing = sorted(set(PLATFORMS) - set(action.run))
    if missing:
        hint = "where there is no command: {sorry: one honest sentence}"
        line = lines.get("run", 0)
        findings.note(source, line, "run", f"nothing for {', '.join(missing)}", hint=hint)
    seen: set[int] = set()
    for platform, steps in action.run.items():
        if id(steps) in seen:  # x11 and wayland share those of linux
            continue
        seen.add(id(steps))
        key = next((f"run.{name}" for name in (platform, "linux", "any") if f"run.{name}" in lines), "run")
        check = _StepCheck(findings, catalog, action, key, lines.get(key, lines.get("run", 0)))
        for index, step in enumerate(steps):
            check.step(step, last=index == len(steps) - 1)
    _check_undo(findings, catalog, action)


class _StepCheck:
    """The steps of one platform of one action."""

    def __init__(self, findings: Findings, catalog: Catalog, action: Action, key: str, line: int) -> None:
        self.findings = findings
        self.catalog = catalog
        self.action = action
        self.key = key
        self.line = line

    def note(self, message: str, hint: str = "") -> None:
        self.findings.note(self.action.source, self.line, self.key, message, hint=hint)

    def step(self, step: Step, *, last: bool) -> None:
        """One step; only the last may be without conditions."""
        if not last and not step.needs and not step.when and step.kind in ("argv", "sorry", "builtin"):
            self.note("the steps after this one are never reached", "give it `needs:` or `when:`")
        for text in (*step.value, *step.env.values()):
            self.templates(text)
        for name, values in step.when.items():
            spec = self.action.slot(name)
            for value in values:
                if spec is not None and spec.enum and value is not None and value not in spec.enum:
                    self.note(f"when: '{value}' is no {spec.type}", did_you_mean(str(value), spec.enum))
        if step.kind == "argv":
            self.argv(step)
        if step.kind == "url":
            for spec, chosen, whole in self.text_like(step.value[0]):
                if not whole and chosen != "url":
                    self.note(f"{{{spec.name}}} in a url is not encoded", f"write {{{spec.name}|url}}")
        if step.kind == "sorry" and not step.value[0].rstrip().endswith("."):
            self.note("sorry: expected one sentence with a full stop")

    def templates(self, text: str) -> None:
        """Placeholders must name a slot and a filter there is."""
        for found in TEMPLATE.finditer(text):
            name, chosen = found.groups()
            spec = self.action.slot(name)
            if spec is None:
                hint = did_you_mean(name, [slot.name for slot in self.action.slots])
                if hint.startswith("did") or text == found.group():
                    self.note(f"no slot named '{name}' in {text!r}", hint)
            elif spec.may_be_absent and name not in self.action.defaults and not self.is_guarded(name):
                self.note(
                    f"{{{name}}} may be absent and has no default",
                    f"add defaults: {{{name}: ...}}, or when: {{{name}: null}} to an earlier step",
                )
            if chosen and chosen not in FILTERS:
                self.note(f"no filter named '{chosen}' in {text!r}", did_you_mean(chosen, FILTERS))

    def is_guarded(self, name: str) -> bool:
        """Whether some step of this platform takes the case that the slot is absent, or it is asked for."""
        spec = self.action.slot(name)
        if spec is not None and spec.ask:
            return True
        steps = [step for steps in self.action.run.values() for step in steps]
        return any(None in step.when.get(name, ()) for step in steps)

    def text_like(self, text: str) -> Iterator[tuple[SlotSpec, str | None, bool]]:
        """The text-like slots of a template: slot, filter, whether it is the whole of it."""
        for found in TEMPLATE.finditer(text):
            spec = self.action.slot(found.group(1))
            if spec is not None and spec.type in TEXT_LIKE:
                yield spec, found.group(2), found.group() == text

    def argv(self, step: Step) -> None:
        """No text-like slot where an interpreter reads code, and none as the program."""
        argv = step.value
        for spec, _, _ in self.text_like(argv[0]):
            self.note(f"{{{spec.name}}} would choose the program to run", "open: {app: ...} looks names up")
        if len(argv) == 1 and " " in argv[0]:
            self.note(f"{argv[0]!r} is one program name", "write [program, argument, ...]")
        for at, element in enumerate(argv):
            program = re.split(r"[/\\]", element)[-1].removesuffix(".exe").lower()
            if program in SHELLS_THAT_JOIN:
                self.joined(program, argv[at + 1 :])
            elif program in INTERPRETERS:
                self.script(program, argv[at + 1 :], INTERPRETERS[program])

    def joined(self, program: str, rest: tuple[str, ...]) -> None:
        """PowerShell and cmd read every argument as code."""
        for element in rest:
            for spec, _, _ in self.text_like(element):
                hint = (
                    "pass it through env and read $env:NAME" if program != "cmd" else "use PowerShell and env"
                )
                self.note(f"{{{spec.name}}} would be read as code by {program}", hint)

    def script(self, program: str, rest: tuple[str, ...], options: tuple[str, ...]) -> None:
        """Elsewhere an argument of its own after the script is safe."""
        before = ""
        for element in rest:
            for spec, _, whole in self.text_like(element):
                if not whole or before in options:
                    hint = "pass it as an argument of its own after the script"
                    self.note(f"{{{spec.name}}} would be read as code by {program}", hint)
            before = element


def _check_undo(findings: Findings, catalog: Catalog, action: Action) -> None:
    line = action.lines.get("undo", 0)
    if action.undo:
        name, values = undo_parts(action.undo)
        other = catalog.actions.get(name)
        if other is None:
            hint = did_you_mean(name, catalog.actions)
            findings.note(action.source, line, "undo", f"no action named '{name}'", hint=hint)
        else:
            for slot in values:
                if other.slot(slot) is None:
                    hint = did_you_mean(slot, [spec.name for spec in other.slots])
                    findings.note(action.source, line, "undo", f"{name} has no slot '{slot}'", hint=hint)
            for spec in other.slots:
                if not spec.may_be_absent and spec.name not in values:
                    findings.note(action.source, line, "undo", f"{name} needs a value for '{spec.name}'")
        if BEFORE in values.values() and not action.probe:
            findings.note(action.source, line, "undo", f"{BEFORE} needs a probe of the state before")
    elif action.probe:
        line = action.lines.get("probe", 0)
        findings.note(action.source, line, "probe", f"nothing uses it: undo has no {BEFORE}")
    for argv in action.probe.values():
        for element in argv:
            if any(action.slot(found.group(1)) for found in TEMPLATE.finditer(element)):
                line = action.lines.get("probe", 0)
                findings.note(action.source, line, "probe", "a probe runs before and takes no slots")
