"""A model's own chat template: found in its files, and rendered where it can do no harm."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from pertinent.engine.child_process import run_child
from pertinent.errors import ModelError

MAX_TEMPLATE_CHARACTERS = 1 << 17
MAX_OUTPUT_CHARACTERS = 1 << 17
MAX_SECONDS = 10
MAX_BYTES = 1 << 30
"""Address space of the process that renders."""

_SPECIAL = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
_HINT = "Use a model that was published with a chat template, or another family."
_CHILD = "pertinent.engine.template_child"


class Message(TypedDict):
    """One turn of a chat."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """How a model writes a chat as one text.

    Parameters
    ----------
    source : str
        The template, in the language of jinja2.
    special_tokens : Mapping[str, str]
        Texts of the control tokens that it may name, ``bos_token`` for instance.
    """

    source: str
    special_tokens: Mapping[str, str]

    def render(self, messages: Sequence[Message]) -> str:
        """Write a chat up to where the model's answer begins, with thinking switched off.

        It runs in a process of its own, with bounded time, memory and output.

        Parameters
        ----------
        messages : Sequence[Message]
            The turns so far.

        Returns
        -------
        str
            The text, control tokens included.

        Raises
        ------
        ModelError
            If the template refuses the messages, fails, or exceeds its bounds.
        """
        variables = {
            **self.special_tokens,
            "messages": list(messages),
            "tools": None,
            "documents": None,
            "add_generation_prompt": True,
            "enable_thinking": False,
        }
        outcome = _run_child(
            {
                "source": self.source,
                "variables": variables,
                "characters": MAX_OUTPUT_CHARACTERS,
                "seconds": MAX_SECONDS,
                "memory": MAX_BYTES,
            }
        )
        if outcome.get("missing"):
            raise ModelError("Chat templates need jinja2.", hint="Install it: pip install jinja2.")
        text = outcome.get("text")
        if not isinstance(text, str):
            raise ModelError(f"The chat template fails ({outcome.get('error', 'no result')}).", hint=_HINT)
        return text


def read_chat_template(tokenizer_config: Mapping[str, Any], template_file: str | None = None) -> ChatTemplate:
    """Find the chat template of a model.

    Parameters
    ----------
    tokenizer_config : Mapping[str, Any]
        Content of ``tokenizer_config.json``; its ``chat_template`` may be a text, or a list of
        named ones, of which ``default`` is taken.
    template_file : str | None
        Content of ``chat_template.jinja``, which goes first.

    Returns
    -------
    ChatTemplate
        The template, with the texts of the model's control tokens.

    Raises
    ------
    ModelError
        If there is none, or it is too long.

    Examples
    --------
    >>> read_chat_template({"chat_template": "{{ bos_token }}", "bos_token": {"content": "<s>"}})
    ChatTemplate(source='{{ bos_token }}', special_tokens={'bos_token': '<s>'})
    """
    source = template_file or tokenizer_config.get("chat_template")
    if isinstance(source, list):
        source = next(
            (
                item.get("template")
                for item in source
                if isinstance(item, dict) and item.get("name") == "default"
            ),
            None,
        )
    if not isinstance(source, str) or not source:
        raise ModelError("The model has no chat template.", hint=_HINT)
    if len(source) > MAX_TEMPLATE_CHARACTERS:
        raise ModelError(
            f"The chat template is longer than {MAX_TEMPLATE_CHARACTERS:,} characters.", hint=_HINT
        )
    tokens = {name: _token_text(tokenizer_config.get(name)) for name in _SPECIAL}
    return ChatTemplate(source, {name: text for name, text in tokens.items() if text is not None})


def _token_text(value: object) -> str | None:
    if isinstance(value, dict):
        value = value.get("content")
    return value if isinstance(value, str) else None


def _run_child(job: dict[str, Any]) -> dict[str, Any]:
    try:
        outcome = json.loads(run_child(_CHILD, json.dumps(job).encode(), seconds=MAX_SECONDS))
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"The chat template runs longer than {MAX_SECONDS} seconds.", hint=_HINT) from error
    except OSError as error:
        raise ModelError(
            "The chat template cannot be run.", hint="Check that Python can start itself."
        ) from error
    except ValueError:  # killed at a bound
        return {}
    return outcome if isinstance(outcome, dict) else {}
