"""Events of the wallet factories and the relay in front of one of them.

They are among the busiest there are: the readers never ask for all of them
(``service.chain.filters``), and the one that does names the accounts it is about.
"""

from models.enums import ContractKind
from models.wallet_enums import CreationKind
from service.chain.event import line
from service.protocol.facts import Fact
from service.protocol.log_position import LogPosition
from service.protocol.wallet_facts import WalletCreated

# RelayCallStatus.OK, the first of the relay's words for how a call ended.
_OK = 0


def _safe_created(at: LogPosition, proxy: bytes, owner: bytes) -> Fact:
    return WalletCreated(at, CreationKind.SAFE_CREATED, owner, wallet=proxy)


def _deposit_deployed(
    at: LogPosition, wallet: bytes, owner: bytes, wallet_id: bytes, implementation: bytes
) -> Fact:
    kind = CreationKind.DEPOSIT_DEPLOYED
    return WalletCreated(at, kind, owner, wallet, wallet_id, implementation)


def _relayed(  # the event's own words
    at: LogPosition,
    _relay: bytes,
    sender: bytes,
    to: bytes,
    _selector: bytes,
    status: int,
    _charge: int,
) -> Fact:
    return WalletCreated(at, CreationKind.PROXY_RELAYED, sender, target=to, succeeded=status == _OK)


LINES = (
    line(ContractKind.SAFE_FACTORY, "ProxyCreation(address,address)", _safe_created),
    line(
        ContractKind.DEPOSIT_WALLET_FACTORY,
        "WalletDeployed(address*,address*,bytes32*,address)",
        _deposit_deployed,
    ),
    line(
        ContractKind.RELAY_HUB,
        "TransactionRelayed(address*,address*,address*,bytes4,uint8,uint256)",
        _relayed,
    ),
)
