"""Titles that read like what somebody would type into a search box, made of headings and headwords.

The form is chosen by a checksum, so that it is the same each time and all forms come up.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from zlib import crc32

MOST_CHARS = 100


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _forms_of(verb: str) -> tuple[str, str, str]:
    return f"{verb}ing", f"{verb[:-1]}ing", f"{verb}{verb[-1]}ing"


_GENERIC = re.compile(
    r"""(?:(?:an?|the|more|general|basic|some|advanced)\s)*
      (?:overview|introduction|description|notes?|summary|examples?|usage|options?|general|what.s\sthis
        |background|details|definition|purpose|remarks?|tips?|warnings?|caveats?|about|basics|discussion
        |information|conclusion|prerequisites|requirements|procedure|concepts?|features|history|attributes
        |getting\sstarted|properties|terminology|preface|preamble|motivation|method|results?|syntax
        |parameters|known\sissues|limitations|troubleshooting|miscellaneous|other|synopsis|keywords|name
        |glossary(?:\sof\s.*)?|(?:out|in)put\sformat(?:\sand\soptions)?|installation|questions\sand\sanswers
        |tool\soptions|key\smodifiers.*|activat(?:e|ing)\sthe\s(?:tool|dialog|filter|command)
        |and\smany\smore|commands?|what\sis\sit\??|usage\sdetails|what\sit\sdoes|why\??|when\??|how\??)
      (?:\sand\s(?:usage|notes|examples?|discussion|terminology|description))?""",
    re.IGNORECASE | re.VERBOSE,
)
"""Headings that tell nothing without the one above."""
_IDENTIFIER = re.compile(r"\S+[/_.]\S+")
_DO = _words("""add adjust allow apply arrange attach avoid back build burn calculate calibrate choose clean
    combine configure connect convert copy create customize define delete disable disconnect enable
    encrypt enter erase find fix generate get give hide identify improve include insert install
    invite join keep make manage modify move obtain open optimize organize pick prepare preserve
    prevent protect put read recover reduce remove rename repair replace resize resolve restart
    restore retrieve run save select send share solve specify stop subscribe synchronize take
    translate turn undo uninstall unlock upgrade use verify write""")
"""At the head of a heading these are verbs; words like "display" or "filter" may be nouns there."""
_DOING = _words("""access activate align assign block browse cancel capture change check clear close compare
    compile compress control correct crop cut debug deploy detect determine display download drag
    draw edit eject escape evaluate export extract fill filter format group handle import increase
    launch limit link list load lock log map mark measure merge migrate monitor mount name navigate
    order paint partition paste pause perform plan play plot preview print publish query record
    redirect register reload repeat report request require reset rotate scan schedule search secure
    separate serve set shrink skip sort split start store swap switch test track transfer trim
    update upload validate view watch work wrap zoom""")
_DEFINED = (
    "What is {x}?",
    "What is {x}?",
    "What does {x} mean?",
    "Define {x}",
    "{x} definition",
    "{x} meaning",
)
_DONE = ("How to {x}", "How do I {x}?", "How can I {x}?", "{heading}")
_PERSON = re.compile(r"[A-Z][^.]{0,400}\((?:born\b[^()]{0,20}|[^()]{0,20}\b\d{3,4}-\d{3,4})\)")
"""How glosses of people begin: of which country they are, and when they lived."""
_JOINED = re.compile(r"^(?:and|or|in|of|by) |\b(?:and|or) \w+ing\b", re.IGNORECASE)
_KIND = re.compile(
    r"""\S+\s+(?:tools?|options?|modes?|tabs?|menus?|dialogs?|buttons?|filters?|errors?|commands?|bars?|methods?
      |process|preferences|parameters?|settings|functions?|policy|rules?|order|area|window|page|view|files?)""",
    re.IGNORECASE | re.VERBOSE,
)


_VERBS = {form: verb for verb in (*_DO, *_DOING) for form in _forms_of(verb)} | {verb: verb for verb in _DO}


def headword_title(word: str, text: str) -> str:
    """What somebody asks who looks a word up.

    Examples
    --------
    >>> headword_title("kettle", "A metal pot for boiling."), headword_title("mill", "Where corn is ground.")
    ('kettle definition', 'mill meaning')
    >>> headword_title("Ada Lovelace", "English mathematician (1815-1852).")
    'Who was Ada Lovelace?'
    """
    if word.endswith("?"):
        return word
    if person := _PERSON.match(text):
        return f"Who {'is' if 'born' in person[0][-30:] else 'was'} {word}?"
    return _chosen(_DEFINED, word).format(x=word)


def heading_title(headings: Sequence[str], subject: str) -> str:
    """What somebody asks who looks for a section; empty where its headings do not tell.

    Parameters
    ----------
    headings : Sequence[str]
        Outermost first.
    subject : str
        The program the pages are about; empty if they are about many things.

    Examples
    --------
    >>> heading_title(["Oilify", "Overview"], "GIMP")
    'Oilify in GIMP'
    >>> heading_title(["Turning off URL recognition"], "LibreOffice")
    'How do I turn off URL recognition in LibreOffice?'
    """
    own = headings[-1]
    above = next((heading for heading in reversed(headings[:-1]) if not _GENERIC.fullmatch(heading)), "")
    if _GENERIC.fullmatch(own):
        own = above
    elif above and len(own.split()) == 1 and not own[0].isdigit():
        own = f"{above}: {own}" if len(above.split()) <= 4 else own
    if not 3 <= len(own) <= MOST_CHARS or _IDENTIFIER.fullmatch(own):
        return ""
    if own.isupper() and len(own) > 6:
        own = own.capitalize()
    if own.endswith("?"):
        return own
    placed = own if not subject or subject.lower() in own.lower() else f"{own} in {subject}"
    first, _, rest = placed.partition(" ")
    verb = _VERBS.get(first.lower())
    if first == "To":
        return _chosen(_DONE[:3], own).format(x=rest)
    if verb and rest and not _KIND.fullmatch(own) and not (verb != first.lower() and _JOINED.search(rest)):
        return _chosen(_DONE, own).format(x=f"{verb} {rest}", heading=placed)
    return placed


def _chosen(forms: Sequence[str], key: str) -> str:
    return forms[crc32(key.encode()) % len(forms)]
