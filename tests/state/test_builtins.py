from __future__ import annotations

import plistlib
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from whispera.catalog.compiled import CompiledCatalog
from whispera.catalog.lookup import Lookup, Site
from whispera.catalog.model import Action
from whispera.catalog.settings import Settings
from whispera.domain.intent import Intent
from whispera.domain.outcome import Outcome, Parse
from whispera.errors import ConfigError, NotPossible, StateError, UsageError
from whispera.pipeline import alarm_start
from whispera.pipeline.alarms import Alarms
from whispera.pipeline.autostart import autostart
from whispera.pipeline.builtins import BUILTINS, BuiltinResult, Context, battery, call, disk, find, network
from whispera.pipeline.builtins.files import folder_name
from whispera.pipeline.builtins.timers import day_and_time
from whispera.pipeline.fakes import FakeRunner, fake_platform
from whispera.pipeline.history import History
from whispera.workspace import Workspace

REPO = Path(__file__).parents[2]
NOON = time.mktime((2025, 11, 21, 12, 0, 0, 0, 0, -1))
ENGINES = {
    "duckduckgo": Site("duckduckgo", ("the duck",), "https://duckduckgo.com/?q={query}"),
    "youtube": Site("youtube", ("you tube",), "https://www.youtube.com/results?search_query={query}"),
}
SITES = {"github": Site("github", (), "github.com/explore")}


