"""Vectors are those of transformers; forms, widths, cuts and faults are what they should be."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from pertinent.embedders.causal import CausalEmbedder
from pertinent.embedders.protocol import TextEmbedder
from pertinent.embedders.states import read_states
from pertinent.engine.causal_model import CausalModel, EngineName, EngineOptions, load_causal_model
from pertinent.engine.checkpoint import open_checkpoint
from pertinent.engine.identity import SENTINEL_DOCUMENT, SENTINEL_QUERY, RunsOn, hash_prompts
from pertinent.engine.text_tokens import TextTokens
from pertinent.errors import ModelError, UsageError
from pertinent.families import qwen3_embedding as family
from support.tiny_embedder import FLOATS, Tiny, opened, reference_vector
from support.tiny_models import edit_config

TEXTS = [
    "The capital of China is Beijing.",
    "",
    "asthma in children",
    "Gravity is a force that attracts two bodies towards each other. " * 9,
    "高血压怎么治疗？",
    "It ends.\n\n",
]


@pytest.fixture(scope="module")
def embedder(tiny: Tiny) -> CausalEmbedder:
    return opened(tiny.folder)


def expected(tiny: Tiny, texts: list[str], dimensions: int | None = None) -> np.ndarray:
    return np.stack([reference_vector(tiny.reference, tiny.folder, text, dimensions) for text in texts])


def test_vectors_are_those_of_transformers(tiny: Tiny, embedder: CausalEmbedder) -> None:
    assert isinstance(embedder, TextEmbedder)
    vectors = embedder.embed_documents(TEXTS)
    assert (vectors.dtype, vectors.shape) == (np.float32, (len(TEXTS), embedder.model.dimensions))
    assert np.abs(vectors - expected(tiny, TEXTS)).max() <= 1e-4
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("engine", "dtype", "likeness"),
    [("openvino", "float32", 1 - 1e-6), ("torch", "bfloat16", 0.999), ("openvino", "int8", 0.995)],
)
def test_other_engines_and_numbers_are_near(
    tiny: Tiny, engine: EngineName, dtype: str, likeness: float
) -> None:
    options = EngineOptions(engine, "cpu", dtype)
    vectors = CausalEmbedder(tiny.folder, options=options, check=False).embed_documents(TEXTS)
    assert (vectors * expected(tiny, TEXTS)).sum(1).min() >= likeness
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_queries_stand_behind_their_instruction(tiny: Tiny, embedder: CausalEmbedder) -> None:
    plain = opened(tiny.folder, query_instruction="")
    own = "Retrieve trials in children"
    query = "asthma"
    forms = {
        f"Instruct: {family.DEFAULT_INSTRUCTION}\nQuery:{query}": embedder.embed_queries([query]),
        f"Instruct: {own}\nQuery:{query}": embedder.embed_queries([query], own),
        query: plain.embed_queries([query]),
    }
    for text, vector in forms.items():
        assert np.abs(vector - expected(tiny, [text])).max() <= 1e-4
    standing = opened(tiny.folder, query_instruction=own)
    assert np.array_equal(standing.embed_queries([query]), embedder.embed_queries([query], own))


def test_the_mode_of_queries_is_the_embedders(tiny: Tiny, embedder: CausalEmbedder) -> None:
    plain = opened(tiny.folder, query_instruction="")
    assert plain.model.default_instruction == ""
    assert embedder.model.default_instruction == family.DEFAULT_INSTRUCTION
    told = plain.embed_queries(["asthma"], "Retrieve trials in children")
    assert np.array_equal(told, plain.embed_queries(["asthma"]))
    assert np.array_equal(told, plain.embed_documents(["asthma"]))


def test_instructions_may_be_named(tiny: Tiny, embedder: CausalEmbedder) -> None:
    named = opened(tiny.folder, query_instruction="code-search")
    assert named.model.default_instruction.startswith("Given a description of a programming task")
    assert np.array_equal(named.embed_queries(["sort"]), embedder.embed_queries(["sort"], "code-search"))
    with pytest.raises(UsageError, match="no ready instruction"):
        opened(tiny.folder, query_instruction="codesearch")


def test_vectors_are_cut_before_they_are_scaled(tiny: Tiny) -> None:
    narrow = opened(tiny.folder, dimensions=32)
    assert narrow.model.dimensions == 32
    vectors = narrow.embed_documents(TEXTS)
    assert vectors.shape == (len(TEXTS), 32)
    assert np.abs(vectors - expected(tiny, TEXTS, 32)).max() <= 1e-4
    with pytest.raises(UsageError, match="dimensions"):
        opened(tiny.folder, dimensions=31)


@settings(max_examples=15)
@given(order=st.permutations(range(len(TEXTS))), budget=st.integers(1, 400), more=st.integers(0, 5))
def test_a_vector_does_not_depend_on_its_neighbours(
    tiny: Tiny, embedder: CausalEmbedder, order: list[int], budget: int, more: int
) -> None:
    options = EngineOptions(engine="torch", device="cpu", dtype="float32", batch_tokens=budget)
    other = CausalEmbedder(tiny.folder, options=options, check=False)
    texts = [TEXTS[place] for place in order[: 1 + more]]
    alone = np.concatenate([embedder.embed_documents([text]) for text in texts])
    assert np.abs(other.embed_documents(texts) - alone).max() <= 1e-5


@pytest.mark.parametrize("prefixed", [True, False])
def test_names_of_tensors_may_have_a_prefix(
    tiny: Tiny, embedder: CausalEmbedder, tmp_path: Path, prefixed: bool
) -> None:
    folder = tmp_path / "renamed"
    shutil.copytree(tiny.folder, folder)
    tensors = load_file(folder / "model.safetensors")
    bare = {name.removeprefix("model."): tensor for name, tensor in tensors.items()}
    named = {f"model.{name}": tensor for name, tensor in bare.items()} if prefixed else bare
    save_file(named, folder / "model.safetensors")
    assert np.array_equal(opened(folder).embed_documents(TEXTS), embedder.embed_documents(TEXTS))


def test_a_text_beyond_the_window_is_cut_before_its_end_token(
    tiny: Tiny, caplog: pytest.LogCaptureFixture
) -> None:
    short = opened(tiny.folder, max_tokens=8)
    long = "asthma in children " * 50
    checkpoint = open_checkpoint(tiny.folder)
    seen: list[list[int]] = []

    class Recording:
        def states(self, sequences: list[np.ndarray]) -> Any:
            seen.extend(ids.tolist() for ids in sequences)
            yield tuple(range(len(sequences))), np.ones((len(sequences), checkpoint.shape.hidden), np.float32)

    tokens = TextTokens((tiny.folder / "tokenizer.json").read_bytes())
    _, cut = read_states(CausalModel(checkpoint, tokens, Recording()), [long, "asthma"], 8)  # type: ignore[arg-type]
    whole, small = (tokens.encode_text([text])[0].tolist() for text in (long, "asthma"))
    (end,) = tokens.encode_control(family.END).tolist()
    assert seen == [[*whole[:7], end], [*small, end]]
    assert cut == 1
    with caplog.at_level(logging.WARNING):
        short.embed_documents([long, "asthma"] * 3)
    assert short.truncated == 3
    assert [record.message for record in caplog.records] == [
        "3 of 6 texts are longer than 8 tokens; their ends were not read."
    ]


@pytest.mark.parametrize("wrong", [1, 0, -5, 40_000, 8.0])
def test_a_window_that_the_model_has_not_is_refused(tiny: Tiny, wrong: Any) -> None:
    with pytest.raises(UsageError, match="max_tokens"):
        opened(tiny.folder, max_tokens=wrong)


def test_the_window_ends_with_the_context(tiny: Tiny, tmp_path: Path) -> None:
    folder = tmp_path / "short"
    shutil.copytree(tiny.folder, folder)
    edit_config(folder, max_position_embeddings=128)
    assert opened(folder).model.max_tokens == 128
    edit_config(folder, max_position_embeddings=40_960)
    assert opened(folder).model.max_tokens == 32_768


def test_long_lists_go_through_in_pieces(embedder: CausalEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pertinent.engine.chunks.CHUNK_TEXTS", 4)
    told: list[tuple[int, int]] = []
    texts = TEXTS * 2
    vectors = embedder.embed_documents(texts, progress=lambda done, total: told.append((done, total)))
    assert np.abs(vectors[: len(TEXTS)] - vectors[len(TEXTS) :]).max() <= 1e-5
    assert told == sorted(told)
    assert told[-1] == (12, 12)


def test_nothing_gives_nothing_and_wrong_types_are_refused(embedder: CausalEmbedder) -> None:
    assert embedder.embed_documents([]).shape == (0, embedder.model.dimensions)
    for wrong in ("one string", [1]):
        with pytest.raises(UsageError):
            embedder.embed_documents(wrong)  # type: ignore[arg-type]
        with pytest.raises(UsageError):
            embedder.embed_queries(wrong)  # type: ignore[arg-type]


def test_what_is_known_of_the_model(tiny: Tiny, embedder: CausalEmbedder) -> None:
    model = embedder.model
    assert (model.name, model.family, model.kind) == ("tiny-embedder", "qwen3_embedding", "embedder")
    assert model.source == str(tiny.folder)
    assert model.revision == open_checkpoint(tiny.folder).revision
    assert model.parameters == sum(parameter.numel() for parameter in tiny.reference.model.parameters())
    published = opened(tiny.folder, name="Qwen/Qwen3-Embedding-0.6B").model
    assert published.source == f"Qwen/Qwen3-Embedding-0.6B@{model.revision}"
    assert published.licence == "Apache-2.0"


def test_other_models_are_refused(tiny: Tiny, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    shutil.copytree(tiny.folder, folder)
    tensors = load_file(folder / "model.safetensors")
    score = np.zeros((1, 64), np.float32)
    save_file({**tensors, "score.weight": score}, folder / "model.safetensors")
    with pytest.raises(ModelError, match="is a reranker"):
        opened(folder)
    bare = {name: tensor for name, tensor in tensors.items() if "q_norm" not in name and "k_norm" not in name}
    save_file(bare, folder / "model.safetensors")
    edit_config(folder, model_type="llama")
    with pytest.raises(ModelError, match="type llama"):
        opened(folder)


def test_the_end_token_comes_once_though_the_tokenizer_would_add_it(tiny: Tiny, tmp_path: Path) -> None:
    """As the tokenizer published with Qwen3-Embedding does."""
    folder = tmp_path / "adding"
    shutil.copytree(tiny.folder, folder)
    definition = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    end = definition["model"]["vocab"][family.END]
    definition["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [
            {"Sequence": {"id": "A", "type_id": 0}},
            {"SpecialToken": {"id": family.END, "type_id": 0}},
        ],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {family.END: {"id": family.END, "ids": [end], "tokens": [family.END]}},
    }
    (folder / "tokenizer.json").write_text(json.dumps(definition), "utf-8")
    assert np.array_equal(opened(folder).embed_documents(TEXTS), opened(tiny.folder).embed_documents(TEXTS))


def test_objects_of_one_model_share_its_weights(tiny: Tiny) -> None:
    first, second = opened(tiny.folder), opened(tiny.folder, dimensions=32)
    first.load()
    second.load()
    loaded = load_causal_model(open_checkpoint(tiny.folder), FLOATS, None)
    assert first._loaded is second._loaded is loaded


def test_the_hash_of_its_prompt_is_that_of_the_ids(tiny: Tiny, embedder: CausalEmbedder) -> None:
    tokens = TextTokens((tiny.folder / "tokenizer.json").read_bytes())
    query, document = tokens.encode_text(
        [family.query_text(SENTINEL_QUERY, family.DEFAULT_INSTRUCTION), SENTINEL_DOCUMENT]
    )
    end = tokens.encode_control(family.END)
    expected = hash_prompts(np.concatenate([query, end]), np.concatenate([document, end]))
    assert embedder.prompt_hash() == expected
    assert embedder.runs_on == RunsOn("torch", "float32", "cpu")


def test_every_change_of_the_prompt_changes_its_hash(tiny: Tiny, embedder: CausalEmbedder) -> None:
    plain = opened(tiny.folder, query_instruction="")
    standing = opened(tiny.folder, query_instruction="moderation")
    hashes = [embedder.prompt_hash(), embedder.prompt_hash("Find ships."), plain.prompt_hash()]
    assert len({*hashes, standing.prompt_hash()}) == 4
    assert embedder.prompt_hash("moderation") == standing.prompt_hash()
    assert plain.prompt_hash("Find ships.") == plain.prompt_hash(), "it reads none"
    assert opened(tiny.folder, dimensions=32).prompt_hash() == embedder.prompt_hash()
