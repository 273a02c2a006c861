r"""The words and phrases that the reading of rule texts looks for.

Every pattern is a list of words, or has bounded gaps (``[^.\n]{0,60}``): searching is linear in
the text. Each has stems, one of which must stand in the lower-cased text for it to be searched.
docs/methodology.md, "Rule text".
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, and what must stand in a text for it to be worth a search."""

    regex: re.Pattern[str]
    stems: tuple[str, ...]


def _phrase(regex: str, *stems: str, keep_case: bool = False) -> Pattern:
    return Pattern(re.compile(regex, re.NOFLAG if keep_case else re.IGNORECASE), stems)


def _words(*alternatives: str) -> Pattern:
    """Whole words, whichever of them; the letters before a word's first option are its stem."""
    stems = {_stem(alternative) for alternative in alternatives}
    return _phrase(r"\b(?:" + "|".join(alternatives) + r")\b", *sorted(stems))


def _stem(alternative: str) -> str:
    cut = re.search(r"[\[(?]", alternative)
    if cut is None:
        return alternative
    end = cut.start() - (1 if cut.group() == "?" else 0)
    return alternative[:end]


# One entry a family: "agrees" and "agreement" are one vague verb.
VAGUE_VERBS = {
    "agree": _words("agree[sd]?", "agreeing", "agreements?"),
    "announce": _words("announce[sd]?", "announcing", "announcements?"),
    "invade": _words("invade[sd]?", "invading", "invasions?", "military (?:action|offensive)"),
    "official": _words("official(?:ly)?", "formal(?:ly)?"),
    "deal": _words("deals?", "accords?", "ceasefires?"),
    "wear": _words("wears?", "wearing", "wore", "worn"),
    "credible reporting": _words("credible (?:media )?(?:reports?|reporting)", "reported(?:ly)?"),
    "consensus": _words("consensus", "widely"),
}
# fmt: off
SUBJECTIVE = _words(
    "significant(?:ly)?", "substantial(?:ly)?", "major", "clear(?:ly)?", "definitive(?:ly)?",
    "meaningful(?:ly)?", "reasonabl[ey]", "notabl[ey]", "serious(?:ly)?", "overwhelming(?:ly)?",
    "obvious(?:ly)?", "generally", "primarily", "successful(?:ly)?", "unambiguous(?:ly)?",
    "stronger argument", "sole discretion", "spirit of", "in any form", "likely", "effectively",
)
REPORTED = _words(
    "announce[sd]?", "announcements?", "reports?", "reported", "released?", "releases",
    "publish(?:ed|es)?", "disclose[sd]?", "disclosure", "confirm(?:ed|s|ation)?",
    "declassif(?:y|ies|ied)", "filings?", "file[sd]?", "sells?", "sold", "buys?", "acquire[sd]?",
    "signs?", "signed",
)
# fmt: on
_MONTH = (
    "january|february|march|april|may|june|july|august|september|october|november|december"
    "|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
)
_MONTH_STEMS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAY = _phrase(rf"\b(?:{_MONTH})\.? \d{{1,2}}\b|\b\d{{4}}-\d\d-\d\d\b", *_MONTH_STEMS, "-0", "-1")
CLOCK = _phrase(
    r"\b\d{1,2}(?::\d\d)? ?[ap]\.?m\b|\b\d{1,2}:\d\d\b|\bnoon\b", ":", "am", "pm", ".m", "noon"
)
ZONE = _phrase(
    r"\b(?:[ECMP][SD]?T|UTC|GMT|CES?T|BST|IST|JST|KST|A[ECW]ST|MSK|EES?T)\b"
    r"|\b[Ee]astern\b|\b[Ll]ocal time\b|\b[Tt]ime ?zone\b",
    "st",
    "dt",
    "et",
    "ct",
    "mt",
    "pt",
    "utc",
    "gmt",
    "msk",
    "local time",
    "zone",
    keep_case=True,
)
URL = _phrase(r"https?://[^\s/)\]>\"'\u201d]{1,100}", "http")
# A name after the words that introduce a source; "official", "credible" and the like name nobody.
NAMED_SOURCE = _phrase(
    r"(?:[Rr]esolution sources?\b[^.\n]{0,60}?\b(?:is|are|will be|be)\b|[Aa]ccording to"
    r"|[Aa]s (?:reported|published|measured|listed|shown|displayed) (?:by|on|in))"
    r"(?: (?:the|data from|an?|(?:official )?information from|live)){0,3}"
    r" [\"\u201c]?(?!Yes\b|No\b)(?:[A-Z][A-Za-z]|[a-z]{2,40}\.(?:com|gov|org)\b)",
    "resolution source",
    "according to",
    "as reported",
    "as published",
    "as measured",
    "as listed",
    "as shown",
    "as displayed",
    keep_case=True,
)
SOURCE = _words("resolution sources?", "according to", "credible (?:media )?reporting")
ALTERNATIVE = _phrase(
    r"\band/or\b|\b(?:another|other|alternat(?:e|ive)) (?:credible |reliable |official )?"
    r"(?:resolution )?(?:sources?|information|reporting|data)\b"
    r"|\bconsensus of credible\b|\bmay also be used\b|\bsecondary (?:resolution )?source\b",
    "and/or",
    "other",
    "alternat",
    "consensus of credible",
    "also be used",
    "secondary",
)
# Says which of the two dates decides, or what happens when they differ.
DATE_RULE = _phrase(
    r"\bregardless of when\b|\beven if\b|\bremain open\b"
    r"|\bwithin (?:this|the) market.s time ?frame\b"
    r"|\b(?:announced|published|released|reported|disclosed|signed|confirmed)\b[^.\n]{0,60}"
    r"\b(?:by|before|between|prior to|on or before)\b|\bas of\b|\btakes? effect\b"
    r"|\beffective date\b|\bdate of (?:the )?(?:announcement|event|publication|release)\b"
    r"|\boccur(?:s|red)?\b",
    "",
)
TOO_EARLY = _phrase(
    r"\btoo early\b|\bp4\b|\bimmediately resolves?\b|\bresolves? immediately\b"
    r"|\bremain open\b|\bpostponed\b|\bnot yet\b",
    "too early",
    "p4",
    "immediately",
    "remain open",
    "postponed",
    "not yet",
)
FRAGILE = {
    "sensor": _phrase(
        r"\bweather underground\b|\bwunderground\b|\bweather station\b|\bairport station\b"
        r"|\bstation\b[^.\n]{0,60}\btemperature\b|\btemperature\b[^.\n]{0,80}\bstation\b"
        r"|\b(?:measured|recorded) (?:at|by) the [^.\n]{0,60}"
        r"\b(?:sensor|station|gauge|observatory)\b",
        "underground",
        "station",
        "sensor",
        "gauge",
        "observatory",
    ),
    "map": _phrase(
        r"\binstitute for the study of war\b|\bISW\b|\bdeep ?state ?map\b|\bliveuamap\b"
        r"|\binteractive map\b|\bshaded\b[^.\n]{0,60}\bmap\b|\bmap\b[^.\n]{0,60}\bshad(?:ed|ing)\b",
        "study of war",
        "isw",
        "map",
    ),
    "price_feed": _phrase(
        r"\b1[ -]?(?:minute|hour|day|m|h)\b[^.\n]{0,40}\bcandles?\b"
        r"|\bcandles?\b[^.\n]{0,80}\bbinance\b|\bbinance\b[^.\n]{0,80}\bcandles?\b"
        r"|\bchainlink\b|\bpyth\b|\bdata stream\b"
        r"|\bnot according to other (?:sources|exchanges|spot)\b|\bcoingecko\b|\bcoinmarketcap\b",
        "candle",
        "chainlink",
        "pyth",
        "data stream",
        "not according to",
        "coingecko",
        "coinmarketcap",
    ),
}
# A second source that can contradict the first, not one for when the first is gone.
CROSS_CHECK = _phrase(
    r"\band/or\b|\bor (?:by )?a (?:wide |broad )?consensus of credible\b|\bmay also be used\b"
    r"|\bcombination of\b",
    "and/or",
    "consensus of credible",
    "also be used",
    "combination of",
)


def host(address: str) -> str:
    """The host of an address that ``URL`` found."""
    return address.lower().split("//", 1)[1].removeprefix("www.").rstrip(".,;:")
