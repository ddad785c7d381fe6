"""The pattern language of the action files: parse, print, count, sample and match; standard library alone.

(a|b) alternatives, [a] optional, {slot} {slot=value} {slot=value|words}, <list>, ^3 weight, \\ escape
"""

from whispera.patterns.match import Matched, match
from whispera.patterns.parse import parse
from whispera.patterns.sample import Fill, Sampled, SlotValue, count, fold, sample
from whispera.patterns.tree import (
    Alt,
    Choice,
    ListRef,
    Lists,
    Node,
    Opt,
    Pattern,
    Seq,
    Slot,
    Text,
    list_names,
    slots,
)
from whispera.patterns.unparse import unparse

__all__ = [
    "Alt",
    "Choice",
    "Fill",
    "ListRef",
    "Lists",
    "Matched",
    "Node",
    "Opt",
    "Pattern",
    "Sampled",
    "Seq",
    "Slot",
    "SlotValue",
    "Text",
    "count",
    "fold",
    "list_names",
    "match",
    "parse",
    "sample",
    "slots",
    "unparse",
]
