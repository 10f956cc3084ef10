"""Two texts read together: the graph computes what the weights say, and what was learned tells true from false."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import reading
from rag.embedding import weights
from rag.reading import crossencoder
from rag.reading.crossencoder import LEARNED, NEAREST, CrossEncoder, merged

if TYPE_CHECKING:
    from pathlib import Path

TITLE = "Foo: Parsing Logs without Labels"
SENTENCES = (
    "Logs of large systems are hard to parse, and labelled lines are scarce.",
    "Foo groups lines by their rare words and needs no labelled logs.",
    "On LogBench it is 12% more accurate than Bar, at three million lines a minute on one CPU core.",
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the graphs of this file."""
    return tmp_path_factory.mktemp("graphs")


@pytest.fixture(scope="module")
def int8(cache: Path) -> CrossEncoder:
    """As in use."""
    return CrossEncoder("int8", cache=cache)


@pytest.fixture(scope="module")
def fp32(cache: Path) -> CrossEncoder:
    """Exact."""
    return CrossEncoder("fp32", cache=cache)


def by_hand(text: str, title: str, sentences: tuple[str, ...]) -> Any:
    """The same model in plain numpy, from Vaswani et al. 2017 and Devlin et al. 2019: for both heads the chances and the evidence."""
    w = merged()
    tokenizer = weights.tokenizer()
    ids = tokenizer.encode(text).ids
    first = len(ids)
    ids += tokenizer.encode(f"{title}. ", add_special_tokens=False).ids
    places = []
    for part in sentences:
        own = tokenizer.encode(part, add_special_tokens=False).ids
        places.append((len(ids), len(ids) + len(own)))
        ids += own
    ids.append(102)
    kinds = np.array([0] * first + [1] * (len(ids) - first))

    def norm(x: Any, name: str) -> Any:
        centred = x - x.mean(-1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12) * w[f"{name}.weight"] + w[f"{name}.bias"]

    def dense(x: Any, name: str) -> Any:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def soft(x: Any) -> Any:
        powers = np.exp(x - x.max(-1, keepdims=True))
        return powers / powers.sum(-1, keepdims=True)

    e = "embeddings."
    x = w[f"{e}word_embeddings.weight"][ids] + w[f"{e}position_embeddings.weight"][: len(ids)]
    x = norm(x + w[f"{e}token_type_embeddings.weight"][kinds], f"{e}LayerNorm")
    erf = np.vectorize(math.erf)
    for n in range(6):
        layer = f"encoder.layer.{n}."
        q, k, v = (dense(x, f"{layer}attention.self.{p}").reshape(-1, 12, 32).transpose(1, 0, 2) for p in ("query", "key", "value"))
        mixed = (soft(q @ k.transpose(0, 2, 1) / math.sqrt(32)) @ v).transpose(1, 0, 2).reshape(-1, 384)
        x = norm(x + dense(mixed, f"{layer}attention.output.dense"), f"{layer}attention.output.LayerNorm")
        inner = dense(x, f"{layer}intermediate.dense")
        x = norm(x + dense(inner * (1 + erf(inner / math.sqrt(2))) / 2, f"{layer}output.dense"), f"{layer}output.LayerNorm")
    means = np.stack([x[a:b].mean(0) for a, b in places])
    found = []
    for head in ("question", "claim"):
        told = dense(means, f"evidence.{head}")[:, 0]
        joint = np.concatenate([x[0], x[:first].mean(0), soft(told) @ means])
        found.append((soft(dense(joint, f"heads.{head}")), 1 / (1 + np.exp(-told))))
    return found


def test_the_graph_computes_what_the_weights_say(fp32: CrossEncoder) -> None:
    """Both heads, against plain numpy."""
    text = "Does Foo need labelled logs?"
    (question, asked), (claim, claimed) = by_hand(text, TITLE, SENTENCES)
    found = fp32.question(text, TITLE, SENTENCES)
    assert [found.answerable, found.missing, found.contradicted, found.unrelated] == pytest.approx(question.tolist(), abs=1e-4)
    assert found.evidence == pytest.approx(asked.tolist(), abs=1e-4)
    carried = fp32.claim(text, TITLE, SENTENCES)
    near = sorted(np.argsort(-claimed, kind="stable")[:NEAREST])
    again = by_hand(text, TITLE, tuple(SENTENCES[n] for n in near))[1][0]
    both = np.sqrt(claim * again)
    assert [carried.carried, carried.contradicted, carried.not_said] == pytest.approx((both / both.sum()).tolist(), abs=1e-4)
    assert carried.evidence == pytest.approx(claimed.tolist(), abs=1e-4)


