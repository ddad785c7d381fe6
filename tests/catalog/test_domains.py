"""Domains: directories below the configuration with tables, a tag, and the words of the desktop."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.catalog.small_config import FILES, Write
from whispera.catalog import compiled, load
from whispera.catalog.catalog import Catalog
from whispera.catalog.check import check
from whispera.catalog.model import SlotSpec
from whispera.catalog.validate import validate_any
from whispera.domain.domain import DESKTOP
from whispera.domain.intent import Intent
from whispera.domain.outcome import Rejection
from whispera.errors import ConfigError, ConfigErrors, UsageError
from whispera.nlu.domains import domain_grammar
from whispera.nlu.grammar import Walk
from whispera.nlu.normalise import normalise
from whispera.workspace import Workspace, find

ROOT = Path(__file__).resolve().parents[2]
TEA = {
    "domains/tea/domain.yaml": (
        "summary: Tea.\ntag: teahouse\nlabels: {intent: {orderTea: pour_tea}, slots: {teaSize: size}}\n"
    ),
    "domains/tea/order.yaml": "tea: [pour_tea]\n",
    "domains/tea/settings.yaml": "confidence: {harmless: 0.2}\n",
    "domains/tea/slots/size.yaml": (
        'table: size\nvalues: [small, "(eight|twelve) ounce", "[<please>] huge"]\n'
        'heard: {eight: ["8"], ounce: [ounces, oz], "twelve ounce": [12oz]}\n'
    ),
    "domains/tea/slots/kind.yaml": "table: kind\nvalues: [mint, small mint, green tea]\n",
    "domains/tea/actions/tea/pour_tea.yaml": """\
