"""What the benchmarks of voice are made of, without a model or a voice."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from whispera.audio.clip import SAMPLE_RATE_HZ
from whispera.evaluation.expected import Expected, ExpectedStep, fold

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", autouse=True)
def benchmarks() -> Iterator[None]:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    yield
    sys.path.remove(str(ROOT / "benchmarks"))


def test_what_is_overheard_is_in_no_evaluation_file() -> None:
    from overheard import CHAT, FOREIGN

    measured = (ROOT / "eval" / "desktop.txt").read_text(encoding="utf-8").splitlines()
    texts = {fold(line.split(" | ")[0]) for line in measured}
    ours = [fold(line) for line in (*CHAT, *(text for some in FOREIGN.values() for text in some))]
    assert len(set(ours)) == len(ours)
    assert not texts & set(ours)


def test_nonsense_is_the_same_for_the_same_seed() -> None:
    from overheard import nonsense

    assert nonsense(random.Random(3)) == nonsense(random.Random(3))
    assert nonsense(random.Random(3)) != nonsense(random.Random(4))


@pytest.mark.parametrize("kind", ["silence", "noise", "music"])
def test_sounds_are_as_long_as_asked_and_the_same_every_time(kind: str) -> None:
    from soak import sounds

    first, again = (np.concatenate(list(sounds(kind, 21))) for _ in range(2))
    assert np.array_equal(first, again)
    assert 21 <= len(first) / SAMPLE_RATE_HZ <= 40
    assert np.abs(first).max() < 4


def test_a_rise_of_memory_is_told_for_the_whole_run_and_not_for_its_beginning() -> None:
    from soak import slope

    assert slope([0, 50, *[100.0] * 98]) == pytest.approx(0, abs=1e-6)
    assert slope([float(value) for value in range(100)]) == pytest.approx(100)
    assert slope([5.0]) == 0


def test_names_that_the_configuration_does_not_hold_are_found_in_lines_and_steps() -> None:
    from voices import tokens, unseen_values, words

    types = {("open_app", "target"): "name", ("set_volume", "level"): "percent"}
    known = frozenset(["firefox", "word"])

    def line(target: str) -> Expected:
        return Expected(1, "", ("open_app",), {"target": (target,)})

    for of in (words, tokens):
        assert unseen_values(line("Zorptracker"), types, known, of) == ["Zorptracker"]
        assert unseen_values(line("Firefox 3"), types, known, of) == []
    assert unseen_values(line("word-firefox"), types, known, words) == []
    assert unseen_values(line("word-firefox"), types, known, tokens) == ["word-firefox"]
    assert tokens('- "Web-1": [q3-report.pdf, 80th, 12]') == ["web-1", "q3-report.pdf", "80th"]
    steps = (ExpectedStep("set_volume", {"level": ("30",)}), ExpectedStep("open_app", {"target": ("Zed",)}))
    assert unseen_values(Expected(1, "", ("sequence",), {}, steps), types, known, words) == ["Zed"]


def test_a_sample_is_the_same_every_time_and_holds_no_typing_errors() -> None:
    from voices import TYPED, drawn

    lines = [Expected(number, str(number), ("mute",), {}) for number in range(100)]
    assert drawn(lines, 10) == drawn(lines, 10)
    assert drawn(lines, 0) == lines
    assert [line.line for line in drawn(lines, 10)] == sorted(line.line for line in drawn(lines, 10))
    assert (TYPED[0], TYPED[-1]) == (571, 595)  # the block "typing" of eval/README.md
    assert "| 571-595 | typing |" in (ROOT / "eval" / "README.md").read_text(encoding="utf-8")
