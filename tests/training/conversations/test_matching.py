"""What must stay the same for an adapter to be tuned on, resumed or talked to."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.conversations.kit import QUIET, RECIPE, TALKS, edit_card, fingerprint, own, plan, write
from whispera.engines import chat
from whispera.engines import load as engines
from whispera.errors import AdapterError, ConfigError, TrainingError
from whispera.training import talking
from whispera.training.loop import Progress


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"sequence_length": 64}, "sequence length 64 instead of 128"),
        ({"batch": 512}, "batch 512 instead of 256"),
        ({"dtype": "float32"}, "dtype float32 instead of bfloat16"),
        ({"template": "plain"}, "template plain instead of chatml"),
    ],
)
def test_adapter_is_not_tuned_on_with_other_settings(
    talker: Path, place: Path, change: dict[str, object], told: str
) -> None:
    before = fingerprint(own(place))
    with pytest.raises(AdapterError, match=told) as caught:
        talking.run(replace(RECIPE, **change), plan(talker, place, start=own(place)), **QUIET)  # type: ignore[arg-type]
    assert "another --name" in caught.value.hint
    assert fingerprint(own(place)) == before


def test_adapter_of_another_base_is_not_tuned_on(mute: Path, place: Path) -> None:
    with pytest.raises(AdapterError, match="vocabulary"):
        talking.run(RECIPE, plan(mute, place, start=own(place)), **QUIET)


def test_base_that_reads_less_than_the_sequence_length_is_refused(talker: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="is 512, and talker reads 256 tokens") as caught:
        talking.run(replace(RECIPE, sequence_length=512), plan(talker, tmp_path), **QUIET)
    assert caught.value.hint.endswith("to 256 or less")


def test_base_with_another_chat_template_is_refused(talker: Path, tmp_path: Path) -> None:
    base = Path(shutil.copytree(talker, tmp_path / "talker"))
    for theirs, fits in (("{{ '[INST]' + messages[0]['content'] }}", False), ("{{ '<|im_start|>' }}", True)):
        (base / "tokenizer_config.json").write_text(json.dumps({"chat_template": theirs}))
        tokenizer = chat.ChatTokenizer.read(base / "tokenizer.json")
        if fits:
            assert talking.must_match(RECIPE, plan(base, tmp_path), tokenizer)[0].name == "chatml"
            continue
        with pytest.raises(TrainingError, match="it is not ChatML") as caught:
            talking.must_match(RECIPE, plan(base, tmp_path), tokenizer)
        assert caught.value.hint.endswith("--template plain")
        assert (
            talking.must_match(RECIPE, plan(base, tmp_path, template="plain"), tokenizer)[0].name == "plain"
        )


def test_longer_conversation_is_refused_by_its_line(talker: Path, tmp_path: Path) -> None:
    long = [("user", "Who are you?"), ("assistant", "I am a tiny one. " * 30)]
    data = write(tmp_path / "long.jsonl", [TALKS[0], long])
    with pytest.raises(ConfigError, match="the sequence length is 128") as caught:
        talking.run(RECIPE, plan(talker, tmp_path, data=data), **QUIET)
    assert f"{data}:2:" in str(caught.value)


def test_interrupted_run_resumes_with_the_same_settings_alone(talker: Path, place: Path) -> None:
    before = fingerprint(own(place))
    seen: list[int] = []

    def stop(progress: Progress, _: int) -> None:
        seen.append(progress.seen)
        if progress.seen > 9:
            raise KeyboardInterrupt

    data = write(place / "others.jsonl", [*TALKS, *TALKS])
    again = plan(talker, place, data=data, start=own(place))
    quicker = replace(RECIPE, passes=4, learning_rate=1e-3)
    with pytest.raises(KeyboardInterrupt):
        talking.run(quicker, again, report=stop, say=lambda _: None)
    assert fingerprint(own(place)) == before
    resume = replace(again, resume=True)
    with pytest.raises(TrainingError, match="other data, another base or recipe"):
        talking.run(replace(quicker, seed=2), resume, **QUIET)
    said: list[str] = []
    talking.run(quicker, resume, report=lambda *_: None, say=said.append)
    assert f"resuming at {seen[-1]} of 24" in said[-1]


def test_commands_refuse_an_adapter_for_conversations(talker: Path, place: Path) -> None:
    with pytest.raises(AdapterError, match="is for conversations, not for commands") as caught:
        engines.load(talker, place, catalog_hash="", version=own(place))
    assert "whispera chat" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "adapter"}, "is for commands, not for conversations"),
        ({"base_hash": "0"}, "another base: base hash"),
        ({"vocabulary": 7}, "another base: vocabulary 7 instead of"),
        ({"tokenizer_hash": "0"}, "another base: tokenizer hash"),
    ],
)
def test_chat_refuses_an_adapter_of_something_else(
    talker: Path, place: Path, change: dict[str, object], message: str
) -> None:
    edit_card(own(place), **change)
    with pytest.raises(AdapterError, match=message) as caught:
        chat.load(talker, own(place))
    assert "--conversations" in caught.value.hint
