"""`whispera adapters`: which there are, which is better, and changing between them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whispera.cli.bases import find_base
from whispera.cli.options import base_name_option, report_option
from whispera.cli.parts import needs
from whispera.cli.training_lock import training_lock
from whispera.engines.adapter import CARD, Card, Misfit, base_card, misfit
from whispera.engines.versions import NEW, NONE, VERSIONS, AdapterVersions, Version
from whispera.errors import AdapterError, UsageError
from whispera.workspace import Workspace

if TYPE_CHECKING:
    from whispera.catalog.compiled import CompiledCatalog

BEFORE = "before"

_base = base_name_option("Whose adapters: a shipped base by name, or the folder of one.")


@click.group("adapters", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """The adapters there are: `whispera train` makes them, and keeps the last ones.

    An adapter is named by its number; besides, there are active, before and none, the bare base.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_adapters)


@command.command("list")
@click.option("--base", "base_name", help="Only those of this base.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_obj
def list_adapters(place: Workspace, base_name: str | None = None, as_json: bool = False) -> None:
    """Every adapter, oldest first, what it was trained on, and whether it fits."""
    known = [find_base(place, base_name)] if base_name else [_folder(place, name) for name in bases(place)]
    rows = [_row(place, base, one) for base in known for one in AdapterVersions.of(place, base.name).all()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    if not rows:
        click.echo(f"there is no adapter; {place.command} train makes one", err=True)
        return
    from whispera.evaluation.text import table

    head = ("base", "adapter", "", "date", "examples", "learnt", "held out, exact", "MB", "fits")
    click.echo(table(head, [_cells(row) for row in rows]))


def bases(place: Workspace) -> list[str]:
    """The names of all bases that have had an adapter."""
    found: set[str] = set()
    for folder in {place.adapters, place.shipped_adapters}:
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.is_dir() and path.suffix == VERSIONS:
                found.add(path.stem)
            elif (path / CARD).is_file() and path.suffix not in (NEW, ".previous"):
                found.add(path.name)
    return sorted(found)


def _folder(place: Workspace, name: str) -> Path:
    """The folder of a base, which is not there where the base is not here; makes none."""
    from whispera.engines.store import prepared_folder

    shipped = place.models / name
    return shipped if (shipped / CARD).is_file() else prepared_folder(place, name)


def _row(place: Workspace, base: Path, version: Version) -> dict[str, Any]:
    """What is told of an adapter, as plain data."""
    data = version.card.data
    scores = data.get("heldout") or {}
    unfit = _misfit(place, base, version.card)
    return {
        "base": base.name,
        "name": version.name,
        "active": version.active,
        "date": str(data.get("date", "")),
        "examples": data.get("examples"),
        "new_actions": list(data.get("new_actions", ())),
        "corrections": len(data.get("corrections", ())),
        "heldout": {when: (scores.get(when) or {}).get("exact") for when in ("before", "after")},
        "bytes": version.size,
        "fits": unfit is None,
        "why_not": unfit.why if unfit is not None else "",
        "folder": str(version.folder),
    }


def _misfit(place: Workspace, base: Path, card: Card) -> Misfit | None:
    """Why an adapter cannot be used here, None where it can."""
    if not (base / CARD).is_file():
        return Misfit("is of a base that is not here", "name the folder of the base with --base")
    base_hash, catalog_hash = base_card(base).base_hash, _catalog(place).hash
    return misfit(card, base_hash=base_hash, catalog_hash=catalog_hash, command=place.command)


def _catalog(place: Workspace) -> CompiledCatalog:
    from whispera.catalog.compiled import compiled

    return compiled(place.config, place.cache, place.local)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    learnt = [*row["new_actions"][:2], *(["..."] if len(row["new_actions"]) > 2 else [])]
    if row["corrections"]:
        learnt.append(f"{row['corrections']} of your examples")
    before, after = (row["heldout"][when] for when in ("before", "after"))
    return (
        row["base"],
        row["name"],
        "active" if row["active"] else "",
        row["date"],
        str(row["examples"] or ""),
        ", ".join(learnt),
        f"{before:.1%} -> {after:.1%}" if before is not None and after is not None else "",
        f"{row['bytes'] / 1e6:.1f}",
        "yes" if row["fits"] else f"no: it {row['why_not']}",
    )


@command.command("use")
@click.argument("name")
@_base
@click.pass_obj
def use(place: Workspace, name: str, base_name: str) -> None:
    """Make another adapter the active one; `none` is the bare base."""
    _use(place, base_name, name)


@command.command("rollback")
@_base
@click.pass_obj
def rollback(place: Workspace, base_name: str) -> None:
    """Go back to the adapter trained before the active one."""
    _use(place, base_name, BEFORE)


def _use(place: Workspace, base_name: str, name: str) -> None:
    base = find_base(place, base_name)
    with training_lock(place):
        versions = AdapterVersions.of(place, base.name)
        if name == NONE:
            check_bare(place, base)
            versions.use_none()
            click.echo(f"{base.name} runs without an adapter; whispera adapters rollback takes it back")
            return
        version = versions.before() if name == BEFORE else versions.named(name)
        unfit = _misfit(place, base, version.card)
        if unfit is not None:
            raise AdapterError(
                f"adapter {version.name} of {base.name} {unfit.why}; nothing was changed", hint=unfit.hint
            )
        versions.use(version)
    click.echo(f"{base.name} runs with adapter {version.name}{_told(version)}")


def check_bare(place: Workspace, base: Path) -> None:
    """Raises AdapterError where the bare base does not know the actions of the catalog."""
    if base_card(base).catalog_hash != _catalog(place).hash:
        raise AdapterError(
            f"{base.name} alone does not know these actions; nothing was changed",
            hint="actions or slots were added or changed: it needs an adapter",
        )


def _told(version: Version) -> str:
    date = version.card.data.get("date", "")
    return f", of {date}" if date else ""


@command.command("compare")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@_base
@click.option("--json", "as_json", is_flag=True, help="The comparison as JSON on stdout.")
@report_option("Write a report with plots into a new folder.")
@click.pass_obj
def compare_adapters(
    place: Workspace,
    first: str,
    second: str,
    file: Path | None,
    base_name: str,
    as_json: bool,
    report_dir: Path | None,
) -> None:
    """Ask adapters A and B the utterances of FILE, and tell whether one is better.

    Without FILE, the held-out phrasings of the catalog. The p is that of McNemar's exact test.
    """
    from whispera.catalog import load as load_catalog
    from whispera.cli import compared
    from whispera.cli.train import heldout_of
    from whispera.evaluation import comparison
    from whispera.evaluation.expected import read, slot_names

    if report_dir is not None:
        with needs("report"):
            from whispera.evaluation import comparison_report
        comparison_report.check_folder(report_dir)
    base = find_base(place, base_name)
    versions = AdapterVersions.of(place, base.name)
    chosen = [_chosen(versions, name) for name in (first, second)]
    catalog = _catalog(place)
    if file is None:
        samples = heldout_of(load_catalog(place.config, overlay=place.local))
        questions = compared.questions_of(samples, catalog)
    else:
        slots_of = slot_names(catalog.actions)
        questions = [compared.Question(one) for one in read(file, slots_of)]
    if not questions:
        raise UsageError(f"{file} holds no utterance", hint="the format is described in docs/evaluation.md")
    name = file.name if file is not None else "the held-out phrasings"
    found = compared.compare(base, catalog, chosen, questions, file=name)
    click.echo(
        json.dumps(found.as_json(), ensure_ascii=False, indent=2) if as_json else comparison.render(found)
    )
    if report_dir is not None:
        click.echo(f"report: {comparison_report.write(report_dir, found)}", err=True)


def _chosen(versions: AdapterVersions, name: str) -> Version | None:
    """The adapter of a name, None for the bare base; raises UsageError."""
    if name == NONE:
        return None
    if name == BEFORE:
        return versions.before()
    if name == "active":
        return versions.active()
    return versions.named(name)
