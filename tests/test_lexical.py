"""The keyword index: BM25 as published, what a term is, filters that leave scores alone, retrieval quality."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from rag.lexical import Entry, KeywordIndex, Narrow

if TYPE_CHECKING:
    from collections.abc import Iterator

BENCH = Path(__file__).parents[1] / ".." / "shared" / "bench"


def index(folder: Path, texts: list[tuple[str, str]]) -> KeywordIndex:
    """An index of (title, abstract) pairs in rows 1, 2, ..."""
    found = KeywordIndex(folder, create=True)
    found.put(Entry(row, row, title, text) for row, (title, text) in enumerate(texts, 1))
    found.commit()
    found.release()
    return found


def test_terms() -> None:
    """Stems without accents, stop words and punctuation; a number keeps its point."""
    terms = KeywordIndex.__new__(KeywordIndex)
    from rag.lexical import _analyser

    terms.analyser = _analyser()
    assert terms.terms("The Bézier curves, of GPT-3.5: models' losses") == ["bezier", "curv", "gpt", "3.5", "model", "loss"]
    assert terms.terms("What is it?") == []


PLACES: dict[str, dict[str, tuple[int, ...]]] = {
    "transformers": {"out": (4, 5, 9), "in": (4, 8), "other": (4, 7), "swapped": (3, 10)},
    "hallucination": {"out": (2, 11), "in": (1, 6), "other": (3, 9), "swapped": (4, 11)},
    "training": {"out": (6,), "in": (4, 6), "other": (5,), "swapped": (1, 6)},
    "sentiment": {"out": (3,), "in": (4,), "other": (6, 7), "swapped": (3,)},
    "MGSM8KInstruct": {"out": (11,), "in": (13,), "other": (9,), "swapped": (2, 12)},
    "трансформер": {"out": (2,), "in": (5,), "other": (4,), "swapped": (9,)},
}
"""Where one edit is made in each word, of each kind."""


def slips(word: str) -> Iterator[str]:
    """The word with one edit at each of its places."""
    letter = "з" if word[0] == "т" else "q"
    for kind, places in PLACES[word].items():
        for at in places:
            before, here, after = word[:at], word[at], word[at + 1 :]
            yield {
                "out": before + after,
                "in": before + letter + here + after,
                "other": before + letter + after,
                "swapped": before + after[:1] + here + after[1:],
            }[kind]


@pytest.mark.parametrize("word", PLACES)
def test_one_edit_behind_the_first_letter_leads_back(tmp_path: Path, word: str) -> None:
    """Whatever letter is left out, put in, taken for another or swapped with the next, in stem or ending: the word is near."""
    found = index(tmp_path, [(f"A paper on {word}", "train of thought, halls, sent"), ("Another", "transfer of hallmarks")])
    assert [slip for slip in slips(word) if word not in found.near(slip)] == []


def test_what_is_near_is_held(tmp_path: Path) -> None:
    """With each near word comes the number of papers that hold its term; a word of which nothing is near has none."""
    found = index(tmp_path, [("Diffusion", "diffusion"), ("", "diffusion models"), ("", "confusion")])
    assert found.near("diffiusion") == {"diffusion": 2}
    assert found.near("zzzzzz") == {}
    assert found.near("Difusión") == {"diffusion": 2}
    assert found.near("of") == found.near("two words") == {}


def test_scores_are_bm25(tmp_path: Path) -> None:
    """Each score is the sum over terms of idf times the saturated frequency (Robertson and Zaragoza 2009; k1 1.2, b 0.75)."""
    texts = [("red fox", "red red dog"), ("blue fox", "cat"), ("green", "dog dog cat mouse"), ("red", "mouse")]
    found = dict(index(tmp_path, texts).search({"red": 1.0, "dog": 2.0}, k=10))
    bags = [Counter(f"{title} {text}".split()) for title, text in texts]
    mean = sum(map(Counter.total, bags)) / len(bags)

    def bm25(bag: Counter[str]) -> float:
        total = 0.0
        for term, weight in (("red", 1.0), ("dog", 2.0)):
            df = sum(term in other for other in bags)
            idf = math.log(1 + (len(bags) - df + 0.5) / (df + 0.5))
            total += weight * idf * bag[term] * 2.2 / (bag[term] + 1.2 * (0.25 + 0.75 * bag.total() / mean))
        return total

    expected = {row: bm25(bag) for row, bag in enumerate(bags, 1) if bag["red"] or bag["dog"]}
    assert found.keys() == expected.keys()
    assert all(abs(found[row] - expected[row]) < 1e-5 for row in expected)


def test_titles_can_be_asked_alone(tmp_path: Path) -> None:
    """The title has its own field."""
    found = index(tmp_path, [("alpha", "beta"), ("beta", "alpha")])
    assert [row for row, _ in found.search({"alpha": 1.0}, k=5, field="title")] == [1]
    assert len(found.search({"alpha": 1.0}, k=5)) == 2


def test_putting_twice_changes_nothing(tmp_path: Path) -> None:
    """An entry at its change number stays, a newer one replaces, a dropped one is gone; committed or not."""
    found = index(tmp_path, [("alpha", "beta"), ("gamma", "beta")])
    assert found.put([Entry(1, 1, "alpha", "beta")]) == 0
    assert found.put([Entry(2, 7, "delta", "beta")]) == 1
    assert found.put([Entry(2, 8, "epsilon", "beta"), Entry(3, 9, "zeta", "beta")]) == 1
    assert found.put([], [1, 99]) == 1
    found.commit()
    assert found.count == 2
    assert [row for row, _ in found.search({"epsilon": 1.0}, k=5)] == [2]
    assert found.search({"delta": 1.0}, k=5) == found.search({"alpha": 1.0}, k=5) == []
    found.release()


def test_an_index_opened_before_sees_commits_after_reload(tmp_path: Path) -> None:
    """A reader keeps what it saw until it reloads."""
    writer = index(tmp_path, [("alpha", "beta")])
    reader = KeywordIndex(tmp_path)
    writer.put([Entry(2, 2, "alpha", "gamma")])
    writer.commit()
    assert reader.count == 1
    reader.reload()
    assert reader.count == 2
    writer.release()


@pytest.mark.parametrize("share", [0.5, 0.1, 0.05, 0.02, 0.002])
@pytest.mark.parametrize("helped", [True, False])
def test_filters_lose_no_hit(tmp_path: Path, share: float, *, helped: bool) -> None:
    """By mask, by rows or by tags, the result is the unfiltered ranking without the papers left out, scores and all."""
    rng = random.Random(5)
    words = [f"word{i}" for i in range(60)]
    mask = np.array([rng.random() < share for _ in range(15_001)])
    found = KeywordIndex(tmp_path, create=True)
    found.put(
        Entry(row, row, " ".join(rng.choices(words, k=3)), " ".join(rng.choices(words, k=20)), ("in",) if mask[row] else ("out",))
        for row in range(1, 15_001)
    )
    found.commit()
    mask[0] = False
    mask[5:40] = False  # what the tags allow and the mask does not
    weights = {"word1": 1.0, "word7": 1.0, "word9": 0.5}
    whole = [pair for pair in found.search(weights, k=50_000) if mask[pair[0]]]
    for k in (1, 10, 100):
        run = found.search(weights, k=k, mask=mask, narrow=Narrow(groups=(("in", "nowhere"),)) if helped else None)
        last = whole[min(k, len(whole)) - 1][1]
        assert {row for row, score in run if score > last + 1e-5} == {row for row, score in whole if score > last + 1e-5}
        assert [s for _, s in run[:k]] == pytest.approx([s for _, s in whole[:k]], abs=1e-5)
    found.release()


def test_dates_are_checked_in_the_index(tmp_path: Path) -> None:
    """Days within both bounds; a paper without a date matches no bound."""
    found = KeywordIndex(tmp_path, create=True)
    days = {1: (20230401, 20230430), 2: (20230105, 20230105), 3: (0, 0), 4: (20240101, 20241231)}
    found.put(Entry(row, row, "alpha", "beta", (), *span) for row, span in days.items())
    found.commit()

    def rows(first: int | None, last: int | None) -> set[int]:
        hits = found._searcher.search(found._condition(Narrow(first=first, last=last)), 10).hits
        return set(found._searcher.fast_field_values("row", [address for _, address in hits]))

    assert rows(20230201, None) == {1, 4}
    assert rows(None, 20230430) == {1, 2}
    assert rows(20230402, 20240601) == set()
    assert rows(20230105, 20231231) == {1, 2}
    found.release()


def test_nothing_to_ask(tmp_path: Path) -> None:
    """No terms, no hits wanted, no rows allowed, an empty index: an empty answer."""
    found = KeywordIndex(tmp_path, create=True)
    assert found.search({"a": 1.0}, k=5) == []
    found = index(tmp_path / "b", [("alpha", "beta")])
    assert (
        found.search({}, k=5) == found.search({"alpha": 1.0}, k=0) == found.search({"alpha": 1.0}, k=5, mask=np.zeros(2, dtype=bool)) == []
    )


@pytest.mark.bench
@pytest.mark.parametrize(("name", "split", "floor"), [("scifact", "test", 0.686), ("scitldr", "dev", 0.807)])
def test_ranking_is_as_good_as_the_published_baseline(tmp_path: Path, name: str, split: str, floor: float) -> None:
    """nDCG@10 on open benchmarks reaches that of bm25s with Snowball stems."""
    if not (BENCH / name).is_dir():
        pytest.skip("the open benchmarks are not beside the checkout")
    documents = [json.loads(line) for line in (BENCH / name / "corpus.jsonl").read_text().splitlines()]
    queries = {q["_id"]: q["text"] for q in map(json.loads, (BENCH / name / "queries.jsonl").read_text().splitlines())}
    judged: dict[str, dict[str, float]] = {}
    for line in (BENCH / name / "qrels" / f"{split}.tsv").read_text().splitlines()[1:]:
        query, document, grade = line.split("\t")
        if float(grade) > 0:
            judged.setdefault(query, {})[document] = float(grade)
    found = index(tmp_path, [(d["title"], d["text"]) for d in documents])
    total = 0.0
    for query, relevant in judged.items():
        run = found.search(Counter(found.terms(queries[query])), k=10)[:10]
        gain = sum(relevant.get(documents[row - 1]["_id"], 0.0) / math.log2(rank + 1) for rank, (row, _) in enumerate(run, 1))
        best = sorted(relevant.values(), reverse=True)[:10]
        total += gain / sum(grade / math.log2(rank + 1) for rank, grade in enumerate(best, 1))
    assert total / len(judged) >= floor
