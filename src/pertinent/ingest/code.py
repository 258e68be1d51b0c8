"""Source code, plain or gzip: one document per file, which knows its language and its lines.

The ending of the name says the language. Files that people do not read, with zero bytes or very long
lines, are reported and left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pertinent.errors import RecordError
from pertinent.ingest.naming import file_id, suffix
from pertinent.ingest.protocol import OnBroken
from pertinent.ingest.streams import read_text
from pertinent.types import Document, line_places

MAX_CODE_BYTES = 8 << 20
MAX_LINE_CHARS = 4_000
"""Of a line that somebody wrote; minified code and data have longer ones."""
PROGRAMMING_LANGUAGE = "programming_language"

_ENDINGS = {
    "c": ".c .h",
    "clojure": ".clj .cljs",
    "cpp": ".cc .cpp .cxx .hh .hpp",
    "csharp": ".cs",
    "css": ".css .scss",
    "dart": ".dart",
    "elixir": ".ex .exs",
    "erlang": ".erl",
    "go": ".go",
    "haskell": ".hs",
    "java": ".java",
    "javascript": ".js .jsx .mjs .cjs",
    "julia": ".jl",
    "kotlin": ".kt .kts",
    "lua": ".lua",
    "perl": ".pl .pm",
    "php": ".php",
    "powershell": ".ps1",
    "python": ".py .pyi",
    "r": ".r",
    "ruby": ".rb",
    "rust": ".rs",
    "scala": ".scala",
    "shell": ".sh .bash .zsh",
    "sql": ".sql",
    "swift": ".swift",
    "typescript": ".ts .tsx",
}
LANGUAGES = {ending: language for language, endings in _ENDINGS.items() for ending in endings.split()}


@dataclass(frozen=True, slots=True)
class CodeReader:
    """Reads source code in UTF-8.

    Parameters
    ----------
    max_bytes : int
        Largest file.
    max_line_chars : int
        Longest line.
    """

    max_bytes: int = MAX_CODE_BYTES
    max_line_chars: int = MAX_LINE_CHARS
    name: str = "code"

    def accepts(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 (only the name tells)
        """Whether the name ends as that of a programming language."""
        return suffix(path) in LANGUAGES

    def read(self, path: Path, *, on_broken: OnBroken) -> Iterator[Document]:
        """The file as one document, titled with its name."""
        source = str(path)
        text = read_text(path, on_broken=on_broken, max_bytes=self.max_bytes)
        if text is None:
            return
        fault = ""
        if "\0" in text:
            fault = "the file is binary"
        elif max(map(len, text.split("\n"))) > self.max_line_chars:
            fault = f"a line is longer than {self.max_line_chars:,} characters, as in minified code"
        if fault:
            on_broken(RecordError(fault, source=source, position="whole file"))
            return
        # A file that a user names as code may end in anything.
        metadata = {PROGRAMMING_LANGUAGE: LANGUAGES.get(suffix(path), "other")}
        name = path.name.removesuffix(".gz")
        yield Document(file_id(path), text, name, metadata, source, places=line_places(text))
