"""Computes the sums that `expression.py` writes.

A recursive descent of its own over digits, `+ - * / % ^ ( )` and `sqrt( )`: nothing is handed to Python to
evaluate, and powers too large to be worth an answer are refused instead of computed.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

MAX_BITS = 4_096
"""Numbers longer than this are refused."""
MAX_CHARS = 2_000
MAX_DEPTH = 60

_TOKEN = re.compile(r"\s*(?:([0-9]+(?:\.[0-9]*)?|\.[0-9]+)|(sqrt)|(.))", re.S)

Number = Fraction | float


class CannotCompute(ValueError):
    """The sum has no answer: division by zero, a root of a negative number, too large, or no sum at all."""


def evaluate(expression: str) -> int | float:
    """The value of a canonical expression: exact where whole, else rounded to 12 significant digits.

    Raises CannotCompute with a sentence for people.
    """
    if len(expression) > MAX_CHARS:
        raise CannotCompute("That sum is too long.")
    value = _Sum(expression).value()
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    try:
        rounded = float(f"{float(value):.12g}")
    except OverflowError:
        raise CannotCompute("That number is too large.") from None
    if not math.isfinite(rounded):
        raise CannotCompute("That number is too large.")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


class _Sum:
    """One expression being computed."""

    def __init__(self, expression: str) -> None:
        self.parts = ["".join(found.groups("")) for found in _TOKEN.finditer(expression.strip())]
        self.at = 0
        self.depth = 0

    def value(self) -> Number:
        """The value of the whole."""
        result = self.sum()
        if self.at < len(self.parts):
            raise CannotCompute(f"I cannot read {self.parts[self.at]!r} in a sum.")
        return result

    def take(self, *signs: str) -> str:
        """The next token if it is one of the signs, stepped over; else ""."""
        if self.at < len(self.parts) and self.parts[self.at] in signs:
            self.at += 1
            return self.parts[self.at - 1]
        return ""

    def sum(self) -> Number:
        """Terms added and subtracted."""
        result = self.product()
        while sign := self.take("+", "-"):
            right = self.product()
            result = _checked(result + right if sign == "+" else result - right)
        return result

    def product(self) -> Number:
        """Factors multiplied and divided, left to right."""
        result = self.signed()
        while sign := self.take("*", "/", "%"):
            right = self.signed()
            if sign == "*":
                result = result * right
            elif not right:
                raise CannotCompute("Nothing can be divided by zero.")
            else:
                result = result / right if sign == "/" else result % right
            result = _checked(result)
        return result

    def signed(self) -> Number:
        """A factor, maybe below zero; -2^2 is -4."""
        negative = False
        while sign := self.take("-", "+"):
            negative ^= sign == "-"
        value = self.power()
        return -value if negative else value

    def power(self) -> Number:
        """A base with its exponent, right to left."""
        base = self.atom()
        if not self.take("^"):
            return base
        self._deeper()
        exponent = self.signed()
        self.depth -= 1
        return _power(base, exponent)

    def atom(self) -> Number:
        """A number, a bracket or a root."""
        if self.take("sqrt"):
            if not self.take("("):
                raise CannotCompute("A root needs brackets.")
            return _root(self._bracket())
        if self.take("("):
            return self._bracket()
        if self.at < len(self.parts) and self.parts[self.at][0] in "0123456789.":
            text = self.parts[self.at]
            if text != ".":
                self.at += 1
                return _checked(Fraction(text + "0" if text.endswith(".") else text))
        raise CannotCompute("That is not a whole sum.")

    def _bracket(self) -> Number:
        """The value of a bracket whose opening was just taken."""
        self._deeper()
        value = self.sum()
        self.depth -= 1
        if not self.take(")"):
            raise CannotCompute("A bracket is not closed.")
        return value

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise CannotCompute("That sum is nested too deeply.")


def _checked(value: Number) -> Number:
    """The value, if it is small enough to go on with."""
    if isinstance(value, Fraction):
        if value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS:
            raise CannotCompute("That number is too large.")
    elif not math.isfinite(value):
        raise CannotCompute("That number is too large.")
    return value


def _power(base: Number, exponent: Number) -> Number:
    """`base` to the power of `exponent`; exact for whole exponents."""
    if not base and exponent < 0:
        raise CannotCompute("Nothing can be divided by zero.")
    if isinstance(base, Fraction) and isinstance(exponent, Fraction) and exponent.denominator == 1:
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if abs(exponent.numerator) * bits > 2 * MAX_BITS and abs(base) != 1 and base:
            raise CannotCompute("That number is too large.")
        if abs(base) == 1 or not base:
            even = exponent.numerator % 2 == 0
            return Fraction(1) if (base and even) or not exponent else base
        return _checked(base**exponent.numerator)
    if base < 0:
        raise CannotCompute("A negative number has no such power.")
    try:
        return _checked(_snapped(float(base) ** float(exponent)))
    except OverflowError:
        raise CannotCompute("That number is too large.") from None


def _root(value: Number) -> Number:
    """The square root; exact for squares."""
    if value < 0:
        raise CannotCompute("A negative number has no square root.")
    if isinstance(value, Fraction):
        above, below = math.isqrt(value.numerator), math.isqrt(value.denominator)
        if above * above == value.numerator and below * below == value.denominator:
            return Fraction(above, below)
    try:
        return math.sqrt(value)
    except OverflowError:
        raise CannotCompute("That number is too large.") from None


def _snapped(value: float) -> float:
    """The value without the last bits' noise: 27^(1/3) is 3, not 2.9999999999999996."""
    return float(f"{value:.14g}")
