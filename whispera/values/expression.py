"""Sums as people say and type them, written as `20/100*85`, `sqrt(144)`, `(3+4)*2`.

The canonical form has digits and `+ - * / ( ) % ^ sqrt( )` without spaces, operands in the order in which
they are computed ("subtract 7 from 20" is `20-7`); brackets are added only where the words group.
Computing the result is `arithmetic.py`.
"""

from __future__ import annotations

import random
import re
from typing import NamedTuple

from whispera.values import numbers

MAX_TOKENS = 120
_MAX_DEPTH = 24

_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 4, 5
_HAS_OPERATION = re.compile(r"[0-9)][-+*/%^]|sqrt")
_MONEY = frozenset({"$", "\u00a3", "\u20ac", "dollars", "dollar", "euros", "euro", "pounds", "bucks"})
_WORD_HYPHEN = re.compile(r"(?<=[a-z])-(?=[a-z])")
_SQUARE_ROOT = ("the square root of", "a square root of", "square root of", "the square root", "square root", "the root of",
                "root of", "root", "sqrt of", "sqrt")  # fmt: skip
_STARTS = (
    numbers.NUMBER_WORDS
    | frozenset(numbers.PARTS)
    | {
        "(", "-", "+", "$", "\u00a3", "\u20ac", ".", "minus", "negative", "the", "square", "root", "sqrt",
        "cube", "open", "bracket", "left", "double", "twice", "triple", "quadruple", "sum", "product",
        "difference", "quotient", "remainder", "average", "mean", "add", "subtract", "multiply", "divide",
        "take", "total", "times", "point", "parenthesis", "paren", "deduct",
    }
)  # fmt: skip


class _Node(NamedTuple):
    """A part of a sum: its canonical text and how tightly it binds."""

    text: str
    level: int = _ATOM
    percent: bool = False
    """A percentage of nothing said: "plus twenty percent" takes it of what stands before."""


class _Unreadable(Exception):
    """The words are no sum; never leaves this module."""


def parse(words: str) -> str | None:
    """The sum in canonical form; None when the words are none. A number alone is none."""
    if len(words) > numbers.MAX_CHARS:
        return None
    text = numbers.fold(words)
    if not could_start(text):
        return None
    parts = numbers.tokens(_WORD_HYPHEN.sub(" ", text.replace("**", "^")))
    if len(parts) > 1 and parts[-1] == "=":
        del parts[-1]
    parts = [part for part in parts if part not in _MONEY]
    if not parts or len(parts) > MAX_TOKENS:
        return None
    made = _read(parts)
    if made is None and "and" in parts:
        # "the sum of two hundred and fifty": no second number unless "and" stands between two
        made = _read(["," if part == "and" else part for part in parts])
    return made


def _read(parts: list[str]) -> str | None:
    """The canonical text of the tokens; None when they are no sum."""
    try:
        made = _Reader(parts).whole()
    except _Unreadable:
        return None
    return made if _HAS_OPERATION.search(made) else None


def _wrapped(node: _Node, level: int) -> str:
    """The node's text, in brackets where it binds less than `level`."""
    return node.text if node.level >= level else f"({node.text})"


