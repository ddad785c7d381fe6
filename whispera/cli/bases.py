"""The base that `--base` names; one that was only fetched is prepared here, once, and this is said."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from whispera.cli.faults import tell
from whispera.cli.parts import needs
from whispera.engines.adapter import CARD, PROMPT_VERSION, base_card, folder_for
from whispera.engines.store import FOUR_BITS, Model, folder_of, prepared_folder, read_models, state
from whispera.errors import ModelError, StateError, UsageError
from whispera.pipeline.filelock import FileLock
from whispera.workspace import Workspace

if TYPE_CHECKING:
    from whispera.catalog.compiled import CompiledCatalog
    from whispera.engines.load import Loaded
    from whispera.training.prepare import PreparePlan

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_WAIT_S = 3600.0


def find_base(workspace: Workspace, name: str) -> Path:
    """The folder of a base by its name, or of any base by its path; raises ModelError.

    A model of the list that was fetched is prepared on first use. The name of the folder is the name of the
    base, and of its adapter.
    """
    shipped = workspace.models / name
    if _NAME.fullmatch(name) and (shipped / CARD).is_file():
        return shipped.resolve()
    if _NAME.fullmatch(name):
        model = _models(workspace).get(name.removesuffix(FOUR_BITS))
        folder = prepared_folder(workspace, name)
        if (folder / CARD).is_file() and (model is None or _is_of_now(folder, model, workspace)):
            return folder.resolve()
        if model is not None and not (model.embedded and name == model.name):
            return prepare(workspace, plan_of(workspace, name)).resolve()
    folder = Path(name).expanduser()
    if (folder / CARD).is_file():
        return folder.resolve()
    raise ModelError(
        f"there is no base named '{name}', nor a folder of one",
        hint=f"there are {', '.join(known(workspace))}; another one is made by: whispera base prepare",
    )


def load_base(
    workspace: Workspace, base: Path, catalog: CompiledCatalog, *, use_adapter: bool = True
) -> Loaded:
    """The model of a base with the adapter it has in a workspace; raises what `engines.load` raises."""
    from whispera.engines.load import load

    return load(
        base,
        folder_for(workspace, base.name),
        catalog_hash=catalog.hash,
        use_adapter=use_adapter,
        command=workspace.command,
    )


def known(workspace: Workspace) -> list[str]:
    """The names that `--base` takes: shipped, prepared, and those that can be fetched."""
    names = {path.parent.name for path in workspace.models.glob(f"*/{CARD}")}
    names |= {path.parent.name for path in prepared_folder(workspace, ".").glob(f"*/{CARD}")}
    return sorted(names | set(_models(workspace)))


def _models(workspace: Workspace) -> dict[str, Model]:
    """The models of the list that can be a base."""
    return {name: model for name, model in read_models(workspace.config).items() if model.base}


def _is_of_now(folder: Path, model: Model, workspace: Workspace) -> bool:
    """Whether a prepared base was made from the files the list names, for the prompt of today."""
    card = base_card(folder).data
    source = card.get("source", {})
    if model.embedded:
        return bool(source.get("sha256") == base_card(folder_of(model, workspace)).base_hash)
    pinned = model.files.get(source.get("file", ""), "")
    return card.get("prompt_version") == PROMPT_VERSION and pinned in ("", source.get("sha256"))


def plan_of(
    workspace: Workspace, name: str, *, source: Path | None = None, out: Path | None = None, bits: int = 8
) -> PreparePlan:
    """What `name` is prepared from, and where it goes; raises ModelError where the model is not here.

    A name that ends in `-4bit` is that of the base in four bits.
    """
    plain = name.removesuffix(FOUR_BITS)
    if name != plain:
        bits = 4
    if not _NAME.fullmatch(plain):
        raise UsageError(f"'{name}' is no name", hint="write letters, digits, dots, hyphens")
    model = _models(workspace).get(plain)
    if source is None:
        if model is None:
            raise ModelError(
                f"there is no base named '{plain}' in the list of models",
                hint=f"there are {', '.join(_models(workspace))}; name the files of yours with --source",
            )
        if state(model, workspace) not in ("here", "embedded"):
            raise ModelError(
                f"{plain} is not here ({model.size_mb} MB)", hint=f"get it: whispera models get {plain}"
            )
        source = folder_of(model, workspace)
    if not source.exists():
        raise ModelError(f"there is no {source}", hint="name a GGUF file or a folder with --source")
    four = bits == 4
    if model is not None and model.embedded and not four and out is None:
        raise UsageError(f"{plain} ships ready", hint=f"whispera base prepare {plain} --bits 4")
    with needs("train"):
        from whispera.training.prepare import PreparePlan
    return PreparePlan(
        plain,
        source.expanduser().resolve(),
        (out or prepared_folder(workspace, plain + (FOUR_BITS if four else ""))).absolute(),
        bits=4 if four else 8,
        licence=model.licence if model is not None else "",
    )


def prepare(workspace: Workspace, plan: PreparePlan, *, again: bool = False) -> Path:
    """The folder of a base, made now unless another process has just made it; raises ModelError.

    With `again` it is made in any case.
    """
    from whispera.training.prepare import prepare as make

    shelf = prepared_folder(workspace, plan.name).parent
    lock = FileLock(shelf / ".prepare.lock")
    try:
        shelf.mkdir(parents=True, exist_ok=True)
        if not lock.acquire():
            tell("another process is preparing a base; waiting for it")
            if not lock.acquire(timeout_s=_WAIT_S):
                raise ModelError("another process is still preparing a base", hint="try again later")
    except OSError as error:
        raise StateError(
            f"{shelf} cannot be written: {error.strerror}", hint="check its owner and the free space"
        ) from error
    try:
        model = _models(workspace).get(plan.name)
        ready = (plan.out / CARD).is_file() and model is not None and _is_of_now(plan.out, model, workspace)
        if again or not ready:
            make(plan, say=tell)
        return plan.out
    finally:
        lock.release()
