"""Topics, as published in the contracts' sources and seen on chain."""

# ruff: noqa: E501  # one event a line
import pytest

from models.enums import ContractKind as Kind
from service.chain.events import EVENTS

# One event of each contract, with its topic0 as the chain shows it.
PUBLISHED = {
    (Kind.UMA_CTF_ADAPTER, "QuestionInitialized", ""): "0xeee0897acd6893adcaf2ba5158191b3601098ab6bece35c5d57874340b64c5b7",
    (Kind.UMA_CTF_ADAPTER, "QuestionInitialized", "v1"): "0x53af6c2e40505bb55a47d917203a12c8f063b6c505c11094d98ac8f772e8a031",
    (Kind.UMA_CTF_ADAPTER, "ResolutionDataRequested", "v1"): "0x6010c5373137e7c7c584b6bf87be56bf4a685890351251ac0a8d74e599455929",
    (Kind.UMA_CTF_ADAPTER, "QuestionResolved", "v1"): "0x5c3937ed929cd157b73b417381d743daf6e1ef65999e3ccb5dd64bc3247e28d6",
    (Kind.UMA_CTF_ADAPTER, "QuestionManuallyResolved", ""): "0x5909815fe7fe0a550d5fcb95fbf33821b580521d3c97089c6ce12808d1cd0566",
    (Kind.OPTIMISTIC_ORACLE_V2, "ProposePrice", ""): "0x6e51dd00371aabffa82cd401592f76ed51e98a9ea4b58751c70463a2c78b5ca1",
    (Kind.MANAGED_OPTIMISTIC_ORACLE_V2, "CustomBondSet", ""): "0x4544c320b43beb5421d5149ff92fa72b40f00ac65294c4b8ca3906f08fb5a8c2",
    (Kind.MANAGED_OPTIMISTIC_ORACLE_V2, "RewardUpdated", ""): "0x1a42d10327a7b99c78fd000309897aa86122b84386c57b0df2d9ffb811744df1",
    (Kind.MANAGED_OPTIMISTIC_ORACLE_V2, "RequestRulesUpdated", ""): "0x55cc8cd88b85687e346a751ebc0d1af95709ed560912cbb356933250f7e37d66",
    (Kind.MANAGED_OPTIMISTIC_ORACLE_V2, "Upgraded", ""): "0xbc7cd75a20ee27fd9adebab32041f755214dbc6bffa90cc0225b39da2e5c2d3b",
    (Kind.ADDRESS_WHITELIST, "AddedToWhitelist", ""): "0xa850ae9193f515cbae8d35e8925bd2be26627fc91bce650b8652ed254e9cab03",
    (Kind.SIGNED_PROPOSER, "ProposalExecuted", ""): "0xfff3c4c0db5030bc60f9023cb6141584a100f896e9279e104fead989e0342b48",
    (Kind.ORACLE_CHILD_TUNNEL, "PriceRequestBridged", ""): "0x4d6a7c5bf9d7fce7be0d4faa2cdbd0b4b2de96f118b0a7e0745f420e0cd0513b",
    (Kind.ORACLE_ROOT_TUNNEL, "PriceRequestAdded", ""): "0x55ad1db144341b8105784dba37a7cb1c3088262f75ea638cfb7c8ecfb73751c6",
    (Kind.ORACLE_ROOT_TUNNEL, "ResolvedLegacyRequest", ""): "0x376a2888b4bbde59652a1a74c351c7de4cf0c70623c9e60e19d2a7c3efb8b52b",
    (Kind.VOTING_V2, "RequestAdded", ""): "0x4161f76cfc9e9ae436231be94fe49310565599b4549176e7471c5dff78abcbf1",
    (Kind.VOTING_V2, "RequestDeleted", ""): "0xa7e3c5db97e015fde8037bfb8af6f4acb1dd04850d34e181cb31c63ab58a068d",
    (Kind.VOTING_V2, "VoteRevealed", ""): "0x97fd2ce926defea5c438a5e8084209a81af5ad8539d8198af200a52e0b7b374c",
    (Kind.VOTING_V2, "RequestedUnstake", ""): "0xec15715d5901584d30b89ba136df7de31ab6062f3ab46577eccc76e6a810109b",
    (Kind.VOTING_V2, "GatAndSpatChanged", ""): "0xd861e8dcf18f9080f620dc69fcc716305a60e2861c5a32ac1602c86ee36fe855",
    (Kind.GOVERNOR_V2, "NewProposal", ""): "0x082d2a29e61e3d0508e5617570bed4c7c58ae73d4719b31052d8638812bc4c0c",
    (Kind.EMERGENCY_PROPOSER, "EmergencyTransactionsProposed", ""): "0x449a13acf9f6c55f0438af43c27f4b4ccd7455669b2067ea5e5f639f38c2a7d7",
    (Kind.NEG_RISK_OPERATOR, "QuestionPrepared", ""): "0xcdc45423ec79c60a3fe3de57272e598d71a4ec88822e822ac8e134184a8435aa",
    (Kind.NEG_RISK_ADAPTER, "OutcomeReported", ""): "0x9e9fa7fd355160bd4cd3f22d4333519354beff1f5689bde87f2c5e63d8d484b2",
    (Kind.UMA_SPORTS_ORACLE, "GameEmergencySettled", ""): "0x94a40b36e803a4449f9bcec60927c43f591ac4bc742193f4724594abd1864fc2",
    (Kind.UMA_SPORTS_ORACLE, "MarketCreated", ""): "0x5bcc7301106847576a780fe5a5cb2a021e578e4b128ffdefebbe4cd36a23fc18",
    (Kind.ORACLE_AGGREGATOR, "ResultReported", ""): "0x553ed0b8f6413e4ecbf8434f6ca75a7752f7620c095aedd5929c6e8212149396",
    (Kind.OO_REPORTER, "RequestRegistered", ""): "0x459464e3d93204e986f0b20e33596daba585b1f37d5afe1eb1821551f7cb6f49",
    (Kind.SAFE_FACTORY, "ProxyCreation", ""): "0x4f51faf6c4561ff95f067657e43439f0f856d97c04d9ec9070a6199ad418e235",
    (Kind.DEPOSIT_WALLET_FACTORY, "WalletDeployed", ""): "0x7441de0ad639fe5d2bf1c22447715a0528b682385736bb40ae8dd92555eb8276",
    (Kind.RELAY_HUB, "TransactionRelayed", ""): "0xab74390d395916d9e0006298d47938a5def5d367054dcca78fa6ec84381f3f22",
    (Kind.DESIGNATED_VOTING_FACTORY, "NewDesignatedVoting", ""): "0x359c94b0273cb41a8004732e9c3a4de1e7cf8edc42cc22df2e9fbd25a617f1c1",
}  # fmt: skip


@pytest.mark.parametrize(("named", "topic0"), PUBLISHED.items(), ids=lambda v: str(v)[:60])
def test_a_signature_hashes_to_the_topic_seen_on_chain(
    named: tuple[Kind, str, str], topic0: str
) -> None:
    kind, name, era = named
    found = [
        event.topic0.hex()
        for (emitter, _), event in EVENTS.items()
        if emitter is kind and (event.name, event.era) == (name, era)
    ]
    assert found == [topic0.removeprefix("0x")]


def test_layouts_that_differ_in_indexed_words_are_told_apart_by_their_topics() -> None:
    [settled] = [e for e in EVENTS.values() if e.name == "GameEmergencySettled"]
    counts = {event.topic_count for event in (settled, *settled.others)}
    assert counts == {3, 4}
    assert settled.with_topics(3) is settled.others[0]
    assert settled.with_topics(2) is None
