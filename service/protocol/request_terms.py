"""The terms a request is proposed under: bond, liveness and who may propose.

On the managed oracle they are set for a question (even before it is asked, and outliving resets)
or for one request. A term of the question's own wins over one of the request, which wins over
what the question asked for at first; it counts for a proposal if it was set before it.
Source: ManagedOptimisticOracleV2; docs/methodology.md, "Terms of a request".
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from models.enums import ContractKind, RequestTermKind
from service.protocol.contract_facts import ContractChanged
from service.protocol.facts import RequestTermsChanged
from service.protocol.request_status import RequestStatus

# The managed oracle's event that names its default list of proposers.
DEFAULT_WHITELIST = "DefaultProposerWhitelistUpdated"


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

    def applied(self, request: RequestStatus, proposed_at: datetime | None) -> RequestStatus:
        """A request with the terms in force for a proposal made now."""
        whitelist, is_own = self._whitelist(request)
        return replace(
            request,
            reward=self._reward(request),
            bond=self._bond(request),
            liveness_seconds=self._liveness(request, proposed_at),
            proposer_whitelist=whitelist,
            has_own_whitelist=is_own,
        )

    def _reward(self, request: RequestStatus) -> int | None:
        changed = self._of(request, RequestTermKind.REWARD)
        return request.reward if changed is None else changed

    def _bond(self, request: RequestStatus) -> int | None:
        own = self._own.get((request.oracle, RequestTermKind.CUSTOM_BOND, request.currency))
        if own is not None:
            return own.value
        changed = self._of(request, RequestTermKind.BOND)
        if changed is not None:
            return changed
        # The oracle takes its final fee for a bond where the question asks for none.
        return self.initial_bond or (None if self.initial_bond is None else request.final_fee)

    def _liveness(self, request: RequestStatus, proposed_at: datetime | None) -> int | None:
        if proposed_at is not None and request.expiration_timestamp is not None:
            return request.expiration_timestamp - int(proposed_at.timestamp())
        own = self._own.get((request.oracle, RequestTermKind.CUSTOM_LIVENESS, None))
        return self._of(request, RequestTermKind.LIVENESS) if own is None else own.value

    def _whitelist(self, request: RequestStatus) -> tuple[bytes | None, bool]:
        if request.oracle_kind is not ContractKind.MANAGED_OPTIMISTIC_ORACLE_V2:
            return None, False
        own = self._own.get((request.oracle, RequestTermKind.CUSTOM_WHITELIST, None))
        if own is not None and own.whitelist is not None and any(own.whitelist):
            return own.whitelist, True
        return self._default_whitelists.get(request.oracle), False

    def _of(self, request: RequestStatus, kind: RequestTermKind) -> int | None:
        return self._of_request.get((request.oracle, kind, request.request_timestamp))
