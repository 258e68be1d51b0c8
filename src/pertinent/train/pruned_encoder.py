"""BERT in torch with token pruning: what ``engine/token_pruning`` adds to a graph, with gradients.

Which tokens go on is decided without gradient, as in Goyal et al., "PoWER-BERT", ICML 2020, arXiv:2001.08950;
a student learns to put what it needs into those that do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from transformers import BertModel

from pertinent.engine.bert_graph import MASKED
from pertinent.engine.token_pruning import CLS, PADDING, PASSAGE, SEP, WORD, TokenPruning


def encode_pruned(
    bert: BertModel, ids: Tensor, types: Tensor, mask: Tensor, pruning: Sequence[TokenPruning]
) -> Tensor:
    """State of ``[CLS]`` after the last layer, of sequences that lose tokens on the way.

    Parameters
    ----------
    bert : BertModel
        Its embeddings and layers are read.
    ids, types, mask : int64, shape (sequences, tokens)
        As BERT reads them: type 0 is the query with ``[CLS]`` and ``[SEP]``, type 1 the passage.
    pruning : Sequence[TokenPruning]
        After which layers, and what share of the passage goes on.

    Returns
    -------
    Tensor, float, shape (sequences, hidden)
        One state a sequence.
    """
    by_layer = {each.after: each for each in pruning}
    first = standings = standing(types, mask)
    states: Tensor = bert.embeddings(input_ids=ids, token_type_ids=types)
    layers: list[Any] = list(bert.encoder.layer)
    for number, layer in enumerate(layers, start=1):
        attention = layer.attention.self
        # Only [CLS] is read of the last layer.
        read = states[:, :1] if number == len(layers) else states
        query = _heads(attention.query(read), bert)
        key, value = (_heads(part(states), bert) for part in (attention.key, attention.value))
        bias = ((standings == PADDING) * MASKED)[:, None, None, :].to(query.dtype)
        mixed = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=bias, dropout_p=_dropout(bert)
        )
        attended = layer.attention.output(mixed.transpose(1, 2).flatten(2), read)
        states = layer.output(layer.intermediate(attended), attended)
        if number in by_layer:
            counts = kept_counts(first, standings, by_layer[number])
            chosen, standings = choose(heard(query.detach(), key.detach(), standings), standings, counts)
            states = states.gather(1, chosen[:, :, None].expand(-1, -1, states.shape[2]))
    return states[:, 0]


def standing(types: Tensor, mask: Tensor) -> Tensor:
    """Standing of each token: int64, shape (sequences, tokens)."""
    asking = (types == 0) & (mask == 1)
    following = functional.pad(asking, (0, 1))[:, 1:]
    found = torch.where(asking, torch.where(following, WORD, SEP), PASSAGE)
    found[:, 0] = CLS
    return found.masked_fill(mask == 0, PADDING)


def kept_counts(first: Tensor, standings: Tensor, pruning: TokenPruning) -> Tensor:
    """How many tokens of each sequence go on, shape (sequences,): of ``first``, but no more than are left."""
    table = torch.tensor([pruning.of(tokens) for tokens in range(first.shape[1] + 1)])
    wanted = (first >= WORD).sum(1) + table.to(first.device)[(first == PASSAGE).sum(1)]
    return torch.minimum(wanted, (standings > PADDING).sum(1))


def heard(query: Tensor, key: Tensor, standings: Tensor) -> Tensor:
    """The most attention that any word of the query pays to each token, in any head.

    Parameters
    ----------
    query, key : float, shape (sequences, heads, tokens, size)
        Of one layer.
    standings : int64, shape (sequences, tokens)
        Of these tokens.

    Returns
    -------
    Tensor, float32, shape (sequences, tokens)
        Attention weights.
    """
    rows = int((standings >= WORD).sum(1).max())
    logits = query[:, :, :rows].float() @ key.float().transpose(2, 3) / math.sqrt(query.shape[3])
    hidden = ((standings == PADDING) * MASKED)[:, None, None, :]
    words = (standings[:, :rows] == WORD)[:, None, :, None]
    most: Tensor = (torch.softmax(logits + hidden, dim=3) * words).amax((1, 2))
    return most


def choose(attention: Tensor, standings: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """Places of the tokens that go on, and their standings."""
    worth = torch.where(standings == PASSAGE, attention, standings * 2.0 - 1.0)
    most = int(counts.max())
    chosen = worth.topk(most, dim=1).indices
    stays = torch.arange(most, device=counts.device) < counts[:, None]
    return chosen, standings.gather(1, chosen).masked_fill(~stays, PADDING)


def _heads(states: Tensor, bert: BertModel) -> Tensor:
    return states.view(*states.shape[:2], bert.config.num_attention_heads, -1).transpose(1, 2)


def _dropout(bert: BertModel) -> float:
    return float(bert.config.attention_probs_dropout_prob) if bert.training else 0.0
