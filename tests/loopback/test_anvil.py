"""What a test that needs the EVM node does where there is none."""

from pathlib import Path

import pytest

from tests.loopback import anvil


@pytest.fixture(autouse=True)
def _without_a_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anvil, "PACKAGES", tmp_path)


def test_without_the_node_a_test_is_skipped_and_says_which_package_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="did not install @foundry-rs/anvil-"):
        anvil.anvil_binary()


def test_without_the_node_a_test_fails_in_the_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no EVM node"):
        anvil.anvil_binary()
