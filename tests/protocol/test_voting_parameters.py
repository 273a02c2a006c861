from datetime import UTC, datetime

from service.protocol.contract_facts import ContractChanged, Word
from service.protocol.ids import to_checksum
from service.protocol.parameter_readings import ParameterReading
from service.protocol.voting_parameters import VotingParameters, fold_parameters
from tests.protocol.voting import place, voter


def changed(block: int, name: str, **words: Word) -> ContractChanged:
    return ContractChanged(place(block), name, None, words)


def test_what_was_set_holds_from_the_next_log_on() -> None:
    history = fold_parameters(
        [
            changed(1, "GatAndSpatChanged", gat="50", spat="5"),
            changed(5, "GatAndSpatChanged", gat="60", spat="6"),
        ]
    )
    assert history.before((1, 0)) == VotingParameters()
    assert history.before((1, 1)) == VotingParameters(gat=50, spat=5)
    assert history.before((5, 0)) == VotingParameters(gat=50, spat=5)
    assert history.before((5, 1)) == history.latest == VotingParameters(gat=60, spat=6)


def test_each_parameter_is_read_from_its_own_event() -> None:
    latest = fold_parameters(
        [
            changed(1, "MaxRollsChanged", rolls="4"),
            changed(2, "SlashingLibraryChanged", library=to_checksum(voter(7))),
            changed(3, "SetNewUnstakeCoolDown", seconds="604800"),
            changed(4, "SetNewEmissionRate", rate="180000000000000000"),
            changed(5, "MaxRequestsPerRoundChanged", requests="1000"),
        ]
    ).latest
    assert latest == VotingParameters(
        max_rolls=4,
        slashing_library=voter(7),
        unstake_cooldown_seconds=604_800,
        emission_rate=18 * 10**16,
    )
    assert latest.missing == ("gat", "spat")


def read(name: str, value: str, block: int) -> ParameterReading:
    return ParameterReading(
        1, voter(1), name, value, block, block, datetime(2026, 1, 1, tzinfo=UTC)
    )


def test_a_reading_tells_what_was_set_before_the_first_stored_log() -> None:
    history = fold_parameters([], [read("spat", "65", 100), read("gat", "5", 100)])
    assert history.before((1, 0)) == history.latest == VotingParameters(gat=5, spat=65)


def test_a_reading_older_than_the_first_change_holds_until_that_change() -> None:
    change = changed(50, "GatAndSpatChanged", gat="60", spat="6")
    history = fold_parameters([change], [read("spat", "65", 40)])
    assert history.before((50, 0)).spat == 65
    assert history.before((51, 0)).spat == 6
    assert history.before((50, 0)).gat is None


def test_a_reading_after_a_change_says_nothing_of_the_time_before_it() -> None:
    change = changed(50, "GatAndSpatChanged", gat="60", spat="6")
    history = fold_parameters([change], [read("spat", "6", 50), read("spat", "6", 90)])
    assert history.before((50, 0)) == VotingParameters()


def test_the_oldest_of_several_readings_counts() -> None:
    readings = [read("maxRolls", "5", 90), read("maxRolls", "4", 40)]
    assert fold_parameters([], readings).latest.max_rolls == 4
