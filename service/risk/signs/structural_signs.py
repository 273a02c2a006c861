"""Signs that need no statistics: stake that moves in a vote, lines that are crossed.

Each is a fact about public logs; its likelihood ratio is our assumption. docs/methodology.md,
"Structural signs".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

from models.attack_enums import SignalFamily, SignalSubject
from models.enums import Support
from service.risk.signs.attack_signs import AttackSign, SignEvidence
from service.risk.signs.few_hands import MAJORITY, few_hands_of, leading_share
from service.risk.signs.forced_answers import forced_answers, forced_words
from service.risk.signs.sign_words import count, line_words, percent
from service.risk.signs.watched_round import (
    Ballot,
    EntityStake,
    OpenedAnswer,
    WatchedRequest,
    WatchedRound,
)

STRUCTURAL_VERSION = "structural-1.7.0"

STAKE_INFLOW = "stake_inflow_in_commit"
FORCE_LINE = "force_line_crossed"
BLOCK_LINE = "block_line_crossed"
ROLL_BLOCKED = "roll_blocked"
SEALED_LARGE = "sealed_votes_large"

# New stake of a commit phase from this share of all stake on is a sign.
INFLOW_SHARE = 0.05
# Sealed stake is large from this share on, in the last hours of a reveal phase.
SEALED_SHARE = 0.05
LAST_SECONDS = 6 * 3600
# A line that was crossed is left only so far below it.
HYSTERESIS = 0.02
# More transactions than this tell a reader nothing more.
MOST_EVIDENCE = 20
# Shares are told to the hundredth of a percent: a dust stake makes no new row.
_DIGITS = 4

# Logarithms of P(seen | attack) / P(seen | none), all our assumption: nobody counted attacks.
INFLOW_LOG_LR = log(5)
FORCE_LOG_LR = log(20)
# Of opened votes that pass by a minority of the heads, of which none alone does: where voters
# disagree, the side with more stake has fewer heads every other time.
HEADS_LOG_LR = log(5)
BLOCK_LOG_LR = log(2)
# 6 of 291 requests of 2025 would have rolled at 65 %: by few hands, and by whoever disagrees.
ROLL_LOG_LR = log(5)
SPLIT_ROLL_LOG_LR = log(1.5)
SEALED_LOG_LR = log(1.5)
# The sealed stake alone says whether the request is answered or rolls.
PIVOTAL_LOG_LR = log(3)


_About = tuple[SignalSubject, str]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a sign says beside whom it is about."""

    words: str
    log_lr: float = 0.0
    value: float | None = None
    unit: str = ""
    evidence: Sequence[SignEvidence] = ()
    requests: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    """A share of all stake, from which on whoever holds it can do what ``words`` say."""

    signal: str
    share: float
    log_lr: float
    words: str


def structural_signs(watched: WatchedRound) -> tuple[AttackSign, ...]:
    """Every sign of a round, its entities and its markets; those not there have ``log_lr`` 0.

    Of a round that is over what it left behind is told, be it that the last votes were opened, or
    became known, at its very end: its other signs stand as they were.
    """
    if watched.is_over:
        left = (*_roll_signs(watched), *_opened_force_signs(watched))
        return tuple(sign for sign in left if sign.log_lr > 0)
    signs: list[AttackSign] = []
    if watched.requests_in_vote:
        signs += _inflow_signs(watched)
        signs += _roll_signs(watched)
        signs += _opened_force_signs(watched)
        signs += _sealed_signs(watched)
    signs += _line_signs(watched)
    return tuple(signs)


def _inflow_signs(watched: WatchedRound) -> Iterable[AttackSign]:
    """Stake added while votes can be sealed counts in the same round."""
    if not watched.stake:
        return
    added = sum(inflow.stake for inflow in watched.inflows)
    share = added / watched.stake
    is_large = share > INFLOW_SHARE
    voters = len({inflow.voter for inflow in watched.inflows})
    words = (
        f"{added:,.0f} UMA were staked by {count(voters, 'address', 'addresses')} while votes of "
        f"round {watched.round_id} could be sealed: {percent(share)} of all stake, which counts "
        "in this round."
    )
    # Twice the share, half a doubling more.
    log_lr = INFLOW_LOG_LR + log(share / INFLOW_SHARE) / 2 if is_large else 0.0
    evidence = [inflow.evidence for inflow in sorted(watched.inflows, key=lambda one: -one.stake)]
    seen = _Seen(words, log_lr, round(added), "uma", evidence)
    yield _sign(watched, STAKE_INFLOW, _the_round(watched), seen)


