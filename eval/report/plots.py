"""Inline SVG: intervals, the loss waterfall, risk and coverage, latency, differences. Colours come from the page's CSS variables.

Each returns markup made of our own numbers and escaped labels; every figure has a text alternative.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from eval.compare import Difference

    Point = tuple[float, float]


def _svg(width: float, height: float, label: str, body: Iterable[str], kind: str = "plot") -> str:
    inner = "".join(body)
    return f'<svg class="{kind}" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(label)}">{inner}</svg>'


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def _rect(x: float, y: float, width: float, height: float, kind: str, radius: float = 2) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{height:.1f}" rx="{radius:g}" class="{kind}"/>'


def interval(mean: float, low: float, high: float) -> str:
    """A mean with its interval on a track from 0 to 1."""
    x = [4 + 192 * v for v in (low, high, mean)]
    body = [
        _rect(4, 7.5, 192, 3, "track", 1.5),
        _rect(x[0], 5, x[1] - x[0], 8, "band", 4),
        f'<circle cx="{x[2]:.1f}" cy="9" r="4.5" class="dot"/>',
    ]
    return _svg(200, 18, f"{mean:.3f}, 95 % interval {low:.3f} to {high:.3f}", body, "interval")


def waterfall(stages: Mapping[str, int]) -> str:
    """Needed facts from all to told: each step takes its loss away from what is left."""
    total = sum(stages.values())
    if not total:
        return ""
    left, width, step = 130.0, 740.0, 30.0
    body: list[str] = []
    rows = [
        ("all needed facts", total, "start"),
        *((s, n, "lost") for s, n in stages.items() if s != "told"),
        ("told", stages["told"], "told"),
    ]
    remaining = total
    for i, (name, count, kind) in enumerate(rows):
        y = 6 + i * step
        if kind == "lost":
            start, size = remaining - count, count
            remaining -= count
        else:
            start, size = 0, count
        x, w = left + width * start / total, width * size / total
        body.append(_text(left - 10, y + 15, name, "label", "end"))
        body.append(_rect(x, y, max(w, 1.5 if size else 0), 21, kind))
        if kind == "lost" and i:
            edge = left + width * (start + size) / total
            body.append(_line(edge, y - 9, edge, y + 21, "guide"))
        shown = f"{count}" if kind == "start" else f"{count} · {100 * count / total:.1f} %" if count else "0"
        inside = kind != "lost" and w > 90
        body.append(_text(x + w - 8 if inside else x + w + 7, y + 15, shown, "inside" if inside else "value", "end" if inside else "start"))
    lost = ", ".join(f"{s} {n}" for s, n in stages.items())
    return _svg(1000, 12 + step * len(rows), f"Needed facts by step: {lost}", body)


class _Frame:
    """Axes of a small chart: data to pixels, grid, ticks, captions."""

    def __init__(self, x_range: Point, y_range: Point, *, log_x: bool = False) -> None:
        self.left, self.top, self.width, self.height = 64.0, 12.0, 390.0, 190.0
        self._x, self._y, self._log = x_range, y_range, log_x

    def x(self, value: float) -> float:
        low, high = self._x
        if self._log:
            low, high, value = math.log10(low), math.log10(high), math.log10(max(value, 1e-9))
        return self.left + self.width * min(1.0, max(0.0, (value - low) / (high - low)))

    def y(self, value: float) -> float:
        low, high = self._y
        return self.top + self.height * (1 - min(1.0, max(0.0, (value - low) / (high - low))))

    def axes(self, x_ticks: Mapping[float, str], y_ticks: Mapping[float, str], x_name: str, y_name: str) -> list[str]:
        bottom = self.top + self.height
        body = [_line(self.left, self.y(v), self.left + self.width, self.y(v), "grid") for v in y_ticks]
        body += [_text(self.left - 7, self.y(v) + 4, t, "tick", "end") for v, t in y_ticks.items()]
        body += [_line(self.x(v), bottom, self.x(v), bottom + 4, "axis") for v in x_ticks]
        body += [_text(self.x(v), bottom + 17, t, "tick", "middle") for v, t in x_ticks.items()]
        body.append(_line(self.left, bottom, self.left + self.width, bottom, "axis"))
        body.append(_text(self.left + self.width / 2, bottom + 35, x_name, "caption", "middle"))
        turned = _text(0, 0, y_name, "caption", "middle")
        body.append(f'<g transform="translate(11 {self.top + self.height / 2:.0f}) rotate(-90)">{turned}</g>')
        return body

    def path(self, points: Sequence[Point], kind: str, *, step: bool = False) -> str:
        parts = [f"M{self.x(points[0][0]):.1f} {self.y(points[0][1]):.1f}"]
        for px, py in points[1:]:
            parts.append(f"H{self.x(px):.1f}V{self.y(py):.1f}" if step else f"L{self.x(px):.1f} {self.y(py):.1f}")
        return f'<path d="{"".join(parts)}" class="{kind}"/>'


def risk_coverage(points: Sequence[Point]) -> str:
    """Share of wrong answers against the share of questions answered, most confident first."""
    if not points:
        return ""
    top = max(0.1, math.ceil(max(r for _, r in points) * 10) / 10)
    frame = _Frame((0.0, 1.0), (0.0, top))
    shares = {v / 100: f"{v} %" for v in (0, 25, 50, 75, 100)}
    heights = {round(top * i / 4, 3): f"{100 * top * i / 4:.3g} %" for i in range(5)}
    body = frame.axes(shares, heights, "answers given, most confident first", "wrong")
    closed = [(0.0, 0.0), *points, (points[-1][0], 0.0)]
    body.append(frame.path(closed, "area"))
    body.append(frame.path(points, "curve"))
    last = points[-1]
    body.append(f'<circle cx="{frame.x(last[0]):.1f}" cy="{frame.y(last[1]):.1f}" r="4" class="dot"/>')
    return _svg(470, 246, f"Risk at full coverage {last[1]:.3f}", body)


def reliability(bins: Sequence[Mapping[str, float]]) -> str:
    """Share that is so against the probability given, with 95 % intervals; larger dots stand for more rows. The diagonal is perfect."""
    if not bins:
        return ""
    frame = _Frame((0.0, 1.0), (0.0, 1.0))
    shares = {v / 100: f"{v} %" for v in (0, 25, 50, 75, 100)}
    body = frame.axes(shares, shares, "probability given", "so in truth")
    body.append(_line(frame.x(0), frame.y(0), frame.x(1), frame.y(1), "guide"))
    most = max(b["n"] for b in bins)
    for b in bins:
        x = frame.x(b["said"])
        body.append(_line(x, frame.y(b["low"]), x, frame.y(b["high"]), "curve"))
        body.append(f'<circle cx="{x:.1f}" cy="{frame.y(b["found"]):.1f}" r="{2.5 + 5 * math.sqrt(b["n"] / most):.1f}" class="dot"/>')
    told = "; ".join(f"given {b['said']:.2f}, so {b['found']:.2f} of {b['n']:g}" for b in bins)
    return _svg(470, 246, f"Reliability: {told}", body)


def latency(series: Mapping[str, Sequence[Point]]) -> str:
    """Share of questions answered within a time, on a logarithmic scale; one curve a part."""
    times = [t * 1000 for points in series.values() for t, _ in points]
    if not times:
        return ""
    low, high = 10 ** math.floor(math.log10(max(0.1, min(times)))), 10 ** math.ceil(math.log10(max(1.0, *times)))
    frame = _Frame((low, max(high, low * 10)), (0.0, 1.0), log_x=True)
    decades = range(round(math.log10(low)), round(math.log10(max(high, low * 10))) + 1)
    ticks = {10.0**d: (f"{10**d:g} ms" if d < 3 else f"{10 ** (d - 3):g} s") for d in decades}
    body = frame.axes(ticks, {v / 100: f"{v} %" for v in (0, 25, 50, 75, 100)}, "time, logarithmic", "answered")
    for n, (name, points) in enumerate(series.items()):
        if points:
            kind = "curve" if n == 0 else f"curve thin s{n}"
            body.append(frame.path([(points[0][0] * 1000, 0.0), *((t * 1000, s) for t, s in points)], kind, step=True))
        body.append(_line(frame.left + 12, 26 + 17 * n, frame.left + 32, 26 + 17 * n, "curve" if n == 0 else f"curve thin s{n}"))
        body.append(_text(frame.left + 39, 30 + 17 * n, name, "tick"))
    return _svg(470, 246, "Latency, share of questions answered within a time", body)


def differences(found: Sequence[Difference]) -> str:
    """Forest plot: each measure's difference with its interval, against no difference."""
    if not found:
        return ""
    reach = max(0.1, *(abs(v) for d in found for v in (d.paired.low, d.paired.high)))
    reach = math.ceil(reach * 20) / 20
    left, width, step = 210.0, 560.0, 30.0

    def x(value: float) -> float:
        return left + width * (value + reach) / (2 * reach)

    height = step * len(found)
    body = [_line(x(v), 4, x(v), height + 8, "axis" if v == 0 else "grid") for v in (-reach, -reach / 2, 0, reach / 2, reach)]
    for n, d in enumerate(found):
        y = 20 + n * step
        good = d.paired.delta * (d.measure.better or 1)
        kind = {"better": "better", "worse": "worse"}.get(d.verdict, "same")
        body.append(_text(left - 14, y + 4, d.measure.label, "label", "end"))
        body.append(_rect(x(d.paired.low), y - 3, x(d.paired.high) - x(d.paired.low), 6, f"diff {kind}", 3))
        body.append(f'<circle cx="{x(d.paired.delta):.1f}" cy="{y}" r="5" class="diffdot {kind}"/>')
        word = d.verdict if good or d.verdict != "no difference" else "the same"
        body.append(_text(left + width + 14, y + 4, f"{d.paired.delta:+.3f} {word}", "value"))
    body += [_text(x(v), height + 24, f"{v:+.2g}" if v else "0", "tick", "middle") for v in (-reach, 0, reach)]
    return _svg(1000, height + 32, "Differences to the baseline with 95 % intervals", body)
