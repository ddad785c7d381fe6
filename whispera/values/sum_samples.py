"""Invented sums in the words people use, for training; not loaded at run time."""

from __future__ import annotations

import random

from whispera.values import numbers

_PLUS = ("plus", "plus", "plus", "plus", "+", "and", "added to")
_MINUS = ("minus", "minus", "minus", "minus", "-", "less", "take away")
_TIMES = ("times", "times", "times", "times", "*", "x", "multiplied by", "multiplied by", "by")
_OVER = ("divided by", "divided by", "divided by", "over", "/")


def sample(rng: random.Random) -> str:
    """A sum as people say or type it."""
    form = rng.random()
    if form < 0.14:
        return _typed(rng)
    digits = rng.random() < 0.45
    if form < 0.5:
        return _one(rng, digits=digits)
    if form < 0.62:
        return f"{_one(rng, digits=digits, symbols=False)} {_operator(rng)} {_number(rng, digits=digits)}"
    return _special(rng, digits=digits)


def _number(rng: random.Random, *, digits: bool, small: bool = False) -> str:
    """A number in words or digits, with decimals, thousands and years at times."""
    value = rng.choice((rng.randint(2, 12), rng.randint(2, 99), rng.randint(2, 99), rng.randint(1, 20) * 10))
    if small and value > 99:
        value //= 10
    if small:
        return str(value) if digits else numbers.say_whole(value)
    chance = rng.random()
    if chance < 0.14:
        value = rng.choice((rng.randint(100, 999), rng.randint(1, 40) * 100, rng.randint(1000, 9999)))
    if chance > 0.9:
        tenth = rng.choice((rng.randint(1, 9), 5, 25, 75, 99))
        if digits:
            return f"{value}.{tenth}"
        spelled = " ".join(numbers.say_whole(int(digit)) for digit in str(tenth))
        return f"{numbers.say_whole(value)} point {spelled}"
    if digits:
        return f"{value:,}" if value >= 1000 and rng.random() < 0.4 else str(value)
    if value == 100 or (100 < value < 200 and rng.random() < 0.5):
        return numbers.say_whole(value).replace("one hundred", "a hundred", 1)
    said = numbers.say_whole(value)
    if rng.random() < 0.2:
        said = said.replace(" and ", " ")
    if 1300 <= value <= 1999 and value % 100 >= 10 and rng.random() < 0.3:
        return f"{numbers.say_whole(value // 100)} {numbers.say_whole(value % 100)}"
    if " " in said and value < 100 and rng.random() < 0.3:
        said = said.replace(" ", "-")
    return said


def _operator(rng: random.Random) -> str:
    """An operator in words."""
    return rng.choice(("plus", "minus", "times", "divided by", "plus", "minus", "times"))


def _one(rng: random.Random, *, digits: bool, symbols: bool = True) -> str:
    """One operation between two numbers."""
    operator = rng.choice(rng.choice((_PLUS, _MINUS, _TIMES, _TIMES, _OVER)))
    if not symbols and operator in ("+", "-", "*", "/", "x", "and", "by", "added to"):
        operator = "plus"
    digits = digits or operator in ("+", "-", "*", "/", "x")
    if operator == "and":
        return f"{_number(rng, digits=digits, small=True)} and {_number(rng, digits=digits, small=True)}"
    return f"{_number(rng, digits=digits)} {operator} {_number(rng, digits=digits)}"


def _typed(rng: random.Random) -> str:
    """A sum typed in signs: "3*(4+5)", "12 + 8", "20% of 85"."""
    first, second, third = (_number(rng, digits=True) for _ in range(3))
    sign, other = rng.choice("+-*/"), rng.choice("+-*/")
    space = rng.choice(("", " "))
    typed = rng.choices(
        (
            f"{first}{space}{sign}{space}{second}",
            f"{first}{sign}{second}{other}{third}",
            f"{first} {sign} {second} {other} {third}",
            f"{first}*({second}{rng.choice('+-')}{third})",
            f"({first}{rng.choice('+-')}{second}){rng.choice('*/')}{third}",
            f"sqrt({first})",
            f"{rng.randint(2, 12)}^{rng.randint(2, 10)}",
            f"{rng.randint(1, 99)}% of {first}",
            f"{rng.randint(20, 200)} % {rng.randint(2, 12)}",
            f"{first}x{second}",
        ),
        weights=(3, 1, 1, 1, 1, 1, 1, 1, 0.5, 0.7),
    )
    return typed[0]


