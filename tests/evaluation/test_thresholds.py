"""Choosing the least confidence of each risk: what is kept to, what is preferred, and what is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.catalog.small_config import FILES
from whispera.__main__ import main
from whispera.catalog.model import Risk
from whispera.engines.fake import fake_model
from whispera.evaluation.thresholds import RISKS, Case, choose, curve, outcome

NOW: Mapping[Risk, float] = {"harmless": 0.5, "disruptive": 0.6, "destructive": 0.6}


def command(confidence: float, *, right: bool = True, risk: Risk = "harmless") -> Case:
    return Case(True, risk, confidence, right)


def none(confidence: float, *, risk: Risk | None = "harmless") -> Case:
    return Case(False, risk, confidence, False)


def thresholds(cases: list[Case], rate: float) -> dict[Risk, float] | None:
    found = choose(cases, rate=rate, now=NOW)
    return dict(found.thresholds) if found is not None else None


def test_a_false_activation_too_many_moves_the_threshold_above_it() -> None:
    cases = [command(0.9), command(0.65), none(0.7), none(0.4), *[none(0.9, risk=None)] * 8]
    found = choose(cases, rate=0.1, now=NOW)
    assert found is not None
    assert (found.thresholds["harmless"], found.false, found.right) == (0.5, 1, 2)
    stricter = choose(cases, rate=0.05, now=NOW)
    assert stricter is not None
    assert (stricter.false, stricter.right) == (0, 1)
    assert stricter.thresholds["harmless"] == 0.71


def test_thresholds_stay_where_nothing_is_to_be_won() -> None:
    assert thresholds([command(0.95), none(0.1), none(0.99, risk=None)], 0.01) == dict(NOW)


def test_wrong_commands_weigh_as_much_as_right_ones() -> None:
    cases = [none(0.9, risk=None), command(0.9), command(0.55, right=False), command(0.53, right=False)]
    found = choose([*cases, command(0.52)], rate=0, now=NOW)
    assert found is not None
    assert (found.right, found.wrong, found.thresholds["harmless"]) == (1, 0, 0.56)


def test_the_budget_goes_where_it_wins_most() -> None:
    cases = [none(0.5), none(0.7, risk="disruptive"), *[none(0.9, risk=None)] * 98]
    harmless = [command(0.5)] * 3
    disruptive = [command(0.7, risk="disruptive")] * 2
    found = choose([*cases, *harmless, *disruptive], rate=0.01, now=NOW)
    assert found is not None
    assert (found.right, found.false) == (3, 1)
    assert found.thresholds["harmless"] <= 0.5
    assert found.thresholds["disruptive"] > 0.7


def test_where_none_keeps_to_it_there_is_no_choice() -> None:
    assert choose([none(1.0), command(0.9)], rate=0.5, now=NOW) is None


def test_the_stated_share_comes_with_what_it_may_well_be() -> None:
    found = outcome([none(0.1)] * 100, NOW)
    assert found.false_activation == 0
    assert 0.02 < found.at_most < 0.03
    assert outcome([command(0.9)], NOW).at_most == 1.0


cases = st.lists(
    st.builds(
        Case,
        st.booleans(),
        st.sampled_from([*RISKS, None]),
        st.floats(0, 1),
        st.booleans(),
    ),
    max_size=40,
)


@settings(max_examples=80, deadline=None)
@given(cases, st.floats(0, 1))
def test_the_share_is_kept_and_no_riskier_command_needs_less(made: list[Case], rate: float) -> None:
    found = choose(made, rate=rate, now=NOW)
    every = curve(made, every=0.01)
    if found is None:
        assert all(one.false > rate * one.nones for one in every)
        return
    assert found.false <= rate * found.nones + 1e-6
    assert found == outcome(made, found.thresholds)
    assert list(found.thresholds.values()) == sorted(found.thresholds.values())
    for one in every:
        if one.false <= rate * one.nones:
            assert found.right - found.wrong >= one.right - one.wrong


LINES = """\
open word | open_app | target=Word
mute it | mute
nice day | none
lovely here | none
"""
ANSWERS = {
    "open word": '{"action":"open_app","target":" word"}',
    "mute it": '{"action":"mute"}',
    "lovely here": '{"action":"mute"}',
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose model is sure to seven parts in ten; its folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    import_module("whispera.cli.compared")  # or it would keep the fake, which it takes by name
    monkeypatch.setattr("whispera.engines.load.load", lambda *_, **__: fake_model(ANSWERS, confidence=0.7))
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "config").symlink_to(Path(__file__).parents[2] / "config")
    (workspace / "adapters").mkdir()
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "card.json").write_text("{}")
    (tmp_path / "mine.txt").write_text(LINES, encoding="utf-8")
    return tmp_path


def calibrated(place: Path, *arguments: str) -> int:
    asked = ["calibrate", str(place / "mine.txt"), "--base", str(place / "fake"), *arguments]
    return main(["--workspace", str(place / "workspace"), *asked])


def test_the_curve_is_told_and_nothing_is_written_unasked(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrated(place, "--false-activation", "0.5", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sentences"] == 4
    assert told["now"]["false_activations"] == 1
    assert told["chosen"]["thresholds"] == dict(NOW)
    assert [one["false_activations"] for one in told["curve"]] == [1] * 10 + [0] * 6
    assert calibrated(place, "--false-activation", "0.5") == 0
    assert "chosen" in capsys.readouterr().out


def test_what_cannot_be_kept_to_is_an_error(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "mine.txt").write_text("mute it | mute\n", encoding="utf-8")
    assert calibrated(place) != 0
    assert "nice weather today | none" in capsys.readouterr().err


def test_thresholds_are_written_beside_the_other_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from whispera.catalog import load
    from whispera.cli.config import change
    from whispera.errors import ConfigError
    from whispera.workspace import find

    root = tmp_path / "own"
    (root / "adapters").mkdir(parents=True)
    for name, text in FILES.items():
        file = root / "config" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    monkeypatch.setenv("WHISPERA_HOME", str(root))
    place = find()
    place.local.mkdir(parents=True, exist_ok=True)
    mine = place.local / "settings.yaml"
    mine.write_text("history:\n  keep: 7\nconfidence:\n  harmless: 0.4\n", encoding="utf-8")
    change(place, {"confidence.harmless": 0.55, "confidence.destructive": 0.8})
    wanted = {"history": {"keep": 7}, "confidence": {"harmless": 0.55, "destructive": 0.8}}
    assert yaml.safe_load(mine.read_text(encoding="utf-8")) == wanted
    assert load(place.config, overlay=place.local).settings.confidence == {
        **NOW,
        "harmless": 0.55,
        "destructive": 0.8,
    }
    with pytest.raises(ConfigError):
        change(place, {"confidence.harmless": 0.6, "confidence.destructive": 7})
    assert yaml.safe_load(mine.read_text(encoding="utf-8")) == wanted, "all of them, or none"
    assert [one for one in place.local.iterdir() if one.suffix == ".tmp"] == []
