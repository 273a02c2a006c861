"""No shipped number moves a score under an unchanged digest."""

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from service.risk.explain.priors_text import shipped_priors
from service.risk.parameters import MODEL_VERSION, load_parameters, parse_parameters
from service.risk.score_files import files_digest, read_score_files, shipped_score_files

FOLDER = Path(str(files("service.risk")))
# Read by other documents, with digests of their own; no score of a market reads them.
NO_SCORE = {"attack_priors.toml", "base_rates.toml", "ring_priors.toml"}
SHIPPED = sorted(
    str(path.relative_to(FOLDER))
    for pattern in ("**/*.toml", "**/*.json")
    for path in FOLDER.glob(pattern)
)


def test_every_shipped_table_is_in_the_digest_or_named_as_moving_no_score() -> None:
    assert set(shipped_score_files()) == set(SHIPPED) - NO_SCORE
    assert set(SHIPPED) >= NO_SCORE
    assert load_parameters().digest == files_digest(MODEL_VERSION, shipped_score_files())


@pytest.mark.parametrize("name", [name for name in SHIPPED if name not in NO_SCORE])
def test_a_change_of_one_byte_changes_the_digest(name: str, tmp_path: Path) -> None:
    for shipped in SHIPPED:
        (tmp_path / shipped).parent.mkdir(exist_ok=True)
        shutil.copy(FOLDER / shipped, tmp_path / shipped)
    same = files_digest(MODEL_VERSION, read_score_files(tmp_path))
    assert same == load_parameters().digest
    with (tmp_path / name).open("ab") as changed:
        changed.write(b" ")
    assert files_digest(MODEL_VERSION, read_score_files(tmp_path)) != same


def test_other_priors_or_another_model_have_another_digest() -> None:
    text = shipped_priors()
    other = parse_parameters(text.replace("draws = 4000", "draws = 4001"))
    assert parse_parameters(text).digest == load_parameters().digest != other.digest
    assert files_digest("path-0", shipped_score_files()) != load_parameters().digest
