"""A prompted base: what it is shown, what it may say, and what its free answers count for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.training import small_workspace, tiny_base
from whispera.__main__ import main
from whispera.catalog import load
from whispera.catalog.compiled import CompiledCatalog
from whispera.catalog.settings import Settings
from whispera.domain.intent import Intent
from whispera.engines.load import Loaded
from whispera.errors import UsageError
from whispera.evaluation.expected import Expected
from whispera.evaluation.prompting import (
    Prompter,
    instructions,
    is_closed,
    plain_tokenizer,
    read_answer,
    row,
)
from whispera.evaluation.shots import Nearest, Shot, seeded, shots_of
from whispera.nlu import codec
from whispera.pipeline.understand import Understander

ACTIONS = tiny_base.catalog().actions
SLOTS_OF = {name: [slot.name for slot in action.slots] for name, action in ACTIONS.items()}
SHOTS = [
    Shot("open zed", '{"action":"open_app","target":" zed"}', "open_app"),
    Shot("hush now", '{"action":"mute"}', "mute"),
    Shot("scroll up", '{"action":"scroll","direction":" up"}', "scroll"),
    Shot("good morning", '{"action":"none"}', "none"),
]


class Scripted:
    """Reads anything; says one text, whatever was asked; keeps what it read."""

    limit = 4000

    def __init__(self, says: Sequence[int]) -> None:
        self.says = list(says)
        self.read: list[int] = []

    def start(self) -> tuple[int, ...]:
        return ()

    def extend(
        self, state: tuple[int, ...], ids: Sequence[int], allowed: Sequence[int]
    ) -> tuple[tuple[int, ...], list[float]]:
        self.read = [*state, *ids]
        return (*state, *ids), [1.0 if token in self.says else 0.0 for token in allowed]

    def extend_all(self, state: tuple[int, ...], ids: Sequence[int]) -> tuple[tuple[int, ...], np.ndarray]:
        state = (*state, *ids)
        logits = np.zeros(500, dtype=np.float32)
        done = max((n for n in range(1, len(self.says)) if state[-n:] == tuple(self.says[:n])), default=0)
        logits[self.says[done]] = 9.0
        return state, logits


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = [*(one.text.lower() for one in tiny_base.examples()), *(shot.wire for shot in SHOTS)]
    made = tmp_path_factory.mktemp("base") / "tokenizer.json"
    made.write_text(tiny_base.tokenizer(texts, size=420).to_str())
    return made


def prompter(path: Path, says: str, **options: object) -> tuple[Prompter, Scripted]:
    tokenizer, sayable = plain_tokenizer(path)
    engine = Scripted(tokenizer.encode(says))
    understander = Understander(
        CompiledCatalog(ACTIONS, {}, {}, {}, Settings(), ""),  # type: ignore[arg-type]
        Loaded("tiny", engine, tokenizer, 1.0, ""),
    )
    made = Prompter(understander, tokenizer, sayable, shots=SHOTS, **options)  # type: ignore[arg-type]
    return made, engine


MUTE = Expected(1, "hush please", ("mute",), {})
CHAT = Expected(2, "what a day", ("none",), {})


def test_prompt_holds_instructions_examples_and_the_utterance(path: Path) -> None:
    made, engine = prompter(path, '{"action":"mute"}')
    tokenizer, _ = plain_tokenizer(path)
    made.ask(MUTE, SLOTS_OF, free=False)
    read = tokenizer.text(engine.read)
    assert "set_volume(level: percent)" in read
    assert "scroll(direction: up|down)" in read
    assert 'Q: open zed\nA:{"action":"open_app","target":" zed"}\n' in read
    assert read.index("hush please") > read.index("good morning")


def test_marks_of_the_codec_are_no_tokens_of_an_untuned_base(path: Path) -> None:
    tokenizer, sayable = plain_tokenizer(path)
    for mark in codec.MARKS:
        assert max(tokenizer.encode(mark)) < 420
        assert tokenizer.text(tokenizer.encode(mark)) == mark
    assert len(tokenizer.encode(codec.OPEN)) > 1
    assert sayable == list(range(420))


@pytest.mark.parametrize("free", [False, True])
def test_right_answer_is_right(path: Path, free: bool) -> None:
    made, _ = prompter(path, '{"action":"mute"}')
    found = made.ask(MUTE, SLOTS_OF, free=free)
    assert (found.answer.exact, found.valid) == (True, True)
    assert found.answer.got == Intent("mute", {})
    assert found.tokens > found.kept == made.fixed_tokens


def test_what_is_no_intent_is_wrong_even_where_nothing_was_meant(path: Path) -> None:
    made, _ = prompter(path, "I am sorry, I cannot do that.}")
    for line in (MUTE, CHAT):
        found = made.ask(line, SLOTS_OF, free=True)
        assert (found.valid, found.answer.action_right, found.answer.exact) == (False, False, False)
        assert found.answer.got is None


def test_constrained_answer_below_the_threshold_is_none(path: Path) -> None:
    made, _ = prompter(path, '{"action":"mute"}', threshold=1.1)
    assert made.ask(MUTE, SLOTS_OF, free=False).answer.got is None
    assert made.ask(CHAT, SLOTS_OF, free=False).answer.exact


def test_examples_can_be_chosen_for_each_utterance(path: Path) -> None:
    near = Nearest(SHOTS)
    made, engine = prompter(path, '{"action":"mute"}', nearest=lambda text: near.of(text, 1))
    made.ask(MUTE, SLOTS_OF, free=False)
    tokenizer, _ = plain_tokenizer(path)
    assert tokenizer.text(engine.read).count("hush now") == 2


def test_prompt_that_is_too_long_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scripted, "limit", 300)
    with pytest.raises(UsageError, match="tiny reads 300") as caught:
        prompter(path, "x")
    assert "--few-shot" in caught.value.hint


def test_instructions_name_every_action() -> None:
    assert set(ACTIONS) <= {line.split("(")[0] for line in instructions(ACTIONS.values()).split("\n")}


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ('{"action":"mute"}', True),
        ('sure: {"action":"mute"}', True),
        ('{"action":"mute"', False),
        ('{"say":"}"', False),
        ('{"say":"\\"}"}', True),
        ('{"steps":[{"action":"mute"}', False),
        ("}", True),
        ("no", False),
    ],
)
def test_closing_brace_is_found(text: str, closed: bool) -> None:
    assert is_closed(text) is closed


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ('{"action":"open_app","target":" the mail"}', [("open_app", {"target": "the mail"})]),
        ('Here: {"action": "set_volume", "level": 20}', [("set_volume", {"level": "20"})]),
        ('{"action":"none"}', [("none", {})]),
        (
            '{"action":"sequence","steps":[{"action":"mute"},{"action":"cancel"}]}',
            [("mute", {}), ("cancel", {})],
        ),
        ('{"action":"sequence","steps":[{"action":"mute"}]}', None),
        ('{"action":"fly"}', None),
        ('{"action":"open_app"}', None),
        ('{"action":"scroll","direction":" sideways"}', None),
        ('{"action":"mute","level":" 3"}', None),
        ('{"action":["mute"]}', None),
        ('"mute"', None),
        ("mute", None),
    ],
)
def test_free_answer_is_read_or_counts_as_none_at_all(
    text: str, slots: list[tuple[str, dict[str, str]]] | None
) -> None:
    steps = read_answer(text, ACTIONS)
    read = (
        None
        if steps is None
        else [(one.action, {slot.name: slot.words for slot in one.slots}) for one in steps]
    )
    assert read == slots


def test_seeded_examples_are_of_different_actions_and_the_same_again() -> None:
    pool = [*SHOTS, *(Shot(f"open {n}", "{}", "open_app") for n in range(50))]
    chosen = seeded(pool, 4, seed=1)
    assert sorted(one.action for one in chosen) == ["mute", "none", "open_app", "scroll"]
    assert chosen == seeded(pool, 4, seed=1)
    assert len(seeded(pool, 9, seed=1)) == 9


def test_nearest_examples_share_words_the_nearest_last() -> None:
    pool = [Shot(text, "{}", "mute") for text in ("open zed", "open the mail", "hush", "open the mail now")]
    assert [one.text for one in Nearest(pool).of("Open the mail, now!", 2)] == [
        "open the mail",
        "open the mail now",
    ]
    assert Nearest(pool).of("unheard of", 2) == []


def test_lines_that_lean_on_others_or_are_long_are_no_examples() -> None:
    lines = [
        ("<desktop> mute", '{"action":"mute"}', "mute"),
        ('<desktop>{"action":"mute"} again', '{"action":"mute"}', "mute"),
        ("<desktop>" + " very" * 20 + " long", '{"action":"none"}', "none"),
    ]
    assert [shot.text for shot in shots_of(lines)] == ["mute"]


def test_row_counts_false_activations_among_what_is_no_command(path: Path) -> None:
    made, _ = prompter(path, '{"action":"mute"}')
    asked = [made.ask(line, SLOTS_OF, free=True) for line in (MUTE, CHAT)]
    figures = row("free", asked)
    assert (figures.action, figures.exact, figures.false_activations, figures.invalid) == (0.5, 0.5, 1.0, 0.0)


def test_command_prints_the_tuned_and_the_prompted_base(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = small_workspace.make(tmp_path / "ws")
    (place / "mine.txt").write_text("hush | mute\nopen zed | open_app | target=zed\nwhat a day | none\n")
    base = tiny_base.write_base(
        place / "bases" / "wide", load(place / "config"), ["open the mail"], positions=2048
    )
    arguments = [
        "--workspace",
        str(place),
        "eval",
        str(place / "mine.txt"),
        "--base",
        str(base),
        "--few-shot",
    ]
    capsys.readouterr()
    assert main([*arguments, "3", "--unconstrained", "--limit", "2", "--json", "--wrong"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in data["rows"]] == [
        "tuned",
        "3 examples, constrained",
        "3 examples, free",
    ]
    assert {one["lines"] for one in data["rows"]} == {2}
    assert set(data["wrong"]) == {one["name"] for one in data["rows"]}
    assert main([*arguments, "0", "--draw", "nearest"]) == 0
    assert "0 examples, constrained" in capsys.readouterr().out
    for wrong in (["0", "--report", "x"], ["0", "--block", "a:1-2"]):
        assert main([*arguments, *wrong]) == 2
    assert main([*arguments[:-1], "--unconstrained"]) == 2
    assert "belong to --few-shot" in capsys.readouterr().err
