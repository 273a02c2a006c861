"""How often bursts and rings are found, and how often where there is none.

`python bench/bursts.py [runs]`: histories a world for bursts (200 made the table of
docs/methodology.md, about ten minutes), and as many invented sets of disputes for rings.
"""

import sys

import numpy as np

from service.risk.rates.rate_intervals import wilson
from service.risk.signs.attack_signs import SignEvidence
from service.risk.signs.burst_power import study_all, to_markdown
from service.risk.signs.ring_parameters import load_ring_parameters
from service.risk.signs.rings import Meeting, find_rings

LOG = SignEvidence("DisputePrice")
PROPOSERS, DISPUTERS, DISPUTES, STRATA = 30, 20, 300, 4


def main() -> None:
    """Measure and print."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    parameters = load_ring_parameters()
    print(to_markdown(study_all(parameters.burst, runs), parameters.burst.weekly_false_alarms))
    print()
    for pair, extra in ((("bait", "hook"), 0), (("bait", "hook"), 3), (("p0", "d0"), 12)):
        found = sum(_is_found(seed, pair, extra) for seed in range(runs))
        span = wilson(found, runs)
        told = f"{found} of {runs} ({span.low:.1%} to {span.high:.1%})"
        print(f"{'/'.join(pair):<10} meeting {extra:>2} times more: a ring in {told}")


def _is_found(seed: int, pair: tuple[str, str], extra: int) -> bool:
    """Whether the pair is in a ring; without meetings of its own, whether anybody is."""
    staged = [Meeting(*pair, 1e4 + n, 1e4 + n, n % STRATA, LOG) for n in range(extra)]
    rings = find_rings([*_crowd(seed), *staged], {}, load_ring_parameters().ring)
    return any(not extra or set(pair) <= set(ring.members) for ring in rings)


def _crowd(seed: int) -> list[Meeting]:
    """Proposers and disputers of Zipf zeal who meet by chance."""
    rng = np.random.default_rng(seed)
    weights = [1 / np.arange(1, size + 1) for size in (PROPOSERS, DISPUTERS)]
    proposers, disputers = (
        rng.choice(weight.size, DISPUTES, p=weight / weight.sum()) for weight in weights
    )
    return [
        Meeting(f"p{p}", f"d{d}", float(n), float(n), n * STRATA // DISPUTES, LOG)
        for n, (p, d) in enumerate(zip(proposers, disputers, strict=True))
    ]


if __name__ == "__main__":
    main()
