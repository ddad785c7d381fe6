"""The words noise is made of: config/slots/noise.yaml with what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whispera.patterns import Pattern, parse

DEFAULTS: Mapping[str, Sequence[str]] = {
    "openers": ("hey", "ok", "okay", "right", "so", "hi", "hey computer", "computer", "well", "alright", "now",
                "excuse me", "quick one", "one more thing", "ok so", "oh", "ah", "yeah"),
    "requests": ("could you", "can you", "would you", "will you", "please", "could you please", "can you please",
                 "would you please", "I want you to", "I'd like you to", "I need you to", "go ahead and", "just",
                 "can you just", "could you just", "quickly", "you can", "be so kind as to", "do me a favour and",
                 "would you be able to", "is it possible to", "let's", "please just", "now", "then", "can u", "pls"),
    "gerunds": ("would you mind", "do you mind", "how about", "any chance of"),
    "closers": ("please", "for me", "now", "would you", "thanks", "please and thank you", "if you can", "real quick",
                "will you", "quickly", "right now", "for a second", "if you don't mind", "pls", "asap", "when you can",
                "thank you", "okay", "for me please", "cheers", "straight away"),
    "before": ("I'm off to lunch", "my boss is coming", "I'm busy here", "it's getting late", "sorry", "the kids are asleep",
               "we're nearly done", "I've got my hands full", "I have a call in five minutes", "back again",
               "somebody's at the door", "this is taking forever", "I'm cooking", "I can't reach the keyboard",
               "my hands are wet", "before I forget", "I'm done here", "we're about to start", "hang on"),
    "after": ("my boss is coming", "I'm in a hurry", "the baby's asleep", "I can't find it", "I have a meeting",
              "my hands are full", "it's late", "I need it for work", "we're about to start", "I'm off home",
              "the kids are watching", "I've got a headache", "I keep forgetting how", "it's driving me mad",
              "I'm on the phone", "there's somebody at the door", "I don't have all day", "I'm back now"),
    "hesitations": ("um", "uh", "er", "uhm", "like", "you know", "hmm", "erm"),
    "people": ("Karen", "Dave", "Jenny", "Tom", "Mum", "Dad", "Sarah", "Mike", "Grandma", "Auntie", "Steve", "boys",
               "kids", "guys", "everybody", "doctor", "sir", "madam", "Lucy", "Raj", "Olivia", "Henrik", "waiter",
               "driver", "sweetie", "son", "nurse", "Alexa", "Siri", "Ana", "Pete", "Emma", "Jack", "team"),
}  # fmt: skip
"""Used where noise.yaml does not name the list."""

HOMOPHONES: Mapping[str, Sequence[str]] = {
    "close": ("clothes", "cloze"), "set a": ("said a", "sent a"), "wifi": ("wi fi", "why fi", "wife i"),
    "wi-fi": ("wi fi",), "youtube": ("you tube",), "mic": ("mike", "mick"), "for": ("four",), "to": ("two", "too"),
    "mute": ("moot", "newt"), "tab": ("tap", "tabb"), "pause": ("paws", "pores"), "page": ("paige",),
    "write": ("right",), "right": ("write",), "new": ("knew",), "screen": ("scream",), "play": ("plane",),
    "bluetooth": ("blue tooth",), "screenshot": ("screen shot",), "fullscreen": ("full screen",),
    "git": ("get", "kit"), "commit": ("come it",), "stash": ("dash",), "npm": ("n p m", "and pm"),
    "pip": ("pipp", "pep"), "docker": ("dr", "locker"), "volume": ("volumes",), "scroll": ("school",),
    "desktop": ("desk top",), "undo": ("and do",), "redo": ("re do",), "email": ("e mail",), "ip": ("i p",),
    "mail": ("male",), "find": ("fined",), "by": ("buy",), "timer": ("timeer", "time are"), "reload": ("re load",),
    "log out": ("logout", "lock out"), "shut down": ("shutdown",), "restart": ("re start",), "unmute": ("on mute", "un mute"),
    "paste": ("pays", "paced"), "copy": ("coffee",), "note": ("no", "knot"), "alarm": ("a lamb",), "folder": ("holder",),
    "hide": ("hyde",), "its": ("it's",), "here": ("hear",), "there": ("their",), "brightness": ("bright ness",),
    "minimize": ("mini mice",), "bookmark": ("book mark",), "refresh": ("re fresh",), "checkout": ("check out",),
    "check out": ("checkout",), "branch": ("brunch",), "push": ("bush",), "pull": ("pool",), "diff": ("def", "dif"),
    "zoom": ("soon",), "print": ("prince",), "select all": ("select hall",), "lock": ("look", "log"), "sleep": ("slip",),
}  # fmt: skip
"""What a recogniser writes instead; used where noise.yaml has no `homophones`."""

TYPOS: Mapping[str, Sequence[str]] = {
    "the": ("teh", "hte", "th"), "please": ("plz", "pls", "plaese", "pleas"), "you": ("u", "yuo"), "what": ("waht", "wat"),
    "with": ("wiht", "wth"), "open": ("opne", "oepn"), "and": ("adn", "nad"), "this": ("tihs", "thsi"), "that": ("taht",),
    "my": ("ym",), "to": ("ot",), "for": ("fro",), "are": ("r",), "your": ("ur",), "i'm": ("im",), "don't": ("dont",),
}  # fmt: skip
"""Slips of whole words."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Lists of noise, each a tuple of patterns, and replacements."""

    lists: Mapping[str, tuple[Pattern, ...]]
    homophones: Mapping[str, tuple[str, ...]]
    typos: Mapping[str, tuple[str, ...]]


def lexicon(noise: Mapping[str, Any]) -> Lexicon:
    """The lexicon of a noise.yaml."""
    lists = {
        name: tuple(parse(str(line)) for line in noise.get(name) or default)
        for name, default in DEFAULTS.items()
    }
    return Lexicon(
        lists,
        _replacements(noise.get("homophones") or HOMOPHONES),
        _replacements(noise.get("typos") or TYPOS),
    )


def _replacements(table: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    return {
        str(word): (str(said),) if isinstance(said, str) else tuple(map(str, said))
        for word, said in table.items()
    }
