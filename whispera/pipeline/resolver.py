"""From an intent to what will be run here, fully spelled out; nothing is run by it.

An action lists steps for each platform. The first one applies whose `when` fits the slots, whose programs
are installed, whose slots have values or defaults, and whose app, page or place exists. If none applies, the
reason of the first one is raised, with the programs to install as hint.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PureWindowsPath

from whispera.catalog.model import TEXT_LIKE, Action, Step
from whispera.domain.intent import Intent, Value
from whispera.domain.outcome import Command
from whispera.errors import ConfigError, NotPossible
from whispera.pipeline import desktop
from whispera.pipeline.lookup import Lookup
from whispera.pipeline.packages import install_hint
from whispera.pipeline.places import Kind
from whispera.pipeline.platform import Platform
from whispera.pipeline.template import Absent, Filters, Renderer, check_batch_value, url_encode

_PLATFORM_NAMES = {"x11": "Linux", "wayland": "Linux under Wayland", "macos": "macOS", "windows": "Windows"}
_NEEDS_DISPLAY = frozenset({
    "flameshot", "gnome-screenshot", "grim", "hyprctl", "import", "kdotool", "maim", "scrot", "slurp",
    "spectacle", "swaymsg", "wl-copy", "wlrctl", "wmctrl", "wtype", "xbacklight", "xdotool", "xrandr", "xset",
})  # fmt: skip
"""Programs that do nothing without a display; found here, the answer says why and is no fault."""
_ALL_SCRIPT = frozenset({"cmd", "powershell", "pwsh"})
"""Interpreters that read every argument as part of their script."""
_SCRIPT_OPTIONS = {
    **dict.fromkeys(("sh", "bash", "dash", "zsh", "fish", "ksh", "python", "python3"), "c"),
    **dict.fromkeys(("osascript", "perl", "ruby", "node"), "e"),
}
"""Interpreter to the letter of the option before its script; `-lc` is one too."""


class Resolver:
    """Resolves intents for one platform."""

    def __init__(self, platform: Platform, lookup: Lookup) -> None:
        self._platform = platform
        self._lookup = lookup

    def resolve(self, intent: Intent, action: Action) -> tuple[Command, ...]:
        """The commands that carry out an intent, to be run one after the other; nearly always one.

        Raises NotPossible when nothing applies here, ConfigError for a step that no value may be put in.
        """
        return next(self.candidates(intent, action))

    def candidates(self, intent: Intent, action: Action) -> Iterator[tuple[Command, ...]]:
        """Every way to carry out an intent that applies here, best first; at least one.

        For a caller that tries the next way when running one failed. Raises as `resolve` does.
        """
        steps = action.run.get(self._platform.name, ())
        values = _values(intent, action)
        failed: NotPossible | None = None
        missing: list[str] = []
        found = False
        for step in steps:
            if not _fits(step, intent, values):
                continue
            lacking = [program for program in self._programs(step) if not self._platform.which(program)]
            if lacking:
                missing += lacking[:1]
                continue
            if step.kind == "sorry":
                failed = failed or NotPossible(step.value[0])
                break
            try:
                commands = self._carry_out(step, intent, action, values)
            except Absent:
                continue
            except NotPossible as error:
                failed = failed or error
                continue
            found = True
            yield commands
        if found:
            return
        hint = install_hint(missing, self._platform)
        if failed is not None:
            raise NotPossible(failed.message, hint=failed.hint or hint)
        what = action.name.replace("_", " ")
        where = _PLATFORM_NAMES[self._platform.name]
        if missing:
            raise NotPossible(f"no program for {what} is installed here", hint=hint)
        raise NotPossible(
            f"{what} has no command on {where}" + (" for that" if steps else ""),
            hint=f"give it one in config/local/actions/{action.group}/{action.name}.yaml",
        )

    def _programs(self, step: Step) -> Iterator[str]:
        """The programs a step cannot do without."""
        yield from step.needs
        if step.kind == "argv" and "{" not in step.value[0] and step.value[0] not in step.needs:
            yield step.value[0]

    def _carry_out(
        self, step: Step, intent: Intent, action: Action, values: dict[str, Value]
    ) -> tuple[Command, ...]:
        platform = self._platform
        renderer = Renderer(
            values,
            slots=frozenset(spec.name for spec in action.slots),
            filters=self._filters(action),
            windows=platform.name == "windows",
        )
        env = {name: renderer.text(value) for name, value in step.env.items()}
        if step.kind == "builtin":
            return (Command(intent, "builtin", (step.value[0],), env, slots=values),)
        if step.kind == "argv":
            argv = self._argv(step, action, renderer)
            return (Command(intent, "argv", argv, env, detach=step.detach, timeout_s=step.timeout_s),)
        if step.kind in ("keys", "type"):
            from whispera.pipeline import keys  # a table of keys that most commands do without

            rendered = [renderer.text(value) for value in step.value]
            runs = (
                keys.press(rendered[0], platform, text="".join(rendered[1:2]))
                if step.kind == "keys"
                else keys.type_text(rendered[0], platform)
            )
            return tuple(
                Command(intent, step.kind, run.argv, {**env, **run.env}, timeout_s=step.timeout_s)
                for run in runs
            )
        return (self._open(step, intent, renderer, env),)

    def _argv(self, step: Step, action: Action, renderer: Renderer) -> tuple[str, ...]:
        _refuse_script_values(step, action, renderer)
        if step.value[0] in _NEEDS_DISPLAY:
            self._platform.require_desktop(action.name.replace("_", " "))
        batch = self._platform.name == "windows" and self._is_batch(step.value[0])
        argv: list[str] = []
        for place, template in enumerate(step.value):
            element = renderer.element(template, after_dashes="--" in step.value[:place])
            if batch and renderer.places(template):
                check_batch_value(element)
            argv.append(element)
        if not argv[0]:
            raise NotPossible("there is no program to run", hint="say its name")
        return tuple(argv)

    def _is_batch(self, program: str) -> bool:
        return (self._platform.which(program) or program).lower().endswith((".bat", ".cmd"))

    def _open(self, step: Step, intent: Intent, renderer: Renderer, env: dict[str, str]) -> Command:
        platform = self._platform
        template = step.value[0]
        target = renderer.text(template)
        opening: desktop.Opening
        kind = step.kind
        if kind == "app":
            platform.require_desktop("opening an app")
            try:
                opening = desktop.open_app(self._lookup.app(target), platform)
            except NotPossible:
                site = self._lookup.site(target)
                if site is None:
                    raise
                kind = "url"
                opening = desktop.open_url(site, platform)
        elif kind == "url":
            opening = desktop.open_url(target, platform, any_scheme=_names_scheme(template))
        else:
            platform.require_desktop("opening a folder or file")
            opening = desktop.open_path(self._place(target, intent), platform)
        assert kind in ("app", "url", "path")
        # what opens may live on as the application itself, so it is never waited for
        return Command(intent, kind, opening.argv, {**env, **opening.env}, detach=True)

    def _place(self, target: str, intent: Intent) -> str:
        prefer: Kind = "file" if "file" in intent.action.split("_") else "folder"
        return self._lookup.places.find(target, prefer=prefer)

    def _filters(self, action: Action) -> Filters:
        places = self._lookup.places
        prefer: Kind = "file" if "file" in action.name.split("_") else "folder"
        return {
            "url": url_encode,
            "app": lambda name: self._lookup.app(name).launch,
            "process": self._lookup.process,
            "window": self._lookup.window,
            "path": lambda name: places.find(name, prefer=prefer),
        }


def _names_scheme(template: str) -> bool:
    """Whether an address starts with a scheme that the configuration wrote."""
    scheme, colon, rest = template.partition(":")
    named = scheme.isascii() and all(c.isalnum() or c in "+-." for c in scheme)
    return bool(colon) and bool(scheme) and named and not rest[:1].isdigit()  # a digit starts a port


def _values(intent: Intent, action: Action) -> dict[str, Value]:
    """The slots of an intent with the action's defaults filled in."""
    values: dict[str, Value] = {}
    for spec in action.slots:
        if spec.name in intent.slots:
            values[spec.name] = intent.slots[spec.name]
        elif spec.name in action.defaults:
            values[spec.name] = action.defaults[spec.name]
    return values


