"""Judged passages: the measures against other implementations, the files, the command, and going on after an interruption."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval import reader_adapter
from eval.cli import main
from eval.reader import scoring
from eval.reader.calibration import BINS, ece, reliability
from eval.reader.clusters import Clusters, mean_over
from eval.reader.evidence import first_right
from eval.reader.figures import figures_of
from eval.reader.page import page
from eval.reader.ranking import auroc, caught
from eval.reader.rows import Row, chosen, read_rows
from eval.reader.scoring import score_rows
from eval.reader.show import show_beside
from eval.reader_adapter import ClaimScore, QuestionScore, Shipped
from eval.report.plots import reliability as plotted
from rag.errors import ConfigError, SourceError

ROOT = Path(__file__).parents[1]
TIED = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0]), st.booleans(), st.integers(0, 3)), min_size=1, max_size=30)
PASSAGE = [
    "Reef fish were counted at twelve sites in 2019.",
    "Parrotfish were twice as common inside the reserve as outside it.",
    "Water temperature did not differ between the sites.",
]
QUESTIONS: list[dict[str, Any]] = [
    {"question": "Where were parrotfish more common?", "label": "answerable", "holds": [1]},
    {"question": "Who paid for the survey of reef fish?", "label": "detail_missing", "holds": []},
    {"question": "Why were parrotfish rarer inside the reserve?", "label": "contradicted", "holds": [1]},
    {"question": "Which compiler unrolls the loop?", "label": "unrelated", "holds": []},
]
CLAIMS: list[dict[str, Any]] = [
    {"text": "Parrotfish were commoner inside the reserve.", "label": "carried", "holds": [1]},
    {"text": "Parrotfish were rarer inside the reserve.", "label": "contradicted", "holds": [1]},
    {"text": "The survey was paid for by a ministry.", "label": "not_carried", "holds": None},
    {"text": "Parrotfish were twice as common inside the reserve, which was founded in 1980.", "label": "partly", "holds": [1]},
]
PAIRS: list[dict[str, Any]] = [
    {"true": "Parrotfish were commoner inside the reserve.", "false": "Parrotfish were commoner outside the reserve."}
]


def _lines(rows: list[dict[str, Any]], **more: Any) -> str:
    common = {"source": "reefs", "doc": "d1", "split": "dev", "title": "Fish of a reef", "sentences": PASSAGE, "kind": "own"}
    return "".join(json.dumps({**common, **row, **more}) + "\n" for row in rows)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A file of each form; the claims hold an empty line."""
    texts = {"questions": _lines(QUESTIONS), "claims": _lines(CLAIMS[:1]) + "\n" + _lines(CLAIMS[1:]), "pairs": _lines(PAIRS)}
    for name, text in texts.items():
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return [tmp_path / f"{name}.jsonl" for name in texts]


class Known:
    """Reads by a rule that tests know: the share of a text's words that stand in the passage. Counts what it reads."""

    def __init__(self) -> None:
        """Nothing read yet."""
        self.read: list[str] = []

    def _shares(self, text: str, sentences: tuple[str, ...]) -> tuple[float, tuple[float, ...]]:
        self.read.append(text)
        wanted = set(re.findall(r"\w+", text.lower()))
        each = tuple(len(wanted & set(re.findall(r"\w+", s.lower()))) / len(wanted) for s in sentences)
        return max(each), each

    def question(self, text: str, title: str, sentences: tuple[str, ...]) -> QuestionScore:
        """More shared words: rather answerable."""
        p, each = self._shares(text, sentences)
        verdict = "answered" if p > 0.5 else "detail_missing"
        return QuestionScore(
            answerable=p, missing=1 - p, contradicted=0.0, unrelated=0.0, evidence=each, verdict=verdict, chance=p * (1 if title else 0)
        )

    def claim(self, text: str, title: str, sentences: tuple[str, ...]) -> ClaimScore:
        """More shared words: rather carried."""
        del title
        p, each = self._shares(text, sentences)
        return ClaimScore(carried=p, contradicted=0.0, not_said=1 - p, evidence=each, verdict="passed" if p > 0.5 else "unsupported")


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Known:
    """The rule in the shipped reader's place."""
    reader = Known()
    monkeypatch.setattr(Shipped, "load", classmethod(lambda _cls, _passages: reader))
    return reader


