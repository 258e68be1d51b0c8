"""Templates are found, rendered as transformers renders them, and held to bounds."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pertinent.engine import chat_template
from pertinent.engine.chat_template import ChatTemplate, Message, read_chat_template
from pertinent.errors import ModelError
from pertinent.families.causal_judge import judge_form
from pertinent.families.qwen3_reranker import SYSTEM

CHAT: list[Message] = [{"role": "system", "content": "Judge."}, {"role": "user", "content": "one\n two "}]

CHATML = """\
{%- for message in messages %}
    {{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""

HEADERS = """\
{{- bos_token }}
{%- if not date_string is defined %}{% set date_string = strftime_now("%d %b %Y") %}{% endif %}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}
    {%- if message.role == 'system' %}{{- "Today Date: " + date_string + "\\n\\n" }}{% endif %}
    {{- message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""

NO_SYSTEM = """\
{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}
{% for message in messages %}
<start_of_turn>{{ message['role'] }}
{{ message['content'] | trim }}<end_of_turn>
{% endfor %}
{% if add_generation_prompt %}
<start_of_turn>model
{% endif %}
"""

MARKED = """\
{% for message in messages %}{% if loop.index > 9 %}{% break %}{% endif %}\
{% generation %}{{ message.content }}{% endgeneration %}{% endfor %}\
{{ messages | tojson }}{{ enable_thinking }}{{ tools is none }}"""

TEMPLATES = {"chatml": CHATML, "headers": HEADERS, "marked": MARKED}


@pytest.mark.parametrize("name", TEMPLATES)
def test_rendered_as_transformers_renders(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.utils import chat_template_utils

    class Day(chat_template_utils.datetime):  # type: ignore[misc, name-defined]
        @classmethod
        def now(cls) -> Day:
            return cls(2024, 7, 26)

    monkeypatch.setattr(chat_template_utils, "datetime", Day)
    (expected,), _ = chat_template_utils.render_jinja_template(
        [CHAT],
        chat_template=TEMPLATES[name],
        add_generation_prompt=True,
        enable_thinking=False,
        bos_token="<|begin_of_text|>",
    )
    found = ChatTemplate(TEMPLATES[name], {"bos_token": "<|begin_of_text|>"}).render(CHAT)
    assert found == expected
    assert "Judge." in found


def test_templates_of_each_kind_become_prompts() -> None:
    form = judge_form(ChatTemplate(CHATML, {}).render)
    assert form.opening == f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n"
    assert form.closing == "<|im_end|>\n<|im_start|>assistant\n"

    form = judge_form(ChatTemplate(HEADERS, {"bos_token": "<|begin_of_text|>"}).render)
    assert form.opening.startswith("<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n")
    assert form.opening.endswith("<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n")
    assert form.closing == "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"

    form = judge_form(ChatTemplate(NO_SYSTEM, {"bos_token": "<bos>"}).render)
    assert form.opening == f"<bos>\n<start_of_turn>user\n{SYSTEM}\n\n".replace("<bos>\n", "<bos>")
    assert form.closing == "<end_of_turn>\n<start_of_turn>model\n"


def test_the_date_never_changes() -> None:
    assert ChatTemplate("{{ strftime_now('%d %B %Y') }}", {}).render(CHAT) == "26 July 2024"


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("{% for", "TemplateSyntaxError"),
        ("{{ raise_exception('no') }}", "TemplateError"),
        ("{{ messages[0].a.b }}", "UndefinedError"),
        ("{{ ''.__class__.__mro__ }}", "SecurityError"),
        ("{{ cycler.__init__.__globals__ }}", "SecurityError"),
        ("{{ messages.append(1) }}", "SecurityError"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{% include 'x' %}", "TypeError"),
        ("{{ 'a' * 1000000 }}", "TemplateError"),
        ("{{ 'a' * 100000000000 }}", "MemoryError"),
        ("{{ '%3000000000d' | format(1) }}", "MemoryError"),
        ("{{ range(1000000000) | list }}", "OverflowError"),
        ("{{ " + "(" * 5000 + ")" * 5000 + " }}", "fails"),
    ],
)
def test_failures_are_told(source: str, named: str) -> None:
    with pytest.raises(ModelError, match=named) as caught:
        ChatTemplate(source, {}).render(CHAT)
    assert caught.value.hint
    assert "Judge." not in str(caught.value)


def test_an_endless_template_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_template, "MAX_SECONDS", 1)
    loops = "{% for a in range(99999) %}" * 4 + "{% set b = 1 %}" + "{% endfor %}" * 4
    started = time.monotonic()
    with pytest.raises(ModelError, match="template"):
        ChatTemplate(loops, {}).render(CHAT)
    assert time.monotonic() - started < 20


def test_a_missing_jinja2_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        chat_template, "_run_child", lambda job: {"error": "ModuleNotFoundError", "missing": True}
    )
    with pytest.raises(ModelError, match="jinja2"):
        ChatTemplate(CHATML, {}).render(CHAT)


@pytest.mark.parametrize("output", ["", "no json", "[1]", '{"text": 3}', "null"])
def test_a_process_that_answers_otherwise_is_a_failure(output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.CompletedProcess([], 0, stdout=output, stderr="")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    with pytest.raises(ModelError, match="fails"):
        ChatTemplate(CHATML, {}).render(CHAT)


def test_a_process_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(ModelError, match="cannot be run"):
        ChatTemplate(CHATML, {}).render(CHAT)


def test_the_file_goes_first_and_named_lists_are_read() -> None:
    config = {"chat_template": [{"name": "tools", "template": "T"}, {"name": "default", "template": "D"}]}
    assert read_chat_template(config).source == "D"
    assert read_chat_template(config, "F").source == "F"
    tokens = {"bos_token": "<s>", "eos_token": {"content": "</s>"}, "pad_token": None, "unk_token": 3}
    assert read_chat_template({"chat_template": "X", **tokens}).special_tokens == {
        "bos_token": "<s>",
        "eos_token": "</s>",
    }


@pytest.mark.parametrize(
    "template", [None, "", [], {}, 3, [{"name": "rag", "template": "R"}], [{"name": "default"}], ["x"]]
)
def test_models_without_a_template_are_refused(template: object) -> None:
    with pytest.raises(ModelError, match="no chat template"):
        read_chat_template({"chat_template": template})


def test_endless_files_are_refused() -> None:
    with pytest.raises(ModelError, match="longer than"):
        read_chat_template({}, "x" * (chat_template.MAX_TEMPLATE_CHARACTERS + 1))


def test_the_template_of_qwen3(weights_folder: Path) -> None:
    config = json.loads((weights_folder / "qwen3-tokenizer" / "tokenizer_config.json").read_text("utf-8"))
    text = read_chat_template(config).render(CHAT)
    assert text.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")
