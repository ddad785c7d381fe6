"""The training mix: read whole, laid over number by number, and wrong in a way that says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.small_config import Write
from whispera.catalog import load
from whispera.catalog.mix import GROUPS, NAMES, Recipe, numbers, of_numbers, override
from whispera.errors import ConfigError, ConfigErrors, UsageError

ROOT = Path(__file__).resolve().parents[2]
FILE = "recipes/mix.yaml"
SHIPPED = (ROOT / "config" / FILE).read_text(encoding="utf-8")
TEA = {
    "domains/tea/order.yaml": "tea: [pour_tea]\n",
    "domains/tea/actions/tea/pour_tea.yaml": (
        "action: pour_tea\ngroup: tea\nsummary: Pours.\npatterns: [pour]\nrun: {any: {keys: mute}}\n"
    ),
}


def mix_of(config: Path, overlay: Path | None = None) -> Recipe:
    mix = load(config, overlay=overlay).mix
    assert mix is not None
    return mix


def mistakes(write: Write, text: str) -> list[ConfigError]:
    with pytest.raises(ConfigError) as caught:
        load(write({FILE: text}))
    return list(caught.value.errors) if isinstance(caught.value, ConfigErrors) else [caught.value]


def over(place: Path, text: str) -> Path:
    (place / "recipes").mkdir(parents=True)
    (place / FILE).write_text(text, encoding="utf-8")
    return place


def test_the_numbers_come_from_the_file_in_the_order_of_the_generator(write: Write) -> None:
    sections = SHIPPED.split("\n\n")
    moved = "\n\n".join(reversed(sections)).replace("  mute", "")
    mix = mix_of(write({FILE: moved.replace("typing: 0.14", "typing: 0.5")}))
    assert list(numbers(mix)) == list(NAMES)
    assert list(mix.shares) == list(GROUPS["shares"])
    assert (mix.shares["none"], mix.noise["typing"], mix.steps[3], mix.invented) == (0.11, 0.5, 0.26, 0.35)
    assert of_numbers(numbers(mix)) == mix


def test_a_configuration_without_a_mix_can_be_loaded(write: Write) -> None:
    assert load(write()).mix is None


def test_an_overlay_replaces_single_numbers(write: Write, tmp_path: Path) -> None:
    config = write({FILE: SHIPPED})
    mine = over(
        tmp_path / "mine", "noise: {typing: 0}\nshares: {dialogue: 0.4}\nsteps: {4: 0}\ninvented: 0.5\n"
    )
    before, after = numbers(mix_of(config)), numbers(mix_of(config, mine))
    assert {name: after[name] for name in NAMES if before[name] != after[name]} == {
        "noise.typing": 0,
        "shares.dialogue": 0.4,
        "steps.4": 0,
        "invented": 0.5,
    }


def test_a_domain_has_the_mix_of_the_desktop_and_what_it_changes(write: Write, tmp_path: Path) -> None:
    config = write({FILE: SHIPPED, **TEA, f"domains/tea/{FILE}": "noise: {typing: 0.01}\n"})
    mine = over(tmp_path / "mine", "noise: {typing: 0.3, closing: 0}\n")
    over(mine / "domains" / "tea", "noise: {casing: 0}\n")
    assert mix_of(config / "domains" / "tea").noise["typing"] == 0.01
    mix = mix_of(config / "domains" / "tea", mine / "domains" / "tea")
    assert (mix.noise["typing"], mix.noise["closing"], mix.noise["casing"]) == (0.01, 0, 0)
    assert mix_of(config, mine).noise["typing"] == 0.3


@pytest.mark.parametrize(
    ("old", "new", "key", "message", "hint"),
    [
        ("typing: 0.14", "typnig: 0.14", "noise.typnig", "no such key", "did you mean 'typing'?"),
        ("noise:  ", "noises:  ", "noises", "no such key", "did you mean 'noise'?"),
        ("typing: 0.14", "typing: 1.4", "noise.typing", "from 0 to 1, found 1.4", ""),
        ("typing: 0.14", "typing: -0.1", "noise.typing", "from 0 to 1", ""),
        ("typing: 0.14", "typing: often", "noise.typing", "expected a number, found 'often'", ""),
        ("typing: 0.14", "typing: .nan", "noise.typing", "expected a number, found '.nan'", ""),
        ("  typing: 0.14", "", "noise.typing", "missing", "0 leaves it out"),
        ("invented: 0.35", "", "invented", "missing", "0 leaves it out"),
        ("invented: 0.35", "invented: {a: 1}", "invented", "expected a number", ""),
        ("{2: 0.68, 3: 0.26, 4: 0.06}", "{2: 1, 3: 0, 4: 0, 5: 0}", "steps.5", "no such key", "known: 2, 3"),
        ("{2: 0.68, 3: 0.26, 4: 0.06}", "{2: 0, 3: 0, 4: 0}", "steps", "all shares are 0", "must be more"),
        ("{2: 0.68, 3: 0.26, 4: 0.06}", "[0.68, 0.26]", "steps", "expected keys and values", ""),
    ],
)
def test_a_mistake_says_where_it_is(
    write: Write, old: str, new: str, key: str, message: str, hint: str
) -> None:
    assert SHIPPED.count(old) == 1
    found = [error for error in mistakes(write, SHIPPED.replace(old, new)) if error.key == key]
    assert len(found) == 1
    assert found[0].file == f"config/{FILE}" and found[0].line > 0
    assert message in found[0].message and hint in found[0].hint


def test_a_group_may_be_switched_off_where_it_is_rates(write: Write) -> None:
    mix = mix_of(write({FILE: SHIPPED}))
    quiet = override(mix, [f"noise.{name}=0" for name in GROUPS["noise"]])
    assert not any(quiet.noise.values()) and quiet.shares == mix.shares
    assert override(mix, []) == mix


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        (["noise.typnig=0"], "no 'noise.typnig'", "noise.(prefix|suffix|"),
        (["noise=0"], "no 'noise'", "written_sequences"),
        (["noise.typing"], "'' is no number", "noise.typing=NUMBER"),
        (["noise.typing=much"], "'much' is no number", "noise.typing=NUMBER"),
        (["noise.typing=1.5"], "from 0 to 1, and is 1.5", ""),
        (["noise.typing=nan"], "from 0 to 1", ""),
        (["stretched=-1"], "from 0 to 1", ""),
        ([f"decoys.{name}=0" for name in GROUPS["decoys"]], "all shares of decoys are 0", "more"),
    ],
)
def test_a_wrong_setting_is_refused(settings: list[str], message: str, hint: str) -> None:
    mix = of_numbers(dict.fromkeys(NAMES, 0.5))
    with pytest.raises(UsageError, match=message) as caught:
        override(mix, settings)
    assert hint in caught.value.hint
