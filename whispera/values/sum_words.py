"""The words of a sum one after another: what `sum_grammar.py` reads them with."""

from __future__ import annotations

from typing import NamedTuple

from whispera.values import numbers

MAX_DEPTH = 24
"""Brackets and tasks inside each other; more is refused."""

SUM, PRODUCT, SIGNED, POWER, ATOM = 1, 2, 3, 4, 5
"""How tightly a part binds."""


class Node(NamedTuple):
    """A part of a sum: its canonical text and how tightly it binds."""

    text: str
    level: int = ATOM
    percent: bool = False
    """A percentage of nothing said: "plus twenty percent" takes it of what stands before."""


class Unreadable(Exception):
    """The words are no sum; caught by `expression.parse`."""


class Words:
    """A place in the tokens of one sum."""

    def __init__(self, parts: list[str]) -> None:
        self.parts = parts
        self.at = 0
        self.depth = 0
        self.listing = 0
        """Above 0 inside "the sum of ... and ...", where "and" parts the operands."""

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

    def operand_at(self, ahead: int) -> bool:
        """Whether an operand may begin at the token `ahead`."""
        word = self.peek(ahead)
        return (
            numbers.is_digits(word)
            or word in numbers.NUMBER_WORDS
            or word in ("(", "half", "twice", "the", "minus")
        )

    def deeper(self) -> None:
        """Counts one level of nesting; raises Unreadable beyond MAX_DEPTH."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable

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

    def number(self) -> Node | None:
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
        return Node(text)

    def of_follows(self, at: int) -> bool:
        """Whether "of" stands at token `at`: "two and a half of nine" is no "2.5"."""
        return at < len(self.parts) and self.parts[at] == "of"
