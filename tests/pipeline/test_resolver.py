from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whispera.catalog.lookup import App, Folder, Site
from whispera.catalog.lookup import Lookup as Tables
from whispera.catalog.model import PLATFORMS, Action, SlotSpec, Step
from whispera.domain.intent import Intent, Value
from whispera.domain.outcome import Command
from whispera.errors import ConfigError, NotPossible
from whispera.pipeline import desktop
from whispera.pipeline.applications import Application
from whispera.pipeline.fakes import FakeApplications, fake_platform
from whispera.pipeline.lookup import Lookup
from whispera.pipeline.platform import Platform, PlatformName
from whispera.pipeline.resolver import Resolver
from whispera.pipeline.template import Renderer, url_encode

TOOLS = ("tool", "git", "xdg-open", "xdotool", "powershell", "osascript", "sh", "google-chrome")
TABLES = Tables(
    apps={
        "chrome": App(
            "chrome", (), {"x11": ("google-chrome",), "macos": ("Google Chrome",)}, {"x11": ("chrome",)}
        )
    },
    sites={"github": Site("github", (), "github.com")},
    folders={"home": Folder("home", (), {"x11": ("@HOME",)})},
)
HOSTILE = [
    "$(touch x)",
    "; rm -rf ~",
    "--help",
    "-rf",
    "/s",
    "../../etc",
    "a\nb",
    "a\0b",
    "\ud800",
    "'\"`",
    "%PATH%",
    "{x}",
]


def action(*steps: Step, defaults: dict[str, str | int] | None = None, **slots: str) -> Action:
    """An action `probe_it` with these slots (`name__opt` for optional ones) on every platform."""
    specs = tuple(
        SlotSpec(n.removesuffix("__opt"), t, optional=n.endswith("__opt")) for n, t in slots.items()
    )
    run = dict.fromkeys(PLATFORMS, steps)
    return Action(
        "probe_it", "test", "Tests.", specs, defaults=defaults or {}, run=run, source="probe_it.yaml"
    )


def resolver(name: PlatformName = "x11", *, tools: tuple[str, ...] = TOOLS, desktop: bool = True) -> Resolver:
    platform = fake_platform(name, tools=tools, desktop=desktop)
    chrome = Application("Google Chrome", "Google Chrome", (), ("/Applications/Google Chrome.app",))
    installed = FakeApplications(platform, [chrome] if name == "macos" else [])
    return Resolver(platform, Lookup(TABLES, platform, applications=installed))


def run(act: Action, on: Resolver | None = None, **slots: Value) -> Command:
    commands = (on or resolver()).resolve(Intent("probe_it", slots), act)
    assert len(commands) == 1
    return commands[0]


def argv(*elements: str) -> Step:
    return Step("argv", elements)


def test_values_fill_their_places_and_other_braces_stay() -> None:
    act = action(argv("tool", "+{n}%", "{{.Names}}", "{command down}", "{{n}}", "{N}", "{}"), n="percent")
    assert run(act, n=5).argv == ("tool", "+5%", "{{.Names}}", "{command down}", "{n}", "{N}", "{}")


def test_a_value_that_looks_like_a_template_is_not_filled_again() -> None:
    assert run(action(argv("tool", "x{a}{b}"), a="text", b="text"), a="{b}", b="|url}").argv == (
        "tool",
        "x{b}|url}",
    )


def test_defaults_are_used_for_absent_slots_and_stay_out_of_the_intent() -> None:
    command = run(action(argv("tool", "{n}"), n__opt="percent", defaults={"n": 10}))
    assert command.argv == ("tool", "10")
    assert command.intent.slots == {}


def test_a_step_whose_slot_is_absent_gives_way_to_the_next() -> None:
    act = action(argv("tool", "add", "{path}"), argv("tool", "add", "."), path__opt="text")
    assert run(act).argv == ("tool", "add", ".")
    assert run(act, path="a b").argv == ("tool", "add", "a b")


def test_when_chooses_by_value_and_by_absence() -> None:
    steps = (
        Step("argv", ("tool", "window"), when={"area": ("window", "selection")}),
        Step("argv", ("tool", "nothing"), when={"area": (None,)}),
        Step("argv", ("tool", "else")),
    )
    act = action(*steps, area__opt="area")
    assert run(act, area="window").argv[1] == "window"
    assert run(act).argv[1] == "nothing"
    assert run(act, area="screen").argv[1] == "else"
    with_default = action(*steps, area__opt="area", defaults={"area": "selection"})
    assert run(with_default).argv[1] == "window"


