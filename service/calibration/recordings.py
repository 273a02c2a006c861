"""Which recording a file is, by its columns, and its rows as text.

Only the columns named here are ever read: the rest of a recording (final volume apart, which
weighs errors) cannot reach a row.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from service.column_files import open_duckdb
from service.errors import UsageError


class Recording(StrEnum):
    """The kinds of recording a study reads."""

    PROPOSALS = "proposals"
    MARKETS = "markets"
    DISPUTED_CONTRACTS = "disputed_contracts"
    DVM_VOTES = "dvm_votes"


_KEY = ("market_key", "condition_id")
# A file is the first kind of which it has one column of each set (and one of `_KEY`, votes apart).
_NEEDED: dict[Recording, tuple[frozenset[str], ...]] = {
    Recording.PROPOSALS: (
        frozenset({"proposal_ts"}),
        frozenset({"title", "ancillary_text", "proposed_price"}),
    ),
    Recording.DISPUTED_CONTRACTS: (
        frozenset({"first_proposal_ts"}),
        frozenset({"final_payoff"}),
        frozenset({"disputed"}),
    ),
    Recording.DVM_VOTES: (frozenset({"voting_round"}), frozenset({"committee_answer"})),
    Recording.MARKETS: (
        frozenset({"question", "slug"}),
        frozenset({"closed_ts", "uma_end_ts", "end_ts"}),
    ),
}
_READ: dict[Recording, tuple[str, ...]] = {
    Recording.PROPOSALS: (
        *_KEY,
        *("title", "description", "ancillary_text", "category", "tags", "request_ts"),
        *("proposal_ts", "expiration_ts", "liveness_s", "end_date", "game_start_time"),
        *("proposed_price", "proposed_outcome", "proposer", "creator", "bond_usdc"),
        *("reward_usdc", "oracle", "event_id", "neg_risk_market_id"),
        *("token0_price", "token1_price", "price_of_proposed"),
        *("disputed", "disputed_any", "flipped", "misresolved", "label_basis"),
    ),
    Recording.MARKETS: (
        *_KEY,
        *("question", "description", "event_id", "event_title", "category", "tags", "created_ts"),
        *("end_ts", "closed_ts", "uma_end_ts", "game_start_time", "neg_risk", "uma_bond"),
        *("uma_reward", "custom_liveness", "volume", "neg_risk_market_id"),
        *("disputed", "flipped", "misresolved", "label_basis"),
    ),
    Recording.DISPUTED_CONTRACTS: (
        *_KEY,
        *("disputed", "flipped", "misresolved", "first_proposal_ts", "final_settlement_ts"),
        "volume",
    ),
    Recording.DVM_VOTES: ("contract_market_key_by_title",),
}
SUFFIXES = (".parquet", ".csv.gz", ".csv")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recognised file: its kind, and its rows as text, absent and empty cells left out."""

    path: Path
    kind: Recording
    rows: tuple[Mapping[str, str], ...]


def find_files(paths: list[Path]) -> Iterator[Path]:
    """The files of the arguments; a folder stands for the readable files in it, by name."""
    for path in paths:
        if path.is_dir():
            files = (p for p in path.iterdir() if p.is_file() and p.name.lower().endswith(SUFFIXES))
            # Typed columns first: the same table as text then only fills gaps.
            yield from sorted(files, key=lambda p: (p.suffix.lower() != ".parquet", p.name))
        elif path.is_file():
            yield path
        else:
            raise UsageError(f"{path}: no such file or folder. Name recordings or their folder.")


def read_recording(path: Path) -> Recorded | str:
    """The file's rows, or the line that says why it is left aside.

    Raises UsageError for a file that cannot be read.
    """
    if not path.name.lower().endswith(SUFFIXES):
        raise UsageError(f"{path}: not a recording's format. Give .parquet, .csv or .csv.gz.")
    if path.stat().st_size == 0:
        return f"{path.name}: empty, left aside"
    import duckdb  # for its errors

    try:
        with ExitStack() as resources:
            connection = open_duckdb(resources)
            function = "read_parquet(?)"
            if not path.name.lower().endswith(".parquet"):
                function = "read_csv(?, all_varchar=true, header=true, delim=',', quote='\"')"
            relation = connection.execute(f"SELECT * FROM {function} LIMIT 0", [str(path)])
            columns = [str(c[0]) for c in relation.description or ()]
            kind = recognise(columns)
            if kind is None:
                return f"{path.name}: none of the known recordings by its columns, left aside"
            names = [name for name in _READ[kind] if name in columns]
            chosen = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in names)
            query = f"SELECT {chosen} FROM {function}"
            found = connection.execute(query, [str(path)]).fetchall()
    except duckdb.Error as error:
        # The reader's own words are of its query, not of the file.
        kind_of_file = next(suffix for suffix in SUFFIXES if path.name.lower().endswith(suffix))
        raise UsageError(
            f"{path}: cannot be read as a {kind_of_file} table. Fetch it again."
        ) from error
    rows = tuple(
        {name: value for name, value in zip(names, row, strict=True) if value not in (None, "")}
        for row in found
    )
    return Recorded(path, kind, rows)


def recognise(columns: list[str]) -> Recording | None:
    """Which recording has these columns."""
    have = set(columns)
    for kind, needed in _NEEDED.items():
        keyed = kind is Recording.DVM_VOTES or have & set(_KEY)
        if keyed and all(have & choices for choices in needed):
            return kind
    return None
