"""A domain that is only written down: regen, train, parse, run, eval and adapters, with a tiny base."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.training import small_workspace
from whispera.__main__ import main
from whispera.pipeline.session import open_session
from whispera.workspace import find

FILES = {
    "domain.yaml": "summary: Pots of tea.\ntag: tea\n",
    "order.yaml": "orders: [pour_tea]\n",
    "settings.yaml": "confidence: {harmless: 0.0}\n",
    "slots/size.yaml": (
        'table: size\nvalues: [small, large, "(two|six) cup"]\nheard: {cup: [cups], two: ["2"]}\n'
    ),
    "slots/kind.yaml": 'table: kind\nvalues: ["(mint|green|black|herbal|ginger|white|iced) tea"]\n',
    "slots/none.yaml": (
        "kinds: {chat: ['good (morning|evening)', 'what a (day|game)', 'nice (one|work)', 'too late']}\n"
        "examples: [nice day, 'good night', 'what a week']\n"
    ),
    "actions/orders/pour_tea.yaml": """\
action: pour_tea
group: orders
summary: Pours a pot of tea.
slots: {size?: size, kind: kind}
patterns:
  - "(pour|make|bring) [me] [a] [{size}] {kind}"
  - "a [{size}] {kind} please"
  - "i want [a] [{size}] {kind}"
  - "{kind} please"
  - "a {size} {kind}"
examples:
  - {say: "get me a large mint tea", size: large, kind: mint tea}
  - {say: "some green tea please", kind: green tea}
  - {say: "I want small black tea", size: small, kind: black tea}
  - {say: "please bring a 2 cup ginger tea", size: two cup, kind: ginger tea}
run: {any: {builtin: notes.values}}
risk: harmless
""",
}
RECIPE = small_workspace.RECIPE.replace("examples_new: 700", "examples_new: 1500")


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose desktop is known to its base, and whose domain was trained by the commands alone."""
    place = small_workspace.make(tmp_path_factory.mktemp("domain"))
    domain = place / "config" / "domains" / "tea"
    for name, text in {**FILES, "recipes/adapter.yaml": RECIPE}.items():
        path = domain / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(place / "state"))
        patch.setenv("XDG_CACHE_HOME", str(place / "cache"))
        assert run(place, "regen", "--size", "700") == 0
        assert run(place, "regen", "--size", "700", "--check") == 0
        assert run(place, "train", "--base", str(place / "bases" / "tiny"), "--threads", "1") == 0
    return place


@pytest.fixture
def place(taught: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return taught


def run(place: Path, *arguments: str, domain: str = "tea") -> int:
    return main(["--workspace", str(place), "--domain", domain, *arguments])


def base_of(place: Path) -> str:
    return str(place / "bases" / "tiny")


def test_the_data_has_the_tag_and_a_file_of_its_own(place: Path) -> None:
    lines = (place / "train-tea.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 500
    assert all(json.loads(line)["messages"][0]["content"].startswith("<tea>") for line in lines)
    assert "tea" not in (place / "train.jsonl").read_text(encoding="utf-8")


def test_the_adapter_has_a_place_and_a_card_of_its_own(place: Path) -> None:
    session = open_session(find(str(place), domain="tea"))
    card = json.loads((place / "adapters" / "domains" / "tea" / "tiny" / "card.json").read_text())
    assert card["catalog_hash"] == session.catalog.hash
    assert list(card["actions"]) == ["pour_tea"]
    assert not (place / "adapters" / "tiny").exists()


def test_an_order_is_understood_as_tables_mean_it(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right = 0
    for text, size, kind in (
        ("pour me a large mint tea", "large", "mint tea"),
        ("make me a 2 cups green tea", "two cup", "green tea"),
        ("a small ginger tea please", "small", "ginger tea"),
        ("bring a six cup black tea", "six cup", "black tea"),
    ):
        assert run(place, "parse", text, "--json", "--base", base_of(place)) in (0, 3)
        intent = json.loads(capsys.readouterr().out)["intent"]
        right += intent == {"action": "pour_tea", "size": size, "kind": kind}
    assert right >= 3


def test_it_runs_what_its_file_says(
    place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run(place, "run", "pour me a large mint tea", "--base", base_of(place)) == 0
    assert capsys.readouterr().out.startswith("large, mint tea: noted in ")
    assert (tmp_path / "notes.md").read_text(encoding="utf-8").rstrip().endswith("large, mint tea")
    assert run(place, "history", "list", "--json") == 0
    assert "pour_tea" in capsys.readouterr().out
    assert run(place, "history", "list", "--json", domain="") == 0
    assert "pour_tea" not in capsys.readouterr().out


def test_its_adapters_are_listed_and_changed_apart(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(place, "adapters", "list", "--base", base_of(place), "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["base"] == "tiny" and row["active"] and row["fits"] and row["new_actions"] == ["pour_tea"]
    assert run(place, "adapters", "list", "--base", base_of(place), "--json", domain="") == 0
    assert json.loads(capsys.readouterr().out) == []
    assert run(place, "adapters", "use", "none", "--base", base_of(place)) == 1  # the base knows no tea
    assert "does not know these actions" in capsys.readouterr().err


def test_evaluation_takes_the_domain(place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tea.txt"
    file.write_text("pour me a large mint tea | pour_tea | size=large kind=mint tea\n", encoding="utf-8")
    assert run(place, "eval", str(file), "--base", base_of(place), "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["utterances"] == 1 and figures["adapter"] is True
    assert figures["exact"]["share"] == 1.0


def test_a_domain_that_was_not_trained_says_how(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path(shutil.copytree(place, tmp_path / "untaught"))
    shutil.rmtree(copy / "adapters")
    file = tmp_path / "tea.txt"
    file.write_text("a mint tea | pour_tea | kind=mint tea\n", encoding="utf-8")
    train = "whispera --domain tea train"
    for way_out, *asked in (
        (f"whispera --domain tea regen && {train}", "parse", "a mint tea"),
        (f"whispera --domain tea regen && {train}", "eval", str(file)),
        (f"whispera --domain tea regen && {train}", "adapters", "compare", "none", "none", str(file)),
        (f"{train} makes an adapter", "adapters", "compare", "before", "none", str(file)),
    ):
        assert run(copy, *asked, "--base", base_of(copy)) in (1, 2)
        assert way_out in capsys.readouterr().err
    assert run(copy, "adapters", "list") == 0
    assert f"{train} makes one" in capsys.readouterr().err


def test_a_word_added_to_a_table_needs_no_training(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path(shutil.copytree(place, tmp_path / "more"))
    path = copy / "config" / "domains" / "tea" / "slots" / "kind.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("(mint|", "(mint|nettle|"), encoding="utf-8")
    assert run(copy, "parse", "pour me a large nettle tea", "--json", "--base", base_of(copy)) == 0
    intent = json.loads(capsys.readouterr().out)["intent"]
    assert intent["kind"] == "nettle tea"


def test_training_again_goes_on_from_the_domains_adapter(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = Path(shutil.copytree(place, tmp_path / "again"))
    assert run(copy, "train", "--base", base_of(copy), "--threads", "1", "--examples", "100", "--all") == 0
    assert "warm from the present adapter" in capsys.readouterr().err
    assert run(copy, "adapters", "list", "--base", base_of(copy), "--json") == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["1", "2"]
    assert run(copy, "adapters", "rollback", "--base", base_of(copy)) == 0
    assert run(copy, "adapters", "compare", "1", "2", "--base", base_of(copy), "--json") == 0
