"""What is broken is named, with the way out, and nothing else is done about it."""

from __future__ import annotations

import json
import resource
import signal
from pathlib import Path

import pytest

from tests.safety.conftest import Installation


def test_a_whole_installation_answers(installation: Installation) -> None:
    code, out, err = installation.run("what time is it")
    assert (code, err) == (0, "")
    assert out


@pytest.mark.parametrize(
    ("file", "text", "named"),
    [
        ("config/actions/sound/mute.yaml", "action: mute\npatterns: [\n", "config/actions/sound/mute.yaml"),
        ("config/actions/sound/mute.yaml", "action: mute\nparterns: []\n", "mute.yaml"),
        ("config/settings.yaml", "confidence: {harmless: much}\n", "config/settings.yaml:1"),
        ("config/lookup/apps.yaml", "- just\n- a list\n", "config/lookup/apps.yaml"),
        ("config/actions/sound/mute.yaml", "\0\x01\x02", "mute.yaml"),
    ],
)
def test_a_broken_configuration_names_the_file(
    installation: Installation, file: str, text: str, named: str
) -> None:
    (installation.root / file).write_text(text)
    code, out, err = installation.run("what time is it")
    assert (code, out) == (2, "")
    assert named in err


@pytest.mark.parametrize(
    ("name", "keep"),
    [
        ("model.safetensors", 0.6),
        ("model.onnx", 0.6),
        ("tokenizer.json", 0.6),
        ("config.json", 0.6),
        ("card.json", 0.6),
        ("model.safetensors", 0.0),
    ],
)
def test_a_truncated_model_says_how_to_restore_it(installation: Installation, name: str, keep: float) -> None:
    path = installation.root / "whispera" / "models" / "nano" / name
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    code, out, err = installation.run("what time is it")
    assert (code, out) == (1, "")
    assert "hint: " in err


def test_a_missing_model_says_how_to_get_it(installation: Installation) -> None:
    (installation.root / "whispera" / "models" / "nano" / "model.onnx").unlink()
    code, out, err = installation.run("what time is it")
    assert (code, out) == (1, "")
    assert "lacks model.onnx" in err
    assert "hint: " in err


@pytest.mark.parametrize("content", ['{"base_hash": "of another model"}', "{", "[]", ""])
def test_an_adapter_of_another_model_is_refused(installation: Installation, content: str) -> None:
    folder = installation.root / "adapters" / "nano"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "card.json").write_text(content)
    code, out, err = installation.run("what time is it")
    assert (code, out) == (1, "")
    assert "hint: " in err


def test_changed_actions_ask_for_training(installation: Installation) -> None:
    """A model that has never heard of an action must not be asked for it."""
    path = installation.root / "config" / "local" / "actions" / "home" / "ring_bell.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(
        "action: ring_bell\ngroup: home\nsummary: Rings.\npatterns: [ring the bell]\n"
        "run: {any: [bell]}\nrisk: harmless\n"
    )
    code, _, err = installation.run("ring the bell")
    assert code == 1
    assert "hint: " in err
    assert "train" in err


def test_a_home_that_cannot_be_written_costs_a_warning(installation: Installation, tmp_path: Path) -> None:
    """A file where the home should be, which not even root can write into."""
    home = tmp_path / "no-home"
    home.write_text("")
    nowhere = Installation(installation.root, home)  # without the shared cache
    code, out, err = nowhere.run("what time is it")
    assert code == 0
    assert out
    assert len(err.splitlines()) == 1
    assert "not in the history" in err


def full_disk() -> None:
    """No file of this process may grow from now on."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_a_full_disk_costs_a_warning_where_nothing_must_be_kept(installation: Installation) -> None:
    code, out, err = installation.run("what time is it", limit=full_disk)
    assert code == 0
    assert out
    assert "not in the history" in err
    assert installation.run("what time is it")[2] == ""


@pytest.mark.parametrize("text", ["set a timer for ten minutes", "take a note buy milk"])
def test_what_a_full_disk_cannot_keep_is_not_promised(installation: Installation, text: str) -> None:
    code, out, err = installation.run(text, limit=full_disk)
    assert (code, out) == (1, "")
    assert "hint: " in err


def test_json_stays_json_whatever_is_broken(installation: Installation, tmp_path: Path) -> None:
    home = tmp_path / "no-home"
    home.write_text("")
    code, out, _ = Installation(installation.root, home).run("take a note buy milk", "--json")
    assert code == 1
    assert json.loads(out)["outcome"]["exit_code"] == code
