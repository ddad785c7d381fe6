"""`whispera train` with `--full`, `--bits`, `--device` and `--trainer`, on a tiny base."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import pytest
import torch

from tests.training import small_workspace
from whispera.__main__ import main
from whispera.engines.adapter import read_card


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_workspace.make(tmp_path_factory.mktemp("small"))


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "ws"))


def test_full_writes_a_base_that_is_asked_by_its_folder(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bases" / "grown"
    recipe = place / "config" / "recipes" / "adapter.yaml"
    recipe.write_text(recipe.read_text().replace("learning_rate: 1.0e-2", "learning_rate: 3.0e-2"))
    assert small_workspace.train(place, "--full", "--out", str(out), "--examples", "600", "--all") == 0
    shown = capsys.readouterr().out
    assert f"the base is in {out}" in shown
    assert read_card(out).data["made_from"][0] == "tiny"
    assert not (place / "adapters").exists()
    arguments = ["--workspace", str(place), "parse", "--json", "--base", str(out), "hush now"]
    assert main(arguments) in (0, 3)
    assert json.loads(capsys.readouterr().out)["text"] == "hush now"


def test_four_bits_train_on_the_base_in_four_bits(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = ["--workspace", str(place)]
    source = str(place / "bases" / "tiny")
    assert main([*run, "base", "prepare", "mine", "--source", source, "--bits", "4"]) == 0
    arguments = ["train", "--base", "mine", "--bits", "4", "--examples", "300", "--all", "--threads", "1"]
    assert main([*run, *arguments]) == 0
    assert "base mine-4bit" in capsys.readouterr().err
    assert read_card(place / "adapters" / "mine-4bit").data["base"] == "mine-4bit"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "x"], "--out belongs to --full"),
        (["--bits", "4"], "has the bits it was prepared in"),
        (["--full", "--trainer", "mlx"], "tuned by torch"),
        (["--trainer", "mlx", "--resume"], "cannot go on"),
        (["--dpo", "--full"], "no --trainer, --device, --bits"),
        pytest.param(
            ["--device", "cuda"],
            "needs an NVIDIA card",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card"),
        ),
        pytest.param(
            ["--trainer", "mlx"],
            "needs mlx-lm",
            marks=pytest.mark.skipif(
                importlib.util.find_spec("mlx_lm") is not None, reason="mlx-lm is installed"
            ),
        ),
    ],
)
def test_what_does_not_go_is_told_before_anything_is_done(
    place: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert small_workspace.train(place, *arguments) != 0
    shown = capsys.readouterr()
    assert message in shown.err
    assert "hint:" in shown.err
    assert shown.out == ""
    assert not (place / "adapters").exists()
