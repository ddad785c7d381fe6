"""The compiled catalog: the same as the loaded one, fast, and never a broken one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.catalog.small_config import Write, spoil
from whispera.catalog import compiled, load
from whispera.catalog.compiled import KEPT
from whispera.errors import ConfigError
from whispera.whole import LEFT_OVER_S

ROOT = Path(__file__).parents[2]
HEAVY = ("yaml", "pydantic", "pydantic_core", "click", "jinja2", "torch", "logging", "hashlib")


def test_it_equals_the_loaded_catalog_in_all_that_runs(tmp_path: Path) -> None:
    catalog = load(ROOT / "config")
    compiled(ROOT / "config", tmp_path)
    again = compiled(ROOT / "config", tmp_path)
    assert list(again.actions) == list(catalog.actions)
    for name, action in catalog.actions.items():
        kept = again.actions[name]
        for field in ("group", "summary", "slots", "defaults", "run", "undo", "probe", "risk", "source"):
            assert getattr(kept, field) == getattr(action, field), (name, field)
        assert kept.patterns == () and kept.examples == ()
    assert again.hash == catalog.hash
    assert again.enums == catalog.enums
    assert again.groups == catalog.groups
    assert again.settings == catalog.settings
    for kind in ("apps", "folders", "sites", "engines"):
        assert getattr(again.lookup, kind) == getattr(catalog.lookup, kind)


def test_a_hit_imports_nothing_heavy(tmp_path: Path) -> None:
    compiled(ROOT / "config", tmp_path)
    code = (
        "import sys; from whispera.catalog import compiled\n"
        f"c = compiled({str(ROOT / 'config')!r}, {str(tmp_path)!r})\n"
        "from whispera.catalog.validate import validate\n"
        "from whispera.domain.intent import Intent\n"
        "assert validate(c.actions['open_app'], Intent('open_app', {'target': 'x'})).slots\n"
        "print(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(done.stdout.split())
    assert not loaded & set(HEAVY)
    assert not [name for name in loaded if name.startswith("whispera.patterns")]
    assert "whispera.catalog.reading" not in loaded


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_cut_off_cache_is_made_anew(write: Write, tmp_path: Path, share: float) -> None:
    config, cache = write(), tmp_path / "cache"
    compiled(config, cache)
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    assert compiled(config, cache).actions["mute"].group == "sound"
    assert file.read_bytes() == whole


def test_a_damaged_cache_is_made_anew(write: Write, tmp_path: Path) -> None:
    config, cache = write(), tmp_path / "cache"
    compiled(config, cache)
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    for damaged in (whole.replace(b"mute", b"mote"), whole + b"}", b"\n[]", b"\xff\xfe"):
        file.write_bytes(damaged)
        assert "mute" in compiled(config, cache).actions
    assert file.read_bytes() == whole
    assert len(list(cache.iterdir())) == 1


def test_a_changed_added_or_removed_file_is_seen(write: Write, tmp_path: Path) -> None:
    config, cache = write(), tmp_path / "cache"
    assert compiled(config, cache).settings.history_keep == 10
    write(spoil("settings.yaml", "keep: 10", "keep: 11"))
    os.utime(config / "settings.yaml", ns=(1, 1))
    assert compiled(config, cache).settings.history_keep == 11
    (config / "settings.yaml").unlink()
    assert compiled(config, cache).settings.history_keep == 10_000
    local = tmp_path / "local"
    local.mkdir()
    assert compiled(config, cache, local).settings.history_keep == 10_000
    (local / "settings.yaml").write_text("history: {keep: 12}\n", encoding="utf-8")
    assert compiled(config, cache, local).settings.history_keep == 12
    assert compiled(config, cache).settings.history_keep == 10_000


def test_a_cache_that_cannot_be_written_only_costs_time(write: Write, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the directory should be", encoding="utf-8")
    assert "mute" in compiled(write(), blocked / "cache").actions


def test_the_cache_is_private(write: Write, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    compiled(write(), cache)
    (file,) = cache.iterdir()
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600


def test_the_catalogs_written_last_are_kept_and_nothing_else_is_touched(write: Write, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    long_ago = time.time() - 3 * LEFT_OVER_S
    for number in range(KEPT + 4):
        (cache / f"catalog-{number:08x}.json").write_text("of another workspace")
        os.utime(cache / f"catalog-{number:08x}.json", (long_ago + number, long_ago + number))
    for name in ("applications.json", "catalog-00000001.json.7.ab", "catalog-00000002.json.8.cd"):
        (cache / name).write_text("not a catalog, or half of one")
    for name in ("applications.json", "catalog-00000001.json.7.ab"):
        os.utime(cache / name, (long_ago, long_ago))
    config = write()
    compiled(config, cache)
    kept = {f"catalog-{number:08x}.json" for number in range(5, KEPT + 4)}
    names = {path.name for path in cache.iterdir()}
    assert kept < names
    assert len(names) == KEPT + 2
    assert names > {"applications.json", "catalog-00000002.json.8.cd"}
    written = max(cache.glob("catalog-*.json"), key=lambda path: path.stat().st_mtime)
    before = written.stat().st_mtime_ns
    compiled(config, cache)
    assert written.stat().st_mtime_ns == before


def test_processes_that_remove_the_catalogs_of_one_another_still_get_theirs(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["whispera.catalog.compiled"], "KEPT", 1)
    config, cache = write(), tmp_path / "cache"
    overlays = [tmp_path / f"local{number}" for number in range(3)]
    for number, overlay in enumerate(overlays):
        overlay.mkdir()
        (overlay / "settings.yaml").write_text(f"history: {{keep: {number + 1}}}\n", encoding="utf-8")

    def read(turn: int) -> int:
        return compiled(config, cache, overlays[turn % len(overlays)]).settings.history_keep

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(read, range(12))) == [turn % 3 + 1 for turn in range(12)]


def test_mistakes_are_raised_not_cached(write: Write, tmp_path: Path) -> None:
    config = write(spoil("settings.yaml", "keep: 10", "keep: ten"))
    with pytest.raises(ConfigError, match=r"history\.keep"):
        compiled(config, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
