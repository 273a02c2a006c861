"""The closed vocabularies of wallets and of the links between them; standard library only."""

from enum import StrEnum


class WalletKind(StrEnum):
    """What an address is to the one who controls it (docs/data-dictionary.md, "Wallets")."""

    # Seen in the oracle's or the vote's logs: a key's own account, or a contract.
    ACCOUNT = "account"
    SAFE = "safe"
    PROXY = "proxy"
    # Polymarket's deposit wallets: the shape before its factory's upgrade, and after.
    DEPOSIT_UUPS = "deposit_uups"
    DEPOSIT_BEACON = "deposit_beacon"
    # A contract that stakes for its owner.
    DESIGNATED_VOTING = "designated_voting"


class LinkKind(StrEnum):
    """What a link says two addresses share."""

    # One owner of the money.
    OWN = "OWN"
    # One decides how the other votes.
    VOTE = "VOTE"
    # One paid for the other.
    FUND = "FUND"
    # A name claims both.
    NAME = "NAME"


class LinkBasis(StrEnum):
    """What a link rests on (docs/methodology.md, "Links between wallets")."""

    DERIVED = "derived"
    CREATED = "created"
    DESIGNATED_OWNER = "designated_owner"
    DESIGNATED_VOTER = "designated_voter"
    SINGLE_SIGNER = "single_signer"
    SIGNER = "signer"
    DELEGATION = "delegation"
    VOTED_FOR = "voted_for"
    STAKE_PAID = "stake_paid"
    FIRST_FUNDED = "first_funded"
    TRANSFERS = "transfers"
    SEALED_TOGETHER = "sealed_together"


class WalletRole(StrEnum):
    """In which part an address was seen."""

    PROPOSER = "proposer"
    DISPUTER = "disputer"
    VOTER = "voter"
    # Sends votes for a voter.
    CALLER = "caller"
    DELEGATE = "delegate"
    # Paid for somebody's stake, or sent several their first tokens.
    FUNDER = "funder"
    # Did nothing but that and links nobody: an exchange, a bridge. No position is asked for.
    PASSER_BY = "passer_by"
    DESIGNATED_OWNER = "designated_owner"


class CreationKind(StrEnum):
    """Which log told of a wallet."""

    SAFE_CREATED = "safe_created"
    DEPOSIT_DEPLOYED = "deposit_deployed"
    # A call through the relay to the proxy factory: the caller's proxy exists if it went well.
    PROXY_RELAYED = "proxy_relayed"


class HoldingState(StrEnum):
    """What can be said of whether somebody holds a position."""

    HELD = "held"
    LINKED_NONE_HELD = "linked_none_held"
    # Its wallets were not asked for, or none is known: that is not "holds nothing".
    UNLINKABLE = "unlinkable"