class _Reader:
    """A recursive descent over the tokens of one sum."""

    def __init__(self, parts: list[str]) -> None:
        self.parts = parts
        self.at = 0
        self.depth = 0
        self.listing = 0
        """Above 0 inside "the sum of ... and ...", where "and" parts the operands."""

    def whole(self) -> str:
        """The canonical text of all tokens; raises _Unreadable."""
        node = self.sum()
        if self.at < len(self.parts):
            raise _Unreadable
        return node.text

    def peek(self, ahead: int = 0) -> str:
        """The token `ahead` of the next one, or ""."""
        at = self.at + ahead
        return self.parts[at] if at < len(self.parts) else ""

    def take(self, *phrases: str) -> bool:
        """Whether one of the phrases comes next; steps over it."""
        head = self.peek()
        for phrase in phrases:
            if not phrase.startswith(head) or not head:
                continue
            words = phrase.split()
            if self.parts[self.at : self.at + len(words)] == words:
                self.at += len(words)
                return True
        return False

    def sum(self) -> _Node:
        """Operands joined by plus and minus."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _Unreadable
        left = self.product()
        while (made := self.after_sum(left)) is not None:
            left = made
        self.depth -= 1
        return left

    def after_sum(self, left: _Node) -> _Node | None:
        """What the next operator of the lowest level makes of `left`; None where there is none."""
        begin = self.at
        grouped = self.take("all", "the whole thing", "altogether") or self.step()
        if self.take("in brackets", "in parentheses", "in parenthesis"):
            return self.product(_Node(f"({left.text})"))
        if grouped:
            tied = _Node(f"({left.text})") if left.level < _PRODUCT else left
            if self.take("squared", "cubed"):
                return _Node(
                    _wrapped(left, _ATOM) + ("^2" if self.parts[self.at - 1] == "squared" else "^3"), _POWER
                )
            made = self.product(tied)
            if made is not tied:
                return made
        if self.take("added to", "+", "plus", "add on", "add"):
            return self.joined(left, "+", self.product())
        if self.take("subtracted from", "taken away from", "taken from", "deducted from"):
            return self.joined(self.product(), "-", left)
        if self.take("-", "minus", "less", "take away", "take off", "takeaway", "subtract", "deduct"):
            return self.joined(left, "-", self.product())
        if not grouped and not self.listing and self.peek() == "and" and self.operand_at(1):
            self.at += 1
            return self.joined(left, "+", self.product())
        self.at = begin
        return None

    def step(self) -> bool:
        """Whether "then", "and then" or a comma parts what was computed from what follows."""
        begin = self.at
        comma = self.take(",") and not self.listing
        joint = self.take("and") and not self.listing
        if self.take("then"):
            return True
        if joint and self.peek() in (
            "multiply",
            "divide",
            "subtract",
            "times",
            "minus",
            "plus",
            "divided",
            "multiplied",
        ):
            return True
        self.at = begin
        if comma and self.peek(1) in ("times", "multiplied", "divided", "plus", "minus", "over"):
            self.at += 1
            return self.peek() not in ("plus", "minus")
        return False

    def operand_at(self, ahead: int) -> bool:
        """Whether an operand may begin at the token `ahead`."""
        word = self.peek(ahead)
        return (
            numbers.is_digits(word)
            or word in numbers.NUMBER_WORDS
            or word in ("(", "half", "twice", "the", "minus")
        )

    @staticmethod
    def joined(left: _Node, sign: str, right: _Node) -> _Node:
        """`left` plus or minus `right`; a percentage is taken of `left`."""
        if right.percent:
            share = f"{right.text}*{_wrapped(left, _PRODUCT)}"
            return _Node(f"{left.text}{sign}{share}", _SUM)
        after = _wrapped(right, _PRODUCT) if sign == "-" else right.text
        if after.startswith("-"):
            after = f"({after})"
        return _Node(f"{left.text}{sign}{after}", _SUM)

    def product(self, start: _Node | None = None) -> _Node:
        """Operands joined by times, over and mod; `start` stands for the first where given."""
        left = self.signed() if start is None else start
        while True:
            if self.take("*", "x", "times", "multiplied by", "multiply by", "multiplied with", "by"):
                sign = "*"
            elif self.take("/", "divided by", "over", "divide by", "divided"):
                sign = "/"
            elif self.take("mod", "modulo", "modulus") or (self.peek() == "%" and self.operand_at(1)):
                self.at += self.parts[self.at - 1 : self.at + 1][-1] == "%" and self.peek() == "%"
                sign = "%"
            elif (left.text.count("/") == 1 and left.level == _PRODUCT and self.take("of")) or (
                self.peek() == "(" and left.level >= _POWER
            ):
                sign = "*"
            elif self.take("squared") or self.take("cubed"):
                raise _Unreadable
            else:
                return left
            right = self.signed()
            tight = right.text if sign == "*" and right.level >= _PRODUCT else _wrapped(right, _POWER - 1)
            left = _Node(f"{_wrapped(left, _PRODUCT)}{sign}{tight}", _PRODUCT)

    def signed(self) -> _Node:
        """An operand, maybe below zero."""
        if self.take("-", "minus", "negative"):
            self.depth += 1
            if self.depth > _MAX_DEPTH:
                raise _Unreadable
            node = self.signed()
            self.depth -= 1
            return _Node(
                f"-{_wrapped(node, _POWER)}" if not node.text.startswith("-") else f"-({node.text})",
                _POWER - 1,
            )
        return self.power()

    def power(self) -> _Node:
        """An operand with its exponents."""
        node = self.operand()
        for _ in range(_MAX_DEPTH):
            if self.take("squared"):
                exponent = "2"
            elif self.take("cubed"):
                exponent = "3"
            elif self.take(
                "^",
                "to the power of",
                "to the power",
                "raised to the power of",
                "raised to the power",
                "power",
            ):
                exponent = _wrapped(self.exponent(), _ATOM)
            elif (ordinal := self.ordinal()) is not None:
                exponent = ordinal
            elif self.take("raised to the", "raised to", "raised by"):
                exponent = _wrapped(self.exponent(), _ATOM)
            else:
                return node
            node = _Node(f"{_wrapped(node, _ATOM)}^{exponent}", _POWER)
        return node

    def exponent(self) -> _Node:
        """The operand after "^": signed, with its own exponents, right to left."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _Unreadable
        if self.take("-", "minus", "negative"):
            node = _Node(f"-{_wrapped(self.operand(), _ATOM)}", _POWER - 1)
        else:
            node = self.operand()
            if self.peek() == "^":
                self.at += 1
                node = _Node(f"{_wrapped(node, _ATOM)}^{_wrapped(self.exponent(), _ATOM)}", _POWER)
        self.depth -= 1
        return node

    def ordinal(self) -> str | None:
        """The exponent of "to the fifth", "to the 5th power"; None when that does not come next."""
        begin = self.at
        if self.take("to the", "raised to the"):
            word = self.peek()
            number = numbers.ORDINALS.get(word)
            if number is not None:
                self.at += 1
            elif word.isdigit() and word.isascii() and self.peek(1) in ("th", "st", "nd", "rd"):
                number = int(word)
                self.at += 2
            if number is not None:
                self.take("power")
                return str(number)
        self.at = begin
        return None

    def operand(self) -> _Node:
        """A number, a bracket, a root, a share or a whole task in words."""
        number = self.number()
        if number is not None:
            return self.share(number)
        if self.take("(", "open brackets", "open bracket", "open parenthesis", "open parentheses", "open paren", "left bracket",
                     "left parenthesis", "left paren", "brackets", "bracket"):  # fmt: skip
            return _Node(f"({self.bracket()})")
        if self.take(*_SQUARE_ROOT):
            return self.root("sqrt")
        if self.take("the cube root of", "cube root of", "the cube root", "cube root"):
            return _Node(f"{_wrapped(self.nested(), _ATOM)}^(1/3)", _POWER)
        if self.take("the square of", "square of", "the cube of", "cube of"):
            exponent = "2" if "square" in self.parts[self.at - 2] else "3"
            return _Node(f"{_wrapped(self.nested(), _ATOM)}^{exponent}", _POWER)
        times = {"double": 2, "twice": 2, "triple": 3, "quadruple": 4}.get(self.peek())
        if times is not None:
            self.at += 1
            return _Node(f"{times}*{_wrapped(self.nested(), _PRODUCT)}", _PRODUCT)
        fraction = self.fraction()
        if fraction is not None:
            return fraction
        return self.task()

    def nested(self) -> _Node:
        """An operand of an operand, its depth counted."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _Unreadable
        node = self.operand()
        self.depth -= 1
        return node

    def number(self) -> _Node | None:
        """A number in digits or words: "3.5", "seven and a half", "fourteen fifty"."""
        words, at = self.parts, self.at
        if numbers.part(words, at) is not None and self.peek() not in ("half", "third", "quarter"):
            read_part = numbers.part(words, at)
            if read_part is not None and words[read_part[1] - 1] in numbers.PARTS:
                return None
        read = numbers.decimal(words, at)
        if read is None:
            return None
        text, after = read
        pair = numbers.below_hundred(words, at)
        if pair is not None and pair[1] == after and pair[0] > 0:
            second = numbers.below_hundred(words, after)
            if second is not None and second[0] >= 10:
                text, after = f"{pair[0]}{second[0]}", second[1]
        extra = numbers.and_part(words, after)
        if (
            extra is not None
            and "." not in text
            and extra[0] in (0.5, 0.25, 0.75)
            and not self.of_follows(extra[1])
        ):
            text, after = text + str(extra[0])[1:], extra[1]
        self.at = after
        return _Node(text)

    def of_follows(self, at: int) -> bool:
        """Whether "of" stands at token `at`: "two and a half of nine" is no "2.5"."""
        return at < len(self.parts) and self.parts[at] == "of"

    def share(self, number: _Node) -> _Node:
        """The number, or a percentage where its sign follows."""
        begin = self.at
        if not self.take("percent", "per cent", "pct", "%"):
            return number
        if self.take("of"):
            return _Node(f"{number.text}/100*{_wrapped(self.of_what(), _PRODUCT)}", _PRODUCT)
        if self.take("off of", "off"):
            what = self.of_what()
            return _Node(f"{_wrapped(what, _PRODUCT)}-{number.text}/100*{_wrapped(what, _PRODUCT)}", _SUM)
        if self.parts[begin] == "%" and self.operand_at(0):
            self.at = begin
            return number
        return _Node(f"{number.text}/100", _PRODUCT, percent=True)

    def of_what(self) -> _Node:
        """What a share is taken of: an operand with its exponents."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _Unreadable
        node = self.power()
        self.depth -= 1
        return node

    def fraction(self) -> _Node | None:
        """A share in words: "half of 90" is 90/2, "three quarters of 80" 3/4*80."""
        begin = self.at
        above = 1
        if self.peek() in ("a", "an", "one", "1"):
            self.at += 1
        elif self.peek() in numbers.UNITS:
            above = numbers.UNITS[self.peek()]
            self.at += 1
        elif self.peek().isdigit() and len(self.peek()) < 3:
            above = int(self.peek())
            self.at += 1
        below = numbers.PARTS.get(self.peek())
        if below is None:
            self.at = begin
            return None
        self.at += 1
        if not self.take("of") and below != 2:
            self.at = begin
            return None
        what = self.of_what()
        if above == 1:
            return _Node(f"{_wrapped(what, _PRODUCT)}/{below}", _PRODUCT)
        return _Node(f"{above}/{below}*{_wrapped(what, _PRODUCT)}", _PRODUCT)

    def bracket(self) -> str:
        """The inside of a bracket that was just opened, and its end."""
        listing, self.listing = self.listing, 0
        node = self.sum()
        self.listing = listing
        if not self.take(")", "close brackets", "close bracket", "close parenthesis", "close parentheses", "close paren",
                         "closed brackets", "closed bracket", "end brackets", "end bracket", "right bracket",
                         "right parenthesis", "right paren", "brackets closed", "close the bracket"):  # fmt: skip
            raise _Unreadable
        return node.text

    def root(self, name: str) -> _Node:
        """A root of a bracket or of one operand."""
        if self.take("(", "open bracket", "open parenthesis", "open paren"):
            return _Node(f"{name}({self.bracket()})")
        return _Node(f"{name}({self.nested().text})")

    def task(self) -> _Node:
        """A task in words: "the sum of 4 and 9", "subtract 7 from 20", "divide 100 by 4"."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise _Unreadable
        node = self.named() or self.ordered()
        self.depth -= 1
        if node is None:
            raise _Unreadable
        return node

    def named(self) -> _Node | None:
        """The sum, product, difference, quotient, average or remainder of numbers."""
        begin = self.at
        self.take("the")
        kind = self.peek()
        self.at += 1
        if kind in ("sum", "total", "product", "average", "mean") and self.take("of"):
            items = self.items()
            if kind == "product":
                return _Node("*".join(_wrapped(item, _PRODUCT) for item in items), _PRODUCT)
            added = _Node("+".join(item.text for item in items), _SUM)
            return added if kind in ("sum", "total") else _Node(f"({added.text})/{len(items)}", _PRODUCT)
        if kind in ("difference", "quotient") and self.take("between", "of"):
            items = self.items()
            if len(items) == 2:
                sign, level = ("-", _SUM) if kind == "difference" else ("/", _PRODUCT)
                return _Node(f"{_wrapped(items[0], level)}{sign}{_wrapped(items[1], level + 1)}", level)
        if kind == "remainder" and self.take(
            "of dividing", "of", "when you divide", "when", "from dividing", "from"
        ):
            left = self.power()
            if self.take("is divided by", "divided by", "by", "over", "and", "/"):
                return _Node(f"{_wrapped(left, _PRODUCT)}%{_wrapped(self.power(), _POWER)}", _PRODUCT)
        self.at = begin
        return None

    def items(self) -> list[_Node]:
        """Two operands or more, parted by commas and "and"."""
        self.listing += 1
        found = [self.product()]
        while self.take(", and", ",", "and", "plus", "to", "with"):
            found.append(self.product())
        self.listing -= 1
        if len(found) < 2:
            raise _Unreadable
        return found

    def ordered(self) -> _Node | None:
        """What a verb orders: add, subtract, multiply, divide."""
        if self.take("add up", "add together", "add"):
            self.listing += 1
            first = self.product()
            self.listing -= 1
            if first.percent and self.take("to", "onto", "on to"):
                return self.joined(self.product(), "+", first)
            if not self.take(", and", ",", "and", "to", "onto", "with", "plus"):
                raise _Unreadable
            self.listing += 1
            rest = [self.product()]
            while self.take(", and", ",", "and"):
                rest.append(self.product())
            self.listing -= 1
            self.take("together")
            return _Node("+".join(item.text for item in (first, *rest)), _SUM)
        if self.take("subtract", "take away", "take", "deduct", "minus"):
            first = self.product()
            if self.take("away from", "from", "off", "away off", "out of"):
                return self.joined(self.product(), "-", first)
            if self.take("away", "minus", "subtract", "and subtract", "and take away"):
                return self.joined(first, "-", self.product())
            raise _Unreadable
        if self.take("multiply", "times"):
            self.listing += 1
            first = self.signed()
            self.listing -= 1
            if self.take("by", "with", "and", "times"):
                return _Node(f"{_wrapped(first, _PRODUCT)}*{_wrapped(self.signed(), _PRODUCT)}", _PRODUCT)
        if self.take("divide"):
            first = self.signed()
            if self.take("by", "with", "over"):
                return _Node(f"{_wrapped(first, _PRODUCT)}/{_wrapped(self.signed(), _POWER)}", _PRODUCT)
            if self.take("into"):
                return _Node(f"{_wrapped(self.signed(), _PRODUCT)}/{_wrapped(first, _POWER)}", _PRODUCT)
        return None


def fits(words: str) -> bool:
    """Whether the words are the sum and nothing else."""
    return words == words.strip() and parse(words) is not None


def could_start(word: str) -> bool:
    """Whether a sum may begin with this word."""
    first = numbers.first_word(numbers.fold(word[:40]))
    return first == "0" or first in _STARTS


_SAY = {
    "+": " plus ",
    "-": " minus ",
    "*": " times ",
    "/": " divided by ",
    "%": " mod ",
    "^": " to the power of ",
}


def say(value: str) -> str:
    """The sum in words around its digits: "7 minus 3"; brackets and roots stay signs."""
    said = re.sub(r"(?<=[0-9)])([-+*/%^])(?=[0-9s(])", lambda found: _SAY[found[1]], value)
    return said if parse(said) == value else value


def sample(rng: random.Random) -> str:
    """A sum as people say or type it: one operation mostly, two at times, shares, roots and powers."""
    from whispera.values import _sums

    return _sums.sample(rng)
