"""`whispera chat` and `whispera train --conversations`."""

from __future__ import annotations

import io
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.training.conversations.kit import ROOT
from whispera.__main__ import main
from whispera.engines.onnx import OnnxEngine


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


class CommandLine:
    """`whispera` in a workspace with the tuned adapter."""

    def __init__(
        self, root: Path, base: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
    ) -> None:
        self.root, self.base, self.capsys, self.patch = root, base, capsys, patch

    def __call__(self, command: str, *arguments: str, stdin: str = "") -> Done:
        self.patch.setattr(sys, "stdin", io.StringIO(stdin))
        self.capsys.readouterr()
        code = main(["--workspace", str(self.root), command, "--base", str(self.base), *arguments])
        out, err = self.capsys.readouterr()
        return Done(code, out, err)


@pytest.fixture
def whispera(
    place: Path, talker: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    recipes = place / "config" / "recipes"
    recipes.mkdir(parents=True)
    text = (ROOT / "config" / "recipes" / "conversation.yaml").read_text(encoding="utf-8")
    text = text.replace("sequence_length: 512", "sequence_length: 128").replace("passes: 8", "passes: 2")
    (recipes / "conversation.yaml").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "config" / "models.yaml", place / "config")
    return CommandLine(place, talker, capsys, monkeypatch)


def test_chat_answers_what_is_said(whispera: CommandLine) -> None:
    done = whispera("chat", "--adapter", "own", "--say", "Who are you?", "--say", "And then?")
    assert done.code == 0
    assert done.out == "I am a tiny one.\nNothing more.\n"
    assert done.err == "talker, adapter own, template chatml\n"


def test_chat_reads_lines_and_remembers(whispera: CommandLine) -> None:
    done = whispera("chat", "--adapter", "talker-own", stdin="Who are you?\n\nAnd then?\n")
    assert (done.code, done.out) == (0, "I am a tiny one.\nNothing more.\n")


def test_chat_compares_before_and_after(whispera: CommandLine) -> None:
    done = whispera("chat", "--adapter", "own", "--compare", "--say", "Who are you?", "--max-tokens", "8")
    lines = done.out.splitlines()
    assert lines[0] == "> Who are you?"
    assert lines[1].split("|") == ["no adapter".ljust(len(lines[1].split("|")[0])), " adapter own"]
    assert lines[3].endswith("| I am a tiny one.")
    done = whispera("chat", "--adapter", "own", "--compare", "--say", "Who are you?", "--json")
    found = json.loads(done.out)
    assert found["after"] == "I am a tiny one."
    assert found["before"] != found["after"]


def test_chat_alone_names_the_adapters_there_are(whispera: CommandLine) -> None:
    done = whispera("chat", "--say", "Who are you?", "--max-tokens", "3", "--json")
    assert "no adapter, template chatml (there is --adapter own)" in done.err
    assert json.loads(done.out) | {"seconds": 0, "reply": ""} == {
        "text": "Who are you?", "reply": "", "tokens": 3, "seconds": 0, "base": "talker", "adapter": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--adapter", "other"], "has no adapter for conversations named 'other'"),
        (["--compare", "--say", "a"], "--compare needs an adapter"),
        (["--top-p", "0"], "top-p"),
        (["--say", "a " * 300], "that is too long"),
    ],
)
def test_chat_refuses_what_it_cannot_do(whispera: CommandLine, arguments: list[str], told: str) -> None:
    done = whispera("chat", *arguments)
    assert done.code == 2
    assert told in done.err
    assert "hint:" in done.err


def test_ctrl_c_ends_an_answer_and_not_the_program(
    whispera: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    extend = OnnxEngine.extend_all

    def press(self: OnnxEngine, state: object, ids: list[int]) -> object:
        calls.append(len(ids))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return extend(self, state, ids)  # type: ignore[arg-type]

    monkeypatch.setattr(OnnxEngine, "extend_all", press)
    done = whispera("chat", "--adapter", "own", stdin="Who are you?\nWhat can you do?\n")
    assert done.code == 0
    first, second = done.out.splitlines()
    assert first.endswith(" ...")
    assert second


def test_train_conversations_makes_an_adapter_to_talk_to(whispera: CommandLine) -> None:
    data = str(whispera.root / "talks.jsonl")
    done = whispera("train", "--conversations", data, "--name", "second", "--threads", "1")
    assert done.code == 0
    assert "the adapter is in" in done.out
    assert "perplexity" in done.out
    assert "a fresh adapter; 3 conversations, 0 kept out" in done.err
    done = whispera("chat", "--adapter", "second", "--say", "Who are you?", "--max-tokens", "3")
    assert done.err == "talker, adapter second, template chatml\n"
    done = whispera("train", "--conversations", data, "--name", "second", "--threads", "1", "--json")
    assert json.loads(done.out)["name"] == "second"
    assert "warm from talker-second" in done.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--conversations", "nowhere.jsonl"], "cannot be read"),
        (["--conversations", "talks.jsonl", "--name", "No Name"], "no name for an adapter"),
        (["--conversations", "talks.jsonl", "--dpo"], "--conversations takes no"),
        (["--template", "plain"], "--template and --name belong to --conversations"),
    ],
)
def test_train_refuses_what_does_not_go_together(
    whispera: CommandLine, arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(whispera.root)
    done = whispera("train", *arguments)
    assert done.code == 2
    assert told in done.err
    assert "hint:" in done.err
