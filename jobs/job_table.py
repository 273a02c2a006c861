"""Every job by its name, and what each takes out of the house."""

from collections.abc import Callable, Mapping
from functools import partial
from importlib.metadata import version
from multiprocessing import cpu_count

from jobs.cycle import CycleReport
from jobs.house import House
from service.protocol.sources import ETHEREUM_RPC, POLYGON_RPC

# A score names these when they are absent; prices from outside Polymarket are read by none.
SCORED = (POLYGON_RPC, ETHEREUM_RPC)
# That may score at once when tens of thousands of markets are due.
SCORING_PROCESSES = 2


def _sync_markets(house: House) -> CycleReport:
    from jobs.sync_markets import sync_markets  # each job loads what it needs

    return sync_markets(
        house.sessions,
        house.polymarket,
        house.clock,
        min_volume_usdc=house.settings.min_volume_usdc,
        book=house.book,
    )


def _sync_live_markets(house: House) -> CycleReport:
    from jobs.sync_live_markets import sync_live_markets  # as above

    return sync_live_markets(house.sessions, house.polymarket, house.clock, book=house.book)


def _sync_groups(house: House) -> CycleReport:
    from jobs.sync_groups import sync_groups  # as above

    return sync_groups(house.sessions, house.polymarket, house.clock)


def _backfill_closed_markets(house: House) -> CycleReport:
    from jobs.backfill_closed_markets import backfill_closed_markets  # as above

    return backfill_closed_markets(
        house.sessions,
        house.polymarket,
        house.clock,
        days=house.settings.closed_backfill_days,
        min_volume_usdc=house.settings.min_volume_usdc,
        book=house.book,
    )


def _sync_clarifications(house: House, *, is_full: bool = False) -> CycleReport:
    from jobs.sync_clarifications import sync_clarifications  # as above

    return sync_clarifications(house.sessions, house.polymarket, house.clock, is_full=is_full)


def _sync_resolutions(house: House) -> CycleReport:
    from jobs.sync_resolutions import sync_resolutions  # as above

    return sync_resolutions(house.sessions, house.polymarket, house.clock)


def _sync_liquidity(house: House) -> CycleReport:
    from jobs.sync_liquidity import sync_liquidity  # as above

    return sync_liquidity(house.sessions, house.polymarket, house.clock)


def _sync_holders(house: House) -> CycleReport:
    from jobs.sync_holders import sync_holders  # as above

    return sync_holders(house.sessions, house.polymarket, house.clock)


def _sync_price_history(house: House) -> CycleReport:
    from jobs.sync_price_history import sync_price_history  # as above

    return sync_price_history(house.sessions, house.polymarket, house.book, house.clock)


def _sync_positions(house: House) -> CycleReport:
    from jobs.sync_positions import sync_positions  # as above

    return sync_positions(house.sessions, house.polymarket, house.clock)


def _sync_prices(house: House) -> CycleReport:
    from jobs.sync_prices import sync_prices  # as above

    return sync_prices(house.sessions, house.quotes, house.clock)


def _index_oracle(house: House) -> CycleReport:
    from jobs.index_oracle import index_oracle  # as above

    settings = house.settings
    return index_oracle(
        house.sessions,
        house.nodes,
        house.book,
        house.clock,
        settings.polygon_lookback_blocks,
        settings.index_mode,
    )


def _index_fills(house: House) -> CycleReport:
    from jobs.index_fills import index_fills  # as above

    return index_fills(
        house.sessions,
        house.nodes,
        house.polymarket,
        house.book,
        house.recent_fills,
        house.clock,
        house.settings.fills,
    )


def _index_votes(house: House) -> CycleReport:
    from jobs.index_votes import index_votes  # as above

    lookback = house.settings.ethereum_lookback_blocks
    return index_votes(house.sessions, house.nodes, house.book, house.clock, lookback)


def _check_reorgs(house: House) -> CycleReport:
    from jobs.check_reorgs import check_reorgs  # as above

    mode = house.settings.index_mode
    return check_reorgs(house.sessions, house.nodes, house.book, house.clock, mode)


def _look_up_disputed(house: House) -> CycleReport:
    from jobs.look_up_disputed import look_up_disputed  # as above

    return look_up_disputed(house.sessions, house.nodes, house.book, house.clock)


def _read_parameters(house: House) -> CycleReport:
    from jobs.read_parameters import read_parameters  # as above

    return read_parameters(house.sessions, house.nodes, house.book, house.clock)


def _link_wallets(house: House) -> CycleReport:
    from jobs.link_wallets import link_wallets  # as above

    return link_wallets(house.sessions, house.book, house.recipes)


def _read_wallets(house: House) -> CycleReport:
    from jobs.read_wallets import read_wallets_of_chains  # as above

    return read_wallets_of_chains(
        house.sessions, house.nodes, house.book, house.recipes, house.clock
    )


def _fold_facts(house: House) -> CycleReport:
    from jobs.fold_facts import fold_facts  # as above

    return fold_facts(house.sessions)


def _check_data(house: House) -> CycleReport:
    from jobs.check_data import check_data  # as above

    return check_data(house.sessions, house.read_sessions, house.clock)


