"""The value a slot had in what was said before, which a follow-up may leave half unsaid.

"Make it twenty" after a timer of ten minutes: the words say a number, and the value before says of what.
What words become with it is `whispera.values.whole`; here is only which value that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whispera.nlu.grammar import Trace


def words_before(previous: Sequence[Trace], action: str, slot: str) -> str:
    """The words a slot of an action had when the action was last said; empty where it had none.

    `previous`: the intents before, newest last.
    """
    for trace in reversed(previous):
        for step in reversed(trace):
            if step.action == action:
                return next((chosen.words for chosen in step.slots if chosen.name == slot), "")
    return ""
