"""Sums are computed exactly, and what has no answer says why."""

from __future__ import annotations

import random
import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whispera.values import expression
from whispera.values.arithmetic import CannotCompute, evaluate


@pytest.mark.parametrize(
    ("sum", "value"),
    [
        ("20/100*85", 17),
        ("7-3", 4),
        ("sqrt(144)", 12),
        ("2^10", 1024),
        ("27^(1/3)", 3),
        ("-2^2", -4),
        ("2^-1", 0.5),
        ("2^3^2", 512),
        ("1/3", 0.333333333333),
        ("0.1+0.2", 0.3),
        ("99.99*3", 299.97),
        ("3*-2", -6),
        ("-5+12", 7),
        ("(3+4)*2", 14),
        ("17%5", 2),
        ("0^0", 1),
        ("1^999999999", 1),
        ("10-2-3", 5),
        ("100/5/2", 10),
        ("sqrt(2.25)", 1.5),
        ("2(3)", None),
        ("5", 5),
        (".5*4", 2),
    ],
)
def test_sum_has_its_value(sum: str, value: float | None) -> None:
    if value is None:
        with pytest.raises(CannotCompute):
            evaluate(sum)
    else:
        assert evaluate(sum) == value


@pytest.mark.parametrize(
    ("sum", "why"),
    [
        ("10/0", "divided by zero"),
        ("5%0", "divided by zero"),
        ("0^-1", "divided by zero"),
        ("sqrt(-4)", "square root"),
        ("(-8)^(1/3)", "no such power"),
        ("9^9^9", "too large"),
        ("10^2000", "too large"),
        ("9" * 3000, "too long"),
        ("", "not a whole sum"),
        ("2+", "not a whole sum"),
        ("(2", "not closed"),
        ("1.5e3", "cannot read"),
        ("(" * 200, "nested"),
        ("abs(3)", "not a whole sum"),
        ("2^" * 100 + "2", "nested"),
        ("2)", "cannot read"),
    ],
)
def test_sum_without_answer_says_why(sum: str, why: str) -> None:
    begin = time.perf_counter()
    with pytest.raises(CannotCompute, match=why):
        evaluate(sum)
    assert time.perf_counter() - begin < 0.5


@given(st.text(alphabet="0123456789+-*/%^(). sqrt", max_size=40))
def test_any_text_has_a_value_or_a_reason(text: str) -> None:
    try:
        assert isinstance(evaluate(text), (int, float))
    except CannotCompute as fault:
        assert str(fault).endswith(".")


@settings(max_examples=400)
@given(st.integers(0, 2**32))
def test_sampled_sum_computes_or_says_why(seed: int) -> None:
    made = expression.parse(expression.sample(random.Random(seed)))
    assert made is not None
    try:
        evaluate(made)
    except CannotCompute as fault:
        assert any(why in str(fault) for why in ("zero", "large", "negative"))


@given(st.integers(-999, 999), st.integers(1, 999), st.integers(-99, 99))
def test_brackets_and_order_are_those_of_arithmetic(a: int, b: int, c: int) -> None:
    assert evaluate(f"({a}+{b})*{c}-{a}/{b}") == pytest.approx(float((a + b) * c - Fraction(a, b)), rel=1e-9)