def test_the_first_installed_program_is_taken() -> None:
    act = action(Step("argv", ("tool", "1"), needs=("missing",)), argv("absent", "2"), argv("git", "3"))
    assert run(act).argv == ("git", "3")


def test_nothing_installed_names_what_to_install() -> None:
    act = action(argv("brightnessctl", "set"), argv("light", "-S"))
    with pytest.raises(NotPossible, match="no program for probe it is installed here") as raised:
        run(act, resolver(tools=("apt-get",)))
    assert raised.value.hint == "install one of: brightnessctl, light (sudo apt install brightnessctl)"
    with pytest.raises(NotPossible) as raised:
        run(action(argv("pactl", "x")), resolver(tools=("pacman",)))
    assert raised.value.hint == "install pactl (sudo pacman -S libpulse)"


def test_sorry_is_said_and_other_platforms_are_refused() -> None:
    with pytest.raises(NotPossible, match=r"macOS has no command for this\."):
        run(action(argv("missing"), Step("sorry", ("macOS has no command for this.",)), argv("git")))
    with pytest.raises(NotPossible, match="probe it has no command on macOS"):
        run(Action("probe_it", "test", "", run={"x11": (argv("tool"),)}), resolver("macos"))


def test_every_way_that_applies_is_offered_in_order() -> None:
    act = action(
        argv("tool", "{t}"), argv("missing"), argv("git", "--", "{t}"), Step("sorry", ("No.",)), t="text"
    )
    ways = resolver().candidates(Intent("probe_it", {"t": "x"}), act)
    assert [commands[0].argv[0] for commands in ways] == ["tool", "git"]
    ways = resolver().candidates(Intent("probe_it", {"t": "--x"}), act)
    assert [commands[0].argv[0] for commands in ways] == ["git"]


def test_programs_that_need_a_display_are_not_run_without_one() -> None:
    act = action(argv("xdotool", "getactivewindow"))
    with pytest.raises(NotPossible, match="probe it needs a desktop, and there is none here"):
        run(act, resolver(desktop=False))


def test_builtins_get_slots_and_defaults() -> None:
    act = action(
        Step("builtin", ("timers.start",)), n="duration", label__opt="text", defaults={"label": "tea"}
    )
    command = run(act, resolver(desktop=False), n=5)
    assert (command.kind, command.argv, command.slots) == (
        "builtin",
        ("timers.start",),
        {"n": 5, "label": "tea"},
    )
    assert run(act, n=5, label="a\nb").slots["label"] == "a\nb"


@pytest.mark.parametrize(
    ("step", "doing"),
    [
        (Step("keys", ("mod+t",)), "pressing keys"),
        (Step("type", ("{t}",)), "typing text"),
        (Step("app", ("chrome",)), "opening an app"),
        (Step("url", ("example.org",)), "opening a page"),
        (Step("path", ("home",)), "opening a folder or file"),
    ],
)
def test_what_needs_a_display_says_so(step: Step, doing: str) -> None:
    with pytest.raises(NotPossible, match=f"{doing} needs a desktop, and there is none here") as raised:
        run(action(step, t="text"), resolver(desktop=False), t="x")
    assert raised.value.exit_code == 4
    assert run(action(step, argv("tool"), t="text"), resolver(desktop=False), t="x").argv == ("tool",)


def test_apps_fall_back_to_the_site_of_that_name() -> None:
    act = action(Step("app", ("{t}",)), t="name")
    assert run(act, t="Chrome").argv == ("google-chrome",)
    assert run(act, t="Chrome").detach
    site = run(act, t="github")
    assert (site.kind, site.argv) == ("url", ("xdg-open", "https://github.com"))
    with pytest.raises(NotPossible) as raised:
        run(act, t="crome")
    assert raised.value.hint == "did you mean chrome?"


