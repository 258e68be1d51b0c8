"""Start and end of the command line; the commands themselves are imported inside, where Ctrl-C is caught.

Exit codes: 0 done, 1 a fault in data or environment, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from contextlib import suppress
from typing import NoReturn

from pertinent.errors import PertinentError

FAULT = 1
INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit; errors become one clear message, never a traceback."""
    try:
        _settle_streams()
        code = _run()
        _flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except PertinentError as error:
        code = error.exit_code
        _tell(error.message, error.hint)
    except BrokenPipeError:
        code = FAULT  # whoever read has gone, and knows
    except OSError as error:
        code = FAULT
        _tell(_refusal(error), "Check disk, permissions and limits of this machine, then try again.")
    except Exception as error:
        if os.environ.get("PERTINENT_DEBUG"):
            raise
        code = FAULT
        # The text of a foreign error may hold a patient's; its kind does not.
        _tell(
            f"Pertinent met a fault of its own ({type(error).__name__}).",
            "Run it again with PERTINENT_DEBUG=1 in the environment to see where, and please report it.",
        )
    with suppress(OSError):
        _flush()
    _end(code)


def _end(code: int) -> NoReturn:
    """End, and wait for no model that is busy with what nobody waits for any more."""
    if threading.active_count() > 1:
        from pertinent.engine.aside import is_busy

        if is_busy():
            os._exit(code)
    sys.exit(code)


def _run() -> int:
    from pertinent.cli.commands import app

    try:
        app(prog_name="pertinent")
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _settle_streams() -> None:
    """Give closed streams a sink, and write as an escape what an encoding has no sign for."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _flush() -> None:
    """Write what is buffered; where that fails, nothing is left to fail again at the interpreter's end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def _refusal(error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    where = f" ({error.filename})" if isinstance(error.filename, str) else ""
    return f"The system refused: {reason}{where}."


def _tell(message: str, hint: str) -> None:
    from rich.markup import escape

    from pertinent.cli.console import errors
    from pertinent.types import printable

    with suppress(OSError):
        errors().print(f"[bold red]Error:[/] {escape(printable(message))}\n{escape(printable(hint))}")