def _line_signs(watched: WatchedRound) -> Iterable[AttackSign]:
    """An entity's share of all stake crosses what forces, or what blocks, an answer."""
    if not watched.stake or watched.spat is None:
        return
    lines = [_Line(FORCE_LINE, watched.spat, FORCE_LOG_LR, "decides every request alone")]
    if watched.block_share is not None:
        words = "can hold back an answer at the mean turnout"
        lines.append(_Line(BLOCK_LINE, watched.block_share, BLOCK_LOG_LR, words))
    for entity in watched.entities:
        for line in lines:
            is_above = _is_over_line(entity, line, watched.stake)
            if is_above or line.signal in entity.standing:
                yield _of_entity(entity, line, watched.stake, is_above=is_above)


def _is_over_line(entity: EntityStake, line: _Line, stake: float) -> bool:
    """Above a line, or still within two points below it after having been above."""
    at = line.share - HYSTERESIS if line.signal in entity.standing else line.share
    return entity.stake / stake > at


def _of_entity(entity: EntityStake, line: _Line, stake: float, *, is_above: bool) -> AttackSign:
    share, hand = entity.stake / stake, None
    holders = count(entity.addresses, "address holds", "linked addresses hold")
    if entity.kind is SignalSubject.GROUP:
        holders = count(entity.addresses, "address", "addresses that vote alike") + " hold"
    lies = (
        f"which {line.words} (from {line_words(line.share)} on)"
        if is_above
        else f"back below {line_words(line.share)}"
    )
    if is_above and entity.led_by is not None and _is_over_line(entity.led_by, line, stake):
        hand = entity.led_by.entity_id
        lies += f", and {hand} among them is above it alone"
    told = f"{holders} {percent(share)} of all stake, {lies}."
    if entity.joined_to is not None:
        told = f"Counted with the stake of {entity.joined_to}, which it is joined to by now."
    return AttackSign(
        family=SignalFamily.STAKE,
        signal=line.signal,
        subject_kind=entity.kind,
        subject=entity.entity_id,
        log_lr=line.log_lr if is_above else 0.0,
        support=Support.ASSUMED,
        words=told,
        value=round(share, _DIGITS),
        unit="share",
        evidence=entity.evidence[:MOST_EVIDENCE],
        hand=hand,
    )


def _roll_signs(watched: WatchedRound) -> Iterable[AttackSign]:
    """A majority of all stake agrees, and the request rolls all the same."""
    blocked = [request for request in watched.requests if _is_blocked(request, watched)]
    yield _rolled(watched, blocked, _the_round(watched))
    for market, requests in _by_market(watched.requests).items():
        here = [request for request in requests if _is_blocked(request, watched)]
        yield _rolled(watched, here, (SignalSubject.MARKET, market))


def _is_blocked(request: WatchedRequest, watched: WatchedRound) -> bool:
    """Whether nothing that is still sealed can lift the leader above the line."""
    leader = request.leader
    if leader is None or watched.reveal_seconds_left is None:
        return False
    still = 0.0 if watched.is_over else request.sealed
    is_certain = watched.is_over or request.sealed_unknown == 0
    short = leader.stake + still <= request.spat * request.stake
    return is_certain and short and leader.stake > MAJORITY * request.stake


def _rolled(watched: WatchedRound, blocked: Sequence[WatchedRequest], about: _About) -> AttackSign:
    """Of all that roll; by few hands those that do so, else the one nearest to the line is shown.

    That voters disagree is what rolls are for. Few hands are told apart, and say more.
    """
    few = [request for request in blocked if few_hands_of(request, watched.block_share) is not None]
    shown = few or blocked
    request = max(shown, key=leading_share, default=None)
    leader = None if request is None else request.leader
    if request is None or leader is None:
        words = f"No leading answer of round {watched.round_id} is held below the line."
        return _sign(watched, ROLL_BLOCKED, about, _Seen(words))
    share, hands = leading_share(request), few_hands_of(request, watched.block_share)
    words = (
        f"Round {watched.round_id} {_end_words(watched, request, leader)}"
        f"{percent(share)} < SPAT {line_words(request.spat)}: "
        f"{count(len(blocked), 'request rolls', 'requests roll')} to the next round"
    )
    words += ", by no few hands that can be seen." if hands is None else f"; {hands}."
    seen = _Seen(
        words,
        SPLIT_ROLL_LOG_LR if hands is None else ROLL_LOG_LR,
        round(share, _DIGITS),
        "share",
        _evidence_of(leader.ballots),
        sorted(one.request_id for one in shown),
    )
    return _sign(watched, ROLL_BLOCKED, about, seen)


def _end_words(watched: WatchedRound, request: WatchedRequest, leader: OpenedAnswer) -> str:
    """With what the round ends; what is still sealed may be opened for the leading answer."""
    behind = f"of all stake behind {leader.answer}"
    share = percent(leading_share(request))
    if watched.is_over:
        return f"ended with {share} {behind}, "
    if request.sealed > 0:
        most = percent((leader.stake + request.sealed) / request.stake)
        return f"will end, whatever is still opened, with at most {most} {behind}; by now it is "
    return f"will end with {share} {behind}, "


