"""How much of the published set also comes up in the base's training data, and the figures without it.

Short commands ("new tab") are said in few ways: the patterns make some of the lines of eval/desktop.txt word
for word, though none was copied. The generated part of every pass of config/recipes/base.yaml is drawn again,
from the configuration as it is now; a line counts as seen when the model reads it as one of those utterances.
"""

from __future__ import annotations

from measure import ROOT, arguments, show, table

from generator import generate
from whispera.catalog import compiled, load
from whispera.engines.load import load as load_model
from whispera.evaluation.expected import read
from whispera.evaluation.measure import answer
from whispera.nlu.normalise import normalise
from whispera.pipeline.understand import Understander
from whispera.training.base import read_recipe


def main() -> None:
    options = arguments(__doc__, lambda _parser: None)
    catalog = load(ROOT / "config")
    recipe = read_recipe(ROOT / "config" / "recipes" / "base.yaml")
    seen: set[str] = set()
    for epoch in range(recipe.passes):
        drawn = generate(catalog, seed=recipe.seed * 1000 + epoch, size=recipe.generated)
        seen.update(normalise(sample.text).text for sample in drawn)
    running = compiled(ROOT / "config", ROOT / ".benchmark-cache")
    model = load_model(
        ROOT / "whispera" / "models" / "nano", ROOT / "none", catalog_hash=catalog.hash, use_adapter=False
    )
    understander = Understander(running, model)
    slots_of = {name: [slot.name for slot in action.slots] for name, action in catalog.actions.items()}
    lines = read(ROOT / "eval" / "desktop.txt", slots_of)
    answers = [(line, answer(line, understander.parse(line.text), slots_of)) for line in lines]
    figures: dict[str, dict[str, float]] = {}
    for name, wanted in (("seen", True), ("not seen", False), ("all", None)):
        part = [a for line, a in answers if wanted is None or (normalise(line.text).text in seen) is wanted]
        count = max(1, len(part))
        figures[name] = {
            "lines": len(part),
            "action": sum(a.action_right for a in part) / count,
            "exact": sum(a.exact for a in part) / count,
        }
    rows = [[name, str(f["lines"]), f"{f['action']:.1%}", f"{f['exact']:.1%}"] for name, f in figures.items()]
    show(options, figures, table(["in the training data", "lines", "action", "exact"], rows))


if __name__ == "__main__":
    main()