def _special(rng: random.Random, *, digits: bool) -> str:
    """Shares, roots, powers and tasks in words."""

    def number() -> str:
        return _number(rng, digits=digits)

    def small() -> str:
        return _number(rng, digits=digits, small=True)

    percent = str(rng.randint(1, 20) * 5) if digits else numbers.say_whole(rng.randint(1, 20) * 5)
    percent += (
        rng.choice(("%", " percent", "%", " per cent"))
        if digits
        else rng.choice((" percent", " percent", " per cent"))
    )
    square = rng.randint(2, 20) ** 2
    squared = str(square) if digits else numbers.say_whole(square)
    exponent = rng.randint(2, 10)
    power = str(exponent) if digits else numbers.say_whole(exponent)
    made = (
        (5, f"{percent} of {number()}"),
        (1, f"{percent} of {number()} plus {number()}"),
        (1, f"{number()} plus {percent}"),
        (1, f"{number()} minus {percent}"),
        (1, f"{percent} off {number()}"),
        (2, f"the square root of {squared}"),
        (2, f"square root of {squared}"),
        (0.5, f"root {squared}"),
        (0.5, f"the cube root of {squared}"),
        (1.5, f"{small()} squared"),
        (0.7, f"{small()} cubed"),
        (1.5, f"{small()} to the power of {power}"),
        (0.5, f"{small()} to the {rng.choice(('third', 'fourth', 'fifth', 'sixth', 'tenth'))}"),
        (0.5, f"{small()} to the power {power}"),
        (1.5, f"half of {number()}"),
        (0.5, f"half {number()}"),
        (1, f"a {rng.choice(('third', 'quarter', 'fifth', 'tenth', 'sixth', 'eighth'))} of {number()}"),
        (0.7, f"{rng.choice(('two thirds', 'three quarters', 'two fifths', 'three eighths'))} of {number()}"),
        (0.5, f"{rng.choice(('twice', 'double', 'triple'))} {number()}"),
        (0.8, f"subtract {number()} from {number()}"),
        (0.4, f"take {number()} {rng.choice(('', 'away '))}from {number()}"),
        (0.8, f"add {number()} {rng.choice(('and', 'to'))} {number()}"),
        (0.4, f"add {number()}, {number()} and {number()}"),
        (0.8, f"multiply {number()} by {number()}"),
        (0.8, f"divide {number()} by {number()}"),
        (0.6, f"the sum of {number()} and {number()}"),
        (0.5, f"the difference between {number()} and {number()}"),
        (0.5, f"the product of {number()} and {number()}"),
        (0.3, f"the average of {number()} and {number()}"),
        (0.6, f"{small()} {rng.choice(('mod', 'modulo'))} {small()}"),
        (0.4, f"the remainder of {small()} divided by {small()}"),
        (0.5, f"open bracket {small()} {_operator(rng)} {small()} close bracket {_operator(rng)} {small()}"),
        (0.4, f"{small()} plus {small()} in brackets times {small()}"),
        (0.5, f"minus {small()} plus {small()}"),
        (0.3, f"{small()} and a half {rng.choice(('times', 'plus', 'minus'))} {small()}"),
        (0.8, f"{number()} plus {number()} plus {number()}"),
        (0.5, f"{small()} times {small()} minus {small()}"),
    )  # fmt: skip
    return rng.choices([text for _, text in made], weights=[weight for weight, _ in made])[0]
