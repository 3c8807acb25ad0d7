"""A transformer of a few kilobytes with random weights, saved as sentence-transformers finds it."""

from __future__ import annotations

import importlib
import json
import string
from pathlib import Path
from typing import Any


def save_tiny_transformer(folder: Path, seed: int) -> None:
    """Write the model. Needs the package sentence-transformers; another seed gives other weights."""
    torch: Any = importlib.import_module("torch")
    transformers: Any = importlib.import_module("transformers")
    folder.mkdir(parents=True, exist_ok=True)
    letters = [*string.ascii_lowercase, *string.digits, *"абвгдежзийклмнопрстуфхцчшщъыьэюяäöüß出金أينطلبي"]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=128,
    )  # fmt: skip
    torch.manual_seed(seed)
    transformers.BertModel(config).save_pretrained(folder)
    # As a real model says it; without it a tokenizer would let more tokens through than there are positions.
    settings = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    settings["model_max_length"] = 128
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
