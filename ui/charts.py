"""Pictures of a library as SVG: a timeline by month, and a map of topics named by their telling words. The same library, the same picture.

The map groups the papers by what their abstracts mean (k-means over the vectors, after the principal axes) and lays the groups out on the
plane by the first two axes, pushed apart until none covers another. No gradio here; every text is escaped.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from rag.text import STOP_WORDS
from ui.markup import join, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup
    from numpy.typing import NDArray

    from rag.library.overview import Overview

T = TypeVar("T")
WIDTH, HEIGHT = 960, 560
MOST_TOPICS, FEWEST = 24, 3
LEARNT_FROM = 20_000
"""Papers from which the groups are learnt; the others join the nearest."""

AXES = 24
ROUNDS = 20
DOTS = 3000
"""Papers that are drawn each with a mark of its own, evenly chosen where there are more."""

NAMED_FROM = 400
"""Titles of a group that are looked at for its name."""

_WORD = re.compile(r"[a-z][a-z-]{2,}")
_EMPTY = frozenset(
    "using via based towards toward study approach method methods learning model models new large novel analysis paper improving".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A group of papers: its name, its members by place in the overview (the most typical first), and where its disc lies."""

    name: str
    members: tuple[int, ...]
    x: float = 0.0
    y: float = 0.0
    radius: float = 0.0


# -- the timeline -------------------------------------------------------------------------------------------------------------------