action: pour_tea
group: tea
summary: Pours tea.
slots: {size?: size, kind: kind}
patterns: ["(pour|make) me a [{size}] {kind}", "{kind} <please>", "a {size=eight ounce|8 oz} {kind}"]
examples: [{say: "an 8 oz. green tea", size: eight ounce, kind: green tea}]
run: {any: {keys: mute}}
""",
}
Changed = Mapping[str, str | None]


@pytest.fixture
def tea(write: Write) -> Path:
    """The configuration directory of a domain below the small configuration."""
    return write({**TEA}) / "domains" / "tea"


def slot(catalog: Catalog, name: str) -> SlotSpec:
    found = catalog.actions["pour_tea"].slot(name)
    assert found is not None
    return found


def test_a_domain_has_its_own_actions_and_the_words_and_settings_above_it(tea: Path) -> None:
    catalog = load(tea)
    assert list(catalog.actions) == ["pour_tea"]
    assert (catalog.domain.name, catalog.domain.tag, catalog.domain.summary) == ("tea", "teahouse", "Tea.")
    assert catalog.domain.labels.intents == {"orderTea": "pour_tea"}
    assert catalog.domain.labels.slots == {"teaSize": "size"}
    assert "please" in catalog.lists and catalog.noise["fillers"] == ["um", "uh"]
    assert catalog.settings.confidence["harmless"] == 0.2
    assert catalog.settings.history_keep == 10  # of the desktop's settings
    assert not catalog.none.kinds and not catalog.enums and not catalog.lookup.apps


def test_the_desktop_knows_nothing_of_its_domains(write: Write) -> None:
    alone, beside = load(write()), load(write({**TEA}))
    assert beside.actions == alone.actions and beside.hash == alone.hash and not beside.tables
    assert beside.domain.tag == DESKTOP


def test_the_tag_is_part_of_what_a_model_is_trained_for(write: Write) -> None:
    one = load(write({**TEA}) / "domains" / "tea").hash
    files = {**TEA, "domains/tea/domain.yaml": "tag: other\n"}
    assert load(write(files) / "domains" / "tea").hash != one


def test_without_a_tag_a_domain_has_its_own_name(write: Write) -> None:
    assert (
        load(write({**TEA, "domains/tea/domain.yaml": "summary: Tea.\n"}) / "domains" / "tea").domain.tag
        == "tea"
    )


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("small", "small"),
        ("Twelve-Ounce", "twelve ounce"),
        ("8 oz", "eight ounce"),
        ("twelve, ounces", "twelve ounce"),
        ("8-ounces", "eight ounce"),
        ("12oz", "twelve ounce"),
        ("12 oz", None),  # nothing says that "twelve" is written so
        ("huge", "huge"),
        ("if you would huge", "if you would huge"),
        ("tiny", None),
    ],
)
def test_a_table_reads_what_is_said_for_its_values(tea: Path, words: str, value: str | None) -> None:
    spec = slot(load(tea), "size")
    assert spec.read(words) == value
    assert spec.fits(words) == (value is not None)


def test_what_is_no_value_of_a_table_is_no_intent(tea: Path) -> None:
    actions = load(tea).actions
    assert not isinstance(validate_any(actions, Intent("pour_tea", {"kind": "mint"})), Rejection)
    assert isinstance(validate_any(actions, Intent("pour_tea", {"kind": "coffee"})), Rejection)
    assert isinstance(validate_any(actions, Intent("pour_tea", {"kind": "mint", "size": "8 oz"})), Rejection)


class Letters:
    """A tokenizer with a token for each character."""

    def encode(self, piece: str) -> list[int]:
        """The characters."""
        return [ord(character) for character in piece]


def said(catalog: Catalog, text: str) -> set[str]:
    """Every wire intent of one action that the grammar can give an utterance."""
    grammar = domain_grammar(catalog.actions.values(), tokenizer=Letters(), tag=catalog.domain.tag)
    found: set[str] = set()

    def go(walk: Walk, wire: str) -> None:
        if walk.finished:
            found.add(wire)
            return
        for token in walk.allowed():
            then = walk.copy()
            then.advance(token)
            if "sequence" not in wire:
                go(then, wire + chr(token))

    go(grammar.walk(normalise(text)), "")
    return {wire for wire in found if "none" not in wire}


def test_only_words_of_a_table_are_offered_and_the_longest_of_them(tea: Path) -> None:
    catalog = load(tea)
    assert said(catalog, "a 12oz, mint or so") == {
        '{"action":"pour_tea","kind":" mint"}',
        '{"action":"pour_tea","size":" 12oz","kind":" mint"}',
    }
    # "small mint" is a kind, so there is no "small" and no "mint" in it
    assert said(catalog, "one small mint") == {'{"action":"pour_tea","kind":" small mint"}'}
    assert said(catalog, "one small coffee") == set()


@pytest.mark.parametrize(("more", "bare"), [("", False), (', "some {size} tea", "tea [{kind}]"', True)])
def test_an_action_of_tables_alone_is_said_without_a_value_only_where_a_pattern_is(
    write: Write, tmp_path: Path, more: str, bare: bool
) -> None:
    name = "domains/tea/actions/tea/pour_tea.yaml"
    text = TEA[name].replace("kind: kind}", "kind?: kind}").replace('8 oz} {kind}"', '8 oz} {kind}"' + more)
    config = write({**TEA, name: text}) / "domains" / "tea"
    catalog = load(config)
    assert catalog.actions["pour_tea"].is_bare is bare
    assert compiled(config, tmp_path / "cache").actions["pour_tea"].is_bare is bare
    plain = {'{"action":"pour_tea"}'} if bare else set()
    assert said(catalog, "get me out of here") == plain
    assert said(catalog, "get me a mint") == {'{"action":"pour_tea","kind":" mint"}'} | plain


def test_the_compiled_catalog_of_a_domain_follows_what_it_shares(tea: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = compiled(tea, cache)
    assert first.domain == load(tea).domain and first.hash == load(tea).hash
    assert compiled(tea, cache).actions["pour_tea"].slots == load(tea).actions["pour_tea"].slots
    (tea.parents[1] / "settings.yaml").write_text("history: {keep: 77}\n", encoding="utf-8")
    assert compiled(tea, cache).settings.history_keep == 77


def test_a_domain_does_not_stale_the_cache_of_the_desktop(tea: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    compiled(tea.parents[1], cache)
    before = {path: path.read_bytes() for path in cache.iterdir()}
    (tea / "order.yaml").write_text("tea: [pour_tea] # again\n", encoding="utf-8")
    compiled(tea.parents[1], cache)
    assert {path: path.read_bytes() for path in cache.iterdir()} == before


def test_an_overlay_adds_to_a_table_of_a_domain(tea: Path, tmp_path: Path) -> None:
    overlay = tmp_path / "config" / "local" / "domains" / "tea"
    (overlay / "slots").mkdir(parents=True)
    (overlay / "slots" / "kind.yaml").write_text("table: kind\nvalues: [oolong]\nheard: {oolong: [wulong]}\n")
    (overlay.parents[1] / "settings.yaml").write_text("history: {keep: 5}\nconfidence: {harmless: 0.9}\n")
    catalog = load(tea, overlay=overlay)
    assert slot(catalog, "kind").read("wulong") == "oolong" and slot(catalog, "kind").fits("mint")
    assert catalog.settings.history_keep == 5
    assert catalog.settings.confidence["harmless"] == 0.2  # a domain's own setting is the nearer one
    assert catalog.hash == load(tea).hash  # and no training is needed


def test_a_domain_may_be_the_users_alone(write: Write, tmp_path: Path) -> None:
    config = write({name.replace("domains/", "local/domains/"): text for name, text in TEA.items()})
    place = Workspace(root=tmp_path, state=tmp_path / "state", cache=tmp_path / "cache")
    there = place.in_domain("tea")
    assert place.domains() == ["tea"] and not there.config.exists()
    catalog = load(there.config, overlay=there.local)
    assert list(catalog.actions) == ["pour_tea"] and catalog.domain.tag == "teahouse"
    assert catalog.actions["pour_tea"].source == "config/local/domains/tea/actions/tea/pour_tea.yaml"
    assert "please" in catalog.lists and config.is_dir()


MISTAKES: list[tuple[str, str, str, str, str]] = [
    ("slots/kind.yaml", "values: [mint", "values: ['{size}', mint", "values[0]", "a table holds no slots"),
    ("slots/kind.yaml", "[mint", "['<nothing>', mint", "values[0]", "no list named <nothing>"),
    ("slots/kind.yaml", "values: [mint, small mint, green tea]", "values: []", "values", "missing"),
    ("slots/size.yaml", "{eight:", "{nine: [9], eight:", "heard.nine", "no value holds 'nine'"),
    ("slots/size.yaml", "table: size", "table: text", "table", "'text' is a slot type already"),
    ("slots/size.yaml", "values:", "vales:", "vales", "no such key here"),
    ("domain.yaml", "tag: teahouse", "tag: Tea House", "tag", "expected small letters"),
    ("domain.yaml", "labels: {intent", "labels: {intents", "labels.intents", "no such key here"),
    ("order.yaml", "[pour_tea]", "[pour_tea, drink_tea]", "tea", "no action file named tea/drink_tea.yaml"),
]


@pytest.mark.parametrize(("file", "old", "new", "key", "message"), MISTAKES)
def test_a_mistake_is_named_by_file_and_key(
    write: Write, file: str, old: str, new: str, key: str, message: str
) -> None:
    name = f"domains/tea/{file}"
    assert old in TEA[name]
    with pytest.raises(ConfigError) as caught:
        load(write({**TEA, name: TEA[name].replace(old, new, 1)}) / "domains" / "tea")
    error = caught.value
    found = error.errors if isinstance(error, ConfigErrors) else (error,)
    assert any(one.key == key and message in one.message and one.file == f"config/{name}" for one in found), [
        str(one) for one in found
    ]


def test_a_table_that_would_be_too_large_is_refused(write: Write) -> None:
    many = "(" + "|".join(f"w{number}" for number in range(150)) + ")"
    files = {**TEA, "domains/tea/slots/kind.yaml": f'table: kind\nvalues: ["{many} {many}"]\n'}
    with pytest.raises(ConfigError, match="22500 texts"):
        load(write(files) / "domains" / "tea")


def test_check_reads_examples_through_tables(write: Write) -> None:
    name = "domains/tea/actions/tea/pour_tea.yaml"
    wrong = TEA[name].replace("size: eight ounce, kind", "size: twelve ounce, kind")
    found = check(write({**TEA, name: wrong}) / "domains" / "tea")
    assert [one for one in found if "no words of" in one.message and one.key == "examples[0]"]
    assert not [one for one in check(write({**TEA}) / "domains" / "tea") if "no words" in one.message]


def test_a_domain_there_is_none_of_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no domain named 'barsita'") as caught:
        find(str(ROOT), domain="barsita")
    assert "barista" in caught.value.hint


def test_a_domain_keeps_its_adapters_history_and_data_apart() -> None:
    desktop, barista = find(str(ROOT)), find(str(ROOT), domain="barista")
    assert desktop.domains() == ["barista"]
    assert barista.adapters == ROOT / "adapters" / "domains" / "barista"
    assert barista.state == desktop.state / "domains" / "barista"
    assert barista.dataset == ROOT / "train-barista.jsonl"
    assert barista.recipe("adapter") == ROOT / "config" / "recipes" / "domain.yaml"
    assert barista.recipe("dpo") == desktop.recipe("dpo")
    assert (desktop.command, barista.command) == ("whispera", "whispera --domain barista")


# -- the domain that ships


def test_the_shipped_domain_is_in_order() -> None:
    assert check(ROOT / "config" / "domains" / "barista") == []


@pytest.mark.parametrize(
    ("name", "words", "value"),
    [
        ("size", "12 ounce", "twelve ounce"),
        ("size", "8-oz", "eight ounce"),
        ("size", "twenty four ounces", "twenty four ounce"),
        ("roast", "light roasted", "light roast"),
        ("shots", "two shots", "double shot"),
        ("drink", "ice coffee", "iced coffee"),
        ("drink", "iced vanilla lattes", "iced vanilla latte"),
        ("drink", "cappucino", "cappuccino"),
        ("milk", "a bit of soy milk", "a bit of soy milk"),
        ("milk", "cream", "cream"),
        ("sugar", "lots of brown sugar", "lots of brown sugar"),
        ("sugar", "2 packets of sugar", "two packet of sugar"),
        ("sugar", "oat milk", None),
    ],
)
def test_the_shipped_tables_read_orders(name: str, words: str, value: str | None) -> None:
    spec = load(ROOT / "config" / "domains" / "barista").actions["order_drink"].slot(name)
    assert spec is not None and spec.read(words) == value


def test_the_small_configuration_is_still_one(write: Write) -> None:
    assert len(load(write()).actions) == sum(name.startswith("actions/") for name in FILES)
