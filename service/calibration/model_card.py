"""The model card: a model file told in words, weaknesses first.

docs/methodology.md, "Dispute model". Everything in it is read from the file, so that the card of a
file can be made again from the file alone.
"""

from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]


def to_card(document: Document) -> str:
    """Markdown."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Document) -> Iterator[str]:
    yield f"# Model card: {document['model_id']}"
    yield ""
    yield f"P({document['target']}) of a question at its first proposal. Not P(paid out wrong)."
    yield ""
    yield "## Weaknesses first"
    yield ""
    yield from (f"- {line}" for line in _weaknesses(document))
    yield ""
    yield "## Data"
    yield ""
    yield from _data(document)
    yield ""
    yield "## Held-out months"
    yield ""
    yield from _held_out(document["held_out"])
    yield ""
    yield "## Coefficients (log-odds)"
    yield ""
    yield from _coefficients(document["coefficients"])
    yield ""
    yield "## What earned its place"
    yield ""
    yield from _ablation(document)
    yield ""
    yield "## Priors"
    yield ""
    yield "| prior | replaced | rule |"
    yield "|---|---|---|"
    for row in document["priors"]:
        yield f"| {row['prior']} | {'yes' if row['replaced'] else 'no'} | {row['rule']} |"
    yield ""
    yield "## Eras"
    yield ""
    yield (
        "What is added to a proposal's log-odds from a day on is not fitted. The fit adds it to its"
        " own rows of such an era as well, and moves the published base rate as far for them, so"
        f" that nothing is counted twice. Its newest row is of {_day(document['trained']['to'])}."
    )
    yield ""
    for era in document["eras"]:
        yield f"- from {era['from'][:10]}: {era['log_odds']:+g} ({era['source']})"


def _weaknesses(document: Document) -> Iterator[str]:
    counts, trained = document["counts"]["at_proposal"], document["trained"]
    yield (
        f"Trained on {counts['rows']:,} proposals with {counts['positives']} positives, up to"
        f" {_day(trained['to'])}. Rates of another era, adapter or catalogue are not its to tell."
    )
    yield (
        "The readings were thought of while looking at these months, the held-out ones included."
        " Their figures are therefore kinder than rows nobody has seen will be."
    )
    yield (
        "A dispute usually corrects an error. Nothing here was trained on payouts that were wrong:"
        " there are too few."
    )
    yield (
        "A proposer's history is counted over the rows at hand, so the first rows of a file know"
        " nobody; on the whole chain a familiar proposer is the rule."
    )
    if not document["reads_wording"] and not document["coefficients"]["words"]:
        yield "The text of the rules earned no place: neither fixed words nor a bag of words."
    held = document["held_out"]
    if not held["available"]:
        yield f"No held-out figures: {held['why']}. Treat as uncalibrated."
    elif held["below_minimum_sample"]:
        names = ", ".join(held["below_minimum_sample"])
        yield f"{held['positives']} held-out positives are too few for: {names}. Uncalibrated."
    if held["available"] and not held["decides_parts"]:
        needed = document["minimum_samples"]["held_out_positives_that_decide_parts"]
        yield (
            f"{held['positives']} held-out positives cannot decide which parts belong ({needed}"
            " needed): the usual parts are on, texts are off, whatever the table below says."
        )


def _data(document: Document) -> Iterator[str]:
    data = document["data"]
    if data["source"]:
        yield f"Source: {data['source']}."
        yield ""
    if data["files"]:
        yield "| input | rows | sha256 |"
        yield "|---|---:|---|"
        for found in data["files"]:
            yield f"| {found['name']} | {found['rows']:,} | `{found['sha256'][:16]}…` |"
        yield ""
    if "store" in data:
        yield _store(data["store"])
        yield ""
    trained, counts = document["trained"], document["counts"]
    yield (
        f"Score times {_day(trained['from'])} to {_day(trained['to'])};"
        f" {data['rows_left_out_later']:,} later rows left out. Labelled:"
        f" {counts['at_proposal']['rows']:,} proposals ({counts['at_proposal']['positives']}"
        f" positive) and {counts['without_proposal']['rows']:,} questions without a recorded"
        f" proposal ({counts['without_proposal']['positives']} positive), the latter for"
        " categories and words only."
    )


def _store(store: Document) -> str:
    block = "no block stored" if store["block"] is None else f"newest block {store['block']:,}"
    return (
        f"Database as known at {store['as_of']}, {block}: {store['questions']:,} finished questions"
        f" first answered {_day(store['first_proposed_at'])} to {_day(store['last_proposed_at'])},"
        f" {store['disputed']} disputed, {store['flipped']} flipped, {store['misresolved']} of"
        f" {store['adjudicated']} adjudicated payouts wrong; rows `{store['rows_sha256'][:16]}…`."
    )


def _held_out(held: Document) -> Iterator[str]:
    if not held["available"]:
        yield f"None: {held['why']}."
        return
    yield (
        f"{', '.join(held['months'])}, each forecast from the rows up to a week before, no group on"
        f" both sides: {held['rows']:,} rows, {held['positives']} positives in"
        f" {held['groups']:,} groups. Intervals: 90 %, groups drawn again."
    )
    yield ""
    yield (
        "The parts were chosen on these months. The backtest leaves 30 days between training and"
        " test and is the harder figure; its result is in docs/methodology.md."
    )
    yield ""
    yield f"- positives: {held['positives']} happened, {held['expected_positives']} expected"
    yield (
        f"- log loss {held['log_loss']} (the rate alone: {held['log_loss_of_the_rate_alone']}),"
        f" AUPRC {held['auprc']}"
    )
    yield f"- calibration slope {held['slope']} {_span(held['slope_90'])}"
    yield f"- calibration intercept {held['intercept']} {_span(held['intercept_90'])}"


def _coefficients(coefficients: Document) -> Iterator[str]:
    yield (
        "A reading adds the ln of its mean odds factor over Normal(value, spread), within the cap."
        " A default's spread is its prior's, a fitted coefficient's its posterior's."
    )
    yield ""
    yield "| | value | 90 % | spread | on average | from | default |"
    yield "|---|---:|---|---:|---:|---|---|"
    for name, row in coefficients["intercepts"].items():
        rate = f"base rate {row['base_rate']:.2%}, prior {row['prior']['mean']:.2%}"
        yield f"| {name} | {row['value']} | | | | {rate} (n {row['prior']['n']:g}) | |"
    for row in coefficients["terms"]:
        default = f"{row['default']} ({row['default_tag']}: {row['default_why']})"
        yield (
            f"| {row['name']} | {row['value']} | {_span(row['interval_90'])} | {row['spread']}"
            f" | {row['usual']} | {row['coef_source']} | {default} |"
        )
    for name, row in coefficients["categories"].items():
        counted = f"{row['positives']} of {row['rows']:,}, {row['expected']} if usual"
        yield f"| {name} | {row['value']} | sd {row['sd']} | | | {counted} | 0 |"
    if coefficients["words"]:
        yield ""
        yield f"{len(coefficients['words'])} words, in the file."


def _ablation(document: Document) -> Iterator[str]:
    if not document["ablation"]:
        yield "Not tried: too few positives before any month."
        return
    share = document["minimum_samples"]["share_of_resamples_that_keeps_a_part"]
    yield (
        f"In this order, each beside what was kept before. On: log loss falls in {share:.0%} of"
        " the resamples of groups. Parts that are not in the model were only measured. A recorded"
        " price of exactly 0 or 1 may have been read after settlement: what it gains looks ahead."
    )
    yield ""
    yield "| part | log loss saved a row | 90 % | better in | AUPRC | verdict |"
    yield "|---|---:|---|---:|---|---|"
    for row in document["ablation"]:
        better = row["share_of_resamples_better"]
        yield (
            f"| {row['part']} | {row['log_loss_saved']:+g} | {_span([row['p05'], row['p95']])}"
            f" | {better:.0%} | {row['auprc_before']} to {row['auprc_after']} | {row['verdict']} |"
        )


def _span(pair: list[float] | None) -> str:
    return "" if pair is None or None in pair else f"{pair[0]:g} .. {pair[1]:g}"


def _day(instant: str | None) -> str:
    return "?" if instant is None else instant[:10]