def _score_base_rates(house: House) -> CycleReport:
    from jobs.score_base_rates import score_base_rates  # as above

    release = version("settlewatch")
    return score_base_rates(house.sessions, house.read_sessions, house.clock, house.book, release)


def _score_markets(house: House) -> CycleReport:
    from jobs.score_markets import score_markets  # as above
    from jobs.scoring_processes import Processes  # as above

    missing = tuple(
        f"{name}: not configured"
        for name in SCORED
        if name not in {node.source for node in house.nodes}
    )
    processes = Processes(
        house.settings.database_url.get_secret_value(), min(SCORING_PROCESSES, cpu_count())
    )
    return score_markets(
        house.sessions,
        house.read_sessions,
        house.clock,
        house.cells,
        house.book,
        missing,
        processes,
    )


def _score_rounds(house: House) -> CycleReport:
    from jobs.score_rounds import score_rounds  # as above
    from service.risk.attack.attack_parameters import load_attack_parameters  # as above

    return score_rounds(
        house.sessions,
        house.read_sessions,
        house.clock,
        house.book,
        house.parameters,
        load_attack_parameters(),
    )


def _watch_proposals(house: House) -> CycleReport:
    from jobs.watch_proposals import Telling, watch_proposals  # as above
    from service.alerts.contradiction import ContradictionRule  # as above
    from service.alerts.deliver import fingerprint  # as above

    settings = house.settings
    telling = Telling(
        rule=ContradictionRule(stake=settings.alert_contrary_usdc * 10**6),
        destinations=tuple(fingerprint(url) for url in settings.alert_urls),
        page_base_url=settings.public_url,
    )
    return watch_proposals(
        house.sessions, house.polymarket, house.clock, house.watch_memory, telling
    )


def _watch_rounds(house: House) -> CycleReport:
    from jobs.watch_rounds import watch_rounds  # as above

    return watch_rounds(house.sessions, house.clock, house.book)


def _detect_rings(house: House) -> CycleReport:
    from jobs.detect_rings import detect_rings  # as above

    return detect_rings(house.sessions, house.clock)


def _detect_conflicts(house: House) -> CycleReport:
    from jobs.detect_conflicts import detect_conflicts  # as above

    return detect_conflicts(house.sessions, house.clock, house.book)


def _find_blocs(house: House) -> CycleReport:
    from jobs.find_blocs import find_blocs  # as above

    return find_blocs(house.sessions, house.read_sessions, house.clock)


def _fuse_attacks(house: House) -> CycleReport:
    from jobs.fuse_attacks import fuse_attacks  # as above

    return fuse_attacks(house.sessions, house.clock)


def _send_alerts(house: House) -> CycleReport:
    from jobs.send_alerts import send_alerts  # as above
    from service.alerts.decide import AlertRule  # as above

    settings = house.settings
    rule = AlertRule(
        probability=settings.alert_probability,
        expected_loss=settings.alert_expected_loss_usdc * 10**6,
    )
    return send_alerts(
        house.sessions,
        house.clock,
        rule=rule,
        destinations=settings.alert_urls,
        allow_private=settings.allow_private_alert_targets,
        page_base_url=settings.public_url,
    )


def _check_drift(house: House) -> CycleReport:
    from jobs.check_drift import check_drift  # as above

    return check_drift(house.sessions, house.read_sessions, house.clock, house.parameters)


def _prune(house: House) -> CycleReport:
    from jobs.prune import policy_of, prune, round_policy_of  # as above

    settings = house.settings
    return prune(house.sessions, house.clock, policy_of(settings), round_policy_of(settings))


JOBS: Mapping[str, Callable[[House], CycleReport]] = {
    "sync_markets": _sync_markets,
    "sync_live_markets": _sync_live_markets,
    "sync_groups": _sync_groups,
    "sync_resolutions": _sync_resolutions,
    "sync_clarifications": _sync_clarifications,
    "recheck_clarifications": partial(_sync_clarifications, is_full=True),
    "sync_liquidity": _sync_liquidity,
    "sync_holders": _sync_holders,
    "sync_price_history": _sync_price_history,
    "sync_prices": _sync_prices,
    "index_oracle": _index_oracle,
    "index_fills": _index_fills,
    "index_votes": _index_votes,
    "check_reorgs": _check_reorgs,
    "fold_facts": _fold_facts,
    "look_up_disputed": _look_up_disputed,
    "read_parameters": _read_parameters,
    "link_wallets": _link_wallets,
    "read_wallets": _read_wallets,
    "sync_positions": _sync_positions,
    "score_markets": _score_markets,
    "score_rounds": _score_rounds,
    "watch_proposals": _watch_proposals,
    "watch_rounds": _watch_rounds,
    "detect_rings": _detect_rings,
    "detect_conflicts": _detect_conflicts,
    "find_blocs": _find_blocs,
    "fuse_attacks": _fuse_attacks,
    "send_alerts": _send_alerts,
    "check_data": _check_data,
    "score_base_rates": _score_base_rates,
    "check_drift": _check_drift,
    "prune": _prune,
    "backfill_closed_markets": _backfill_closed_markets,
}
