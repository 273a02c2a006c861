"""The terms a request is proposed under: bond, liveness and who may propose.

On the managed oracle they are set for a question (even before it is asked, and outliving resets)
or for one request. A term of the question's own wins over one of the request, which wins over
what the question asked for at first; it counts for a proposal if it was set before it.
Source: ManagedOptimisticOracleV2; docs/methodology.md, "Terms of a request".
"""

from dataclasses import dataclass, field

from models.enums import RequestTermKind
from service.protocol.contract_facts import ContractChanged
from service.protocol.facts import RequestTermsChanged

# The managed oracle's event that names its default list of proposers.
DEFAULT_WHITELIST = "DefaultProposerWhitelistUpdated"


@dataclass(frozen=True, slots=True)
class AskedTerms:
    """What a request's own logs say of its terms."""

    oracle: bytes
    request_timestamp: int
    is_managed: bool
    currency: bytes | None
    reward: int | None
    final_fee: int | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What is in force for a proposal; ``None`` where no log says it."""

    reward: int | None
    bond: int | None
    liveness_seconds: int | None
    whitelist: bytes | None
    is_own_whitelist: bool


@dataclass(slots=True)
class TermsFold:
    """The terms told so far of one question."""

    # What the question asked for when it was initialised; None where that is not known.
    initial_bond: int | None
    _own: dict[tuple[bytes, RequestTermKind, bytes | None], RequestTermsChanged] = field(
        default_factory=dict
    )
    _of_request: dict[tuple[bytes, RequestTermKind, int], int] = field(default_factory=dict)
    _default_whitelists: dict[bytes, bytes] = field(default_factory=dict)

    def tell(self, fact: RequestTermsChanged) -> None:
        """Take in a change of terms."""
        if fact.request_timestamp is None:
            # The oracle keeps a bond of the question's own for each currency.
            self._own[fact.at.address, fact.kind, fact.currency] = fact
        elif fact.value is not None:
            self._of_request[fact.at.address, fact.kind, fact.request_timestamp] = fact.value

    def tell_default(self, fact: ContractChanged) -> None:
        """Take in a change of the oracle's default list of proposers."""
        if fact.name == DEFAULT_WHITELIST and fact.subject is not None:
            self._default_whitelists[fact.at.address] = fact.subject

    def in_force(self, asked: AskedTerms) -> Terms:
        """The terms a proposal made now would have."""
        whitelist, is_own = self._whitelist(asked)
        reward = self._of(asked, RequestTermKind.REWARD)
        return Terms(
            reward=asked.reward if reward is None else reward,
            bond=self._bond(asked),
            liveness_seconds=self._liveness(asked),
            whitelist=whitelist,
            is_own_whitelist=is_own,
        )

    def _bond(self, asked: AskedTerms) -> int | None:
        own = self._own.get((asked.oracle, RequestTermKind.CUSTOM_BOND, asked.currency))
        if own is not None:
            return own.value
        changed = self._of(asked, RequestTermKind.BOND)
        if changed is not None:
            return changed
        # The oracle takes its final fee for a bond where the question asks for none.
        return self.initial_bond or (None if self.initial_bond is None else asked.final_fee)

    def _liveness(self, asked: AskedTerms) -> int | None:
        own = self._own.get((asked.oracle, RequestTermKind.CUSTOM_LIVENESS, None))
        return self._of(asked, RequestTermKind.LIVENESS) if own is None else own.value

    def _whitelist(self, asked: AskedTerms) -> tuple[bytes | None, bool]:
        if not asked.is_managed:
            return None, False
        own = self._own.get((asked.oracle, RequestTermKind.CUSTOM_WHITELIST, None))
        if own is not None and own.whitelist is not None and any(own.whitelist):
            return own.whitelist, True
        return self._default_whitelists.get(asked.oracle), False

    def _of(self, asked: AskedTerms, kind: RequestTermKind) -> int | None:
        return self._of_request.get((asked.oracle, kind, asked.request_timestamp))
