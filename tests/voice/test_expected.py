"""Commands that sound like what was heard, drawn from a small configuration."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.catalog.small_config import FILES
from whispera.catalog.compiled import compiled
from whispera.engines.recognisers import Setting
from whispera.engines.recognisers import expected as module
from whispera.engines.recognisers.expected import EACH, KEPT, MOST, PREFIX, Expected, expected_for
from whispera.workspace import Workspace

COMMANDS = [
    "stop the thumbnailer container",
    "press the space bar",
    "lift the volume",
    "set a timer for ten minutes",
]


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    for name, text in FILES.items():
        path = tmp_path / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    place = Workspace(tmp_path, tmp_path / "state", tmp_path / "cache")
    return Setting(place, compiled(place.config, place.cache))


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("Bring the thumbnail or container down.", 0),
        ("my hands are good, press the face bar", 1),
        ("left the volume", 2),
        ("said the timer for 10 minutes", 3),
    ],
)
def test_what_sounds_alike_is_expected(heard: str, meant: int) -> None:
    assert Expected(COMMANDS).like([heard])[0] == COMMANDS[meant]


def test_what_shares_no_sound_expects_nothing() -> None:
    assert Expected(COMMANDS).like(["oh", ""]) == []
    assert Expected([]).like(["press the space bar"]) == []


def test_few_are_expected_and_each_has_a_word_of_its_own() -> None:
    names = [
        "alpha",
        "bravo",
        "charlie",
        "delta",
        "echo",
        "foxtrot",
        "golf",
        "hotel",
        "india",
        "juliet",
        "kilo",
    ]
    names += ["lima", "mike", "november"]
    expected = Expected([f"{verb} {name}" for name in names for verb in ("open", "do open")])
    found = expected.like([" ".join(names)])
    assert len(found) == EACH
    assert len({command.split()[-1] for command in found}) >= EACH - 1  # the first "do" is a word of its own
    assert len(expected.like([" ".join(names[:7]), " ".join(names[7:])])) == MOST


def test_commands_of_the_configuration_are_expected_and_kept(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = expected_for(setting).like(["said the vol you'm to 10 present"])
    assert found
    assert "volume" in found[0]
    [path] = setting.workspace.cache.glob(f"{PREFIX}*")
    before = path.read_bytes()
    monkeypatch.setattr(module, "_drawn", lambda _: pytest.fail("drawn again"))
    assert expected_for(setting).like(["said the vol you'm to 10 present"]) == found
    monkeypatch.undo()
    path.write_bytes(before[:-9])
    assert expected_for(setting).like(["said the vol you'm to 10 present"]) == found
    assert path.read_bytes() == before


def test_another_configuration_draws_others(setting: Setting) -> None:
    expected_for(setting)
    for number in range(KEPT):
        path = setting.workspace.config / "actions" / "note.yaml"
        path.write_text(
            f"# {number}\n{path.read_text(encoding='utf-8')}" if path.is_file() else f"# {number}\n"
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_drawn", lambda _: ["mute it"])
            expected_for(setting)
    assert len(list(setting.workspace.cache.glob(f"{PREFIX}*"))) == KEPT


def test_a_cache_that_cannot_be_written_costs_time_alone(
    setting: Setting, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError("read-only")

    monkeypatch.setattr(module, "_write", refused)
    with caplog.at_level(logging.WARNING):
        assert expected_for(setting).like(["said the vol you'm to 10 present"])
    assert "cannot be written" in caplog.text
    assert not list(setting.workspace.cache.glob(f"{PREFIX}*"))
