"""A reader to be killed: follows a collection's generations and says what it finds wrong.

``python crash_reader.py COLLECTION``. Lines are JSON: ``{"generation": n, "passages": n, "digest": "...",
"faults": [...]}``, the digest being that of all documents' revisions.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pertinent.store import collection
from support.crash_documents import digest, faults_of, revisions_of
from support.tiny_documents import EMBEDDER, embed


def main(folder: str) -> None:
    question = "common words"
    vector = embed([question])[0]
    with collection.open_reader(folder, EMBEDDER) as reader:
        while True:
            faults = faults_of(reader)
            lists = reader.first_stage(question, vector, 10)
            if len(lists.bm25) != min(10, reader.count()) or len(lists.dense) != min(10, reader.count()):
                faults.append(f"a search found {len(lists.dense)} and {len(lists.bm25)}")
            manifest = reader.manifest
            line = {
                "generation": manifest.generation,
                "passages": manifest.passages,
                "digest": digest(revisions_of(reader)),
                "faults": faults,
            }
            print(json.dumps(line), flush=True)
            while not reader.refresh():
                time.sleep(0.005)


if __name__ == "__main__":
    main(sys.argv[1])
