"""The templates: always escaped, never with an undefined name."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from service.dashboard import words
from service.protocol.money import exact


def open_templates() -> Environment:
    """The page templates with the words they use."""
    templates = Environment(
        loader=PackageLoader("service.dashboard"),
        # Titles, rules and notes are written by strangers.
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        odds=words.odds,
        percent=words.percent,
        dollars=words.dollars,
        exact=exact,
        instant=words.instant,
        until=words.until,
        left=words.left,
        rfc3339=lambda at: at.isoformat().replace("+00:00", "Z"),
        state=lambda key: words.label(words.STATES, key),
        category=lambda key: words.label(words.CATEGORIES, key),
        support=lambda key: words.label(words.SUPPORT, key),
        support_meaning=lambda key: words.label(words.SUPPORT_MEANING, key),
        remedy=lambda key: words.label(words.REMEDIES, key),
    )
    templates.globals.update(odds_range=words.odds_range, odds_at=words.odds_at)
    return templates