def _fits(step: Step, intent: Intent, values: dict[str, Value]) -> bool:
    """Whether the slots are what `when` asks for; a default counts, and so does its being unsaid."""
    for slot, wanted in step.when.items():
        said = intent.slots.get(slot)
        if said is None and None in wanted:
            continue
        if values.get(slot) is None or values[slot] not in wanted:
            return False
    return True


def _refuse_script_values(step: Step, action: Action, renderer: Renderer) -> None:
    """Raises ConfigError where words of the user would become part of an interpreter's script.

    The configuration is checked for this when it is loaded; here it is made sure of.
    """
    program = PureWindowsPath(step.value[0]).name.lower().removesuffix(".exe")
    letter = _SCRIPT_OPTIONS.get(program)
    for place, template in enumerate(step.value):
        before = step.value[place - 1] if place else ""
        if place == 0:
            refused = "|app}" not in template
        elif program in _ALL_SCRIPT:
            refused = True
        else:
            refused = letter is not None and before[:1] == "-" and before[-1:] == letter
        for slot in renderer.places(template) if refused else ():
            spec = action.slot(slot)
            if spec is not None and spec.type in TEXT_LIKE:
                raise ConfigError(
                    f"{{{slot}}} stands inside a script for {program}"
                    if place
                    else f"{{{slot}}} is the program",
                    file=action.source,
                    key="run",
                    hint="pass it as an argument of the script, or in `env`",
                )
