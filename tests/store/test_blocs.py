"""Groups of voters keep their name while they mostly stay the same, on both databases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.attack_enums import BlocKind
from models.bloc import BlocVersion
from service.risk.attack.standing_blocs import StandingBloc, new_bloc_id
from service.store.attacks.blocs import add_blocs, blocs_of_addresses, standing_blocs

AT = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def group(numbers: Sequence[int], kind: BlocKind = BlocKind.CO_VOTING) -> StandingBloc:
    """Entities by number; each has a second address."""
    entity_of = {
        f"0x{number + more:040x}": f"0x{number:040x}" for number in numbers for more in (0, 1)
    }
    entities = tuple(sorted(set(entity_of.values())))
    return StandingBloc(
        bloc_id=new_bloc_id(kind, entities),
        kind=kind,
        entities=entities,
        addresses=tuple(sorted(entity_of)),
        evidence=("12 joint pushes where 0.8 are expected",),
        joint_requests=12,
        p_value=0.001,
        entity_of=dict(sorted(entity_of.items())),
        tests={"expected": 0.8},
    )


def test_a_group_is_read_back_as_it_was_found(session: Session) -> None:
    found = group([16, 32, 48])
    add_blocs(session, [found], "blocs-1", AT)
    assert standing_blocs(session, AT) == [replace(found, known_at=AT, model_version="blocs-1")]
    assert standing_blocs(session, AT - HOUR) == []


def test_a_search_that_says_the_same_adds_nothing(session: Session) -> None:
    for hours in range(3):
        add_blocs(session, [group([16, 32, 48])], "blocs-1", AT + hours * HOUR)
    assert session.scalar(select(func.count()).select_from(BlocVersion)) == 1


def test_a_group_with_a_new_member_keeps_its_name_and_each_time_reads_its_own(
    session: Session,
) -> None:
    [first] = add_blocs(session, [group([16, 32, 48])], "blocs-1", AT)
    [second] = add_blocs(session, [group([16, 32, 48, 64])], "blocs-1", AT + HOUR)
    assert first.bloc_id == second.bloc_id
    sizes = [len(bloc.entities) for at in (AT, AT + HOUR) for bloc in standing_blocs(session, at)]
    assert sizes == [3, 4]


def test_a_group_no_longer_found_is_gone_and_comes_back_by_its_name(session: Session) -> None:
    [bloc] = add_blocs(session, [group([16, 32, 48])], "blocs-1", AT)
    add_blocs(session, [], "blocs-1", AT + HOUR)
    assert standing_blocs(session, AT + HOUR) == []
    assert [held.bloc_id for held in standing_blocs(session, AT)] == [bloc.bloc_id]
    [again] = add_blocs(session, [group([16, 32, 48])], "blocs-1", AT + 2 * HOUR)
    assert again.bloc_id == bloc.bloc_id


def test_two_halves_of_a_group_do_not_both_take_its_name(session: Session) -> None:
    [whole] = add_blocs(session, [group([16, 32, 48, 64])], "blocs-1", AT)
    halves = add_blocs(session, [group([16, 32]), group([48, 64])], "blocs-1", AT + HOUR)
    names = [half.bloc_id for half in halves]
    assert names.count(whole.bloc_id) == 1
    assert len(set(names)) == 2


def test_a_group_is_found_by_any_address_of_its_entities(session: Session) -> None:
    add_blocs(session, [group([16, 32]), group([48, 64], BlocKind.BASELINE)], "blocs-1", AT)
    [bloc] = blocs_of_addresses(session, [(49).to_bytes(20, "big")], AT)
    assert bloc.kind is BlocKind.BASELINE