# -- measures -----------------------------------------------------------------------------------------------------------------------


def _repeated(rows: list[tuple[float, bool, int]]) -> list[tuple[float, bool]]:
    """Each row as often as its weight says."""
    return [(score, good) for score, good, weight in rows for _ in range(weight)]


def _weighted(rows: list[tuple[float, bool, int]]) -> tuple[list[float], list[bool], Any]:
    return [r[0] for r in rows], [r[1] for r in rows], np.array([[r[2] for r in rows]], dtype=np.float64)


@given(TIED)
def test_auroc_counts_pairs(rows: list[tuple[float, bool, int]]) -> None:
    """It is the share of (good, bad) pairs in the right order, ties half, also where rows are weighted; nan without pairs."""
    every = _repeated(rows)
    pairs = [(g, b) for (g, good), (b, bad) in itertools.product(every, every) if good and not bad]
    found = auroc(*_weighted(rows))[0]
    if pairs:
        assert found == pytest.approx(sum((g > b) + (g == b) / 2 for g, b in pairs) / len(pairs))
    else:
        assert np.isnan(found)


@given(TIED, st.sampled_from([0.0, 0.05, 0.2]))
def test_caught_is_the_best_limit(rows: list[tuple[float, bool, int]], lost: float) -> None:
    """No limit that loses at most the allowed share of the good ones catches more of the bad ones."""
    every = _repeated(rows)
    goods, bads = [s for s, good in every if good], [s for s, good in every if not good]
    found = caught(*_weighted(rows), lost=lost)[0]
    if not goods or not bads:
        assert np.isnan(found)
        return
    limits = [limit for limit in {s for s, _ in every} if sum(g < limit for g in goods) <= lost * len(goods) + 1e-9]
    assert found == pytest.approx(max(sum(b < limit for b in bads) / len(bads) for limit in limits))


def test_caught_on_a_worked_case() -> None:
    """Of twenty good ones one may be lost: the limit is the second lowest of them, and three of four bad ones lie below it."""
    goods = [0.3, 0.5, *(0.6 + n / 100 for n in range(18))]
    bads = [0.1, 0.35, 0.45, 0.55]
    assert caught([*goods, *bads], [True] * 20 + [False] * 4).tolist() == [0.75]
    assert caught([*goods[1:], *bads], [True] * 19 + [False] * 4).tolist() == [0.75]
    assert caught([*goods, *bads], [True] * 20 + [False] * 4, lost=0.0).tolist() == [0.25]


@given(TIED)
def test_calibration_error_by_hand(rows: list[tuple[float, bool, int]]) -> None:
    """Bin by bin in plain Python; what is drawn adds up to the same figure."""
    every = _repeated(rows)
    if not every:
        assert np.isnan(ece(*_weighted(rows))[0])
        return
    bins = defaultdict(list)
    for p, so in every:
        bins[min(int(p * BINS), BINS - 1)].append((p, so))
    by_hand = sum(len(b) / len(every) * abs(sum(s for _, s in b) / len(b) - sum(p for p, _ in b) / len(b)) for b in bins.values())
    assert ece(*_weighted(rows))[0] == pytest.approx(by_hand)
    drawn = reliability([p for p, _ in every], [so for _, so in every])
    assert sum(b.n * abs(b.found - b.said) for b in drawn) / len(every) == pytest.approx(by_hand)


