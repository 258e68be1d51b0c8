"""Write the golden values that the tests hold the engine against.

    python tools/make_goldens.py --weights FOLDER --out tests/engine/goldens.json

Runs Hugging Face transformers in float32 on the weights that the carried pair is built from (the
reranker's integers dequantised), over texts written for this purpose. It needs an environment
of its own: pip install torch==2.13.0 transformers onnx, with ``src`` on PYTHONPATH.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from tokenizers import Tokenizer

from pertinent.engine.quantized import QuantizedMatrix, Weight
from pertinent.train.published import read_quantized_onnx, read_safetensors

LONG = " ".join(
    f"In visit {visit} the fasting glucose was {90 + visit} mg/dl and the patient reported no hypoglycaemia."
    for visit in range(1, 19)
)

PAIRS = [
    ("what lowers blood sugar in type 2 diabetes", "Metformin reduces hepatic glucose production."),
    ("what lowers blood sugar in type 2 diabetes", "The ferry leaves the island at half past nine."),
    (
        "Does aspirin prevent stroke?",
        "Aspirin after a transient ischaemic attack halves the early risk of stroke.",
    ),
    ("Does aspirin prevent stroke?", "Willow bark has been chewed against fever since antiquity."),
    (
        "vaccine side effects in infants",
        "Fever and soreness after the MMR vaccine usually pass within two days.",
    ),
    ("vaccine side effects in infants", "Adults over 65 should have their hearing tested every year."),
    ("", "A passage without a question."),
    ("a question without a passage", ""),
    ("", ""),
    (
        "what ends a passage",
        "The word [SEP] between [CLS] and [MASK] is only text here, like [PAD] and [UNK].",
    ),
    ("[SEP] [SEP]", "[CLS]"),
    (
        "IL-6 inhibition in COVID-19",
        "Tocilizumab (anti-IL-6R, 8 mg/kg i.v.) lowered 28-day mortality by 4 %.",
    ),
    ("β-blocker after infarction", "Naïve patients received 25µg of β-blocker; p<0.05, 95% CI 0.61–0.93."),
    ("糖尿病の治療", "メトホルミンは2型糖尿病の第一選択薬である。"),
    ("高血压怎么治疗", "氨氯地平可以降低血压。"),
    ("علاج السكري", "الميتفورمين يخفض سكر الدم."),
    ("मधुमेह का इलाज", "मेटफॉर्मिन रक्त शर्करा को कम करता है।"),
    ("Was senkt den Blutdruck?", "Amlodipin senkt den Blutdruck über mehrere Wochen."),
    ("чем лечат диабет", "Метформин снижает уровень глюкозы в крови."),
    ("emoji 💊", "One pill 💊 in the morning 🌅, one at night 🌙."),
    ("zero\u200bwidth and\ttabs", "line one\nline two\r\n\u00a0line three\ufeff"),
    (
        "pneumonoultramicroscopicsilicovolcanoconiosis",
        "A" * 120 + " is one word of a hundred and twenty letters.",
    ),
    ("glucose at visit 12", LONG),
    (
        "how is asthma treated in children " * 4,
        "Inhaled corticosteroids in low dose are first-line in children.",
    ),
]

TEXTS = sorted({text for pair in PAIRS for text in pair})


def main() -> None:
    """Run both models and write the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--weights", type=Path, default=os.environ.get("PERTINENT_WEIGHTS"))
    parser.add_argument("--out", type=Path, default=Path("tests/engine/goldens.json"))
    arguments = parser.parse_args()
    if arguments.weights is None:
        parser.error("give --weights FOLDER, or set PERTINENT_WEIGHTS")
    torch.set_grad_enabled(False)
    goldens = {
        "made_by": f"transformers {transformers.__version__}, torch {torch.__version__}, float32",
        "pairs": reranker_goldens(arguments.weights / "ms-marco-minilm-l12"),
        "texts": embedder_goldens(arguments.weights / "minilm-l6-embedder"),
    }
    arguments.out.write_text(json.dumps(goldens, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def reranker_goldens(folder: Path) -> list[dict[str, Any]]:
    """Token ids and margin of each pair."""
    tokenizer = load_tokenizer(folder)
    model = torch_reranker(folder)
    goldens = []
    for query, passage in PAIRS:
        encoded = tokenizer.encode(query, passage)
        ids, types = (torch.tensor([numbers]) for numbers in (encoded.ids, encoded.type_ids))
        margin = float(model(input_ids=ids, token_type_ids=types).logits[0, 0])
        goldens.append(
            {
                "query": query,
                "passage": passage,
                "ids": encoded.ids,
                "segment": encoded.type_ids.index(1),
                "margin": round(margin, 4),
            }
        )
    return goldens


def torch_reranker(folder: Path) -> torch.nn.Module:
    """Build the reranker in torch from the dequantised integers."""
    config = bert_config(layers=12)
    model = transformers.BertForSequenceClassification(config).eval()
    weights = read_quantized_onnx(folder / "model.onnx")
    load(
        model, {name if name.startswith("classifier") else f"bert.{name}": weights[name] for name in weights}
    )
    return model


def embedder_goldens(folder: Path) -> list[dict[str, Any]]:
    """Token ids and vector of each text that fits the window."""
    tokenizer = load_tokenizer(folder)
    model = transformers.BertModel(bert_config(layers=6), add_pooling_layer=False).eval()
    weights = read_safetensors(folder / "model.safetensors")
    load(model, {name: weights[name] for name in weights if not name.startswith("pooler.")})
    goldens = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        if len(ids) > 256:
            continue
        vector = torch.nn.functional.normalize(
            model(input_ids=torch.tensor([ids])).last_hidden_state.mean(1)
        )[0]
        goldens.append({"text": text, "ids": ids, "vector": [round(float(x), 4) for x in vector]})
    return goldens


def load_tokenizer(folder: Path) -> Tokenizer:
    """Load the published tokenizer with its own template, without cutting or padding."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer


def bert_config(layers: int) -> Any:
    """Sizes of MiniLM."""
    return transformers.BertConfig(
        vocab_size=30522,
        hidden_size=384,
        num_hidden_layers=layers,
        num_attention_heads=12,
        intermediate_size=1536,
        num_labels=1,
    )


def load(model: torch.nn.Module, weights: dict[str, Weight]) -> None:
    """Fill a torch model; every parameter must be given."""
    floats = {
        name: torch.from_numpy(
            np.array(weight.dequantized() if isinstance(weight, QuantizedMatrix) else weight)
        )
        for name, weight in weights.items()
    }
    missing, unexpected = model.load_state_dict(floats, strict=False)
    if missing or [name for name in unexpected if "position_ids" not in name]:
        raise SystemExit(f"Weights do not fit: {missing} missing, {unexpected} unknown.")


if __name__ == "__main__":
    main()
