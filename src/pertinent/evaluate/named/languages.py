"""From the language codes of data sets to the languages that BM25 knows."""

from __future__ import annotations

NEUTRAL = "none"
"""Neither stop words nor stemmer (see ``store/bm25.py``)."""

_NAMES = {
    "arabic": "ar ara",
    "azerbaijani": "az aze",
    "basque": "eu eus",
    "bengali": "bn ben",
    "catalan": "ca cat",
    "chinese": "zh zho cmn",
    "danish": "da dan",
    "dutch": "nl nld",
    "english": "en eng",
    "finnish": "fi fin",
    "french": "fr fra",
    "german": "de deu",
    "greek": "el ell",
    "hebrew": "he heb",
    "hungarian": "hu hun",
    "indonesian": "id ind",
    "italian": "it ita",
    "japanese": "ja jpn",
    "kazakh": "kk kaz",
    "nepali": "ne nep npi",
    "norwegian": "no nor nob nno",
    "portuguese": "pt por",
    "romanian": "ro ron",
    "russian": "ru rus",
    "slovene": "sl slv",
    "spanish": "es spa",
    "swedish": "sv swe",
    "tajik": "tg tgk",
    "turkish": "tr tur",
}
_BY_CODE = {code: name for name, codes in _NAMES.items() for code in codes.split()}


def bm25_language(code: str | None) -> str:
    """Name of a language for BM25.

    Parameters
    ----------
    code : str | None
        ISO 639-1 or 639-3, perhaps with a script (``deu-Latn``); None where it is not known.

    Returns
    -------
    str
        A name that an index takes; ``none`` for languages without stop words and stemmer.

    Examples
    --------
    >>> bm25_language("deu-Latn"), bm25_language("zh"), bm25_language("yor-Latn"), bm25_language(None)
    ('german', 'chinese', 'none', 'none')
    """
    return _BY_CODE.get((code or "").partition("-")[0].casefold(), NEUTRAL)
