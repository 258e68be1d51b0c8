"""Packages that are tar files, and commands in the place of apt and dpkg that copy them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path


def archive(path: Path, files: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def stand_ins(commands: Path, store: Path) -> Path:
    """A folder with ``apt-get`` and ``dpkg-deb``, which give what lies in the store."""
    commands.mkdir()
    (commands / "apt-get").write_text(f'#!/bin/sh\ncp "{store}/$2"_*.deb . || exit 100\n')
    (commands / "dpkg-deb").write_text('#!/bin/sh\nexec cat "$2"\n')
    for command in commands.iterdir():
        command.chmod(0o755)
    return commands
