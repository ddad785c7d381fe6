"""A workspace with five actions and a tiny base, so that `whispera train` takes seconds."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.training import tiny_base
from whispera.__main__ import main
from whispera.catalog import load

ROOT = Path(__file__).resolve().parents[2]
RECIPE = """\
seed: 3
rank: 16
alpha: 32
examples: 1500
examples_new: 700
new_share: 0.4
learning_rate: 1.0e-2
learning_rate_first: 1.0e-2
learning_rate_new: 1.0e-2
tokens_per_batch: 512
evaluations: 2
patience: 9
tolerance: 0.2
"""


def action(name: str, group: str, *, slots: str = "{}", patterns: str, examples: str, more: str = "") -> str:
    """An action file that runs a harmless key."""
    return (
        f"action: {name}\ngroup: {group}\nsummary: Does it.\nslots: {slots}\npatterns: [{patterns}]\n"
        f"examples: [{examples}]\nrun: {{any: {{keys: mute}}}}\n{more}"
    )


FILES: Mapping[str, str] = {
    "order.yaml": (
        "apps: [open_app]\nsound: [set_volume, mute]\nview: [scroll]\nassistant: [cancel, sequence, none]\n"
    ),
    "actions/apps/open_app.yaml": action(
        "open_app",
        "apps",
        slots="{target: name}",
        patterns='"open {target}", "(launch|start) {target}", "start up {target}", "bring up {target}"',
        examples='{say: "start up ferret", target: ferret}, {say: "open krita", target: krita}',
        more="fill: {target: [app_names]}\nrisk: disruptive\nshared_verb: open\n",
    ),
    "actions/sound/set_volume.yaml": action(
        "set_volume",
        "sound",
        slots="{level: percent}",
        patterns='"[set] [the] volume [to] {level}", "sound at {level}", "put the sound at {level}"',
        examples='{say: "volume to 35 percent", level: 35}, {say: "sound at half", level: 50}',
    ),
    "actions/sound/mute.yaml": action(
        "mute",
        "sound",
        patterns='"mute [(it|that)]", "be silent", "hush [now]", "silence [it]"',
        examples='{say: "mute it please"}, {say: "hush now please"}',
    ),
    "actions/view/scroll.yaml": action(
        "scroll",
        "view",
        slots="{direction: direction}",
        patterns='"scroll {direction}", "page {direction}", "move {direction}"',
        examples='{say: "page down please", direction: down}, {say: "scroll up a bit", direction: up}',
    ),
    "actions/assistant/cancel.yaml": action(
        "cancel",
        "assistant",
        patterns='"never mind", "cancel that", "forget (it|that)"',
        examples='{say: "oh never mind"}, {say: "cancel that please"}',
        more="in_sequences: false\n",
    ),
    "slots/direction.yaml": "enum: direction\nwords: {up: [up], down: [down]}\n",
    "slots/app_names.yaml": (
        "fill: app_names\ntype: name\nheld_out: [marmot]\n"
        "values: [chrome, word, slack, krita, zed, blender, mail, maps, music]\n"
    ),
    "slots/lists.yaml": "lists:\n  please: [please]\n",
    "slots/forms.yaml": "forms: {}\n",
    "slots/none.yaml": (
        "kinds: {chat: ['good (morning|evening)', 'what a (day|game)', 'nice (one|work)', 'I am tired']}\n"
        "examples: [nice day, 'good night', 'what a week']\n"
    ),
    "slots/noise.yaml": (
        "openers: [hey]\nrequests: [please]\ngerunds: []\nclosers: [please, now]\nbefore: []\nafter: []\n"
        "before_for: {}\nafter_for: {}\nhesitations: [um]\npeople: [Tom]\ncorrections: ['no']\n"
        "taken_back: ['no wait']\nhomophones: {}\ntypos: {}\nspellings: {}\ncontractions: {}\n"
    ),
    "compound.yaml": (
        'joins: ["{a} and {b}"]\n'
        'say:\n  - {text: "mute and never mind", steps: [{action: mute}, {action: cancel}]}\n'
    ),
    "lookup/apps.yaml": "chrome: {linux: [google-chrome]}\n",
    "lookup/folders.yaml": 'downloads: {any: "@DOWNLOAD"}\n',
    "lookup/sites.yaml": "github: {url: github.com}\n",
    "lookup/engines.yaml": 'youtube: {url: "https://example.org/?q={query}"}\n',
    "settings.yaml": "confidence: {harmless: 0.3, disruptive: 0.3}\n",
    "recipes/adapter.yaml": RECIPE,
}


def make(place: Path) -> Path:
    """The workspace: configuration, train.jsonl and `bases/tiny`, which says that it knows every action."""
    for name, text in FILES.items():
        path = place / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "config" / "models.yaml", place / "config")
    for path in (ROOT / "config" / "recipes").glob("*.yaml"):
        if not (place / "config" / "recipes" / path.name).exists():
            shutil.copy(path, place / "config" / "recipes")
    path = place / "config" / "recipes" / "corrections.yaml"
    text = path.read_text(encoding="utf-8").replace("learning_rate: 1.0e-3", "learning_rate: 4.0e-3")
    path.write_text(text, encoding="utf-8")  # a base this small learns at other rates
    catalog = load(place / "config")
    assert main(["--workspace", str(place), "regen", "--size", "900"]) == 0
    texts = (place / "train.jsonl").read_text(encoding="utf-8").lower().splitlines()
    known = list(catalog.actions.values())
    tiny_base.write_base(place / "bases" / "tiny", catalog, texts[:300], trained_on=known)
    return place


def train(place: Path, *arguments: str) -> int:
    """`whispera train` in the workspace, with its tiny base."""
    base = str(place / "bases" / "tiny")
    return main(["--workspace", str(place), "train", "--base", base, "--threads", "1", *arguments])