def test_each_platform_opens_in_its_own_way(tmp_path: Path) -> None:
    act = action(Step("url", ("{u}",)), u="url")
    assert run(act, resolver("macos"), u="example.org").argv == ("open", "https://example.org")
    windows = run(act, resolver("windows"), u="example.org")
    assert windows.argv[-1] == "Start-Process -FilePath $env:WHISPERA_TARGET"
    assert windows.env == {desktop.TARGET: "https://example.org"}
    assert run(act, resolver(tools=("gio",)), u="localhost:8000/x").argv == (
        "gio",
        "open",
        "http://localhost:8000/x",
    )
    with pytest.raises(NotPossible) as raised:
        run(act, resolver(tools=()), u="example.org")
    assert raised.value.hint == "install xdg-open"
    assert run(action(Step("app", ("chrome",))), resolver("macos")).argv == (
        "open",
        "/Applications/Google Chrome.app",
    )
    act = action(Step("path", ("{t}",)), t="name")
    assert run(act, t=str(tmp_path)).argv == ("xdg-open", str(tmp_path))


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "--help",
        "a b",
        "",
        "x\0y",
        "http://a\nb",
        "-x.org",
        ".",
        "a\\b",
    ],
)
def test_words_of_the_user_choose_no_scheme_and_no_option(url: str) -> None:
    with pytest.raises(NotPossible):
        run(action(Step("url", ("{u}",)), u="url"), u=url)


def test_the_configuration_may_choose_a_scheme() -> None:
    act = action(Step("url", ("mailto:{to|url}?subject={s|url}",)), to="text", s="text")
    assert run(act, to="Ann", s="a&bcc=x y\n").argv[-1] == "mailto:Ann?subject=a%26bcc%3Dx%20y%0A"
    search = action(Step("url", ("https://x.org/?q={q|url}",)), q="text")
    assert run(search, q="c++ & ü").argv[-1] == "https://x.org/?q=c%2B%2B%20%26%20%C3%BC"
    assert url_encode("aZ0-._~") == "aZ0-._~"


