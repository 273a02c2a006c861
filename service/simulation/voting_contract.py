"""The vote's rules as VotingV2 has them: stake, rounds, thresholds, rolls, slashing, cooldown.

Written from the contracts' sources (VotingV2 ``_freezeRoundVariables``,
``_processResolvablePriceRequests``, ``_updateAccountSlashingTrackers``; ResultComputationV2;
Staker; FixedSlashSlashingLibrary), apart from ``service.protocol.tally``, which the tests hold
against it. UMA in wei, unix seconds.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from service.protocol.prices import NO
from service.protocol.rounds import RoundTime, round_at
from service.protocol.voting_parameters import SHARE

GAT = 5_000_000 * 10**18
SPAT = SHARE * 65 // 100
MAX_ROLLS = 4
BASE_SLASH = SHARE // 1_000
COOLDOWN = 7 * 86_400

# The name of an event of the contract and its words.
Said = tuple[str, tuple[object, ...]]


@dataclass(slots=True)
class VoteRequest:
    """One request of the vote."""

    identifier: bytes
    time: int
    text: bytes
    request_id: bytes
    # The round it is voted in next, or was decided in.
    round_id: int
    roll_count: int = 0
    price: int | None = None
    is_deleted: bool = False
    # Votes of the round: (voter, price, tokens) in chain order.
    votes: list[tuple[bytes, int, int]] = field(default_factory=list)

    @property
    def key(self) -> tuple[bytes, int, bytes]:
        """The words every event of it repeats."""
        return self.identifier, self.time, self.text


@dataclass(frozen=True, slots=True)
class Sent:
    """One transaction: when, and what it logs."""

    at: int
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class _Frozen:
    stake: int
    min_agreement: int


class VotingContract:
    """The state of the vote, and everything it ever logged."""

    def __init__(self) -> None:
        """No stake, no requests."""
        self.sent: list[Sent] = []
        self.stakes: dict[bytes, int] = {}
        self.total = 0
        self.open: list[VoteRequest] = []
        self._frozen: dict[int, _Frozen] = {}
        self._resolved = 0
        self._unstaking: dict[bytes, int] = {}

    def deploy(self, at: int, library: bytes, emission: int) -> None:
        """Say the parameters, as the constructors do."""
        self._send(
            at,
            ("GatAndSpatChanged", (GAT, SPAT)),
            ("MaxRollsChanged", (MAX_ROLLS,)),
            ("SlashingLibraryChanged", (library,)),
            ("SetNewUnstakeCoolDown", (COOLDOWN,)),
            ("SetNewEmissionRate", (emission,)),
        )

    def stake(self, at: int, voter: bytes, amount: int, funder: bytes) -> None:
        """Add stake; outside a reveal phase, so that it counts at once."""
        self.stakes[voter] = self.stakes.get(voter, 0) + amount
        self.total += amount
        words = (voter, funder, amount, self.stakes[voter], 0, self.total)
        self._send(at, ("Staked", words))

    def unstake(self, at: int, voter: bytes) -> None:
        """Ask for all of a voter's stake; it is paid out after the cooldown."""
        amount = self.stakes[voter]
        self.stakes[voter] = 0
        self.total -= amount
        self._unstaking[voter] = amount
        self._send(at, ("RequestedUnstake", (voter, amount, at + COOLDOWN, 0)))

    def pay_out(self, at: int, voter: bytes) -> None:
        """End the unstaking of a voter."""
        self._send(at, ("ExecutedUnstake", (voter, self._unstaking.pop(voter), 0)))

    def add(self, at: int, request: VoteRequest, tunnel: bytes) -> None:
        """A request arrives; it is voted in the round after."""
        request.round_id = round_at(at) + 1
        self.open.append(request)
        words = (tunnel, request.round_id, *request.key, False)
        self._send(at, ("RequestAdded", words))

    def seal(self, at: int, voter: bytes, requests: Sequence[VoteRequest]) -> None:
        """Seal votes on requests of the running round, in one transaction."""
        said = [("VoteCommitted", (voter, voter, r.round_id, *r.key)) for r in requests]
        self._send(at, *said)

    def reveal(self, at: int, voter: bytes, votes: Iterable[tuple[VoteRequest, int]]) -> None:
        """Open votes, in one transaction; the first of a round freezes its thresholds."""
        said: list[Said] = []
        tokens = self.stakes[voter]
        for request, price in votes:
            self._freeze(request.round_id)
            request.votes.append((voter, price, tokens))
            words = (voter, voter, request.round_id, *request.key, price, tokens)
            said.append(("VoteRevealed", words))
        self._send(at, *said)

    def process(self, at: int) -> list[VoteRequest]:
        """Decide what earlier rounds left open, slash, and return what is decided or deleted."""
        now = round_at(at)
        due = [r for r in self.open if r.round_id < now]
        ended: list[VoteRequest] = []
        said: list[Said] = []
        slashes: dict[bytes, int] = defaultdict(int)
        for request in due:
            price = self._decided(request)
            if price is not None:
                request.price = price
                words = (request.round_id, self._resolved, *request.key, price)
                said.append(("RequestResolved", words))
                self._resolved += 1
                self._slash(request, slashes)
                ended.append(request)
                continue
            request.roll_count += now - request.round_id
            request.votes.clear()
            name = "RequestRolled"
            if request.roll_count > MAX_ROLLS:
                request.is_deleted, name = True, "RequestDeleted"
                ended.append(request)
            else:
                request.round_id = now
            said.append((name, (*request.key, request.roll_count)))
        self.open = [r for r in self.open if r not in ended]
        self._send(at, *said)
        for number, (voter, slash) in enumerate(sorted(slashes.items())):
            self.stakes[voter] = max(0, self.stakes[voter] + slash)
            applied = (voter, slash, self.stakes[voter])
            self._send(at + 12 + number // 8 * 12, ("VoterSlashApplied", applied))
        return ended

    def in_round(self, round_id: int) -> list[VoteRequest]:
        """The requests a round votes on."""
        return [r for r in self.open if r.round_id == round_id]

    def _freeze(self, round_id: int) -> None:
        if round_id not in self._frozen:
            self._frozen[round_id] = _Frozen(self.total, SPAT * self.total // SHARE)

    def _decided(self, request: VoteRequest) -> int | None:
        frozen = self._frozen.get(request.round_id)
        if frozen is None:
            return None
        weights: dict[int, int] = defaultdict(int)
        leader = NO
        for _, price, tokens in request.votes:
            weights[price] += tokens
            if weights[price] > weights.get(leader, 0):
                leader = price
        if sum(weights.values()) <= GAT or weights.get(leader, 0) <= frozen.min_agreement:
            return None
        return leader

    def _slash(self, request: VoteRequest, slashes: dict[bytes, int]) -> None:
        """What each voter loses or gains by a decided request, of its stake as it stands."""
        by_voter = {voter: (price, tokens) for voter, price, tokens in request.votes}
        voted = sum(tokens for _, tokens in by_voter.values())
        right = sum(tokens for price, tokens in by_voter.values() if price == request.price)
        frozen = self._frozen[request.round_id].stake
        lost = BASE_SLASH * (frozen - voted) // SHARE + BASE_SLASH * (voted - right) // SHARE
        for voter, stake in self.stakes.items():
            if not stake:
                continue
            price, _ = by_voter.get(voter, (None, 0))
            if price == request.price:
                slashes[voter] += stake * lost // right
            else:
                slashes[voter] -= stake * BASE_SLASH // SHARE

    def _send(self, at: int, *said: Said) -> None:
        if said:
            self.sent.append(Sent(at, said))


def phase_of(round_id: int) -> tuple[int, int, int]:
    """First second of sealing, of opening, and after a round."""
    time = RoundTime(round_id)
    return time.starts_at, time.reveal_starts_at, time.ends_at
