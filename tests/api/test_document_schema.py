import json

import pytest

from service.api.document_schema import AssessmentDocument
from service.risk.assess import assess
from service.risk.document import to_document
from service.risk.inputs import MarketInputs
from tests.risk import scenes


@pytest.mark.parametrize("inputs", [scenes.proposed(), scenes.voting()], ids=lambda i: str(i.state))
def test_the_documents_the_model_writes_are_the_ones_described(inputs: MarketInputs) -> None:
    result = assess(inputs, scenes.NO_COUNTS, scenes.PARAMETERS)
    stored = json.loads(json.dumps(to_document(result), allow_nan=False))
    described = AssessmentDocument.model_validate(stored)
    assert described.p_misresolved.mean == result.p_misresolved.mean


def test_every_described_field_is_written() -> None:
    result = assess(scenes.proposed(), scenes.NO_COUNTS, scenes.PARAMETERS)
    assert set(AssessmentDocument.model_fields) <= set(to_document(result))
