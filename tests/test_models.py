"""Each file of the stored shapes stands by itself."""

import subprocess
import sys
from pathlib import Path

import models

FILES = sorted(p.stem for p in Path(models.__path__[0]).glob("[a-z]*.py"))
# A copy of a process that has imported none of them for each: here the other tests have imported
# everything, and a process of its own for each would take a minute.
EACH_ALONE = """
import importlib, os, sys, traceback
import sqlalchemy.orm, sqlalchemy.dialects.postgresql, sqlalchemy.dialects.sqlite

failed = []
for name in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        try:
            importlib.import_module(f"models.{name}")
            importlib.import_module("models.base").Base.metadata.sorted_tables
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        failed.append(name)
print(*failed)
"""


def test_a_file_s_tables_refer_to_tables_that_come_with_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", EACH_ALONE, *FILES], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [], done.stderr[-2_000:]