def test_first_sentence() -> None:
    """Right, wrong, by lot, not known."""
    assert first_right([0.1, 0.8], {1, 0}) == 1.0
    assert first_right([0.1, 0.8], {0}) == 0.0
    assert first_right([0.5, 0.5, 0.5, 0.1], {0, 3}) == pytest.approx(1 / 3)
    assert first_right([0.5], ()) is None


def _auroc_rows(seed: int, documents: int, per_document: int) -> tuple[list[str], list[float], list[bool]]:
    """Rows whose document decides most of their score: a document's rows are right or wrong together."""
    rng = random.Random(seed)
    rows = []
    for d in range(documents):
        own = rng.gauss(0, 1)
        rows += [(f"d{d}", own + rng.gauss(0, 0.2) + 0.5 * good, good) for good in [d % 2 == 0] * per_document]
    return [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]


def test_intervals_hold_the_truth() -> None:
    """About 95 in 100 intervals hold the true area where documents are drawn; drawing rows would have held far fewer."""
    truth = 0.638  # P(N(.5, 2 (1 + .04)) > 0)
    held, as_rows = 0, 0
    for seed in range(60):
        documents, scores, good = _auroc_rows(seed, 60, 6)
        for names, own in ((documents, True), ([f"r{n}" for n in range(len(scores))], False)):
            found = Clusters(names, resamples=200).estimate(lambda w, s=scores, g=good: auroc(s, g, w), range(len(scores)))  # type: ignore[misc]
            assert found is not None
            assert found.low is not None
            assert found.high is not None
            hit = found.low <= truth <= found.high
            held, as_rows = held + (own and hit), as_rows + (not own and hit)
    assert held >= 51
    assert as_rows < held - 10


def test_intervals_are_seeded_and_indifferent_to_order() -> None:
    """The same rows give the same interval, in whatever order; one document alone gives none; what never differs leaves doubt."""
    documents, scores, good = _auroc_rows(3, 20, 3)
    first = Clusters(documents).estimate(lambda w: auroc(scores, good, w), range(60))
    order = random.Random(1).sample(range(60), 60)
    s, g = [scores[n] for n in order], [good[n] for n in order]
    second = Clusters([documents[n] for n in order]).estimate(lambda w: auroc(s, g, w), range(60))
    assert first is not None
    assert second is not None
    assert (second.value, second.low, second.high) == pytest.approx((first.value, first.low, first.high))
    alone = Clusters(["d"] * 60).estimate(lambda w: auroc(scores, good, w), range(60))
    assert alone is not None
    assert (alone.low, alone.high) == (None, None)
    perfect = Clusters(documents).estimate(lambda w: auroc([float(x) for x in good], good, w), range(60))
    assert perfect is not None
    assert perfect.value == 1.0
    assert perfect.low == pytest.approx(0.839, abs=0.001)  # Wilson, 20 of 20


def test_noise_alone_does_not_move_the_interval() -> None:
    """The calibration error of a resample is higher than that of the sample; the interval still holds the figure."""
    rng = random.Random(4)
    said = [rng.random() for _ in range(80)]
    so = [rng.random() < p for p in said]
    found = Clusters([str(n) for n in range(80)]).estimate(lambda w: ece(said, so, w), range(80), centred=True)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
    assert np.median(found.draws) > found.value + 0.02


def test_the_mean_over_sources_is_narrower() -> None:
    """Two sources drawn independently: the mean lies between, its interval is narrower than either."""
    own = []
    for seed in (1, 2):
        documents, scores, good = _auroc_rows(seed, 40, 2)
        own.append(Clusters(documents, seed=f"s{seed}").estimate(lambda w, s=scores, g=good: auroc(s, g, w), range(80)))  # type: ignore[misc]
    assert own[0] is not None
    assert own[1] is not None
    mean = mean_over([own[0], own[1]])
    assert mean is not None
    assert mean.value == pytest.approx((own[0].value + own[1].value) / 2)
    widths = [e.high - e.low for e in (*own, mean) if e is not None and e.low is not None and e.high is not None]
    assert widths[2] < min(widths[:2])
    assert mean_over([]) is None


