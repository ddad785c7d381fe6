"""Training on a card of NVIDIA's; with four bits the frozen layers are held in NF4 by bitsandbytes (QLoRA).

bitsandbytes is imported only where there is such a card. What is learnt fits the base as it is stored: NF4
only saves memory while training.

Source: Dettmers et al., QLoRA (2023).
"""

from __future__ import annotations

from typing import Any

import torch

from whispera.errors import WhisperaError
from whispera.training.blocks import Bits


def check(*, bits: Bits) -> None:
    """Raise WhisperaError where there is no NVIDIA card, or bitsandbytes is missing for four bits."""
    if not torch.cuda.is_available():
        raise WhisperaError(
            "--device cuda needs an NVIDIA card, and torch built for it",
            hint="leave --device away; in four bits without a card: --bits 4 alone",
        )
    if bits == 4:
        _bitsandbytes()


def _bitsandbytes() -> Any:
    try:
        import bitsandbytes
    except ImportError as error:
        raise WhisperaError(
            "four bits on an NVIDIA card need bitsandbytes, which is not installed",
            hint="install it: pip install bitsandbytes",
        ) from error
    return bitsandbytes


def place(model: Any, *, bits: Bits, device: str = "cuda") -> Any:
    """The model on the card, its frozen linear layers in NF4 where `bits` is 4."""
    if bits == 4:
        hold_in_nf4(model)
    return model.to(device)


def hold_in_nf4(model: Any) -> None:
    """Replace the layers under an adapter by NF4 ones; they are rounded when they move to the card."""
    library = _bitsandbytes()
    for module in model.modules():
        frozen = getattr(module, "base_layer", None)
        if isinstance(frozen, torch.nn.Linear):
            small = library.nn.Linear4bit(
                frozen.in_features,
                frozen.out_features,
                bias=frozen.bias is not None,
                compute_dtype=torch.bfloat16,
                quant_type="nf4",
            )
            small.weight = library.nn.Params4bit(frozen.weight.data, requires_grad=False, quant_type="nf4")
            if frozen.bias is not None:
                small.bias = torch.nn.Parameter(frozen.bias.data, requires_grad=False)
            module.base_layer = small
