"""The timeline and the map of topics: every paper once, the same picture twice, quick with a hundred thousand papers."""

from __future__ import annotations

import re
import time

import numpy as np

from rag.library.overview import Overview
from ui import charts

SUBJECTS = ("moss roofs", "river pebbles", "glass harbours", "copper bells")


def _library(n: int, dimension: int = 64) -> Overview:
    """Papers about four subjects, each near its own place in space."""
    random = np.random.default_rng(7)
    subject = random.integers(0, len(SUBJECTS), n)
    places = random.normal(size=(len(SUBJECTS), dimension)) * 3
    return Overview(
        rows=[],
        paper_ids=[f"p{i}" for i in range(n)],
        titles=[f"Measuring {SUBJECTS[s]}, part {i} <b>" for i, s in enumerate(subject)],
        published=[f"20{10 + i % 4}-{1 + i % 12:02}-03" if i % 5 else "" for i in range(n)],
        placed=np.arange(n),
        vectors=(places[subject] + random.normal(size=(n, dimension))).astype(np.float32),
    )


def test_topics_hold_every_paper_once_and_have_telling_names() -> None:
    """The groups part the library; papers of one subject are together, under its words; no disc covers another."""
    of = _library(400)
    found = charts.topics(of)
    assert sorted(m for one in found for m in one.members) == list(range(400))
    for one in found:
        subjects = {next(s for s in SUBJECTS if s in of.titles[m]) for m in one.members}
        assert len(subjects) == 1
        assert set(one.name.replace(" · ", " ").split()) & set(subjects.pop().split()), one.name
    for n, one in enumerate(found):
        for other in found[:n]:
            assert np.hypot(one.x - other.x, one.y - other.y) >= one.radius + other.radius - 1
    assert len({one.name for one in found}) == len(found)


def test_the_same_library_gives_the_same_picture() -> None:
    """Twice worked out, letter by letter; titles are text."""
    pictures = [str(charts.picture(of, charts.topics(of))) for of in (_library(300), _library(300))]
    assert pictures[0] == pictures[1]
    assert "<b>" not in pictures[0]
    assert "&lt;b&gt;" in pictures[0]


def test_a_hundred_thousand_papers_take_seconds() -> None:
    """Under ten seconds, and few enough marks for a browser."""
    of = _library(100_000)
    begun = time.process_time()
    drawn = str(charts.picture(of, charts.topics(of)))
    assert time.process_time() - begun < 10
    assert drawn.count('class="dot"') <= charts.DOTS + charts.MOST_TOPICS


def test_the_timeline_counts_by_month_and_tells_the_undated() -> None:
    """One bar a month with papers, its count in its name; without dates a line says so."""
    drawn = str(charts.timeline(["2023-04-07", "2023-04", "2024", "", ""]))
    assert re.findall(r'aria-label="(\d[^"]*)"', drawn) == ["2023-04: 2 papers", "2024: 1 paper"]
    assert "2 have none" in drawn
    assert "None of these papers has a date" in str(charts.timeline(["", ""]))
