"""The grammar of sums in words and signs: a recursive descent that writes the canonical text.

Operators keep the order in which they were said; brackets are added where the words group and the text
would not.
"""

from __future__ import annotations

from whispera.values import numbers
from whispera.values.sum_words import ATOM, MAX_DEPTH, POWER, PRODUCT, SIGNED, SUM, Node, Unreadable, Words

_SQUARE_ROOT = (
    "the square root of", "a square root of", "square root of", "the square root", "square root", "root of",
    "the root of", "root", "sqrt of", "sqrt",
)  # fmt: skip
_OPEN = (
    "(", "open brackets", "open bracket", "open parenthesis", "open parentheses", "open paren",
    "left bracket", "left parenthesis", "left paren", "brackets", "bracket",
)  # fmt: skip
_CLOSE = (
    ")", "close brackets", "close bracket", "close parenthesis", "close parentheses", "close paren",
    "closed brackets", "closed bracket", "end brackets", "end bracket", "right bracket", "right parenthesis",
    "right paren", "brackets closed", "close the bracket",
)  # fmt: skip
_POWER_OF = (
    "^", "to the power of", "to the power", "raised to the power of", "raised to the power", "power",
)  # fmt: skip
_NEXT_STEPS = frozenset({
    "then", "multiply", "divide", "subtract", "times", "minus", "plus", "divided", "multiplied",
})  # fmt: skip
"""Verbs that may follow "and" or a comma and go on with what was computed."""


def _wrapped(node: Node, level: int) -> str:
    """The node's text, in brackets where it binds less than `level`."""
    return node.text if node.level >= level else f"({node.text})"


