"""``score_base_rates``: how often questions are disputed, flipped and overridden, counted daily."""

from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from service.clock import Clock
from service.protocol.contracts import ContractBook
from service.risk.rates.rate_parameters import load_rate_parameters
from service.risk.rates.rate_rows import make_rows
from service.store.rates.base_rate_rows import NewRun, append_rates
from service.store.rates.rate_audits import list_audited_rates
from service.store.rates.rate_queries import questions_text
from service.store.rates.rate_samples import load_sample, recent_since


def score_base_rates(
    sessions: sessionmaker[Session],
    read_sessions: sessionmaker[Session],
    clock: Clock,
    book: ContractBook,
    release: str,
) -> CycleReport:
    """Count all finished questions and append the rates that moved; none if nothing did."""
    at, parameters = clock.now(), load_rate_parameters()
    with read_sessions() as session:
        sample = load_sample(session, book, at, parameters)
        audited = list_audited_rates(session, at, parameters)
        query = questions_text(session, book, at, recent_since(at, parameters))
    # Outside of any transaction: drawing takes its time.
    rows = [*make_rows(sample, parameters), *audited]
    version = f"settlewatch {release}, {parameters.version}"
    with sessions.begin() as session:
        added = append_rates(session, NewRun(at, version, sample.size, query), rows)
    return CycleReport({"questions": sample.size, "rates": len(rows), "appended": added})
