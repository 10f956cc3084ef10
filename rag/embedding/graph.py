"""The bundled model as an ONNX graph, put together from its safetensors; the only importer of `onnx`.

In: `ids` (n,) int64, word pieces of one text with its special ones, n <= 512. Out: `tokens` (n, 384), the last hidden states, and
`vector` (384,), their mean with length 1. One text a run means no batch axis, no padding and no attention mask. Written with plain
Add and LayerNormalization, since onnxruntime's fused SkipLayerNormalization was measured slower beside int8 products.

A cross-encoder reads two texts in one run: `kinds` (n,) int64 is 0 for the pieces of the first and 1 for those of the second, and
`spread` (s, n) takes the mean over each of the s sentences of the second. Out: for each of its heads the probabilities of the classes, and
`<head>_evidence` (s,), the chance that a sentence is what the second text says of the first. A head sees [CLS], the mean of the first
text, and the sentences' means weighted by their evidence.

int8: weights in 7 bits a column (-63..63: the 16-bit sums of processors without VNNI then can't overflow), activations quantised
per product as they come; attention and normalisation stay in fp32. The table of word pieces is kept in half precision.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

Precision = Literal["int8", "fp32"]

VERSION = 2
"""Part of the cached file's name: raise it with every change here."""

HEADS_OF_PAIRS = ("question", "claim")

LAYERS, HEADS, WIDTH = 6, 12, 384
_CONTRIB = "com.microsoft"


def build(weights: Mapping[str, NDArray[np.float32]], precision: Precision) -> bytes:
    """The serialised model."""
    return _Graph(weights, precision).embedder()


def build_pairs(weights: Mapping[str, NDArray[np.float32]], precision: Precision) -> bytes:
    """The serialised cross-encoder; it needs `heads.<name>` and `evidence.<name>` too, each with `.weight`, `.bias`."""
    return _Graph(weights, precision).cross_encoder()


def build_ranker(weights: Mapping[str, NDArray[np.float32]], precision: Precision) -> bytes:
    """The serialised relevance model: `ids` and `kinds` as above in, `relevance` (1,), a log-odds, out; it needs `relevance.weight`, `.bias`."""
    return _Graph(weights, precision).ranker()


