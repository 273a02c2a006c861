"""``find_blocs``: groups of voters that vote as one, daily and after each round.

docs/methodology.md, "Standing blocs".
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from jobs.bloc_process import search_apart
from jobs.cycle import CycleReport
from jobs.transactions import in_transaction
from models.bloc import BlocSearch
from service.clock import Clock
from service.protocol.ids import parse_address, to_hex
from service.protocol.rounds import RoundTime, round_at
from service.risk.attack.standing_blocs import StandingBloc
from service.risk.signs.attack_signs import SignEvidence
from service.risk.signs.bloc_findings import BLOCS_VERSION, BlocFindings, power_words
from service.risk.signs.bloc_signs import (
    STANDING_BLOC,
    Deviation,
    deviation_signs,
    find_deviations,
    standing_signs,
)
from service.risk.signs.vote_matrix import VoteMatrix, can_inform
from service.store.attacks.attack_signals import add_signals
from service.store.attacks.blocs import add_blocs, add_search, get_search, standing_blocs
from service.store.attacks.gone_signals import gone_signs
from service.store.votes.vote_matrix import VoteRecord, load_vote_record, reveal_evidence

PERIOD = timedelta(days=1)
# Logs of a round's last minutes are known a little after its end.
SETTLES = timedelta(minutes=20)
MOST_EVIDENCE = 20

Search = Callable[[VoteMatrix, Mapping[str, Sequence[str]]], BlocFindings]


def find_blocs(
    sessions: sessionmaker[Session],
    read_sessions: sessionmaker[Session],
    clock: Clock,
    search: Search = search_apart,
) -> CycleReport:
    """Search where a day or a round has passed since the last search, and keep what is new."""
    now = clock.now()
    with read_sessions() as session:
        if not _is_due(session, now):
            return CycleReport({"due": 0})
        record = load_vote_record(session, now)
        before = standing_blocs(session, now)
    addresses = {
        name: [to_hex(voter) for voter in entity.voters] for name, entity in record.entities.items()
    }
    findings = _findings(record.matrix, addresses, search)
    deviations = find_deviations(record.matrix, before)

    def keep(session: Session) -> tuple[int, int]:
        named = add_blocs(session, findings.blocs, BLOCS_VERSION, now)
        add_search(session, _search_row(findings, now))
        signs = [
            *standing_signs(
                named, _pushes(session, named, now), record.current_round, record.sealing
            ),
            *deviation_signs(deviations, _logs(session, record, before, deviations, now)),
        ]
        # What is said of a past round stays true of it; that a group stands may end.
        gone = [
            sign
            for sign in gone_signs(session, signs, [STANDING_BLOC], now)
            if sign.round_id in (None, record.current_round)
        ]
        return len(named), add_signals(session, [*signs, *gone], BLOCS_VERSION, now)

    groups, added = in_transaction(sessions, keep)
    return CycleReport(
        {
            "due": 1,
            "entities": findings.entities,
            "votes": findings.requests,
            "informative": findings.informative,
            "groups": groups,
            "deviations": len(deviations),
            "signs_added": added,
        }
    )


def _findings(
    matrix: VoteMatrix, addresses: Mapping[str, Sequence[str]], search: Search
) -> BlocFindings:
    """Too few voters for any small minority are not worth a process."""
    if can_inform(matrix):
        return search(matrix, addresses)
    return BlocFindings((), len(matrix.entities), len(matrix.requests), 0, ())


def _is_due(session: Session, now: datetime) -> bool:
    last = get_search(session, now)
    if last is None or now - last.known_at >= PERIOD:
        return True
    ended = RoundTime(round_at(int((now - SETTLES).timestamp()))).starts_at
    return last.known_at.timestamp() < ended + SETTLES.total_seconds()


def _search_row(findings: BlocFindings, now: datetime) -> BlocSearch:
    return BlocSearch(
        entities=findings.entities,
        requests=findings.requests,
        informative=findings.informative,
        groups=len(findings.blocs),
        document={
            "least_pushes": [dict(one) for one in findings.least_pushes],
            "power": power_words(findings),
        },
        model_version=BLOCS_VERSION,
        known_at=now,
    )


def _pushes(
    session: Session, blocs: Sequence[StandingBloc], now: datetime
) -> dict[str, list[SignEvidence]]:
    """The logs of each group's newest joint push."""
    found: dict[str, list[SignEvidence]] = {}
    for bloc in blocs:
        for listed in bloc.tests.get("requests", [])[:1]:
            voters = [parse_address(address) for address in bloc.addresses]
            logs = reveal_evidence(session, listed["request_id"], listed["round_id"], voters, now)
            found[bloc.bloc_id] = logs[:MOST_EVIDENCE]
    return found


def _logs(
    session: Session,
    record: VoteRecord,
    before: Sequence[StandingBloc],
    deviations: Sequence[Deviation],
    now: datetime,
) -> dict[tuple[str, int], list[SignEvidence]]:
    """The logs of the first vote each deviation rests on."""
    addresses = {bloc.bloc_id: bloc.addresses for bloc in before}
    found: dict[tuple[str, int], list[SignEvidence]] = {}
    for one in deviations:
        voters = [parse_address(address) for address in addresses[one.bloc_id]]
        request = record.matrix.requests[one.columns[0]]
        logs = reveal_evidence(session, request, one.round_id, voters, now)
        found[one.bloc_id, one.round_id] = logs[:MOST_EVIDENCE]
    return found
