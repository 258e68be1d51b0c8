"""Sentences of a text that say what it found, as claims that somebody could want to see supported.

The queries of SciFact are such claims (Wadden et al., "Fact or Fiction: Verifying Scientific Claims", EMNLP
2020). First come conclusions: what stands in a section that is labelled so, or behind words like "we conclude
that", which are taken off; then what has words of findings, and last what tells of methods. Among equals the
one most like the whole text comes first, by the centroid criterion of Radev et al., "Centroid-based
summarization of multiple documents" (2004): cosine of tf-idf weights. The words are English; in other
languages the centroid alone decides.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pertinent.ingest.sentences import sentence_spans
from pertinent.train.terms import DocumentFrequencies, cosine, terms

FEWEST_TERMS = 5
MOST_TERMS = 40
MOST_NUMBERS = 4
"""Sentences full of figures report a measurement rather than what it means."""

_LABEL = re.compile(
    r"""(?P<label>[A-Z][A-Z '’&/,()-]{2,60}
      | (?i:conclusions?|interpretation|significance|results?|findings?|discussion|methods?|background
          |introduction|objectives?|aims?|purpose|design|setting|funding|registration))
    \s?:\s+(?=\S)""",
    re.VERBOSE,
)
_CONCLUDING = re.compile(r"conclu|interpret|significance|implication", re.IGNORECASE)
_NO_FINDING = re.compile(
    r"""objective|aim|purpose|method|material|design|setting|background|introduction|context|participant
      |patient|subject|intervention|measure|registration|fund|question|rationale|importance|source""",
    re.IGNORECASE | re.VERBOSE,
)
_LINK = re.compile(
    r"""(?:in\ (?:conclusion|summary|addition)|to\ (?:conclude|summari[sz]e)|taken\ together|overall
      |altogether|collectively|thus|therefore|hence|consequently|accordingly|moreover|furthermore
      |additionally|finally|importantly|interestingly|notably),?\s+""",
    re.IGNORECASE | re.VERBOSE,
)
_REPORT = re.compile(
    r"""(?:(?:these|those|our|the|this|such)\s(?:[\w-]+\s){0,3}?
          (?:results?|findings?|data|stud(?:y|ies)|observations?|analys[ei]s|experiments?|work|evidence
            |trials?|authors?)
        | we | it\s(?:is|was|has\sbeen|can\sbe|may\sbe))
    \s(?:(?:[a-z]+ly|also|further|thus|here|now|have|has|can|could|to)\s){0,3}
    (?:conclude|suggest|indicate|show|demonstrate|reveal|find|found|report|propose|confirm|support|imply
      |impl(?=ie)|establish|provide\sevidence)(?:s|d|ed|n|ies|ied)?\sthat\s""",
    re.IGNORECASE | re.VERBOSE,
)
_LEANS = re.compile(
    r"""(?:this|these|those|that|it|its|they|their|he|she|such|both|here|there|then|we|our|however|but|and|or
      |similarly|conversely|in\scontrast|further|also|the\s(?:latter|former|present|current|study
        |authors?|results?|findings?|data))
    \b""",
    re.IGNORECASE | re.VERBOSE,
)
_FINDING = re.compile(
    r"""\b(?:(?:increas|reduc|decreas|induc|caus|promot|improv|regulat|mediat|activat|stimulat|modulat|enhanc
        |contribut|indicat|require|correlat|attenuat|suppress|inhibit|prevent|affect|predict|depend|protect
        |bind|interact|impair|alter|lower|rais|lead|result|influenc|determin|differ|play)(?:e?s|es|ed)?
      |associated|related|effective|efficacious|safe|essential|necessary|sufficient|responsible|superior
      |inferior|similar|higher|lower|greater|less|more|better|worse|independent|sensitive|resistant|common
      |rare|risk)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_METHOD = re.compile(
    r"""^(?:to|of|in\s(?:recent|the\spast))\b
      |\b(?:was|were|is|are|been)\s(?:[a-z]+ly\s)?(?:used|applied|performed|measured|examined|studied
        |investigated|carried|described|collected|assessed|evaluated|analy[sz]ed|divided|randomi[sz]ed
        |enrolled|included|recorded|compared|reviewed|conducted|discussed|presented|reported|obtained
        |determined|recruited|selected|prepared|calculated|assigned|designed)\b""",
    re.IGNORECASE | re.VERBOSE,
)
_FIRST_PERSON = re.compile(r"\b(?:we|our|ours|us|et al)\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class KeySentence(NamedTuple):
    """A sentence that can stand alone.

    Parameters
    ----------
    start, end : int
        Offsets of the whole sentence.
    claim : str
        What it says, without section label and reporting words.
    concludes : bool
        Whether the text gives it as its conclusion.
    """

    start: int
    end: int
    claim: str
    concludes: bool


def key_sentences(text: str, frequencies: DocumentFrequencies) -> list[KeySentence]:
    """Sentences that can be queries, best first.

    Parameters
    ----------
    text : str
        A passage.
    frequencies : DocumentFrequencies
        Of the collection it comes from.

    Returns
    -------
    list[KeySentence]
        Without questions, sentences that lean on what stands before, and those that are very short, very
        long or full of figures.

    Examples
    --------
    >>> text = ("METHODS: Forty adults took metformin or nothing for half a year. "
    ...         "CONCLUSIONS: We conclude that metformin lowers fasting glucose in adults.")
    >>> [sentence.claim for sentence in key_sentences(text, DocumentFrequencies())]
    ['Metformin lowers fasting glucose in adults.']
    """
    centroid = frequencies.weights(terms(text))
    section = ""
    found: list[tuple[int, float, KeySentence]] = []
    for start, end in sentence_spans(text):
        sentence = text[start:end]
        if label := _LABEL.match(sentence):
            section = label["label"]
            sentence = sentence[label.end() :]
        claim, reported = _bare(sentence)
        concludes = reported or bool(_CONCLUDING.search(section))
        if (concludes or not _NO_FINDING.search(section)) and _stands_alone(claim):
            likeness = cosine(frequencies.weights(terms(claim)), centroid)
            claims = 2 * concludes + bool(_FINDING.search(claim)) - bool(_METHOD.search(claim))
            found.append((claims, likeness, KeySentence(start, end, claim, concludes)))
    found.sort(key=lambda item: (-item[0], -item[1]))
    return [sentence for *_, sentence in found]


def _bare(sentence: str) -> tuple[str, bool]:
    """The sentence without linking and reporting words, and whether it had the latter."""
    if link := _LINK.match(sentence):
        sentence = sentence[link.end() :]
    report = _REPORT.match(sentence)
    if report:
        sentence = sentence[report.end() :]
    first = sentence.split(maxsplit=1)[0] if sentence.strip() else ""
    if first.islower() and first.isalpha():
        sentence = sentence[0].upper() + sentence[1:]
    return " ".join(sentence.split()), bool(report)


def _stands_alone(claim: str) -> bool:
    return (
        FEWEST_TERMS <= len(terms(claim)) <= MOST_TERMS
        and not claim.endswith(("?", "？", "؟", ":"))
        and not _LEANS.match(claim)
        and not _FIRST_PERSON.search(claim)
        and len(_NUMBER.findall(claim)) <= MOST_NUMBERS
    )