def is_by_few(log_lr: float) -> bool:
    """Whether a sign of a roll, as stored, is of few hands."""
    return log_lr > SPLIT_ROLL_LOG_LR


def is_by_heads(signal: str, log_lr: float) -> bool:
    """Whether a sign of a line crossed, as stored, is of opened votes of which none alone does."""
    return signal == FORCE_LINE and 0 < log_lr <= HEADS_LOG_LR


def _opened_force_signs(watched: WatchedRound) -> Iterable[AttackSign]:
    """Opened stake passes the line by few hands: one entity, or no majority of the voters.

    That the stake behind an answer passes the line is how every vote ends; that it does so against
    the count of heads, or by one hand, is not. Each answer is told by itself, and the votes shown
    are those of one hand, else of the fewest: whoever joins them on another request, or opens the
    other answer, is no part of it.
    """
    found = forced_answers(watched.requests)
    if not found:
        words = f"No few entities force an answer in round {watched.round_id}."
        yield _sign(watched, FORCE_LINE, _the_round(watched), _Seen(words))
        return
    first = found[0]
    line = line_words(first.requests[0].spat)
    begin = f"Opened votes of round {watched.round_id} pass SPAT {line}: {forced_words(first)}."
    lines = [begin, *(f"Likewise {forced_words(one)}." for one in found[1:])]
    if not first.by_one:
        lines.append("No entity or standing group that can be seen passes it alone.")
    if watched.is_over:
        lines.append("The round is over.")
    evidence = _evidence_of(first.ballots)
    log_lr = FORCE_LOG_LR if first.by_one else HEADS_LOG_LR
    on = sorted({request.request_id for one in found for request in one.requests})
    seen = _Seen(" ".join(lines), log_lr, round(first.share, _DIGITS), "share", evidence, on)
    yield _sign(watched, FORCE_LINE, _the_round(watched), seen)


def _sealed_signs(watched: WatchedRound) -> Iterable[AttackSign]:
    """Much stake is sealed and not opened when little time is left to open it."""
    yield _sealed(watched, watched.requests, _the_round(watched))
    for market, requests in _by_market(watched.requests).items():
        yield _sealed(watched, requests, (SignalSubject.MARKET, market))


def _sealed(watched: WatchedRound, requests: Sequence[WatchedRequest], about: _About) -> AttackSign:
    left = watched.reveal_seconds_left
    is_late = left is not None and left <= LAST_SECONDS
    large = [r for r in requests if is_late and r.stake and r.sealed / r.stake >= SEALED_SHARE]
    if not large or left is None:
        words = f"No large sealed stake is left in round {watched.round_id}."
        return _sign(watched, SEALED_LARGE, about, _Seen(words))
    pivotal = [request for request in large if _is_pivotal(request)]
    most = max(pivotal or large, key=lambda request: request.sealed / request.stake)
    share = most.sealed / most.stake
    words = (
        f"{percent(share)} of all stake is sealed and not opened, "
        f"{max(1, round(LAST_SECONDS / 3600))} hours or less before the end of round "
        f"{watched.round_id}"
    )
    words += "; it alone says whether the request is answered." if pivotal else "."
    log_lr = PIVOTAL_LOG_LR if pivotal else SEALED_LOG_LR
    seen = _Seen(words, log_lr, round(share, _DIGITS), "share")
    return _sign(watched, SEALED_LARGE, about, seen)


def _is_pivotal(request: WatchedRequest) -> bool:
    leader = request.leader
    opened = 0.0 if leader is None else leader.stake
    line = request.spat * request.stake
    return opened <= line < opened + request.sealed


def _by_market(requests: Iterable[WatchedRequest]) -> dict[str, list[WatchedRequest]]:
    found: dict[str, list[WatchedRequest]] = {}
    for request in requests:
        if request.market is not None:
            found.setdefault(request.market, []).append(request)
    return found


def _evidence_of(ballots: Iterable[Ballot]) -> list[SignEvidence]:
    """The largest opened votes first."""
    return [b.evidence for b in sorted(ballots, key=lambda b: (-b.stake, b.entity_id))]


def _the_round(watched: WatchedRound) -> _About:
    return SignalSubject.ROUND, str(watched.round_id)


def _sign(watched: WatchedRound, name: str, about: _About, seen: _Seen) -> AttackSign:
    kind, subject = about
    return AttackSign(
        family=SignalFamily.STAKE,
        signal=name,
        subject_kind=kind,
        subject=subject,
        log_lr=seen.log_lr,
        support=Support.ASSUMED,
        words=seen.words,
        value=seen.value,
        unit=seen.unit,
        round_id=watched.round_id,
        evidence=tuple(seen.evidence[:MOST_EVIDENCE]),
        requests=tuple(seen.requests),
    )
