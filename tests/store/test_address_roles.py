"""Which records tell of an entity, on both databases."""

from sqlalchemy.orm import Session

from service.store.wallets.address_roles import AddressRoles, find_roles
from tests.jobs.test_detect_rings import add_dispute
from tests.store.scenes import NOW
from tests.store.test_entities import DISPUTER, HOUR, MIDDLE, OWNER, PROPOSER, add_link


def test_an_entity_is_told_of_under_the_address_that_acted(session: Session) -> None:
    add_dispute(session, 1, NOW, proposer=7, disputer=9)
    add_link(session, OWNER, DISPUTER)
    at = NOW + HOUR
    assert find_roles(session, OWNER, at) == AddressRoles(None, DISPUTER)
    assert find_roles(session, PROPOSER, at) == AddressRoles(None, PROPOSER)
    assert find_roles(session, MIDDLE, at) == AddressRoles(None, None)