def timeline(published: Sequence[str]) -> Markup:
    """Papers by month, or by year where the span is long; each bar narrows to its year."""
    dated = [date[:7] for date in published if len(date) >= 4]
    if not dated:
        return tag("p", "None of these papers has a date.", class_="hint", role="status")
    years = sorted({int(date[:4]) for date in dated})
    by_month = years[-1] - years[0] < 8 and any(len(date) == 7 for date in dated)
    counts = Counter(date if by_month and len(date) == 7 else date[:4] for date in dated)
    steps = [f"{year}-{month:02}" for year in range(years[0], years[-1] + 1) for month in range(1, 13)]
    if by_month:
        undated = {key: n for key, n in counts.items() if len(key) == 4}  # only the year is known: shown at its beginning, paler
    else:
        steps, undated = [str(year) for year in range(years[0], years[-1] + 1)], {}
    most = max(counts.values())
    wide = WIDTH / len(steps)
    bars = []
    for n, step in enumerate(steps):
        count = counts.get(step, 0)
        if count:
            bars.append(_bar(n * wide, wide, count, most, step, ""))
        if by_month and step.endswith("-01") and step[:4] in undated:
            bars.append(_bar(n * wide, wide, undated[step[:4]], most, step[:4], " pale"))
    each = max(1, len(years) // 12 + 1)
    marks = [
        tag("text", str(year), x=f"{(year - years[0]) * (12 if by_month else 1) * wide:.1f}", y=258, class_="tick")
        for year in range(years[0], years[-1] + 1, each)
    ]
    missing = len(published) - len(dated)
    note = (
        f"{len(dated):,} papers with a date" + (f"; {missing:,} have none" if missing else "") + ". Press a bar to ask that year's papers."
    )
    svg = tag("svg", *bars, *marks, viewBox=f"0 0 {WIDTH} 270", role="group", aria_label="Papers by time", class_="timeline")
    return join([tag("p", note, class_="hint"), svg])


def _bar(x: float, wide: float, count: int, most: int, step: str, kind: str) -> Markup:
    high = max(2.0, 230 * count / most)
    name = f"{step}: {count:,} paper{'s' if count != 1 else ''}"
    rect = tag(
        "rect", tag("title", name), x=f"{x + wide * 0.08:.1f}", y=f"{240 - high:.1f}", width=f"{max(1.0, wide * 0.84):.1f}",
        height=f"{high:.1f}", rx=2,
    )  # fmt: skip
    return tag("g", rect, class_=f"bar{kind}", tabindex="0", role="button", aria_label=name, data_pick="year", data_year=step[:4])


# -- the map ------------------------------------------------------------------------------------------------------------------------


def topics(of: Overview) -> list[Topic]:
    """The groups, the largest first, each with its place on the plane. Empty where too few papers have vectors."""
    n = len(of.placed)
    if n < 2 * FEWEST:
        return []
    axes = _axes(of.vectors)
    points = axes[:, : min(AXES, axes.shape[1])]
    k = int(min(MOST_TOPICS, max(2, round(math.sqrt(n / 6)))))
    nearest, centres = _grouped(points, k)
    kept = [group for group in range(len(centres)) if np.count_nonzero(nearest == group) >= 1]
    common = Counter(word for title in _evenly(of.titles, 4000) for word in set(_said(title)))
    found: list[Topic] = []
    for group in sorted(kept, key=lambda g: (-int(np.count_nonzero(nearest == g)), g)):
        places = np.flatnonzero(nearest == group)
        far = np.linalg.norm(points[places] - centres[group], axis=1)
        members = tuple(int(of.placed[places[i]]) for i in np.argsort(far, kind="stable"))
        taken = {one.name for one in found}
        found.append(Topic(name=_name([of.titles[m] for m in members[:NAMED_FROM]], common, len(of.titles), taken), members=members))
    flat = np.array([centres[g][:2] for g in sorted(kept, key=lambda g: (-int(np.count_nonzero(nearest == g)), g))])
    return _laid_out(found, flat)


def _axes(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The vectors along their principal axes; each axis points where its largest part is positive, so that the picture is the same."""
    middle = vectors.mean(axis=0, dtype=np.float64)
    centred = vectors - middle.astype(np.float32)
    sample = centred[:: max(1, len(centred) // LEARNT_FROM)]
    _, directions = np.linalg.eigh(sample.T.astype(np.float64) @ sample.astype(np.float64))
    chosen = directions[:, ::-1][:, :AXES]
    signs = np.sign(chosen[np.argmax(np.abs(chosen), axis=0), np.arange(chosen.shape[1])])
    return np.asarray(centred @ (chosen * signs).astype(np.float32), dtype=np.float64)


def _grouped(points: NDArray[np.float64], k: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """k-means from farthest points: each paper's group, and the groups' centres."""
    sample = points[:: max(1, len(points) // LEARNT_FROM)]
    first = int(np.argmin(np.linalg.norm(sample, axis=1)))
    chosen, far = [first], np.linalg.norm(sample - sample[first], axis=1)
    while len(chosen) < min(k, len(sample)):
        # Not the very farthest, which would be an outlier.
        chosen.append(int(np.argsort(far, kind="stable")[int(0.9 * (len(sample) - 1))]))
        far = np.minimum(far, np.linalg.norm(sample - sample[chosen[-1]], axis=1))
    centres = sample[chosen].copy()
    for _ in range(ROUNDS):
        own = _nearest(sample, centres)
        moved = np.array([sample[own == g].mean(axis=0) if (own == g).any() else centres[g] for g in range(len(centres))])
        if np.allclose(moved, centres):
            break
        centres = moved
    return _nearest(points, centres), centres


def _nearest(points: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.int64]:
    gaps = (centres**2).sum(axis=1)[None, :] - 2 * points @ centres.T
    return np.asarray(np.argmin(gaps, axis=1), dtype=np.int64)


def _said(title: str) -> list[str]:
    return [w for w in _WORD.findall(title.lower()) if w not in STOP_WORDS and w not in _EMPTY]


def _name(titles: Sequence[str], common: Counter[str], all_titles: int, taken: set[str]) -> str:
    """The words that are frequent in these titles and rare elsewhere: a pair where two stand together often, else two of them."""
    runs = [_said(title) for title in titles]
    words = Counter(word for run in runs for word in set(run))
    pairs = Counter(pair for run in runs for pair in {f"{a} {b}" for a, b in itertools.pairwise(run)})
    share = {w: n * math.log(1 + all_titles / (1 + common[w])) for w, n in words.items() if n > 1 or len(titles) < 4}
    best = sorted(share, key=lambda w: (-share[w], w))
    telling = [p for p, n in sorted(pairs.items(), key=lambda item: (-item[1], item[0])) if n > 1 and set(p.split()) & set(best[:6])]
    for name in [*telling[:2], " · ".join(best[:2]), " · ".join(best[1:3]), *best]:
        if name and name not in taken:
            return name
    return f"topic {len(taken) + 1}"


def _laid_out(found: Sequence[Topic], flat: NDArray[np.float64]) -> list[Topic]:
    """Discs as large as their groups, near where the axes put them, none over another, all within the picture."""
    total = sum(len(one.members) for one in found)
    radii = np.array([max(16.0, math.sqrt(len(one.members) / total * WIDTH * HEIGHT * 0.34 / math.pi)) for one in found])
    spread = np.maximum(np.abs(flat).max(axis=0), 1e-9)
    places = flat / spread * np.array([WIDTH * 0.42, HEIGHT * 0.38]) + np.array([WIDTH / 2, HEIGHT / 2])
    for _ in range(600):
        gaps = places[:, None, :] - places[None, :, :]
        lengths = np.sqrt((gaps**2).sum(axis=2)) + 1e-9
        over = np.maximum(0.0, radii[:, None] + radii[None, :] + 14 - lengths)
        np.fill_diagonal(over, 0.0)
        if not over.any():
            break
        places += (gaps / lengths[:, :, None] * over[:, :, None] / 2).sum(axis=1) * 0.6
        places[:, 0] = np.clip(places[:, 0], radii + 4, WIDTH - radii - 4)
        places[:, 1] = np.clip(places[:, 1], radii + 4, HEIGHT - radii - 22)
    return [
        Topic(name=one.name, members=one.members, x=round(float(x), 1), y=round(float(y), 1), radius=round(float(r), 1))
        for one, (x, y), r in zip(found, places, radii, strict=True)
    ]


def picture(of: Overview, found: Sequence[Topic]) -> Markup:
    """The map: a disc for each topic, a dot for each paper, and the list of topics, each of which can be asked."""
    if not found:
        return tag("p", "A map takes some papers with abstracts that have been read in.", class_="hint", role="status")
    total = sum(len(one.members) for one in found)
    discs, dots = [], []
    for n, one in enumerate(found):
        label = f"{one.name}: {len(one.members):,} paper{'s' if len(one.members) != 1 else ''}"
        discs.append(
            tag(
                "g", tag("circle", tag("title", label), cx=str(one.x), cy=str(one.y), r=str(one.radius)),
                tag("text", one.name, x=str(one.x), y=f"{one.y + one.radius + 14:.1f}", class_="name"),
                class_=f"topic t{n % 8}", tabindex="0", role="button", aria_label=label, data_pick="topic", data_topic=n,
            )
        )  # fmt: skip
        share = max(1, round(DOTS * len(one.members) / total)) if total > DOTS else len(one.members)
        shown = _evenly(one.members, share)
        for i, member in enumerate(shown):
            # A sunflower: the most typical paper in the middle.
            reach, turn = (one.radius - 5) * math.sqrt((i + 0.5) / len(shown)), i * math.pi * (3 - math.sqrt(5))
            dots.append(
                tag(
                    "circle", tag("title", of.titles[member]), cx=f"{one.x + reach * math.cos(turn):.1f}",
                    cy=f"{one.y + reach * math.sin(turn):.1f}", r=3 if total < 800 else 2, class_="dot", data_pick="paper",
                    data_id=of.paper_ids[member],
                )
            )  # fmt: skip
    svg = tag("svg", *discs, *dots, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="group", aria_label="Map of topics", class_="map")
    rows = [
        tag(
            "li",
            tag("button", tag("strong", one.name), f" {len(one.members):,}", type="button", data_event="select", data_topic=n),
        )
        for n, one in enumerate(found)
    ]
    without = len(of.paper_ids) - len(of.placed)
    note = f"{total:,} papers by what their abstracts are about" + (f"; {without:,} without vectors are left out" if without else "")
    return join(
        [
            tag("p", f"{note}. Press a dot to open its paper, a topic to ask its papers.", class_="hint"),
            svg,
            tag("ul", *rows, class_="topics", aria_label="Topics"),
        ]
    )


def _evenly(items: Sequence[T], most: int) -> Sequence[T]:
    """So many of them, evenly spread."""
    return items if len(items) <= most else [items[i * len(items) // most] for i in range(most)]
