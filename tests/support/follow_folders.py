"""A watcher to be killed: ``python follow_folders.py COLLECTION`` says a line after each update."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pertinent.errors import PertinentError
from pertinent.kb.watching import Watcher
from support.knowledge import knowledge_base


def fault(error: PertinentError) -> None:
    print(f"fault: {error}", flush=True)


if __name__ == "__main__":
    Watcher(
        knowledge_base(Path(sys.argv[1])),
        on_update=lambda report: print(f"updated: {report.broken} faults {report.faults}", flush=True),
        on_fault=fault,
    ).run()
