"""The laws of the pattern language."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from whispera.errors import PatternError
from whispera.patterns import (
    Alt,
    Choice,
    ListRef,
    Node,
    Opt,
    Pattern,
    Seq,
    Slot,
    Text,
    count,
    match,
    parse,
    sample,
    slots,
    unparse,
)

CONFIG = Path(__file__).parents[2] / "config"
LISTS = {"please": (parse("please"), parse("if you would^2")), "end": (parse("now[ then]"),)}
WORD = st.text("abcdefg'", min_size=1, max_size=5).filter(lambda word: word.strip("'") == word)
FILLS = ["ten minutes", "quibblebox", "don't stop", "C++", "the o.c."]


def fill(name: str, rng: random.Random) -> str:
    return rng.choice(FILLS[:4])


def join(nodes: list[Node]) -> Node:
    """A sequence of whole words and parts, in the normal form that `parse` gives."""
    items: list[Node] = []
    for node in nodes:
        for piece in [Text(" "), *(node.items if isinstance(node, Seq) else (node,))]:
            if isinstance(piece, Text) and items and isinstance(items[-1], Text):
                items[-1] = Text(items[-1].text + piece.text)
            else:
                items.append(piece)
    return items[0] if len(items) == 1 else Seq(tuple(items))


WEIGHT = st.sampled_from([1.0, 2.0, 3.0, 0.5])
LITERAL = st.text(r"abc \()[]{}<>|^'.,:-%2=", min_size=1).filter(lambda text: bool(text.strip()))
LEAF = st.one_of(
    st.builds(Text, WORD),
    st.builds(Text, LITERAL),
    st.builds(Slot, st.sampled_from(["target", "query"])),
    st.builds(
        lambda value, words: Slot("state", value, words),
        st.sampled_from(["on", "2^10", "a|b}"]),
        st.sampled_from(["", "on", "back up", "x|y}"]),
    ),
    st.sampled_from([ListRef("please"), ListRef("end")]),
)
NODE = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map(join),
        st.lists(st.builds(Choice, inner, WEIGHT), min_size=2, max_size=3).map(lambda some: Alt(tuple(some))),
        st.builds(Opt, inner, WEIGHT),
    ),
    max_leaves=8,
)
PATTERN = st.builds(Pattern, NODE, WEIGHT)


@given(PATTERN)
def test_parsing_what_was_printed_gives_the_pattern_back(pattern: Pattern) -> None:
    assert parse(unparse(pattern)) == pattern


@given(st.text(r"ab \()[]{}<>|^=2", max_size=14))
def test_a_text_parses_or_names_a_column(text: str) -> None:
    try:
        pattern = parse(text)
    except PatternError as error:
        assert 0 <= error.column <= len(text)
        assert error.message
    else:
        assert parse(unparse(pattern)) == pattern


@settings(deadline=None)
@given(PATTERN, st.integers(0, 2**32))
def test_every_sample_matches_its_pattern(pattern: Pattern, seed: int) -> None:
    sampled = sample(pattern, rng=random.Random(seed), lists=LISTS, fill=fill)
    glued = any(
        value.span
        and (
            sampled.text[value.span.start - 1 : value.span.start].isalnum()
            or sampled.text[value.span.end : value.span.end + 1].isalnum()
        )
        for _, value in sampled.slots
    )
    if not glued:
        assert match(pattern, sampled.text, lists=LISTS)
    for _, value in sampled.slots:
        if value.span:
            assert sampled.text[value.span.start : value.span.end] == value.words


NAMES = st.lists(st.sampled_from([f"w{n}" for n in range(40)]), unique=True, min_size=6, max_size=6)


@given(NAMES, st.integers(0, 5))
def test_count_is_the_number_of_different_samples(words: list[str], shape: int) -> None:
    a, b, c, d, e, f = words
    pattern = parse(
        [
            f"({a}|{b}) [{c}] {d}",
            f"{a} [{b}|{c}] {{target}} ({d}|{e} [{f}])",
            f"({a}|({b}|{c})^3) <please>",
            f"[{a}] [{b}] [{c}] {d}",
            f"{a} {{state=on|{b}}}",
            f"({a} [{b}]|{c} ({d}|{e})) <end>",
        ][shape]
    )
    rng = random.Random(0)
    texts = {sample(pattern, rng=rng, lists=LISTS, fill=lambda *_: "x").text for _ in range(400)}
    assert count(pattern, lists=LISTS) == len(texts)


def test_weights_decide_how_often() -> None:
    rng = random.Random(5)
    drawn = [sample(parse("(a|b^3) [c^3]"), rng=rng, lists={}, fill=fill).text for _ in range(2000)]
    assert 0.70 < sum("b" in text for text in drawn) / 2000 < 0.80
    assert 0.70 < sum("c" in text for text in drawn) / 2000 < 0.80
    assert parse("open {target}^4").weight == 4


def test_sample_folds_spaces_and_points_at_the_words() -> None:
    pattern = parse(" put [the] {setting=wifi| wi-fi }  {state=on|} , {when} ")
    rng = random.Random(1)
    sampled = sample(pattern, rng=rng, lists={}, fill=lambda *_: " right   now ")
    assert sampled.text.endswith("wi-fi, right now")
    values = dict(sampled.slots)
    assert values["setting"].value == "wifi" and values["setting"].words == "wi-fi"
    assert values["state"].span is None and values["state"].value == "on"
    span = values["when"].span
    assert span is not None and sampled.text[span.start : span.end] == "right now"


def test_match_binds_every_run_of_words_and_keeps_the_case() -> None:
    found = match(parse("play {query} [please]"), "Play  The O.C. please", lists={})
    assert {dict(one.slots)["query"].words for one in found} == {"The O.C. please", "The O.C."}
    assert match(parse("open {target}"), "open chrome.", lists={}) == []
    assert match(parse("play {query}"), "play", lists={}) == []
    assert match(parse("play {query}"), "playing cards", lists={}) == []


def test_match_gives_fixed_values() -> None:
    pattern = parse("turn {state=on|back on} <please>")
    assert match(pattern, "TURN back on, please", lists=LISTS) == []
    (found,) = match(pattern, "TURN back  on please", lists=LISTS)
    ((name, value),) = found.slots
    assert (name, value.value, value.words) == ("state", "on", "back  on")


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 0, "empty pattern"),
        ("   ", 0, "empty pattern"),
        ("open (a|b", 5, "never closed: expected ')'"),
        ("open [a", 5, "never closed: expected ']'"),
        ("(a|)", 3, "nothing here"),
        ("[]", 1, "nothing here"),
        ("a|b", 1, "outside of parentheses"),
        ("a) b", 1, "closes nothing: expected an earlier '('"),
        ("(a]", 2, "expected '|' or ')', found ']'"),
        ("{a|b}", 2, "words without a value"),
        ("{a=}", 3, "expected the canonical value"),
        ("{Big}", 1, "expected the name of a slot"),
        ("{a b}", 2, "expected '=' or '}', found ' '"),
        ("{a=b", 0, "never closed: expected '}'"),
        ("<>", 1, "expected the name of a list"),
        ("<a", 0, "never closed: expected '>'"),
        ("(a^3)", 0, "only alternative"),
        ("a^b", 1, "expected a number after '^'"),
        ("a^3b", 3, "a weight ends its alternative"),
        ("(a^0|b)", 2, "more than 0"),
        ("a\\", 1, "backslash at the end"),
    ],
)
def test_parse_says_where_and_what_was_expected(text: str, column: int, message: str) -> None:
    with pytest.raises(PatternError) as caught:
        parse(text)
    assert caught.value.column == column
    assert message in caught.value.message


def test_an_unknown_list_or_one_inside_itself_is_an_error() -> None:
    with pytest.raises(PatternError, match="no list named <pleas>"):
        count(parse("<pleas>"), lists=LISTS)
    with pytest.raises(PatternError, match="contains itself"):
        count(parse("<a>"), lists={"a": (parse("x <a>"),)})


@pytest.mark.parametrize("path", sorted(CONFIG.glob("actions/*/*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_pattern_parses_and_matches_itself(path: Path) -> None:
    data = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    names = {str(name).rstrip("?") for name in data.get("slots", {})}
    for text in data["patterns"]:
        pattern = parse(text)
        assert {slot.name for slot in slots(pattern)} <= names, text
        if "<" not in text:
            sampled = sample(pattern, rng=random.Random(3), lists={}, fill=fill)
            assert any(one.slots == sampled.slots for one in match(pattern, sampled.text, lists={})), text
