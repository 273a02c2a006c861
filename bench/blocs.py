"""What the search for blocs sees and makes up: python bench/blocs.py [--runs 200] [--seed 1]."""

import argparse

from service.detection.bloc_power import CASES, measure_power, power_table


def main() -> None:
    """Print the table of docs/methodology.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    for number, case in enumerate(CASES):
        table = power_table(measure_power(asked.runs, asked.seed, [case])).splitlines()
        print("\n".join(table[2 if number else 0 :]), flush=True)


if __name__ == "__main__":
    main()
