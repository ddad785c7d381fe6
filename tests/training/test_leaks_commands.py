"""`whispera regen` and `train` keep what is measured on out of training, and fail where they cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.training import small_workspace
from whispera.__main__ import main

LINES = """\
hush | mute
start up my good old krita | open_app | target=krita
please set the volume to ninety percent | set_volume | level=90
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_workspace.make(tmp_path_factory.mktemp("leaks"))


@pytest.fixture
def place(made: Path) -> Path:
    """The workspace with nothing measured and nothing of the user's."""
    for path in [*made.glob("eval/*"), *made.glob("config/local/**/*.*")]:
        path.unlink()
    (made / "eval").mkdir(exist_ok=True)
    return made


def run(place: Path, *words: str) -> int:
    return main(["--workspace", str(place), *words])


def said(place: Path) -> list[str]:
    """The utterances of train.jsonl."""
    lines = (place / "train.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["messages"][0]["content"].rpartition("}")[2] for line in lines]


def test_regen_draws_other_sentences_than_those_measured(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(place, "regen", "--size", "400") == 0
    wanted = [text.removeprefix("<desktop>").strip() for text in said(place)]
    long = [text for text in wanted if len(text.split()) >= 5][:30]
    assert len(long) == 30
    (place / "eval" / "mine.txt").write_text("".join(f"{text} | none\n" for text in [*long, "mute"]))
    assert run(place, "train", "--base", str(place / "bases" / "tiny")) == 1
    shown = capsys.readouterr().err
    assert "is the evaluation line mine.txt:" in shown
    assert "hint: make the data again: whispera regen" in shown
    assert run(place, "regen", "--size", "400", "--json") == 0
    facts = json.loads(capsys.readouterr().out)["evaluation"]
    assert facts["lines"] == {"mine.txt": 31}
    assert (facts["equal"], facts["leaks"]) == ({"mine.txt": 1}, 0)
    assert not {text.removeprefix("<desktop>").strip() for text in said(place)} & set(long)
    assert run(place, "regen", "--size", "400", "--check") == 0


def test_regen_fails_where_a_measured_line_is_written(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "eval" / "mine.txt").write_text(LINES)
    before = (place / "train.jsonl").read_bytes()
    file = place / "config" / "actions" / "apps" / "open_app.yaml"
    whole = file.read_text(encoding="utf-8")
    leak = '"start up my good old {target=krita}"'
    file.write_text(whole.replace('"open {target}",', f'"open {{target}}", {leak},'), encoding="utf-8")
    try:
        assert run(place, "regen", "--size", "400") == 1
    finally:
        file.write_text(whole, encoding="utf-8")
    shown = capsys.readouterr().err
    assert "config/actions/apps/open_app.yaml:5: 'start up my good old krita' is mine.txt:2" in shown
    assert "hint: take it out of the configuration" in shown
    assert (place / "train.jsonl").read_bytes() == before
    own = place / "config" / "local" / "actions" / "mine" / "open_app.yaml"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(f"extends: open_app\npatterns: [{leak}]\n", encoding="utf-8")
    assert run(place, "regen", "--size", "400") == 0
    assert not any(
        text.removeprefix("<desktop>").strip() == "start up my good old krita" for text in said(place)
    )


def test_a_correction_is_learnt_although_it_is_measured(place: Path) -> None:
    (place / "eval" / "mine.txt").write_text(LINES)
    local = place / "config" / "local"
    local.mkdir(exist_ok=True)
    example = {"text": "start up my good old krita", "intent": {"action": "open_app", "target": "krita"}}
    (local / "examples.jsonl").write_text(json.dumps(example) + "\n", encoding="utf-8")
    assert run(place, "regen", "--size", "400") == 0
    assert "<desktop> start up my good old krita" in said(place)
    run(place, "train", "--base", str(place / "bases" / "tiny"), "--examples", "100", "--threads", "1")
    (local / "examples.jsonl").unlink()
    assert run(place, "train", "--base", str(place / "bases" / "tiny"), "--examples", "100") == 1
