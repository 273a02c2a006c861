"""What logs say of Polymarket's wallets: which exist, and for whom they were made."""

from dataclasses import dataclass

from models.wallet_enums import CreationKind
from service.protocol.log_position import LogPosition


@dataclass(frozen=True, slots=True)
class WalletCreated:
    """A factory made a wallet for ``owner``, or was asked to through the relay."""

    at: LogPosition
    kind: CreationKind
    owner: bytes
    # None where the log does not name it: a proxy follows from its owner.
    wallet: bytes | None = None
    # A deposit wallet's address follows from this and not from its owner.
    wallet_id: bytes | None = None
    # The code of a deposit wallet (its implementation or the beacon); whom a relayed call was for.
    target: bytes | None = None
    # A relayed call may have failed; the factories' own logs only come where they did not.
    succeeded: bool = True
