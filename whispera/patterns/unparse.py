"""Writing a pattern back as text: `parse(unparse(p)) == p` for every pattern that `parse` makes."""

from __future__ import annotations

import re

from whispera.patterns.tree import Alt, Choice, ListRef, Node, Opt, Pattern, Seq, Slot, Text

_SPECIAL = re.compile(r"[\\()\[\]{}<>|^]")
_SPECIAL_IN_SLOT = re.compile(r"[\\|}]")


def unparse(pattern: Pattern) -> str:
    """The text of a pattern, in its shortest form."""
    return _choice(Choice(pattern.node, pattern.weight))


def _node(node: Node) -> str:
    if isinstance(node, Text):
        return _SPECIAL.sub(r"\\\g<0>", node.text)
    if isinstance(node, Seq):
        return "".join(_node(item) for item in node.items)
    if isinstance(node, Alt):
        return f"({_choices(node)})"
    if isinstance(node, Opt):
        if isinstance(node.node, Alt) and node.weight == 1.0:
            return f"[{_choices(node.node)}]"
        return f"[{_choice(Choice(node.node, node.weight))}]"
    if isinstance(node, ListRef):
        return f"<{node.name}>"
    return _slot(node)


def _slot(slot: Slot) -> str:
    if slot.value is None:
        return f"{{{slot.name}}}"
    value = _SPECIAL_IN_SLOT.sub(r"\\\g<0>", slot.value)
    if slot.words is None or slot.words == slot.value:
        return f"{{{slot.name}={value}}}"
    words = _SPECIAL_IN_SLOT.sub(r"\\\g<0>", slot.words)
    return f"{{{slot.name}={value}|{words}}}"


def _choices(alt: Alt) -> str:
    return "|".join(_choice(choice) for choice in alt.choices)


def _choice(choice: Choice) -> str:
    text = _node(choice.node)
    return text if choice.weight == 1.0 else f"{text}^{choice.weight:.10g}"
