"""Each file of the stored shapes stands by itself."""

import subprocess
import sys
from pathlib import Path

import pytest

import models

FILES = sorted(p.stem for p in Path(models.__path__[0]).glob("[a-z]*.py"))


@pytest.mark.parametrize("name", FILES)
def test_a_file_s_tables_refer_to_tables_that_come_with_it(name: str) -> None:
    # In a process of its own: here the other tests have imported everything.
    code = f"import models.{name}; from models.base import Base; Base.metadata.sorted_tables"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
