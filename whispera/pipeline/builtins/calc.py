"""Sums."""

from __future__ import annotations

from whispera.pipeline.builtins.context import BuiltinResult, Context, Slots, text_of
from whispera.values.arithmetic import CannotCompute, evaluate


def evaluate_sum(context: Context, slots: Slots) -> BuiltinResult:  # noqa: ARG001
    """The sum and its value: `17*23 = 391`."""
    expression = text_of(slots, "expression")
    try:
        return BuiltinResult(f"{expression} = {evaluate(expression)}")
    except CannotCompute as error:
        return BuiltinResult(str(error), ok=False)