@pytest.fixture
def context(state: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A spoken command; no service is started."""
    monkeypatch.setattr(alarm_start, "_start_service", lambda _: None)
    catalog = CompiledCatalog(
        actions={"press_key": Action("press_key", "editing", "")},
        enums={},
        groups={},
        lookup=Lookup(engines=ENGINES, sites=SITES),
        settings=Settings(),
        hash="",
    )
    return Context(
        workspace=Workspace(root=REPO, state=state, cache=state),
        catalog=catalog,
        platform=fake_platform(home=own_home, cwd=own_home / "here"),
        runner=FakeRunner(),
        history=History(state),
        session="s",
        now=lambda: NOON,
    )


def done(context: Context, intent: Intent, *, undo: Intent | None = None, age_s: float = 1) -> int:
    parse = Parse("words", "", intent, None, 1, 1)
    number = context.history.record(parse, Outcome("done", "", undo=undo), session="s", now=NOON - age_s)
    assert number is not None
    return number


@pytest.mark.parametrize("name", BUILTINS)
def test_every_builtin_is_there(name: str) -> None:
    assert callable(find(name))


def test_unknown_builtin_is_a_config_error() -> None:
    with pytest.raises(ConfigError) as caught:
        find("timers.stop")
    assert "timers.cancel" in caught.value.hint


def test_builtins_are_imported_when_called() -> None:
    code = (
        "import sys, whispera.pipeline.builtins; print({'sqlite3', 'subprocess', 'yaml'} & set(sys.modules))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPO).stdout
    assert output.strip() == "set()"


def test_clock(context: Context) -> None:
    assert call("clock.time", context, {}).message == "It is 12:00."
    assert call("clock.date", context, {}).message == "It is Friday, 21 November 2025."


def test_calc(context: Context) -> None:
    assert call("calc.evaluate", context, {"expression": "17*23"}).message == "17*23 = 391"
    assert not call("calc.evaluate", context, {"expression": "1/0"}).ok


def supply(root: Path, name: str, **values: str) -> None:
    (root / name).mkdir(parents=True)
    for key, value in values.items():
        (root / name / key).write_text(value + "\n")


def test_battery_on_linux(context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "power_supply"
    monkeypatch.setattr(battery, "POWER_SUPPLY", root)
    supply(root, "AC", type="Mains", online="1")
    supply(root, "mouse", type="Battery", scope="Device", capacity="5", status="Discharging")
    assert call("battery.status", context, {}) == BuiltinResult("This computer has no battery.", ok=False)
    supply(root, "BAT0", type="Battery", capacity="80", status="Charging")
    assert call("battery.status", context, {}).message == "The battery is at 80 percent, charging."
    supply(root, "BAT1", type="Battery", capacity="20", status="Unknown")
    assert call("battery.status", context, {}).message == "The battery is at 50 percent, charging."


@pytest.mark.parametrize(
    ("name", "program", "output", "expected"),
    [
        (
            "macos",
            "pmset",
            " -InternalBattery-0 (id=1)\t87%; discharging; 4:21",
            "at 87 percent, not plugged in",
        ),
        ("macos", "pmset", " -InternalBattery-0 (id=1)\t100%; charged; 0:00", "at 100 percent, full"),
        ("macos", "pmset", "Now drawing from 'AC Power'", "has no battery"),
        ("windows", "powershell", "64% charging\r\n", "at 64 percent, charging"),
        ("windows", "powershell", "", "has no battery"),
    ],
)
def test_battery_elsewhere(context: Context, name: str, program: str, output: str, expected: str) -> None:
    platform = fake_platform("macos" if name == "macos" else "windows")
    context = replace(context, platform=platform, runner=FakeRunner(output={program: output}))
    assert expected in call("battery.status", context, {}).message


def test_disk(context: Context) -> None:
    assert "are free" in call("disk.free", context, {}).message
    with pytest.raises(NotPossible):
        call("disk.free", replace(context, platform=fake_platform()), {})


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (999_960, "1.0 MB"), (118 * 10**9, "118 GB")],
)
def test_size(count: int, said: str) -> None:
    assert disk.size(count) == said


def test_ip_sends_nothing(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a packet would be sent")

    class Watched(socket.socket):
        send = sendto = sendall = sendmsg = refuse  # type: ignore[assignment]

    monkeypatch.setattr(socket, "socket", Watched)
    assert call("network.ip", context, {}).message


def test_ip_without_a_network(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "_AWAY", ((socket.AF_INET, "127.0.0.1"),))
    assert not call("network.ip", context, {}).ok


def test_new_folder_counts_up_and_overwrites_nothing(context: Context, own_home: Path) -> None:
    (own_home / "New Folder").write_text("a file of that name")
    for expected in ("New Folder 2", "New Folder 3"):
        assert call("files.new_folder", context, {}).message == f"Made the folder {own_home / expected}."
    assert (own_home / "New Folder").read_text() == "a file of that name"


def test_new_folder_is_made_where_the_user_is(context: Context, own_home: Path) -> None:
    (own_home / "Desktop").mkdir()
    (own_home / "here").mkdir()
    call("files.new_folder", context, {"name": "taxes"})
    call("files.new_folder", replace(context, tty="/dev/pts/1"), {"name": "taxes"})
    assert (own_home / "Desktop" / "taxes").is_dir()
    assert (own_home / "here" / "taxes").is_dir()


def test_new_folder_that_cannot_be_made(context: Context) -> None:
    with pytest.raises(NotPossible):
        call("files.new_folder", replace(context, tty="/dev/pts/1"), {"name": "x"})


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("taxes 2025", "taxes 2025"),
        ("../../etc/passwd", "etc passwd"),
        ("/etc", "etc"),
        ("..", "New Folder"),
        (".hidden", "hidden"),
        ("a\0b\nc", "a b c"),
        ('what? "this": *', "what this"),
        ("C:\\Windows", "C Windows"),
        ("con", "con folder"),
        ("", "New Folder"),
        ("Größe", "Größe"),
        ("ä" * 500, "ä" * 100),
    ],
)
def test_folder_name_is_one_harmless_element(said: str, name: str) -> None:
    assert folder_name(said) == name


def test_note(context: Context, own_home: Path) -> None:
    message = call("notes.add", context, {"text": "buy milk"}).message
    assert str(own_home / "notes.md") in message
    assert (own_home / "notes.md").read_text() == "- 2025-11-21 12:00 buy milk\n"
    call("notes.add", replace(context, notes_file="~/my/list.md"), {"text": "x"})
    assert (own_home / "my" / "list.md").exists()


def test_timer(context: Context, state: Path) -> None:
    answer = call("timers.start", replace(context, tty="/dev/pts/9"), {"duration": 600, "label": "pasta"})
    assert answer == BuiltinResult("Timer set for ten minutes: pasta.")
    [timer] = Alarms(state).pending()
    assert (timer.kind, timer.label, timer.tty) == ("timer", "pasta", "/dev/pts/9")


def test_timer_without_its_service_is_said(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(state: Path) -> None:
        raise OSError("no memory")

    monkeypatch.setattr(alarm_start, "_start_service", fail)
    answer = call("timers.start", context, {"duration": 600})
    assert not answer.ok
    assert "cannot ring" in answer.message


def test_cancel_timer(context: Context) -> None:
    assert call("timers.cancel", context, {}).message == "There is no timer to cancel."
    for seconds in (60, 600, 3600):
        call("timers.start", context, {"duration": seconds, "label": "tea"})
    answer = call("timers.cancel", context, {})
    assert answer.message == "Cancelled the timer for one hour (tea). 2 more are still set."
    everything = replace(context, utterance="cancel all timers")
    assert call("timers.cancel", everything, {}).message == "Cancelled all 2 timers."


def test_alarm(context: Context) -> None:
    assert call("alarms.set", context, {"time": "07:00"}).message == "Alarm set for 07:00 tomorrow."
    assert call("alarms.set", context, {"time": "18:30"}).message == "Alarm set for 18:30 today."
    assert call("alarms.cancel", context, {}).message == "Cancelled the alarm at 18:30. 1 more is still set."
    with pytest.raises(UsageError):
        call("alarms.set", context, {"time": "late"})


def test_reminder(context: Context, state: Path) -> None:
    at = call("reminders.add", context, {"text": "call Ann", "time": "18:00"})
    assert at.message == "Reminder set, at 18:00 today: call Ann."
    after = call("reminders.add", context, {"text": "call Ann", "duration": 90})
    assert after.message == "Reminder set, in one minute and thirty seconds: call Ann."
    assert not call("reminders.add", context, {"text": "call Ann"}).ok
    assert [reminder.label for reminder in Alarms(state).pending("reminder")] == ["call Ann"] * 2


def test_state_that_cannot_be_written_is_an_error(context: Context, state: Path) -> None:
    state.parent.mkdir(exist_ok=True)
    state.write_text("")
    with pytest.raises(StateError):
        call("timers.start", context, {"duration": 600})


def test_day_and_time_of_another_day() -> None:
    assert day_and_time(NOON + 3 * 86_400, now=NOON) == "12:00 on 24 November"
    new_year = time.mktime((2025, 12, 31, 12, 0, 0, 0, 0, -1))
    assert day_and_time(new_year + 86_400, now=new_year) == "12:00 tomorrow"


def test_undo_takes_back_one_after_the_other(context: Context) -> None:
    first = done(context, Intent("mute"), undo=Intent("unmute"))
    second = done(context, Intent("set_volume", {"level": 9}), undo=Intent("set_volume", {"level": 40}))
    answer = call("history.undo", context, {})
    assert answer.then == Intent("set_volume", {"level": 40})
    assert (answer.message, answer.undoes) == ("Taken back: set volume 9.", second)
    assert call("history.undo", context, {}).undoes == first
    context.history.release_undo(first)
    assert call("history.undo", context, {}).then == Intent("unmute")


def test_undo_presses_the_key_where_nothing_can_be_taken_back(context: Context) -> None:
    done(context, Intent("mute"), undo=Intent("unmute"), age_s=121)
    assert call("history.undo", context, {}).then == Intent("press_key", {"keys": "ctrl+z"})
    mac = replace(context, platform=fake_platform("macos"))
    assert call("history.undo", mac, {}).then == Intent("press_key", {"keys": "cmd+z"})


def test_undo_presses_no_key_in_a_terminal(context: Context) -> None:
    answer = call("history.undo", replace(context, tty="/dev/pts/1"), {})
    assert (answer.ok, answer.then) == (False, None)


def test_repeat(context: Context) -> None:
    assert not call("history.repeat", context, {}).ok
    done(context, Intent("next_track"))
    for name in ("undo", "repeat_last", "cancel"):
        done(context, Intent(name))
    answer = call("history.repeat", context, {})
    assert (answer.then, answer.message) == (Intent("next_track"), "Again: next track.")


@pytest.mark.parametrize(
    ("slots", "url"),
    [
        ({"query": "cats & dogs"}, "duckduckgo.com/?q=cats%20%26%20dogs"),
        ({"query": "lofi", "engine": "You Tube"}, "www.youtube.com/results?search_query=lofi"),
        ({"query": "llm", "engine": "github"}, "duckduckgo.com/?q=llm%20site%3Agithub.com"),
    ],
)
def test_search(context: Context, slots: dict[str, object], url: str) -> None:
    assert call("web.search", context, slots).then == Intent("open_url", {"url": url})


def test_search_with_an_unknown_engine(context: Context) -> None:
    with pytest.raises(NotPossible) as caught:
        call("web.search", context, {"query": "x", "engine": "youtub"})
    assert "youtube" in caught.value.hint


def test_help_shows_each_group_with_words_people_use(context: Context) -> None:
    catalog = replace(context.catalog, groups={"sound": ("set_volume", "mute"), "nothing": ()})
    lines = call("assistant.help", replace(context, catalog=catalog), {}).message.splitlines()
    assert len(lines) == 2
    assert lines[1].split()[0] == "sound"


def test_cancel_does_nothing(context: Context) -> None:
    assert call("assistant.cancel", context, {}) == BuiltinResult("All right, nothing was done.")


def test_autostart_on_linux(own_home: Path) -> None:
    found = autostart(fake_platform(home=own_home), Path("/s t/100%"), python="/venv/bin/python")
    assert found.path == own_home / ".config/systemd/user/whispera-alarms.service"
    assert (
        'ExecStart="/venv/bin/python" -P -m whispera.pipeline.alarm_service --state "/s t/100%%"'
        in found.text
    )
    assert "{" not in found.text
    assert not found.installed
    found.path.parent.mkdir(parents=True)
    found.path.write_text(found.text)
    assert found.installed


def test_autostart_on_macos() -> None:
    found = autostart(fake_platform("macos"), Path("/a & b"), python="/venv/bin/python")
    plist = plistlib.loads(found.text.encode())
    assert plist["ProgramArguments"][-1] == "/a & b"


def test_autostart_on_windows() -> None:
    platform = fake_platform("windows", environ={"APPDATA": "/roaming"})
    found = autostart(platform, Path("/state"), python="C:\\python.exe")
    assert '"C:\\python.exe" -P -m whispera.pipeline.alarm_service --state "/state"' in found.text
    assert found.path.name == "whispera-alarms.cmd"
