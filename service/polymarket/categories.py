"""From Polymarket's tags to the risk model's categories; a fixed table, first match wins.

A market carries many tags ("politics" stands on every mention market, "awards" on the NBA's MVP),
so the order of the table decides: the narrow subjects come before the broad ones. Where no tag
matches, words of the title and its group decide; where none matches either: other. See
docs/data-dictionary.md, "Categories".
"""

import re
from collections.abc import Sequence

from models.enums import Category

# Of the tables and words below: another number has all stored markets sorted anew.
VERSION = 2

# fmt: off
TAGS: tuple[tuple[Category, frozenset[str]], ...] = (
    (
        Category.MENTIONS,
        frozenset({
            "mentions", "mention-markets", "earnings-mentions", "speech", "tweets-markets",
        }),
    ),
    (
        Category.WEATHER,
        frozenset({
            "weather", "climate", "climate-weather", "temperature", "daily-temperature",
            "highest-temperature", "hurricane", "hurricanes", "earthquakes", "natural-disasters",
            "global-temp",
        }),
    ),
    (
        Category.SPORTS,
        frozenset({
            "sports", "games", "esports", "nba", "nfl", "nhl", "mlb", "wnba", "ncaa", "cbb", "cfb",
            "soccer", "football", "basketball", "baseball", "hockey", "tennis", "golf", "cricket",
            "rugby", "boxing", "ufc", "mma", "formula-1", "f1", "nascar", "chess", "olympics",
            "epl", "premier-league", "la-liga", "bundesliga", "serie-a", "ligue-1", "mls", "ucl",
            "champions-league", "fifa", "fifa-world-cup", "world-cup", "atp", "wta", "pga",
            "counter-strike-2", "cs2", "dota-2", "league-of-legends", "valorant",
            "horse-racing", "racing", "poker", "darts", "cycling", "wwe", "table-tennis",
        }),
    ),
    (
        Category.CRYPTO,
        frozenset({
            "crypto", "crypto-prices", "bitcoin", "ethereum", "solana", "xrp", "ripple",
            "dogecoin", "bnb", "hyperliquid", "stablecoins", "defi", "airdrops", "nft", "nfts",
            "up-or-down", "token-launches", "fdv", "memecoins", "exchange",
            "cryptocurrency", "btc", "eth", "btc-price-prediction", "blockchain", "airdrop",
            "pre-market", "token-sales", "etf-flows", "farcaster", "satoshi-nakamoto", "sbf",
        }),
    ),
    (
        Category.GEOPOLITICS,
        frozenset({
            "geopolitics", "foreign-policy", "foreign-affairs", "world-affairs", "war", "ukraine",
            "russia", "ukraine-peace-deal", "ukraine-map", "israel", "gaza", "iran", "middle-east",
            "china", "taiwan", "north-korea", "venezuela", "syria", "lebanon", "yemen", "nato",
            "nuclear", "ceasefire", "military-strikes", "sanctions", "palestine", "hezbollah",
            "india-pakistan",
        }),
    ),
    (
        Category.POLITICS,
        frozenset({
            "politics", "us-politics", "elections", "us-election", "us-presidential-election",
            "global-elections", "world-elections", "midterms", "primaries", "congress", "senate",
            "house", "supreme-court", "scotus", "trump", "trump-presidency", "biden", "courts",
            "us-current-affairs", "cabinet", "mayoral-elections", "gov-shutdown", "doge",
            "epstein", "immigration", "tariffs", "executive-actions", "foreign-elections",
            "donald-trump", "election-2024", "elections-2024", "usa-election", "u.s.-election",
            "u.s.-politics", "primary-election", "robert-f.-kennedy-jr.", "kamala-harris",
        }),
    ),
    (
        Category.CULTURE,
        frozenset({
            "culture", "pop-culture", "entertainment", "movies", "box-office", "music", "awards",
            "oscars", "grammys", "emmys", "eurovision", "celebrities", "tv", "netflix", "spotify",
            "youtube", "mrbeast", "kanye", "taylor-swift", "video-games", "gaming", "gta-vi",
            "rotten-tomatoes", "billboard", "religion", "aliens", "creators",
        }),
    ),
)
# fmt: on

WORDS: tuple[tuple[Category, re.Pattern[str]], ...] = (
    (Category.MENTIONS, re.compile(r"\bsays?\b.*\bduring\b|\bmentions?\b|\bwill .* say\b")),
    (
        Category.WEATHER,
        re.compile(
            r"\btemperature\b|\bhurricane\b|\brainfall\b|\bsnow(fall)?\b|\bearthquake\b"
            r"|\bhottest\b|°[cf]\b"
        ),
    ),
    (
        Category.SPORTS,
        re.compile(
            r"\bnba\b|\bnfl\b|\bnhl\b|\bmlb\b|\bufc\b|\bepl\b|\bf1\b|\bformula 1\b|\bgrand prix\b"
            r"|\bsuper bowl\b|\bstanley cup\b|\bworld cup\b|\bchampions league\b|\bplayoffs?\b"
            r"|\bolympics?\b|\bwimbledon\b|\btournament\b|\bspread:|\bo/u\b|\bmoneyline\b| vs\.? "
            r"|\bboxing match\b|\bmatchup\b|\bleague of legends\b|\bworld series\b|\bgrand slam\b"
        ),
    ),
    (
        Category.CRYPTO,
        re.compile(
            r"\bbitcoin\b|\bbtc\b|\bethereum\b|\beth\b|\bsolana\b|\bcrypto\b|\bxrp\b|\bdogecoin\b"
            r"|\bfdv\b|\bairdrop\b|\bstablecoin\b|\bdefi\b|\bluna\b|\bnfts?\b|\buniswap\b|\bsushiswap\b"
            r"|\bopensea\b|\bcardano\b|\bpolkadot\b|\bmarket cap of .* token\b"
        ),
    ),
    (
        Category.GEOPOLITICS,
        re.compile(
            r"\bceasefire\b|\binvade\b|\binvasion\b|\bwar\b|\bukraine\b|\brussia\b|\bisrael\b"
            r"|\bgaza\b|\biran\b|\btaiwan\b|\bnato\b|\bnuclear\b|\bmilitary\b|\bsanctions?\b"
            r"|\bairstrikes?\b|\bhostages?\b"
        ),
    ),
    (
        Category.POLITICS,
        re.compile(
            r"\belections?\b|\bpresident(ial)?\b|\bsenate\b|\bcongress\b|\bgovernor\b|\btrump\b"
            r"|\bbiden\b|\bnominee\b|\bnomination\b|\bsupreme court\b|\bprime minister\b"
            r"|\bparliament\b|\bimpeach|\bcabinet\b|\bpardon|\bmayor\b"
        ),
    ),
    (
        Category.CULTURE,
        re.compile(
            r"\boscars?\b|\bgrammys?\b|\bmovie\b|\bfilm\b|\bbox office\b|\balbum\b|\bsong\b"
            r"|\bspotify\b|\bnetflix\b|\beurovision\b|\btaylor swift\b|\bmrbeast\b"
            r"|\bperson of the year\b|\brotten tomatoes\b|\bjesus\b|\baliens?\b|\bufos?\b"
        ),
    ),
)


def to_category(tags: Sequence[str], titles: Sequence[str]) -> Category:
    """The category of a market with these tag slugs; its titles decide where no tag does."""
    slugs = {tag.strip().lower().replace(" ", "-") for tag in tags}
    for category, known in TAGS:
        if slugs & known:
            return category
    text = " ".join(titles).lower()
    for category, words in WORDS:
        if words.search(text):
            return category
    return Category.OTHER
