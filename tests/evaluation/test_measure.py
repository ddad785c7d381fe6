"""The figures, worked out by hand."""

from __future__ import annotations

import json

import pytest

from tests.evaluation.answers import SLOTS, made, made_figures, parsed
from whispera.domain.intent import Intent
from whispera.evaluation import text
from whispera.evaluation.expected import Expected
from whispera.evaluation.measure import answer, block, calibration, figures, percentile


def test_accuracy_apart_for_commands_and_others() -> None:
    found = made_figures()
    assert (found.action.right, found.action.total) == (5, 8)  # lines 1 2 3 7 8
    assert (found.exact.right, found.exact.total) == (4, 8)  # lines 1 3 7 8
    assert (found.commands_action.right, found.commands_action.total) == (4, 6)
    assert (found.commands_exact.right, found.commands_exact.total) == (3, 6)
    assert (found.false_activations.right, found.false_activations.total) == (1, 2)


def test_rejected_answer_counts_as_none() -> None:
    rejected = next(one for one in made() if one.expected.line == 4)
    assert rejected.got is None
    assert not rejected.action_right
    assert ("set_volume", "none", 1) in made_figures().confusions


def test_accuracy_by_action_and_slot_type() -> None:
    found = made_figures()
    action, exact = found.per_action["open_app"]
    assert (action.value, exact.value) == (1.0, 0.5)
    assert found.per_action["sequence"][1].value == 1.0
    name, percent = found.per_slot_type["name"], found.per_slot_type["percent"]
    assert (name.right, name.total) == (1, 2)
    assert (percent.right, percent.total) == (1, 1), "only where the action is right"


def test_confusions_are_counted() -> None:
    assert set(made_figures().confusions) == {
        ("set_volume", "none", 1),
        ("mute", "set_volume", 1),
        ("none", "mute", 1),
    }


def test_curve_looks_at_what_the_model_said() -> None:
    curve = {row[0]: row[1:] for row in made_figures().curve}
    assert curve[0.0] == pytest.approx((6 / 6, 4 / 6, 1 / 2))
    assert curve[0.5] == pytest.approx((5 / 6, 3 / 5, 1 / 2))
    assert curve[0.6] == pytest.approx((5 / 6, 3 / 5, 0.0))
    assert curve[0.7] == pytest.approx((4 / 6, 3 / 4, 0.0))
    assert curve[0.9] == pytest.approx((3 / 6, 1.0, 0.0))


def test_curve_does_not_depend_on_the_threshold_of_the_run() -> None:
    expected = Expected(1, "hush", ("mute",), {})
    curves = [
        figures(
            [answer(expected, parsed(Intent("mute"), 0.4, accepted=accepted), SLOTS)], SLOTS, lambda *_: ""
        ).curve
        for accepted in (True, False)
    ]
    assert curves[0] == curves[1]


def test_calibration_error_by_hand() -> None:
    ece, bins = calibration([(0.95, True), (0.91, True), (0.99, False), (0.15, False), (0.11, True)])
    assert bins == [(0.13, 0.5, 2), (0.95, pytest.approx(2 / 3, abs=1e-4), 3)]
    assert ece == pytest.approx(abs(0.13 - 0.5) * 2 / 5 + abs(0.95 - 2 / 3) * 3 / 5, abs=1e-9)


def test_calibration_of_nothing_and_of_certainty() -> None:
    assert calibration([]) == (0.0, [])
    assert calibration([(1.0, True)]) == (0.0, [(1.0, 1.0, 1)])


def test_percentile_is_a_value_that_occurred() -> None:
    assert percentile([4, 1, 3, 2], 0.5) == 3
    assert percentile([1, 2, 3], 0.99) == 3
    assert percentile([], 0.5) == 0.0


def test_block_takes_lines_of_the_file() -> None:
    assert block("first", made(), first=1, last=3) == {
        "name": "first",
        "lines": [1, 3],
        "total": 3,
        "action": 1.0,
        "exact": 0.6667,
    }
    assert block("beyond", made(), first=90, last=99)["total"] == 0


def test_figures_of_no_answer_are_no_fault() -> None:
    found = made_figures([])
    assert found.exact.value == 0.0
    assert found.latency_ms["max"] == 0.0
    assert text.render(found)


def test_json_holds_every_figure_and_the_wrong_answers() -> None:
    data = json.loads(json.dumps(made_figures().as_json()))
    assert data["exact"] == {"right": 4, "total": 8, "share": 0.5}
    assert data["ece"] == pytest.approx(made_figures().ece, abs=1e-4)
    assert len(data["rejection_curve"]) == 20
    assert [wrong["line"] for wrong in data["wrong"]] == [2, 4, 5, 6]
    assert data["wrong"][1]["accepted"] is False
    assert data["wrong"][0]["predicted"] == {"action": "open_app", "target": "sed"}


def test_text_shows_every_table() -> None:
    shown = text.render(made_figures(), wrong=True)
    assert "mine.txt: 8 utterances" in shown
    assert "tiny with its adapter" in shown
    assert "false activations: 1 of 2 (50.0 %)" in shown
    assert "mute taken for set_volume" in shown
    assert "no mistake in 1 action of 5" in shown
    assert "ECE over ten bins" in shown
    assert "ms a command: median" in shown
    assert "4 wrong answers" in shown
    assert "wanted open_app target=zed" in shown
    assert "got    set_volume level=9 (not acted on), confidence 0.35" in shown


def test_actions_are_listed_worst_first() -> None:
    rows = text.actions(made_figures()).splitlines()
    assert [row.split()[0] for row in rows[1:]] == ["mute", "none", "set_volume", "open_app", "no"]


def test_text_columns_line_up() -> None:
    table = text.table(("name", "share"), [("a", "1.0 %"), ("longer", "100.0 %")])
    assert table.splitlines() == ["name      share", "a         1.0 %", "longer  100.0 %"]
