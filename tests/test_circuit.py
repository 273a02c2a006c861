"""When a source is left alone, and when it is asked again."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from models.enums import SourceState
from service.circuit import Circuit, CircuitPolicy
from service.clock import SetClock
from service.errors import SourcePaused

NOW = datetime(2026, 11, 22, tzinfo=UTC)
POLICY = CircuitPolicy(
    failures_to_open=2, first_pause_seconds=10, longest_pause_seconds=35, jitter=0
)


def circuit_on(clock: SetClock, policy: CircuitPolicy = POLICY, seed: int = 1) -> Circuit:
    return Circuit("gamma", clock, policy, Random(seed))  # noqa: S311  # a repeatable spread


def pauses(circuit: Circuit, clock: SetClock, count: int) -> list[float]:
    found = []
    for _ in range(count):
        circuit.failed("down")
        retry_at = circuit.health.retry_at
        assert retry_at is not None
        found.append((retry_at - clock.now()).total_seconds())
        clock.set(retry_at)
        circuit.admit()
    return found


def test_pauses_double_up_to_the_longest_and_begin_anew_after_a_success() -> None:
    clock = SetClock(NOW)
    circuit = circuit_on(clock)
    circuit.failed("down")
    assert not circuit.is_open
    assert pauses(circuit, clock, 4) == [10, 20, 35, 35]
    circuit.succeeded()
    circuit.failed("down")
    assert pauses(circuit, clock, 1) == [10]


def test_jitter_spreads_a_pause_but_never_shortens_it() -> None:
    clock = SetClock(NOW)
    policy = CircuitPolicy(failures_to_open=1, first_pause_seconds=10, jitter=0.25)
    found = set()
    for seed in range(20):
        circuit = circuit_on(clock, policy, seed)
        circuit.failed("down")
        assert circuit.health.retry_at is not None
        found.add((circuit.health.retry_at - NOW).total_seconds())
    assert len(found) > 10
    assert min(found) >= 10
    assert max(found) <= 12.5


def test_two_probes_never_run_together() -> None:
    clock = SetClock(NOW)
    circuit = circuit_on(clock)
    circuit.failed("down")
    circuit.failed("down")
    clock.advance(timedelta(seconds=10))
    circuit.admit()
    with pytest.raises(SourcePaused) as paused:
        circuit.admit()
    assert paused.value.retry_after_seconds


def test_a_probe_that_never_reports_back_does_not_hold_the_circuit_for_ever() -> None:
    clock = SetClock(NOW)
    circuit = circuit_on(clock)
    circuit.failed("down")
    circuit.failed("down")
    clock.advance(timedelta(seconds=10))
    circuit.admit()
    clock.advance(timedelta(seconds=40))
    circuit.admit()


def test_the_state_remembers_since_when() -> None:
    clock = SetClock(NOW)
    circuit = circuit_on(clock)
    circuit.succeeded()
    clock.advance(timedelta(hours=1))
    circuit.succeeded()
    assert circuit.health.since == NOW
    circuit.failed("HTTP 500")
    assert (circuit.health.state, circuit.health.since) == (SourceState.DEGRADED, clock.now())
    assert circuit.health.last_success_at == NOW + timedelta(hours=1)
