"""A small catalog of its own, so that these tests do not depend on what is shipped."""

from __future__ import annotations

from pathlib import Path

from whispera.catalog.catalog import Catalog
from whispera.catalog.load import MIX as FILE
from whispera.catalog.mix import Recipe
from whispera.catalog.mix_file import read_mix
from whispera.catalog.model import Action, Example, NearMiss, SlotSpec
from whispera.catalog.nodes import Source
from whispera.catalog.vocabulary import Compound, CompoundExample, Filler, NonCommands
from whispera.errors import ConfigError

CONFIG = Path(__file__).resolve().parents[2] / "config"

NOISE = {
    "openers": ["hey", "ok", "computer"],
    "requests": ["could you", "please", "I want you to"],
    "gerunds": ["would you mind"],
    "closers": ["please", "for me", "thanks", "mate"],
    "before": ["I'm off to lunch", "my hands are wet"],
    "after": ["my boss is coming", "it's late"],
    "before_for": {"sound_media": ["the neighbours are complaining"]},
    "after_for": {"apps": ["it crashed"]},
    "hesitations": ["um", "uh"],
    "people": ["Karen", "Tom", "mate"],
    "corrections": ["no", "I mean"],
    "taken_back": ["no wait, forget it", "never mind"],
    "homophones": {"close": ["clothes"], "volume": "value", "note": ["not"]},
    "typos": {"the": ["teh"], "please": ["pls"]},
    "spellings": {"colour": "color"},
    "contractions": {"do not": "don't"},
}


def shipped_mix() -> Recipe:
    """The mix that ships."""
    errors: list[ConfigError] = []
    source = Source(CONFIG / FILE, errors)
    root = source.compose()
    mix = read_mix(source, root, None) if root is not None else None
    assert mix is not None, errors
    return mix


MIX = shipped_mix()


def build(**changes: object) -> Catalog:
    """The small catalog, with some of its fields replaced."""
    target = SlotSpec("target", "name", fill=("apps",))
    level = SlotSpec("level", "percent")
    actions = (
        Action(
            "open_app",
            "apps",
            "Opens an application.",
            slots=(target,),
            patterns=("open {target}", "launch the {target} app", "I need {target}", "{target} please"),
            examples=(Example("start up my Quibblebox", {"action": "open_app", "target": "Quibblebox"}),),
            near_misses=(NearMiss("I opened word and nothing happened", {"action": "none"}),),
            shared_verb="open",
        ),
        Action(
            "close_app",
            "apps",
            "Closes an application.",
            slots=(target,),
            patterns=("close {target}", "quit {target}", "I'm done with {target}, close it"),
            near_misses=(NearMiss("launch Ferret again", {"action": "open_app", "target": "Ferret"}),),
            shared_verb="close",
        ),
        Action(
            "set_volume",
            "sound",
            "Sets the volume.",
            slots=(level,),
            patterns=(
                "set the volume to {level}",
                "volume {level}",
                "turn the sound {level=100|all the way up}",
            ),
            examples=(Example("could the sound go to a quarter", {"action": "set_volume", "level": 25}),),
        ),
        Action("mute", "sound", "Mutes.", patterns=("mute", "mute the sound", "kill the sound", "silence")),
        Action(
            "scroll",
            "view",
            "Scrolls.",
            slots=(SlotSpec("direction", "direction", enum=("up", "down")),),
            patterns=("scroll {direction}", "go {direction=down|down} a page", "move {direction} a bit"),
        ),
        Action(
            "take_note",
            "notes",
            "Takes a note.",
            slots=(SlotSpec("text", "text", fill=("notes",)),),
            patterns=("take a note: {text}", "note that {text}", "write down {text}"),
        ),
        Action(
            "cancel",
            "assistant",
            "Cancels.",
            patterns=("never mind", "forget it", "cancel that"),
            in_sequences=False,
        ),
    )
    notes = (
        "the (boiler|gate) code is (44|71) (12|90)",
        "call (Ada|Bo) about the (lease|cat|boat)",
        "milk, eggs and (bread|tea)",
        "(Tom|Sue)'s train is (late|early)",
    )
    fields: dict[str, object] = {
        "actions": {action.name: action for action in actions},
        "enums": {"direction": {"up": ("up", "upwards"), "down": ("down", "lower")}},
        "fillers": {
            "apps": Filler(
                "apps", "name", ("Chrome", "Word", "V S Code"), held_out=("Zorptracker",), invent=0.6
            ),
            "notes": Filler("notes", "text", notes, held_out=("the key is under the mat",)),
        },
        "mix": MIX,
        "noise": NOISE,
        "none": NonCommands(
            {"chat": ("(good|nice) (morning|evening) to you", "I'm (so|very) (tired|hungry) (today|now)")},
            examples=("what a day that was",),
        ),
        "compound": Compound(
            joins=("{a} and {b}^3", "{a}, then {b}", "{b}, but first {a}", "{a}, {b} and {c}"),
            say=(
                CompoundExample(
                    "hush, then open Ferret and go down",
                    (
                        {"action": "mute"},
                        {"action": "open_app", "target": "Ferret"},
                        {"action": "scroll", "direction": "down"},
                    ),
                ),
            ),
            examples=(
                CompoundExample(
                    "mute it and bring up Marmot",
                    ({"action": "mute"}, {"action": "open_app", "target": "Marmot"}),
                ),
            ),
        ),
    }
    return Catalog(**(fields | changes))  # type: ignore[arg-type]
