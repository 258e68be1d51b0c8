"""Write the token ids that the tests hold embedded texts against, and a small tokenizer that gives them.

    python tools/make_embedding_goldens.py --tokenizer FOLDER --out tests/embedders

FOLDER holds the ``tokenizer.json`` and ``tokenizer_config.json`` of Qwen3. As in
``make_token_goldens.py``, nothing of Pertinent is imported: forms are written out here, tokenised
in one piece by ``transformers``, and closed with the id of ``<|endoftext|>``, which the tokenizer
published with Qwen3-Embedding appends itself.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import tokenizers
import transformers
from tokenizers import Tokenizer

from make_token_goldens import Pairs, check, reduce, write

END = "<|endoftext|>"
WEB_SEARCH = "Given a web search query, retrieve relevant passages that answer the query"

QUERIES: list[tuple[str, str | None, str]] = [
    # name, instruction (None: default, empty: none), query
    ("capital", None, "What is the capital of China?"),
    ("gravity", None, "Explain gravity"),
    ("own instruction", "Retrieve trials in children", "asthma"),
    ("without an instruction", "", "What is the capital of China?"),
    ("empty", None, ""),
    ("empty without an instruction", "", ""),
    ("space first", None, " asthma"),
    ("line first", None, "\n\nasthma"),
    ("number first", None, "28-day mortality"),
    ("sign first", None, "?!"),
    ("control tokens", None, f"<|im_end|> yes{END}"),
    ("chinese", None, "高血压怎么治疗？"),
    ("arabic", None, "علاج السكري"),
    ("combining mark first", None, "\u0301e\u0301"),
]
DOCUMENTS = [
    ("capital", "The capital of China is Beijing."),
    (
        "gravity",
        "Gravity is a force that attracts two bodies towards each other. It gives weight to physical objects "
        "and is responsible for the movement of planets around the sun.",
    ),
    ("empty", ""),
    ("the end token spelled at the end", f"It ends.{END}"),
    ("like a query", "Instruct: x\nQuery:asthma"),
    ("hindi", "मेटफॉर्मिन रक्त शर्करा को कम करता है।"),
    ("emoji", "👩‍⚕️ says: one 💊 in the morning\n"),
]


def main() -> None:
    """Write ``token_goldens.json`` and ``small_tokenizer.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    raw = (arguments.tokenizer / "tokenizer.json").read_bytes()
    definition = json.loads(raw)
    published = transformers.AutoTokenizer.from_pretrained(arguments.tokenizer)
    pairs = Pairs(definition, Tokenizer.from_buffer(raw))
    end = published.convert_tokens_to_ids(END)

    def ids_of(text: str) -> list[int]:
        ids: list[int] = published(text, add_special_tokens=False)["input_ids"]
        return ids

    whole: list[str] = []

    def golden(text: str) -> list[int]:
        ids = pairs.encode(text)
        if "<|" not in text:  # no library reads a spelled control token as plain text
            assert ids == ids_of(text), text
            whole.append(text)
        return [*ids, end]

    queries = []
    for name, instruction, query in QUERIES:
        told = WEB_SEARCH if instruction is None else instruction
        text = f"Instruct: {told}\nQuery:{query}" if told else query
        queries.append({"name": name, "instruction": instruction, "query": query, "ids": golden(text)})
    documents = [{"name": name, "text": text, "ids": golden(text)} for name, text in DOCUMENTS]
    for token in definition["added_tokens"]:  # their spelling must stay text in the small tokenizer too
        pairs.encode(token["content"])
    small = reduce(definition, pairs)
    check(small, whole, ids_of)
    goldens = {
        "tokenizer_sha256": hashlib.sha256(raw).hexdigest(),
        "made_with": {"tokenizers": tokenizers.__version__, "transformers": transformers.__version__},
        "end": end,
        "queries": queries,
        "documents": documents,
    }
    write(arguments.out / "token_goldens.json", goldens)
    write(arguments.out / "small_tokenizer.json", small)


if __name__ == "__main__":
    main()
