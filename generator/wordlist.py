"""Reading the word lists that stand in the code as blocks of text."""

from __future__ import annotations


def words(block: str) -> tuple[str, ...]:
    """The words of a block."""
    return tuple(block.split())


def lines(block: str) -> tuple[str, ...]:
    """The lines of a block, without blank ones."""
    return tuple(line.strip() for line in block.splitlines() if line.strip())


def pairs(block: str) -> dict[str, str]:
    """A block of `key:value` words as a mapping."""
    return dict(word.split(":", 1) for word in block.split())
