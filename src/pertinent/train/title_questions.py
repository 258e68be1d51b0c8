"""Questions from titles by templates, for titles in English that have a form of few.

Titles that are questions already come back as they are. The templates are few and plain on purpose: a wrong
question teaches worse than none.
"""

from __future__ import annotations

import re

MOST_SLOT_WORDS = 10
"""Longer stretches hold more than the one thing that a template has room for."""


_AIM = r"(?P<aim>treatment|management|prevention|prophylaxis|diagnosis)"
_FORMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        r"(?:the )?(?:effects?|influence|impact) of (?P<x>.+?) (?:up)?on (?:the )?(?P<y>.+)",
        ("What is the effect of {x} on {y}?", "Does {x} affect {y}?"),
    ),
    (
        rf"(?:(?:the )?(?:use|value|efficacy|effectiveness|safety|efficacy and safety|usefulness) of )?"
        rf"(?P<x>.+?) (?:for|in) (?:the )?{_AIM} of (?P<y>.+)",
        ("Is {x} effective for the {aim} of {y}?", "Does {x} help in the {aim} of {y}?"),
    ),
    (
        rf"(?:the )?{_AIM} of (?P<y>.+?) (?:with|by|using|by means of) (?P<x>.+)",
        ("Is {x} effective for the {aim} of {y}?", "Does {x} help in the {aim} of {y}?"),
    ),
    (
        r"(?:the |an )?(?:association|relationship|relation|correlation|link)s? "
        r"(?:between (?P<x>.+?) and|of (?P<x2>.+?) (?:with|to)) (?P<y>.+)",
        ("Is {x} associated with {y}?", "How is {x} related to {y}?"),
    ),
    (
        r"(?:the )?(?:role|involvement) of (?P<x>.+?) (?:in|during) (?:the )?(?P<y>.+)",
        ("What is the role of {x} in {y}?", "Does {x} play a role in {y}?"),
    ),
    (r"(?:the )?risk factors (?:for|of) (?P<x>.+)", ("What are the risk factors for {x}?",)),
    (
        r"(?:the )?(?:prevalence|incidence|frequency) of (?P<x>.+?) (?:in|among) (?:the )?(?P<y>.+)",
        ("How common is {x} in {y}?", "How often does {x} occur in {y}?"),
    ),
    (
        r"(?P<x>.+?) (?:versus|vs\.?|compared (?:with|to)) (?P<y>.+?) (?P<in>for|in) (?P<z>.+)",
        ("Is {x} better than {y} {in} {z}?",),
    ),
    (r"(?:the )?mechanisms? of (?P<x>.+)", ("What is the mechanism of {x}?",)),
    (r"(?:the )?causes? of (?P<x>.+)", ("What causes {x}?",)),
    (r"(?:the )?(?:signs and )?symptoms of (?P<x>.+)", ("What are the symptoms of {x}?",)),
)
_COMPILED = tuple((re.compile(form, re.IGNORECASE), questions) for form, questions in _FORMS)
_PARTS = re.compile(r"(?<=[:;.?!])\s+|\s+[—–-]\s+")
_ASKS = re.compile(
    r"(?:is|are|was|were|do|does|did|can|could|should|will|would|has|have|may|what|how|why|which|who|when|where)\b",
    re.IGNORECASE,
)
_DESIGN = re.compile(
    r",\s(?:(?:an?|the) )?(?:[\w-]+ ){0,4}(?:trial|study|review|survey|report|meta-analysis)$", re.IGNORECASE
)
_QUESTION_MARKS = ("?", "？", "؟")


def plain_title(title: str) -> str:
    """The title as somebody would type it: without the brackets of translated ones and the last full stop.

    Examples
    --------
    >>> plain_title("[Treatment of asthma.]"), plain_title("What is pain?")
    ('Treatment of asthma', 'What is pain?')
    """
    title = " ".join(title.split())
    if title.startswith("[") and title.rstrip(".").endswith("]"):
        title = title.rstrip(".")[1:-1]
    return title.rstrip(". ")


def title_questions(title: str) -> tuple[str, ...]:
    """Questions that a text of this title could answer; none where it has no form that is known.

    Examples
    --------
    >>> title_questions("Effect of metformin on weight: a pilot study.")
    ('What is the effect of metformin on weight?', 'Does metformin affect weight?')
    >>> title_questions("A day at the zoo.")
    ()
    """
    parts = _PARTS.split(plain_title(title))
    for part in parts:
        if part.endswith(_QUESTION_MARKS) and (len(parts) == 1 or _ASKS.match(part)):
            return (part,)
        body = _DESIGN.sub("", part.rstrip(":;. "))
        for form, questions in _COMPILED:
            if match := form.fullmatch(body):
                slots = {
                    name.rstrip("2"): _inside(value) for name, value in match.groupdict().items() if value
                }
                if all(len(value.split()) <= MOST_SLOT_WORDS for value in slots.values()):
                    return tuple(question.format(**slots) for question in questions)
    return ()


def _inside(text: str) -> str:
    """A stretch of a title as it stands inside a sentence; names of mixed case stay as they are."""
    first, _, rest = text.partition(" ")
    return " ".join(filter(None, (first.lower() if first.istitle() else first, rest)))