class Sum(Words):
    """A recursive descent over the tokens of one sum."""

    def whole(self) -> str:
        """The canonical text of all tokens; raises Unreadable."""
        node = self.sum()
        if self.at < len(self.parts) or node.percent:
            raise Unreadable
        return node.text

    def sum(self) -> Node:
        """Operands joined by plus and minus."""
        self.deeper()
        left = self.product()
        while (made := self.after_sum(left)) is not None:
            left = made
        self.depth -= 1
        return left

    def after_sum(self, left: Node) -> Node | None:
        """What the next operator of the lowest level makes of `left`; None where there is none."""
        begin = self.at
        grouped = self.take("all", "the whole thing", "altogether") or self.step()
        if self.take("in brackets", "in parentheses", "in parenthesis"):
            return self.product(Node(f"({left.text})"))
        if grouped:
            tied = Node(f"({left.text})") if left.level < PRODUCT else left
            if self.take("squared", "cubed"):
                return Node(
                    _wrapped(left, ATOM) + ("^2" if self.parts[self.at - 1] == "squared" else "^3"), POWER
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
        if joint and self.peek() in _NEXT_STEPS:
            return True
        self.at = begin
        if comma and self.peek(1) in ("times", "multiplied", "divided", "plus", "minus", "over"):
            self.at += 1
            return self.peek() not in ("plus", "minus")
        return False

    @staticmethod
    def joined(left: Node, sign: str, right: Node) -> Node:
        """`left` plus or minus `right`; a percentage is taken of `left`."""
        if right.percent:
            share = f"{right.text}*{_wrapped(left, PRODUCT)}"
            return Node(f"{left.text}{sign}{share}", SUM)
        after = _wrapped(right, PRODUCT) if sign == "-" else right.text
        if after.startswith("-"):
            after = f"({after})"
        return Node(f"{left.text}{sign}{after}", SUM)

    def added(self, items: list[Node]) -> Node:
        """The sum of several operands."""
        total = items[0]
        for item in items[1:]:
            total = self.joined(total, "+", item)
        return total

    def product(self, start: Node | None = None) -> Node:
        """Operands joined by times, over and mod; `start` stands for the first where given."""
        left = self.signed() if start is None else start
        while True:
            if self.take("*", "x", "times", "multiplied by", "multiply by", "multiplied with", "by"):
                sign = "*"
            elif self.take("/", "divided by", "over", "divide by", "divided"):
                sign = "/"
            elif self.take("mod", "modulo", "modulus") or (self.operand_at(1) and self.take("%")):
                sign = "%"
            elif (left.text.count("/") == 1 and left.level == PRODUCT and self.take("of")) or (
                self.peek() == "(" and left.level >= POWER
            ):
                sign = "*"
            elif self.take("squared") or self.take("cubed"):
                raise Unreadable
            else:
                return left
            right = self.signed()
            tight = right.text if sign == "*" and right.level >= PRODUCT else _wrapped(right, SIGNED)
            left = Node(f"{_wrapped(left, PRODUCT)}{sign}{tight}", PRODUCT)

    def signed(self) -> Node:
        """An operand, maybe below zero."""
        if self.take("-", "minus", "negative"):
            self.deeper()
            node = self.signed()
            self.depth -= 1
            inner = f"({node.text})" if node.text.startswith("-") else _wrapped(node, POWER)
            return Node(f"-{inner}", SIGNED)
        return self.power()

    def power(self) -> Node:
        """An operand with its exponents."""
        node = self.operand()
        for _ in range(MAX_DEPTH):
            if self.take("squared"):
                exponent = "2"
            elif self.take("cubed"):
                exponent = "3"
            elif self.take(*_POWER_OF):
                exponent = _wrapped(self.exponent(), ATOM)
            elif (ordinal := self.ordinal()) is not None:
                exponent = ordinal
            elif self.take("raised to the", "raised to", "raised by"):
                exponent = _wrapped(self.exponent(), ATOM)
            else:
                return node
            node = Node(f"{_wrapped(node, ATOM)}^{exponent}", POWER)
        return node

    def exponent(self) -> Node:
        """The operand after "^": signed, with its own exponents, right to left."""
        self.deeper()
        if self.take("-", "minus", "negative"):
            node = Node(f"-{_wrapped(self.operand(), ATOM)}", SIGNED)
        else:
            node = self.operand()
            if self.peek() == "^":
                self.at += 1
                node = Node(f"{_wrapped(node, ATOM)}^{_wrapped(self.exponent(), ATOM)}", POWER)
        self.depth -= 1
        return node

    def operand(self) -> Node:
        """A number, a bracket, a root, a share or a whole task in words."""
        number = self.number()
        if number is not None:
            return self.share(number)
        if self.take(*_OPEN):
            return Node(f"({self.bracket()})")
        if self.take(*_SQUARE_ROOT):
            return self.root("sqrt")
        if self.take("the cube root of", "cube root of", "the cube root", "cube root"):
            return Node(f"{_wrapped(self.nested(), ATOM)}^(1/3)", POWER)
        if self.take("the square of", "square of", "the cube of", "cube of"):
            exponent = "2" if "square" in self.parts[self.at - 2] else "3"
            return Node(f"{_wrapped(self.nested(), ATOM)}^{exponent}", POWER)
        times = {"double": 2, "twice": 2, "triple": 3, "quadruple": 4}.get(self.peek())
        if times is not None:
            self.at += 1
            return Node(f"{times}*{_wrapped(self.nested(), PRODUCT)}", PRODUCT)
        fraction = self.fraction()
        if fraction is not None:
            return fraction
        return self.task()

    def nested(self) -> Node:
        """An operand of an operand, its depth counted."""
        self.deeper()
        node = self.operand()
        self.depth -= 1
        return node

    def share(self, number: Node) -> Node:
        """The number, or a percentage where its sign follows."""
        begin = self.at
        if not self.take("percent", "per cent", "pct", "%"):
            return number
        if self.take("of"):
            return Node(f"{number.text}/100*{_wrapped(self.of_what(), PRODUCT)}", PRODUCT)
        if self.take("off of", "off"):
            what = self.of_what()
            return Node(f"{_wrapped(what, PRODUCT)}-{number.text}/100*{_wrapped(what, PRODUCT)}", SUM)
        if self.parts[begin] == "%" and self.operand_at(0):
            self.at = begin
            return number
        return Node(f"{number.text}/100", PRODUCT, percent=True)

    def of_what(self) -> Node:
        """What a share is taken of: an operand with its exponents."""
        self.deeper()
        node = self.power()
        self.depth -= 1
        return node

    def fraction(self) -> Node | None:
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
            return Node(f"{_wrapped(what, PRODUCT)}/{below}", PRODUCT)
        return Node(f"{above}/{below}*{_wrapped(what, PRODUCT)}", PRODUCT)

    def bracket(self) -> str:
        """The inside of a bracket that was just opened, and its end."""
        listing, self.listing = self.listing, 0
        node = self.sum()
        self.listing = listing
        if not self.take(*_CLOSE):
            raise Unreadable
        return node.text

    def root(self, name: str) -> Node:
        """A root of a bracket or of one operand."""
        if self.take(*_OPEN):
            return Node(f"{name}({self.bracket()})")
        return Node(f"{name}({self.nested().text})")

    def task(self) -> Node:
        """A task in words: "the sum of 4 and 9", "subtract 7 from 20", "divide 100 by 4"."""
        self.deeper()
        node = self.named() or self.ordered()
        self.depth -= 1
        if node is None:
            raise Unreadable
        return node

    def named(self) -> Node | None:
        """The sum, product, difference, quotient, average or remainder of numbers."""
        begin = self.at
        self.take("the")
        kind = self.peek()
        self.at += 1
        if kind in ("sum", "total", "product", "average", "mean") and self.take("of"):
            items = self.items()
            if kind == "product":
                return Node("*".join(_wrapped(item, PRODUCT) for item in items), PRODUCT)
            added = self.added(items)
            return added if kind in ("sum", "total") else Node(f"({added.text})/{len(items)}", PRODUCT)
        if kind in ("difference", "quotient") and self.take("between", "of"):
            items = self.items()
            if len(items) == 2:
                sign, level = ("-", SUM) if kind == "difference" else ("/", PRODUCT)
                return Node(f"{_wrapped(items[0], level)}{sign}{_wrapped(items[1], level + 1)}", level)
        if kind == "remainder" and self.take(
            "of dividing", "of", "when you divide", "when", "from dividing", "from"
        ):
            left = self.power()
            if self.take("is divided by", "divided by", "by", "over", "and", "/"):
                return Node(f"{_wrapped(left, PRODUCT)}%{_wrapped(self.power(), POWER)}", PRODUCT)
        self.at = begin
        return None

    def items(self) -> list[Node]:
        """Two operands or more, parted by commas and "and"."""
        self.listing += 1
        found = [self.product()]
        while self.parted() or self.take("plus", "to", "with"):
            found.append(self.product())
        self.listing -= 1
        if len(found) < 2:
            raise Unreadable
        return found

    def parted(self) -> bool:
        """Whether a comma or "and" comes next with another operand behind it; steps over it."""
        begin = self.at
        if self.take(", and", ",", "and") and self.peek() not in _NEXT_STEPS:
            return True
        self.at = begin
        return False

    def ordered(self) -> Node | None:
        """What a verb orders: add, subtract, multiply, divide."""
        if self.take("add up", "add together", "add"):
            self.listing += 1
            first = self.product()
            self.listing -= 1
            if first.percent and self.take("to", "onto", "on to"):
                return self.joined(self.product(), "+", first)
            if not self.take(", and", ",", "and", "to", "onto", "with", "plus"):
                raise Unreadable
            self.listing += 1
            rest = [self.product()]
            while self.parted():
                rest.append(self.product())
            self.listing -= 1
            self.take("together")
            return self.added([first, *rest])
        if self.take("subtract", "take away", "take", "deduct", "minus"):
            first = self.product()
            if self.take("away from", "from", "off", "away off", "out of"):
                return self.joined(self.product(), "-", first)
            if self.take("away", "minus", "subtract", "and subtract", "and take away"):
                return self.joined(first, "-", self.product())
            raise Unreadable
        if self.take("multiply", "times"):
            self.listing += 1
            first = self.signed()
            self.listing -= 1
            if self.take("by", "with", "and", "times"):
                return Node(f"{_wrapped(first, PRODUCT)}*{_wrapped(self.signed(), PRODUCT)}", PRODUCT)
        if self.take("divide"):
            first = self.signed()
            if self.take("by", "with", "over"):
                return Node(f"{_wrapped(first, PRODUCT)}/{_wrapped(self.signed(), POWER)}", PRODUCT)
            if self.take("into"):
                return Node(f"{_wrapped(self.signed(), PRODUCT)}/{_wrapped(first, POWER)}", PRODUCT)
        return None
