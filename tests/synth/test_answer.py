"""What language models answer when they are asked for JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whispera.synth.answer import read_answer, tidy

TWO = ["open {target}", 'say "hi" to {target}']
WHOLE = json.dumps({"paraphrases": TWO})
ANSWERS = {
    "as asked": WHOLE,
    "a bare list": json.dumps(TWO),
    "fenced": f"Sure! Here you are:\n```json\n{WHOLE}\n```\nAnything else?",
    "after thoughts": f'<think>maybe ["no", "not", "this"]?</think>\n{WHOLE}',
    "thoughts without an end are no answer": "<think>[1",
    "objects": json.dumps({"paraphrases": [{"text": TWO[0]}, {"paraphrase": TWO[1], "n": 1}]}),
    "by another key": json.dumps({"result": {"sentences": TWO}}),
    "beside another list": json.dumps({"notes": ["a", "b", "c"], "paraphrases": TWO}),
    "a trailing comma": '{"paraphrases": ["open {target}", "say \\"hi\\" to {target}",]}',
    "cut off": '{"paraphrases": ["open {target}", "say \\"hi\\" to {target}", "and th',
    "single quotes": "['open {target}', 'say \"hi\" to {target}']",
    "not closed well": '{"paraphrases": ["open {target}", "say \\"hi\\" to {target}"}',
    "a list with dashes": 'Here:\n- open {target}\n* say "hi" to {target}\n',
    "a numbered list": 'Of course.\n 1. open {target}\n 2) say "hi" to {target}',
    "twice, with spaces": json.dumps([*TWO, " open   {target}\n", "", 3, None]),
}


@pytest.mark.parametrize(("name", "answer"), ANSWERS.items(), ids=ANSWERS)
def test_paraphrases_are_found_in_it(name: str, answer: str) -> None:
    assert read_answer(answer) == ([] if "no answer" in name else TWO)


@pytest.mark.parametrize("answer", ["", "I cannot help with that.", "{}", "[]", '{"error": "x"}', "[" * 3000])
def test_without_paraphrases_there_are_none(answer: str) -> None:
    assert read_answer(answer) == []


def test_an_essay_is_no_paraphrase() -> None:
    assert read_answer(json.dumps(["x" * 400, "short"])) == ["short"]


@given(st.text(max_size=200) | st.text(alphabet='[]{}",:\\ ab\n-1', max_size=120))
def test_reading_never_fails(answer: str) -> None:
    assert all(isinstance(one, str) and one for one in read_answer(answer))


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ('"Open {target}."', "open {target}"),
        ("“open {target}”!", "open {target}"),
        ("open {{target}}", "open {target}"),
        ("open <target> now", "open {target} now"),
        ("open [Target], please", "open {target}, please"),
        ("open ${target} or $target", "open {target} or {target}"),
        ("open %target%?", "open {target}"),
        ("Open { target }", "open {target}"),
        ("I'd like {target}", "I'd like {target}"),
        ("I want {target}…", "I want {target}"),
        ("VLC, bring {target} up", "VLC, bring {target} up"),
        ("it is 5 p.m. in {target}", "it is 5 p.m. in {target}"),
        ("put the sound at {level} ", "put the sound at {level}"),
        ("**mute**", "mute"),
    ],
)
def test_a_paraphrase_is_written_as_a_pattern(said: str, wanted: str) -> None:
    assert tidy(said, ["target", "level"]) == wanted