# -- files --------------------------------------------------------------------------------------------------------------------------


def test_what_a_line_says(files: list[Path]) -> None:
    """Forms by their keys, line numbers from 1 with empty lines counted, the part behind # of a document cut off."""
    rows = read_rows(files)
    assert [(Path(r.file).stem, r.line, r.form, r.label) for r in rows[3:7]] == [
        ("questions", 4, "questions", "unrelated"),
        ("claims", 1, "claims", "carried"),
        ("claims", 3, "claims", "contradicted"),
        ("claims", 4, "claims", "not_carried"),
    ]
    assert rows[-1].texts == (PAIRS[0]["true"], PAIRS[0]["false"])
    files[0].write_text(_lines(QUESTIONS[:1], doc="d1#0,2") + '{"text": "A", "sentences": ["A\\u2028b"]}', encoding="utf-8-sig")
    marked, bare = read_rows(files[:1])
    assert marked.document == "reefs/d1"
    assert (bare.label, bare.holds, bare.title, bare.source, bare.sentences) == (None, (), "", "questions", ("A\u2028b",))


BROKEN = {
    "not a JSON object": ("{", "not a JSON object"),
    "a list": ("[1]", "found list"),
    "another form": ('{"sentences": ["A"]}', "neither a question"),
    "half a pair": ('{"true": "A", "sentences": ["A"]}', "neither a question"),
    "no sentences": ('{"question": "A", "sentences": []}', "sentences"),
    "sentences as a text": ('{"question": "A", "sentences": "A"}', "sentences"),
    "a sentence that is a number": ('{"question": "A", "sentences": [1]}', "sentences.0"),
    "a label of another form": ('{"question": "A", "sentences": ["A"], "label": "carried"}', "label"),
    "no text": ('{"text": " ", "sentences": ["A"]}', "text"),
    "a place that is not there": ('{"text": "A", "sentences": ["A"], "holds": [1]}', "holds"),
    "a negative place": ('{"text": "A", "sentences": ["A"], "holds": [-1]}', "holds"),
    "a truth value as a place": ('{"text": "A", "sentences": ["A", "B"], "holds": [true]}', "holds"),
    "half a character": ('{"text": "\\ud800", "sentences": ["A"]}', ""),
    "deep nesting": ("[" * 100_000, "not a JSON object"),
}


