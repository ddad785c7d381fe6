"""The mean of several bases: a base that is better than each of them, at no cost when it is asked.

Model soups (Wortsman et al. 2022): weights that were tuned from one start lie in one basin, and their mean
generalises better. So the bases must have come one from the other, or from one; that is not checked here,
but the held-out score tells.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from whispera import whole
from whispera.catalog.catalog import Catalog
from whispera.domain.labelled import Labelled
from whispera.engines.adapter import CARD, Card, base_card, file_hash
from whispera.engines.load import PieceTokenizer
from whispera.errors import UsageError
from whispera.nlu.domains import DESKTOP, domain_grammar
from whispera.training import export
from whispera.training.base import encode_mix
from whispera.training.calibrate import temperature_of
from whispera.training.loop import Score, Trainable, answers, score_of

_TOKENIZER = "tokenizer.json"


@dataclass(frozen=True, slots=True)
class Part:
    """One of the bases."""

    folder: Path
    weight: float
    """Relative to the others."""


def average(parts: Sequence[Part], out: Path, *, catalog: Catalog, heldout: Sequence[Labelled]) -> Score:
    """The held-out score of the mean of the bases, which is written to a folder that is not there yet.

    Raises UsageError for bases that cannot be averaged, ModelError for one that cannot be read.
    """
    cards = [base_card(part.folder) for part in parts]
    _check(parts, cards, catalog.hash)
    total = sum(part.weight for part in parts)
    model = export.dequantise(parts[0].folder)
    with torch.no_grad():
        mean = {name: tensor * (parts[0].weight / total) for name, tensor in model.named_parameters()}
        for part in parts[1:]:
            for name, tensor in export.dequantise(part.folder).named_parameters():
                mean[name] += tensor * (part.weight / total)
        for name, tensor in model.named_parameters():
            tensor.copy_(mean[name])
    with whole.folder_beside(out) as half:
        export.write(model, (parts[0].folder / _TOKENIZER).read_text(encoding="utf-8"), half)
        tokenizer = PieceTokenizer.read(half / _TOKENIZER)
        grammars = {DESKTOP: domain_grammar(catalog.actions.values(), tokenizer=tokenizer)}
        encoded = encode_mix(((example, 1.0) for example in heldout), grammars, processes=1)
        answered = answers(Trainable(export.dequantise(half)), encoded)
        score = score_of(answered)
        card = {
            **cards[-1].data,
            "base_hash": file_hash(half / "model.safetensors"),
            "averaged": [
                {"base_hash": card.base_hash, "weight": part.weight}
                for card, part in zip(cards, parts, strict=True)
            ],
            "heldout": asdict(score),
            "heldout_temperature": temperature_of(answered),
        }
        (half / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return score


def _check(parts: Sequence[Part], cards: Sequence[Card], catalog_hash: str) -> None:
    """Raises UsageError where the bases are not of one kind."""
    hint = "average bases that went on from one another: whispera base build --source FOLDER"
    if any(card.catalog_hash != catalog_hash for card in cards):
        raise UsageError("not all of these bases know the actions that are configured", hint=hint)
    for name in ("config.json", _TOKENIZER):
        if len({(part.folder / name).read_bytes() for part in parts}) > 1:
            raise UsageError(f"these bases differ in {name}", hint=hint)