class _Graph:
    """Nodes and constants as they are added; every method returns the name of what it made."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]], precision: Precision) -> None:
        import onnx

        self.onnx = onnx
        self.weights, self.precision = weights, precision
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def embedder(self) -> bytes:
        types = self.weights["embeddings.token_type_embeddings.weight"]
        # Every token is of type 0, so that row goes into the positions once and for all.
        hidden = self._encoded(self._embeddings(types[0]))
        self._node("Identity", [hidden], "tokens")
        mean = self._node("ReduceMean", [hidden], axes=[0], keepdims=0)
        length = self._node("ReduceL2", [mean], axes=[0], keepdims=1)
        self._node("Div", [mean, length], "vector")
        return self._serialised({"ids": ["n"]}, {"tokens": ["n", WIDTH], "vector": [WIDTH]})

    def ranker(self) -> bytes:
        _, start, mean = self._pair()
        matrix, offset = (self._constant(f"relevance.{part}", self.weights[f"relevance.{part}"]) for part in ("weight", "bias"))
        joint = self._node("Concat", [start, mean], axis=0)
        self._node("Add", [self._node("MatMul", [matrix, joint]), offset], "relevance")
        return self._serialised({"ids": ["n"], "kinds": ["n"]}, {"relevance": [1]})

    def _pair(self) -> tuple[str, str, str]:
        """Two texts read together: all states, [CLS], and the mean over the first text."""
        types = self._constant("types", self.weights["embeddings.token_type_embeddings.weight"])
        sides = self._node("Gather", [types, "kinds"], axis=0)
        hidden = self._encoded(self._embeddings(np.zeros(WIDTH, dtype=np.float32), sides))
        kinds = self._node("Cast", ["kinds"], to=int(self.onnx.TensorProto.FLOAT))
        first = self._node("Sub", [self._constant("one", np.ones(1, dtype=np.float32)), kinds])
        share = self._node("Div", [first, self._node("ReduceSum", [first], keepdims=1)])
        mean = self._node("MatMul", [share, hidden])
        return hidden, self._node("Gather", [hidden, self._constant("start", np.array(0, dtype=np.int64))], axis=0), mean

    def cross_encoder(self) -> bytes:
        hidden, start, mean = self._pair()
        sentences = self._node("MatMul", ["spread", hidden])
        outputs: dict[str, list[str | int]] = {}
        for head in HEADS_OF_PAIRS:
            matrix, offset = (
                self._constant(f"evidence.{head}.{part}", self.weights[f"evidence.{head}.{part}"]) for part in ("weight", "bias")
            )
            column = self._node("Reshape", [matrix, self._constant("column", np.array([WIDTH]))])
            told = self._node("Add", [self._node("MatMul", [sentences, column]), offset])
            self._node("Sigmoid", [told], f"{head}_evidence")
            chosen = self._node("MatMul", [self._node("Softmax", [told], axis=-1), sentences])
            joint = self._node("Concat", [start, mean, chosen], axis=0)
            matrix, offset = (self._constant(f"heads.{head}.{part}", self.weights[f"heads.{head}.{part}"]) for part in ("weight", "bias"))
            self._node("Softmax", [self._node("Add", [self._node("MatMul", [matrix, joint]), offset])], head, axis=-1)
            outputs |= {head: [len(self.weights[f"heads.{head}.bias"])], f"{head}_evidence": ["s"]}
        return self._serialised({"ids": ["n"], "kinds": ["n"], "spread": ["s", "n"]}, outputs)

    def _encoded(self, hidden: str) -> str:
        for n in range(LAYERS):
            hidden = self._layer(hidden, f"encoder.layer.{n}")
        return hidden

    def _serialised(self, inputs: Mapping[str, Sequence[str]], outputs: Mapping[str, Sequence[str | int]]) -> bytes:
        helper, kinds = self.onnx.helper, self.onnx.TensorProto
        graph = helper.make_graph(
            self.nodes,
            "minilm",
            [
                helper.make_tensor_value_info(name, kinds.FLOAT if name == "spread" else kinds.INT64, shape)
                for name, shape in inputs.items()
            ],
            [helper.make_tensor_value_info(name, kinds.FLOAT, shape) for name, shape in outputs.items()],
            list(self.constants.values()),
        )
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(_CONTRIB, 1)]
        content: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
        return content

    def _embeddings(self, added: NDArray[np.float32], sides: str = "") -> str:
        words = self.weights["embeddings.word_embeddings.weight"]
        places = self.weights["embeddings.position_embeddings.weight"] + added
        if self.precision == "int8":
            looked_up = self._node("Gather", [self._constant("words", words.astype(np.float16)), "ids"], axis=0)
            looked_up = self._node("Cast", [looked_up], to=int(self.onnx.TensorProto.FLOAT))
        else:
            looked_up = self._node("Gather", [self._constant("words", words), "ids"], axis=0)
        size = self._node("Shape", ["ids"])
        zero = self._constant("zero", np.zeros(1, dtype=np.int64))
        positions = self._node("Slice", [self._constant("places", places), zero, size])
        joint = self._node("Add", [looked_up, positions])
        return self._normalised(self._node("Add", [joint, sides]) if sides else joint, "embeddings.LayerNorm")

    def _layer(self, hidden: str, name: str) -> str:
        attended = self._product(self._attention(hidden, f"{name}.attention.self"), f"{name}.attention.output.dense")
        hidden = self._normalised(self._node("Add", [attended, hidden]), f"{name}.attention.output.LayerNorm")
        inner = self._node("Gelu", [self._product(hidden, f"{name}.intermediate.dense")], domain=_CONTRIB)
        outer = self._product(inner, f"{name}.output.dense")
        return self._normalised(self._node("Add", [outer, hidden]), f"{name}.output.LayerNorm")

    def _attention(self, hidden: str, name: str) -> str:
        """Queries, keys and values in one product; the scale 1/sqrt(32) is folded into the queries' weights."""
        scale = {"query": np.float32(1 / math.sqrt(WIDTH // HEADS)), "key": np.float32(1), "value": np.float32(1)}
        matrix = np.concatenate([self.weights[f"{name}.{part}.weight"].T * by for part, by in scale.items()], axis=1)
        bias = np.concatenate([self.weights[f"{name}.{part}.bias"] * by for part, by in scale.items()])
        joint = self._times(hidden, matrix, bias, name)
        shape = self._constant("heads", np.array([-1, 3, HEADS, WIDTH // HEADS], dtype=np.int64))
        parts = self._node("Reshape", [joint, shape])
        turned = self._node("Transpose", [parts], perm=[1, 2, 0, 3])  # (3, heads, n, 32)
        queries, keys, values = (
            self._node("Gather", [turned, self._constant(f"part{n}", np.array(n, dtype=np.int64))], axis=0) for n in range(3)
        )
        scores = self._node("MatMul", [queries, self._node("Transpose", [keys], perm=[0, 2, 1])])
        mixed = self._node("MatMul", [self._node("Softmax", [scores], axis=-1), values])
        together = self._node("Transpose", [mixed], perm=[1, 0, 2])
        return self._node("Reshape", [together, self._constant("flat", np.array([-1, WIDTH], dtype=np.int64))])

    def _product(self, hidden: str, name: str) -> str:
        return self._times(hidden, self.weights[f"{name}.weight"].T, self.weights[f"{name}.bias"], name)

    def _times(self, hidden: str, matrix: NDArray[np.float32], bias: NDArray[np.float32], name: str) -> str:
        offset = self._constant(f"{name}.bias", bias)
        if self.precision == "fp32":
            weight = self._constant(f"{name}.weight", matrix)
            return self._node("Add", [self._node("MatMul", [hidden, weight]), offset])
        scale = (np.abs(matrix).max(axis=0) / 63).astype(np.float32)
        whole = np.clip(np.rint(matrix / scale), -63, 63).astype(np.int8)
        inputs = [hidden, self._constant(f"{name}.weight", whole), self._constant(f"{name}.scale", scale), "", offset]
        return self._node("DynamicQuantizeMatMul", inputs, domain=_CONTRIB)

    def _normalised(self, hidden: str, name: str) -> str:
        scale, offset = (self._constant(f"{name}.{part}", self.weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self._node("LayerNormalization", [hidden, scale, offset], axis=-1, epsilon=1e-12)

    def _node(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        output = output or f"{kind}{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        if name not in self.constants:
            self.constants[name] = self.onnx.numpy_helper.from_array(np.asarray(value, order="C"), name)
        return name
