"""The adapters a base has had: numbered, kept, and changed between."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from whispera.engines.adapter import CARD, WEIGHTS, folder_for, present
from whispera.engines.versions import KEEP, AdapterVersions
from whispera.errors import UsageError
from whispera.workspace import Workspace


def write(folder: Path, mark: str) -> None:
    folder.mkdir(parents=True)
    (folder / WEIGHTS).write_text(mark)
    (folder / CARD).write_text(json.dumps({"mark": mark}))


def train(versions: AdapterVersions, *marks: str) -> None:
    for mark in marks:
        write(versions.begin(), mark)
        versions.finish({"mark": mark})


def marks(versions: AdapterVersions) -> dict[str, str]:
    for one in versions.all():
        assert (one.folder / WEIGHTS).read_text() == one.card.data["mark"]
    return {one.name + "*" * one.active: one.card.data["mark"] for one in versions.all()}


@pytest.fixture
def versions(tmp_path: Path) -> AdapterVersions:
    return AdapterVersions(tmp_path / "adapters", "tiny")


def test_trainings_are_numbered_and_the_newest_is_active(versions: AdapterVersions) -> None:
    assert versions.all() == []
    train(versions, "a", "b", "c")
    assert marks(versions) == {"1": "a", "2": "b", "3*": "c"}


def test_the_oldest_go(versions: AdapterVersions) -> None:
    train(versions, *map(str, range(1, KEEP + 4)))
    names = [one.number for one in versions.all()]
    assert names == list(range(3, KEEP + 4))
    assert sorted(path.name for path in versions.adapters.iterdir()) == ["tiny", "tiny.versions"]


def test_an_earlier_one_is_used_and_the_number_goes_on(versions: AdapterVersions) -> None:
    train(versions, "a", "b", "c")
    versions.use(versions.named("1"))
    assert marks(versions) == {"1*": "a", "2": "b", "3": "c"}
    versions.use(versions.named("active"))
    versions.use(versions.named("3"))
    assert marks(versions) == {"1": "a", "2": "b", "3*": "c"}
    versions.use(versions.named("2"))
    train(versions, "d")
    assert marks(versions) == {"1": "a", "2": "b", "3": "c", "4*": "d"}


def test_the_one_before_is_the_one_trained_before(versions: AdapterVersions) -> None:
    train(versions, "a", "b", "c")
    for name in ("2", "1"):
        versions.use(versions.before())
        active = versions.active()
        assert active is not None
        assert active.name == name
    with pytest.raises(UsageError, match="no adapter of tiny from before") as caught:
        versions.before()
    assert "use none" in caught.value.hint


def test_the_bare_base_is_chosen_and_left_again(versions: AdapterVersions) -> None:
    train(versions, "a", "b", "c")
    versions.use(versions.named("2"))
    versions.use_none()
    versions.use_none()
    assert versions.active() is None
    assert present(versions.adapters, "tiny") is None
    assert marks(versions) == {"1": "a", "2": "b", "3": "c"}
    assert versions.before().name == "2", "the one that was active"
    versions.use(versions.before())
    assert marks(versions) == {"1": "a", "2*": "b", "3": "c"}
    versions.use_none()
    train(versions, "d")
    assert marks(versions) == {"1": "a", "2": "b", "3": "c", "4*": "d"}
    assert sorted(path.name for path in versions.adapters.iterdir()) == ["tiny", "tiny.versions"]


def test_an_adapter_without_a_number_gets_one(versions: AdapterVersions) -> None:
    """As it was before there were numbers: an active one and the one it replaced."""
    write(versions.adapters / "tiny", "new")
    write(versions.adapters / "tiny.previous", "old")
    assert marks(versions) == {"1": "old", "2*": "new"}
    versions.use(versions.before())
    assert marks(versions) == {"1*": "old", "2": "new"}
    train(versions, "newer")
    assert marks(versions) == {"1": "old", "2": "new", "3*": "newer"}


def test_two_adapters_of_one_number_are_both_kept(versions: AdapterVersions) -> None:
    """As where the adapter of a checkout is replaced by another one's by hand."""
    train(versions, "a", "b")
    (versions.adapters / "tiny" / CARD).write_text(json.dumps({"mark": "theirs", "version": 1}))
    (versions.adapters / "tiny" / WEIGHTS).write_text("theirs")
    assert marks(versions) == {"1": "a", "2*": "theirs"}
    train(versions, "c")
    assert marks(versions) == {"1": "a", "2": "theirs", "3*": "c"}


def test_an_unknown_name_says_which_there_are(versions: AdapterVersions) -> None:
    train(versions, "a", "b")
    with pytest.raises(UsageError, match="no adapter named '7'") as caught:
        versions.named("7")
    assert caught.value.hint == "there are 1, 2, none"


def test_the_shipped_adapter_of_an_installation_is_only_read(tmp_path: Path) -> None:
    place = Workspace(
        root=tmp_path / "package", state=tmp_path, cache=tmp_path, data=tmp_path / "data"
    )  # as an installed wheel has it
    write(place.shipped_adapters / "tiny", "shipped")
    versions = AdapterVersions.of(place, "tiny")
    assert marks(versions) == {"shipped*": "shipped"}
    train(versions, "a")
    assert marks(versions) == {"shipped": "shipped", "1*": "a"}
    versions.use(versions.before())
    assert marks(versions) == {"shipped*": "shipped", "1": "a"}
    assert folder_for(place, "tiny") == place.shipped_adapters
    versions.use(versions.named("1"))
    assert folder_for(place, "tiny") == place.adapters
    versions.use_none()
    assert marks(versions) == {"shipped": "shipped", "1": "a"}
    assert present(folder_for(place, "tiny"), "tiny") is None
    versions.use(versions.named("shipped"))
    assert marks(versions) == {"shipped*": "shipped", "1": "a"}
    assert [path.name for path in place.shipped_adapters.iterdir()] == ["tiny"]
