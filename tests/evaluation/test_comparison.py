"""Two adapters on the same utterances: counts, the exact test, the text and the page."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from fractions import Fraction
from math import comb
from pathlib import Path

import pytest

from tests.evaluation.test_report import outline
from whispera.catalog.model import Action, SlotSpec
from whispera.domain.labelled import Copied, Labelled, Span, Target
from whispera.errors import UsageError
from whispera.evaluation import comparison_report
from whispera.evaluation.comparison import Comparison, Pair, mcnemar, render
from whispera.evaluation.heldout import expected_of

ABOUT = {"base": "tiny", "file": "mine.txt", "version": "0", "date": "2020-02-02"}


def pair(text: str, action: str, before: bool, after: bool, sure: float = 0.9) -> Pair:
    return Pair(text, action, before, after, f"{action} wanted", "was", f"{action} got <b>", 0.5, sure)


def made() -> Comparison:
    """Ten utterances: five right with both, three won, one lost, one wrong with both."""
    pairs = [
        *(pair(f"open {n}", "open_app", True, True) for n in range(5)),
        pair("hush", "mute", False, True),
        pair("quiet", "mute", False, True),
        pair("louder", "volume_up", False, True),
        pair("nice day", "none", True, False),
        pair("good day", "none", False, False),
    ]
    return Comparison(tuple(pairs), ("adapter 1", "adapter 2"), ABOUT)


@pytest.mark.parametrize(
    ("won", "lost", "p"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (5, 5, 1.0),
        (6, 0, 2 / 64),  # six heads or six tails of six coins
        (10, 2, 2 * (1 + 12 + 66) / 4096),
        (2, 10, 2 * (1 + 12 + 66) / 4096),
        (15, 6, 0.0784),
        (22, 5, 0.00151),
    ],
)
def test_mcnemar_is_exact(won: int, lost: int, p: float) -> None:
    assert mcnemar(won, lost) == pytest.approx(p, rel=5e-3)


def test_mcnemar_of_many_is_a_number() -> None:
    exact = 2 * sum(Fraction(comb(2000, k), 2**2000) for k in range(951))
    assert mcnemar(1050, 950) == pytest.approx(float(exact))


def test_figures_are_counted() -> None:
    found = made()
    assert (found.before.right, found.after.right, found.after.total) == (6, 8, 10)
    assert [one.text for one in found.won] == ["hush", "quiet", "louder"]
    assert [one.text for one in found.lost] == ["nice day"]
    rows = {row.action: (row.total, row.before, row.after, row.won, row.lost) for row in found.changes}
    assert rows["none"] == (2, 1, 0, 0, 1)
    assert rows["mute"] == (2, 0, 2, 2, 0)
    assert [row.action for row in found.changes] == ["none", "open_app", "volume_up", "mute"]
    assert found.verdict == "3 won, 1 lost: adapter 2 is better, p = 0.625 (McNemar), may be chance."


def test_the_surest_new_mistake_comes_first() -> None:
    pairs = [pair(str(sure), "mute", True, False, sure) for sure in (0.4, 0.95, 0.7)]
    found = Comparison(tuple(pairs))
    assert [one.text for one in found.lost] == ["0.95", "0.7", "0.4"]
    assert render(found).index("  0.95\n") < render(found).index("  0.7\n")


def test_verdict_names_the_better_one() -> None:
    won = [pair(str(n), "mute", False, True) for n in range(8)]
    assert "after is better, p = 0.00781 (McNemar), more than chance" in Comparison(tuple(won)).verdict
    lost = [pair(str(n), "mute", True, False) for n in range(8)]
    assert "before is better" in Comparison(tuple(lost)).verdict
    assert "neither is better" in Comparison((won[0], lost[0])).verdict
    assert Comparison(tuple(made().pairs[:5])).verdict == "Both are right about the same utterances."


def test_text_tells_what_changed() -> None:
    text = render(made())
    assert "adapter 1          10      6  60.0 %" in text
    assert "open_app" not in text
    assert "none wanted" in text
    assert "got    none got <b>, confidence 0.90" in text


def test_data_holds_every_change() -> None:
    data = json.loads(json.dumps(made().as_json()))
    assert (data["won"], data["lost"], data["p_value"]) == (3, 1, 0.625)
    assert [one["text"] for one in data["new_mistakes"]] == ["nice day"]
    assert len(data["mended"]) == 3
    assert data["file"] == "mine.txt"


def test_page_holds_verdict_plots_and_mistakes(tmp_path: Path) -> None:
    page = comparison_report.write(tmp_path / "report", made())
    text = page.read_text(encoding="utf-8")
    parsed = outline(text)
    assert made().verdict in " ".join(parsed.words.split())
    assert "none got &lt;b&gt;" in text
    assert "nice day" in parsed.words
    assert len(parsed.ids) == len(set(parsed.ids))
    assert {path.name for path in page.parent.iterdir()} == {
        "index.html", "figures.json", "outcomes.svg", "changes.svg", "confidence.svg",
    }  # fmt: skip
    for drawing in page.parent.glob("*.svg"):
        ElementTree.parse(drawing)
    assert "prefers-color-scheme: dark" in text


def test_page_of_equals_has_no_changes(tmp_path: Path) -> None:
    same = Comparison(tuple(Pair(str(n), "mute", True, True) for n in range(3)), about=ABOUT)
    page = comparison_report.write(tmp_path / "report", same)
    assert "No action changed." in page.read_text(encoding="utf-8")
    assert [path.name for path in page.parent.glob("*.svg")] == ["outcomes.svg"]


def test_a_report_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "index.html").write_text('<meta name="generator" content="whispera eval">')
    with pytest.raises(UsageError, match="holds something else"):
        comparison_report.write(folder, made())
    page = comparison_report.write(tmp_path / "other", made())
    assert comparison_report.write(tmp_path / "other", made()) == page


def test_labelled_utterances_become_lines_with_values() -> None:
    actions = {
        "set_timer": Action(
            "set_timer", "time", "", slots=(SlotSpec("duration", "duration"), SlotSpec("label", "text"))
        ),
        "scroll": Action("scroll", "view", "", slots=(SlotSpec("way", "way", enum=("up", "down")),)),
    }
    text = "an hour and a half for the Roast"
    timer = Target("set_timer", (("duration", Span(0, 18)), ("label", Span(27, 32))))
    one = expected_of(Labelled(text, (timer,)), actions, line=7)
    assert (one.line, one.actions) == (7, ("set_timer",))
    assert one.slots == {"duration": ("5400",), "label": ("Roast",)}
    two = Labelled("again, and down", (Target("set_timer", (("duration", Copied("two minutes")),)),
                                       Target("scroll", (("way", "down"),))))  # fmt: skip
    steps = expected_of(two, actions).steps
    assert [dict(step.slots) for step in steps] == [{"duration": ("120",)}, {"way": ("down",)}]
