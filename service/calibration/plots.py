"""The report's plots as inline SVG: no script, no network, readable without colour."""

from collections.abc import Iterable, Sequence
from math import log10

from service.calibration.comparison import Gain
from service.calibration.reliability import ReliabilityPoint

WIDTH, HEIGHT, EDGE = 420, 320, 46
_TINY = 1e-4
# One style a predictor, the model first.
STYLES = ("", "2 3", "6 3", "10 3", "12 3 2 3", "6 3 2 3", "1 5")


def reliability_plot(points: Sequence[ReliabilityPoint]) -> str:
    """How often what is called p happened, on logarithmic axes, with the consistency band."""
    if not points:
        return _frame("forecast", "happened", ["no rows"], "")
    values = [v for p in points for v in (p.forecast, p.happened, p.low, p.high) if v > 0]
    low, high = log10(max(min(values), _TINY)), log10(max(values))
    span = max(high - low, 1e-9)

    def place(forecast: float, share: float) -> tuple[float, float]:
        return tuple((log10(max(v, 10**low)) - low) / span for v in (forecast, share))  # type: ignore[return-value]

    upper = [place(p.forecast, p.high) for p in points]
    lower = [place(p.forecast, p.low) for p in reversed(points)]
    band = f'<path class="band" d="{_path([*upper, *lower])}Z"/>'
    right = f'<path class="right" d="{_path([(0, 0), (1, 1)])}"/>'
    curve = f'<path class="line" d="{_path([place(p.forecast, p.happened) for p in points])}"/>'
    marks = [f"{10**low:.2g}", f"{10 ** ((low + high) / 2):.2g}", f"{10**high:.2g}"]
    return _frame("forecast", "happened", marks, band + right + curve)


def precision_recall_plot(curves: Iterable[tuple[str, Sequence[tuple[float, float]]]]) -> str:
    """Precision over recall of each predictor."""
    drawn = []
    for number, (name, curve) in enumerate(curves):
        if not curve:
            continue
        dash = STYLES[number % len(STYLES)]
        drawn.append(
            f'<path class="line" stroke-dasharray="{dash}" d="{_path(_thinned(curve))}"/>'
            f'<text x="{WIDTH - EDGE - 60}" y="{EDGE + 14 * number}">{name}</text>'
            f'<path class="line" stroke-dasharray="{dash}" '
            f'd="M{WIDTH - EDGE - 100} {EDGE + 14 * number - 4}h34"/>'
        )
    return _frame("recall", "precision", ["0", "0.5", "1"], "".join(drawn))


def gain_plot(gains: Sequence[tuple[str, Gain]]) -> str:
    """Gains with their intervals as bars from zero; to the right the model is better."""
    reach = max(
        (abs(v) for _, g in gains for v in (g.gain, *_ends(g))),
        default=0.0,
    )
    reach = reach or 1.0
    middle, half = WIDTH / 2, WIDTH / 2 - EDGE
    drawn = [f'<path class="axis" d="M{middle} 16V{30 + 30 * len(gains)}"/>']
    for number, (name, gain) in enumerate(gains):
        y = 34 + 30 * number
        x = middle + half * gain.gain / reach
        low, high = (middle + half * v / reach for v in _ends(gain))
        drawn.append(
            f'<rect class="bar" x="{min(middle, x):.1f}" y="{y - 8}" '
            f'width="{abs(x - middle):.1f}" height="16"/>'
            f'<path class="line" d="M{low:.1f} {y}H{high:.1f}"/>'
            f'<text x="4" y="{y + 4}">{name}</text>'
        )
    height = 50 + 30 * len(gains)
    drawn.append(f'<text x="{middle}" y="{height - 4}" text-anchor="middle">0</text>')
    drawn.append(f'<text x="{WIDTH - EDGE}" y="{height - 4}">{reach:.2g}</text>')
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img">{"".join(drawn)}</svg>'


def _ends(gain: Gain) -> tuple[float, float]:
    if gain.interval is None:
        return gain.gain, gain.gain
    return gain.interval.p05, gain.interval.p95


def _thinned(curve: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most a few hundred points: the steps of a long curve are finer than a pixel."""
    step = max(1, len(curve) // 300)
    return [*curve[::step], curve[-1]]


def _path(points: Iterable[tuple[float, float]]) -> str:
    """Points of the unit square as an SVG path inside the frame."""
    at = (
        f"{EDGE + x * (WIDTH - 2 * EDGE):.1f} {HEIGHT - EDGE - y * (HEIGHT - 2 * EDGE):.1f}"
        for x, y in points
    )
    return "M" + "L".join(at)


def _frame(across: str, up: str, marks: Sequence[str], inside: str) -> str:
    """Axes that run over the same marks both ways."""
    last = max(len(marks) - 1, 1)
    labels = "".join(
        f'<text x="{EDGE + i / last * (WIDTH - 2 * EDGE):.0f}" y="{HEIGHT - EDGE + 16}" '
        f'text-anchor="middle">{mark}</text>'
        f'<text x="{EDGE - 4}" y="{HEIGHT - EDGE - i / last * (HEIGHT - 2 * EDGE) + 4:.0f}" '
        f'text-anchor="end">{mark}</text>'
        for i, mark in enumerate(marks)
    )
    axes = f'<path class="axis" d="M{EDGE} {EDGE}V{HEIGHT - EDGE}H{WIDTH - EDGE}"/>'
    names = (
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle">{across}</text>'
        f'<text x="{EDGE}" y="{EDGE - 10}" text-anchor="middle">{up}</text>'
    )
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{axes}{labels}{names}{inside}</svg>'