def test_int8_says_nearly_the_same(int8: CrossEncoder, fp32: CrossEncoder) -> None:
    """Chances a few hundredths apart."""
    for text in ("How accurate is Foo on LogBench?", "Which GPU does Foo run on?", "Why does Bar beat Foo?"):
        small, exact = int8.question(text, TITLE, SENTENCES), fp32.question(text, TITLE, SENTENCES)
        assert abs(small.answerable - exact.answerable) < 0.15
        assert small.evidence == pytest.approx(exact.evidence, abs=0.2)


def test_a_reading_is_a_distribution_with_a_chance_for_each_sentence(int8: CrossEncoder) -> None:
    """The classes add up to 1; the sentence that holds the answer is told from the others; the same text gives the same reading."""
    found = int8.question("By how much is Foo more accurate than Bar?", TITLE, SENTENCES)
    assert found.answerable + found.missing + found.contradicted + found.unrelated == pytest.approx(1, abs=1e-5)
    assert len(found.evidence) == len(SENTENCES)
    assert found.evidence.index(max(found.evidence)) == 2
    assert found.answerable > 0.5
    assert int8.question("By how much is Foo more accurate than Bar?", TITLE, SENTENCES) == found


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("Foo was tried on LogBench.", "Foo was tried on images of birds."),
        ("Foo works without labelled logs.", "Foo requires labelled logs."),
        ("The grouping rests on rare words.", "The grouping rests on recurrent networks."),
    ],
)
def test_a_true_claim_stands_above_a_false_one(int8: CrossEncoder, true: str, false: str) -> None:
    """In nearly the same words."""
    assert int8.claim(true, TITLE, SENTENCES).carried > int8.claim(false, TITLE, SENTENCES).carried


def test_what_is_too_long_is_read_in_parts(int8: CrossEncoder) -> None:
    """A long question, a long abstract, an endless sentence, none at all: a reading all the same, and the end of the text is read too."""
    many = (*("Foo groups lines by their rare words and needs no labels." for _ in range(80)), SENTENCES[2])
    found = int8.question("By how much is Foo more accurate than Bar on LogBench?", TITLE, many)
    assert len(found.evidence) == 81
    assert found.evidence.index(max(found.evidence)) == 80
    assert len(int8.question("why " * 500, "title " * 500, ("word " * 2000, "Short.")).evidence) == 2
    assert int8.question("What is Foo?", "", ()).evidence == ()
    assert 0 <= int8.claim("", "", ()).carried <= 1


@given(st.lists(st.integers(0, 60), max_size=30), st.integers(1, 50))
def test_parts_hold_every_sentence_once_in_order(lengths: list[int], room: int) -> None:
    """Whatever the lengths, each part fits but for single sentences that are longer than a part."""
    own = [[n] * length for n, length in enumerate(lengths)]
    parts = crossencoder._parts_of(own, room)
    assert [s for part in parts for s in part] == own
    assert all(sum(min(len(s), room) for s in part) <= room for part in parts)


def test_matrices_are_stored_as_the_graph_multiplies_them() -> None:
    """Whole numbers of seven bits, a scale a row; the words themselves are the bundled ones."""
    before, after = weights.model(), merged()
    assert LEARNED.stat().st_size < 12 * 2**20
    matrix = after["encoder.layer.3.intermediate.dense.weight"]
    scale = np.abs(matrix).max(axis=1, keepdims=True) / 63
    assert np.abs(matrix / scale - np.rint(matrix / scale)).max() < 1e-3
    assert (after["embeddings.word_embeddings.weight"] == before["embeddings.word_embeddings.weight"]).all()


def test_a_kept_graph_gives_the_same(int8: CrossEncoder, cache: Path) -> None:
    """A second one reads the graph from the folder; a damaged file is built anew."""
    text = "Foo needs no labels."
    chance = int8.claim(text, TITLE, SENTENCES)
    (graph,) = cache.glob("reader-int8-*.onnx")
    assert CrossEncoder("int8", cache=cache).claim(text, TITLE, SENTENCES) == chance
    graph.write_bytes(b"not a graph")
    assert CrossEncoder("int8", cache=cache).claim(text, TITLE, SENTENCES) == chance


def test_without_the_weights_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest then goes on without it."""
    monkeypatch.setattr(weights, "PACKAGE", "no_such_package")
    assert reading.load() is None