@pytest.mark.parametrize("name", ["evil.desktop", "run.AppImage", "x.jar"])
def test_programs_are_not_opened_as_documents(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    with pytest.raises(NotPossible, match="is a program"):
        run(action(Step("path", ("{t}",)), t="name"), t=str(tmp_path / name))


def test_filters_give_the_names_of_this_machine() -> None:
    act = action(argv("tool", "--", "{t|process}", "{t|app}", "{t|window}"), t="name")
    assert run(act, t="chrome").argv[2:] == ("chrome", "google-chrome", "chrome")
    with pytest.raises(NotPossible):
        run(act, t="systemd")
    with pytest.raises(ConfigError, match="no filter named 'nope'"):
        run(action(argv("tool", "{t|nope}"), t="name"), t="chrome")


@pytest.mark.parametrize("value", ["--help", "-x", "-"])
def test_values_like_options_are_refused_where_they_could_be_one(value: str) -> None:
    for step in (argv("tool", "{t}"), argv("tool", "{t}.txt"), argv("tool", "{t}", "--")):
        with pytest.raises(NotPossible, match="looks like an option"):
            run(action(step, t="text"), t=value)
    assert run(action(argv("tool", "--", "{t}"), t="text"), t=value).argv == ("tool", "--", value)
    assert run(action(argv("tool", "--message={t}"), t="text"), t=value).argv == (
        "tool",
        f"--message={value}",
    )


def test_slashes_are_options_on_windows_only() -> None:
    act = action(argv("tool", "{t}"), t="text")
    assert run(act, t="/s").argv == ("tool", "/s")
    with pytest.raises(NotPossible, match="looks like an option"):
        run(act, resolver("windows"), t="/s")


def test_batch_files_get_no_characters_of_cmd() -> None:
    windows = resolver("windows")
    windows._platform.known["npm"] = "C:\\node\\npm.CMD"
    act = action(argv("npm", "install", "--", "{t}"), t="text")
    assert run(act, windows, t="@types/node").argv[-1] == "@types/node"
    for value in ('x" & calc', "%PATH%", "a|b", "a^b", "a\nb"):
        with pytest.raises(NotPossible):
            run(act, windows, t=value)


@pytest.mark.parametrize(
    "step",
    [
        argv("sh", "-c", "echo {t}"),
        argv("/bin/bash", "-lc", "{t}"),
        argv("cmd", "/c", "start", "{t}"),
        argv("powershell.exe", "-Command", "x", "{t}"),
        argv("osascript", "-e", 'say "{t}"'),
        argv("python3", "-c", "print('{t}')"),
        argv("{t}"),
    ],
)
def test_words_never_become_a_script_or_a_program(step: Step) -> None:
    with pytest.raises((ConfigError, NotPossible)) as raised:
        run(
            action(step, t="text"),
            resolver(tools=(*TOOLS, "/bin/bash", "cmd", "powershell.exe", "python3")),
            t="tool",
        )
    assert isinstance(raised.value, ConfigError)


def test_scripts_take_words_as_arguments_or_in_the_environment() -> None:
    script = argv(
        "osascript", "-e", "on run argv", "-e", "say (item 1 of argv)", "-e", "end run", "--", "{t}"
    )
    assert run(action(script, t="text"), t="--help").argv[-2:] == ("--", "--help")
    step = Step("argv", ("powershell", "-Command", "x $env:T {n}"), env={"T": "{t}"})
    command = run(action(step, t="text", n="percent"), t="'; x\n--", n=3)
    assert command.env == {"T": "'; x\n--"}
    assert command.argv[-1] == "x $env:T 3"
    with pytest.raises(NotPossible):
        run(action(step, t="text", n="percent"), t="a\0b", n=3)


def test_a_combination_and_text_make_one_step() -> None:
    act = action(Step("keys", ("mod+f", "{q}")), q="text")
    assert run(act, q="--x").argv[-2:] == ("--", "--x")
    commands = resolver("wayland", tools=("ydotool",)).resolve(Intent("probe_it", {"q": "x"}), act)
    assert [command.argv[1] for command in commands] == ["key", "type"]


ELEMENTS = [
    "tool",
    "--",
    "-v",
    "{a}",
    "{b}",
    "pre{a}",
    "--x={a}",
    "{a}{b}",
    "{a|url}",
    "{{a}}",
    "{",
    "{z}",
    "'{b}'",
]
texts = st.text(max_size=30) | st.sampled_from(HOSTILE)


@given(st.lists(st.sampled_from(ELEMENTS), max_size=6), texts, texts, st.sampled_from(PLATFORMS))
def test_no_value_changes_the_length_of_argv(elements: list[str], a: str, b: str, name: PlatformName) -> None:
    act = action(argv("tool", *elements), a="text", b="name")
    plain = run(act, resolver(name), a="plain", b="plain")
    assert len(plain.argv) == len(elements) + 1
    try:
        command = run(act, resolver(name), a=a, b=b)
    except NotPossible:
        return
    assert len(command.argv) == len(plain.argv)
    for element, template, place in zip(command.argv[1:], elements, range(len(elements)), strict=True):
        if "{a" not in template and "{b" not in template:
            assert element == template
        elif template.startswith("{") and "{{" not in template and "--" not in elements[:place]:
            assert not element.startswith("-")
            assert "\0" not in element


@given(st.text(max_size=40), texts)
def test_rendering_is_total_over_templates(template: str, value: str) -> None:
    renderer = Renderer({"a": value}, slots=frozenset({"a"}), filters={})
    try:
        text = renderer.text(template)
    except (NotPossible, ConfigError):
        return
    if "{a" not in template:
        assert text == template


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("kind", ["app", "url", "path", "type"])
@pytest.mark.parametrize("name", PLATFORMS)
def test_hostile_values_open_nothing(value: str, kind: str, name: PlatformName) -> None:
    act = action(Step(kind, ("{t}",)), t="text")  # type: ignore[arg-type]
    try:
        command = run(act, resolver(name), t=value)
    except NotPossible as error:
        assert error.exit_code == 4
        return
    assert kind == "type" or (kind == "url" and command.argv[-1].startswith("https://")) or name == "windows"
    assert command.argv.count(value) <= 1


def test_platform_of_no_display_is_still_a_platform() -> None:
    from whispera.pipeline.platform import detect

    here = detect({"PATH": "/bin", "HOME": "/tmp"})
    assert isinstance(here, Platform)
    assert here.home == Path("/tmp")
    wayland = detect({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0", "HOME": "/tmp"})
    assert wayland.name in ("wayland", "macos", "windows")
    assert wayland.desktop
