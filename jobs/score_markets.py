"""``score_markets``: an assessment for every market about which something became known."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, sessionmaker

from jobs.cycle import CycleReport
from models.assessment import MarketAssessment, MarketStanding
from models.enums import Remedy
from models.market import Market
from service.clock import Clock
from service.protocol.contracts import ContractBook
from service.risk.assess import assess
from service.risk.cells import CellPosteriors, build_cells
from service.risk.digest import inputs_digest
from service.risk.document import to_document
from service.risk.inputs import MarketInputs
from service.risk.parameters import RiskParameters
from service.store.assessments import NewAssessment, add_assessment
from service.store.cell_counts import count_cells
from service.store.contracts import load_book
from service.store.inputs import load_inputs

# Markets scored in one transaction.
BATCH = 200