@pytest.mark.parametrize("line", BROKEN.values(), ids=list(BROKEN))
def test_bad_lines_are_named(line: tuple[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One line on standard error with file and line, exit code 2, and nothing is read before."""
    path = tmp_path / "mine.jsonl"
    path.write_text(_lines(QUESTIONS[:1]) + line[0] + "\n", encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["reader", str(path)])
    said = capfd.readouterr().err
    assert left.value.code == 2
    assert said.count("\n") == 1
    assert said.startswith(f"eval: {path}:2: ")
    assert line[1] in said


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """A line that is not UTF-8 is named like any other; so are a folder, nothing at all, and a file named twice."""
    path = tmp_path / "mine.jsonl"
    path.write_bytes(_lines(QUESTIONS[:1]).encode() + b'{"question": "\xff"}\n')
    with pytest.raises(SourceError, match=r"mine\.jsonl:2: not a JSON object in UTF-8"):
        read_rows([path])
    with pytest.raises(ConfigError, match="directory"):
        read_rows([tmp_path])
    with pytest.raises(ConfigError, match="twice"):
        read_rows([path, tmp_path / "." / "mine.jsonl"])
    path.write_bytes(b"\n")
    with pytest.raises(ConfigError, match="no row"):
        read_rows([path])


def test_choosing(files: list[Path]) -> None:
    """A split, a source, so many of each file spread over it; what is not there is named with what is."""
    rows = read_rows(files)
    assert [(r.form, r.line) for r in chosen(rows, limit=2)] == [
        ("questions", 1),
        ("questions", 3),
        ("claims", 1),
        ("claims", 4),
        ("pairs", 1),
    ]
    with pytest.raises(ConfigError, match="'test'; in these files: dev"):
        chosen(rows, split="test")
    with pytest.raises(ConfigError, match="'seas'; in these files: reefs"):
        chosen(rows, sources=["seas"])


# -- readings -----------------------------------------------------------------------------------------------------------------------


def test_nothing_is_read_twice(files: list[Path], tmp_path: Path, known: Known) -> None:
    """A second run reads nothing and leaves the same file; a row that changes is read anew, one that is judged otherwise is not."""
    rows, keep = read_rows(files), tmp_path / "out.jsonl"
    first = score_rows(rows, {"p"}, keep=keep)
    text = keep.read_text(encoding="utf-8")
    assert [json.loads(line) for line in text.splitlines()] == first
    assert len(known.read) == len(rows) + 1
    known.read.clear()
    assert score_rows(rows, {"p"}, keep=keep) == first
    assert known.read == []
    assert keep.read_text(encoding="utf-8") == text
    changed = [{**QUESTIONS[0], "label": "unrelated"}, {**QUESTIONS[1], "question": "Who counted?"}, *QUESTIONS[2:]]
    files[0].write_text(_lines(changed), encoding="utf-8")
    score_rows(read_rows(files), {"p"}, keep=keep)
    assert known.read == ["Who counted?"]
    known.read.clear()
    score_rows(rows[:1], {"another library"}, keep=keep)
    assert known.read == [QUESTIONS[0]["question"]]


def test_other_weights_read_anew(files: list[Path], tmp_path: Path, known: Known, monkeypatch: pytest.MonkeyPatch) -> None:
    """Readings of another reader are not taken for this one's."""
    rows, keep = read_rows(files[:1]), tmp_path / "out.jsonl"
    score_rows(rows, {"p"}, keep=keep)
    known.read.clear()
    monkeypatch.setattr(reader_adapter, "code_sha", lambda _package: "other weights")
    score_rows(rows, {"p"}, keep=keep)
    assert len(known.read) == len(rows)


def test_goes_on_where_it_was_cut_off(files: list[Path], tmp_path: Path, known: Known) -> None:
    """Stopped in the middle of any line: whole lines are kept, the cut one is read again, and the file ends as if nothing had been."""
    rows, keep = read_rows(files), tmp_path / "out.jsonl"
    score_rows(rows, {"p"}, keep=keep)
    whole = keep.read_bytes()
    second = whole.index(b"\n") + 1
    for cut in (second - 1, second, second + 1, second + 30, len(whole) - 1):
        keep.write_bytes(whole[:cut])
        known.read.clear()
        score_rows(rows, {"p"}, keep=keep)
        assert keep.read_bytes() == whole
        assert len(known.read) == sum(len(r.texts) for r in rows[whole[:cut].count(b"\n") :])


def test_a_file_of_another_kind_is_not_overwritten(
    files: list[Path], tmp_path: Path, known: Known, capfd: pytest.CaptureFixture[str]
) -> None:
    """--rows takes no file that it has not written, nor the same file as another option; each is one line and exit code 2."""
    other = tmp_path / "notes.jsonl"
    for content in ("my notes", "my notes\n", '{"a": 1}\n', _lines(QUESTIONS)):
        other.write_text(content, encoding="utf-8")
        with pytest.raises(SystemExit) as left:
            main(["reader", str(files[0]), "--rows", str(other)])
        assert left.value.code == 2
        assert "not a line of readings" in capfd.readouterr().err
        assert other.read_text(encoding="utf-8") == content
    for arguments in (
        ["--rows", str(files[0])],
        ["--json", str(tmp_path / "x"), "--html", str(tmp_path / "x")],
        ["--json", str(tmp_path)],
        ["--rows", os.devnull],
    ):
        with pytest.raises(SystemExit) as left:
            main(["reader", str(files[0]), *arguments])
        assert left.value.code == 2
        assert capfd.readouterr().err.count("\n") == 1
    assert known.read == []


@pytest.mark.parametrize(
    "broken",
    [{"answerable": 1.5}, {"answerable": float("nan")}, {"missing": -0.5, "answerable": 1.5}, {"evidence": (0.1,)}],
    ids=["more than 1", "no number", "negative", "a sentence without a number"],
)
def test_a_broken_reader_makes_no_figures(broken: dict[str, Any], files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the reader breaks its word, the row is named and nothing is measured."""

    class Broken(Known):
        def question(self, text: str, title: str, sentences: tuple[str, ...]) -> QuestionScore:
            from dataclasses import replace

            return replace(super().question(text, title, sentences), **broken)

    monkeypatch.setattr(Shipped, "load", classmethod(lambda _cls, _passages: Broken()))
    with pytest.raises(SourceError, match=r"questions\.jsonl:1: the reader gave"):
        score_rows(read_rows(files), set())


# -- figures ------------------------------------------------------------------------------------------------------------------------


def _many(rng: random.Random, source: str, n: int) -> list[tuple[Row, dict[str, Any]]]:
    """Questions of a source with made-up readings."""
    found = []
    for k in range(n):
        label = rng.choice(["answerable", "answerable", "detail_missing", "contradicted"])
        p = round(min(max(rng.gauss(0.6 if label == "answerable" else 0.4, 0.2), 0), 1), 3)
        row = Row(
            file="f",
            line=k + 1,
            form="questions",
            texts=("q",),
            title="",
            sentences=("a", "b"),
            source=source,
            document=f"{source}/{k // 2}",
            split="",
            label=label,
            holds=(1,) if label == "answerable" else (),
        )
        reading = {"answerable": p, "evidence": [0.5, rng.random()], "verdict": "answered" if p > 0.5 else "detail_missing", "chance": p}
        found.append((row, reading))
    return found


def test_figures_by_hand() -> None:
    """Each figure of a source, of the mean and of all rows is what plain counting gives; small cells are marked and not averaged."""
    rng = random.Random(8)
    own = {source: _many(rng, source, n) for source, n in (("a", 80), ("b", 60), ("tiny", 9))}
    rows = [pair for pairs in own.values() for pair in pairs]
    found = figures_of([r for r, _ in rows], [s for _, s in rows])["questions"]

    def by_hand(pairs: list[tuple[Row, dict[str, Any]]], label: str) -> float:
        goods, bads = ([float(s["answerable"]) for r, s in pairs if r.label == want] for want in ("answerable", label))
        return sum((g > b) + (g == b) / 2 for g in goods for b in bads) / (len(goods) * len(bads))

    for source, pairs in own.items():
        figures = found["sources"][source]["figures"]
        assert figures["auroc:detail_missing"]["value"] == pytest.approx(by_hand(pairs, "detail_missing"), abs=1e-5)
        assert figures["auroc:contradicted"]["few"] == (source == "tiny")
        held = [s["evidence"][1] > 0.5 for r, s in pairs if r.holds]
        assert figures["first_evidence"]["value"] == pytest.approx(sum(held) / len(held), abs=1e-5)
        missing = [s["verdict"] == "answered" for r, s in pairs if r.label == "detail_missing"]
        assert figures["let_through:detail_missing"]["value"] == pytest.approx(sum(missing) / len(missing), abs=1e-5)
        for figure in figures.values():
            assert figure["low"] is None or figure["low"] - 1e-9 <= figure["value"] <= figure["high"] + 1e-9
    both = [by_hand(own[s], "contradicted") for s in ("a", "b")]
    assert found["macro"]["auroc:contradicted"]["value"] == pytest.approx(sum(both) / 2, abs=1e-5)
    assert found["macro"]["auroc:contradicted"]["n"] == [2]
    assert found["pooled"]["figures"]["auroc:contradicted"]["value"] == pytest.approx(by_hand(rows, "contradicted"), abs=1e-5)
    assert found["pooled"]["rows"] == 149
    assert "auroc:unrelated" not in found["pooled"]["figures"]
    assert sum(b["n"] for b in found["pooled"]["reliability"]) == 149


def test_claims_and_pairs_by_hand(files: list[Path], known: Known) -> None:
    """Carried against each label and against both; `partly` counts for neither side; a pair is won, lost or half won."""
    assert known is not None
    claims = [*CLAIMS, {"text": "Water temperature differed.", "label": "contradicted", "holds": [2]}]
    files[1].write_text(_lines(claims), encoding="utf-8")
    pairs = [*PAIRS, {"true": "Reef fish.", "false": "Reef fish."}, {"true": "Reef fish were counted.", "false": "Whales sang."}]
    files[2].write_text(_lines(pairs), encoding="utf-8")
    rows = read_rows(files[1:])
    scored = score_rows(rows, set())
    found = figures_of(rows, scored)
    by_text = {r.texts[0]: float(s["carried"]) for r, s in zip(rows, scored, strict=True) if r.form == "claims"}
    good = by_text[CLAIMS[0]["text"]]

    def beaten(*others: str) -> float:
        return sum((good > by_text[o]) + (good == by_text[o]) / 2 for o in others) / len(others)

    figures = found["claims"]["pooled"]["figures"]
    wrong, unsaid, partly, cold = (c["text"] for c in claims[1:])
    assert figures["auroc:contradicted"]["value"] == beaten(wrong, cold)
    assert figures["auroc:both"] == {**figures["auroc:both"], "value": round(beaten(wrong, cold, unsaid), 5), "n": [1, 3], "few": True}
    assert figures["auroc:partly"]["value"] == beaten(partly)
    assert figures["ece"]["n"] == [1, 3]
    assert found["pairs"]["pooled"]["figures"]["higher"]["value"] == pytest.approx(2 / 3, abs=1e-5)  # two ties, one won
    assert found["pairs"]["pooled"]["figures"]["told_apart"]["value"] == pytest.approx(1 / 3, abs=1e-5)


# -- the command --------------------------------------------------------------------------------------------------------------------


def test_the_command_from_end_to_end(files: list[Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The shipped weights on a file of each form: a line a row as it is promised, figures, a table, a page."""
    out, rows, html = tmp_path / "out" / "dev.json", tmp_path / "out" / "rows.jsonl", tmp_path / "out" / "dev.html"
    arguments = ["reader", *map(str, files), "--json", str(out), "--rows", str(rows), "--html", str(html)]
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 0
    told = capfd.readouterr().out
    assert "reefs" in told
    assert "1/1°" in told
    lines = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()]
    assert [(line["file"], line["line"]) for line in lines] == [(r.file, r.line) for r in read_rows(files)]
    for line in lines[:4]:
        assert sum(line[name] for name in ("answerable", "missing", "contradicted", "unrelated")) == pytest.approx(1, abs=1e-4)
    for line in [*lines[4:8], lines[8]["true"], lines[8]["false"]]:
        assert sum(line[name] for name in ("carried", "contradicted", "not_said")) == pytest.approx(1, abs=1e-4)
        assert len(line["evidence"]) == len(PASSAGE)
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert set(figures["forms"]) == {"questions", "claims", "pairs"}
    assert figures["forms"]["questions"]["pooled"]["labels"] == {"answerable": 1, "detail_missing": 1, "contradicted": 1, "unrelated": 1}
    assert str(tmp_path) not in out.read_text(encoding="utf-8")
    shown = html.read_text(encoding="utf-8")
    assert "<svg" in shown
    assert not re.findall(r'(?:src|href)="', shown)
    before = out.read_bytes(), rows.read_bytes()
    with pytest.raises(SystemExit):
        main(arguments)
    assert (out.read_bytes(), rows.read_bytes()) == before


def test_two_processes_and_an_interruption(files: list[Path], tmp_path: Path) -> None:
    """Ctrl-C stops all processes, keeps the finished rows and says so (exit 130); what was kept is not read again."""
    many = [{**QUESTIONS[0], "question": f"Where were parrotfish more common in year {n}?"} for n in range(3_000)]
    files[0].write_text(_lines(many), encoding="utf-8")
    rows = tmp_path / "rows.jsonl"
    command = [sys.executable, "-m", "eval", "reader", str(files[0]), "--rows", str(rows)]
    with subprocess.Popen([*command, "--workers", "2"], cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True) as started:
        assert started.stderr is not None
        for line in started.stderr:  # the first progress line: rows are coming
            if " of 3000, " in line:
                break
        os.killpg(started.pid, signal.SIGINT)
        said = started.stderr.read()  # ends when the last process that holds it has ended
    assert started.returncode == 130, said
    kept = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()]
    assert 0 < len(kept) < 3_000
    assert f"stopped after {len(kept)} rows" in said
    assert "Traceback" not in said
    found = scoring.kept(rows)
    passages = {r.passage for r in read_rows(files[:1])}
    digest = reader_adapter.reader_digest(passages)
    assert [r.key(digest) for r in read_rows(files[:1])[: len(kept)]] == list(found)


def test_figures_beside_one_another(files: list[Path], tmp_path: Path, known: Known, capfd: pytest.CaptureFixture[str]) -> None:
    """Files of one label make one column with a mean over its sources; a source that stands in two of them is an error."""
    assert known is not None
    seas = tmp_path / "seas.jsonl"
    seas.write_text(_lines(QUESTIONS, source="seas"), encoding="utf-8")
    made = []
    for name, path, label in (("within", files[0], None), ("left1", files[0], "left out"), ("left2", seas, "left out")):
        made.append(tmp_path / f"{name}.json")
        with pytest.raises(SystemExit) as left:
            main(["reader", str(path), "--json", str(made[-1]), *(["--label", label] if label else [])])
        assert left.value.code == 0
    capfd.readouterr()
    show_beside(made)
    table = capfd.readouterr().out
    head = next(line for line in table.splitlines() if "within" in line)
    assert "left out" in head
    sea = next(line for line in table.splitlines() if line.startswith("seas"))
    assert "·" in sea
    with pytest.raises(ConfigError, match="reefs stands already"):
        show_beside([made[1], made[1]])
    with pytest.raises(ConfigError, match="no figures of a reader"):
        show_beside([files[0]])


def test_labels_are_escaped() -> None:
    """Names of sources come from files and become text."""
    rows = _many(random.Random(2), "<img src=x>", 40)
    forms = figures_of([r for r, _ in rows], [s for _, s in rows])
    shown = page(
        {"label": "<b>", "reader": "0" * 64, "commit": None, "rows": 40, "split": None, "files": [{"name": "<i>"}], "forms": forms}
    )
    assert "<img" not in shown
    assert "<i>" not in shown
    assert "&lt;img src=x&gt;" in shown


def test_the_plot_tells_what_it_shows() -> None:
    """A dot and an interval a range, a diagonal, and the figures in the text alternative; nothing where there is nothing."""
    bins = [
        {"said": 0.25, "found": 0.5, "low": 0.3, "high": 0.7, "n": 20},
        {"said": 0.95, "found": 0.8, "low": 0.7, "high": 0.9, "n": 80},
    ]
    drawn = plotted(bins)
    assert drawn.count("<circle") == 2
    assert 'class="guide"' in drawn
    assert "given 0.95, so 0.80 of 80" in drawn
    assert plotted([]) == ""
