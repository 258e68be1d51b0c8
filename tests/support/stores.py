"""Every way in which a store is written and read, for suites that run on each of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace as changed
from pathlib import Path
from typing import Protocol

from pertinent.store import collection
from pertinent.store.manifest import Manifest
from pertinent.store.protocol import Store, WritableStore
from pertinent.store.recovery import Recovery
from pertinent.store.server.layout import ServerLayout
from pertinent.store.server.reader import ServerReader
from pertinent.store.server.shard import ServerShard
from pertinent.store.server.writer import ServerWriter
from pertinent.store.vectors import EmbedderIdentity
from support.servers import URL, Connect, in_memory, on_disk, own_name, real
from support.tiny_documents import EMBEDDER


class Implementation(Protocol):
    writer: WritableStore

    def view(self) -> Store:
        """A store that shows all that was acknowledged."""

    def close(self) -> None: ...


class WriterSeesItself:
    def __init__(self, folder: Path) -> None:
        self.writer: WritableStore = collection.create(folder, EMBEDDER)

    def view(self) -> Store:
        return self.writer

    def close(self) -> None:
        self.writer.close()


class ReaderAfterPublication:
    def __init__(self, folder: Path) -> None:
        self.writer: WritableStore = collection.create(folder, EMBEDDER)
        self.reader = collection.open_reader(folder, EMBEDDER)

    def view(self) -> Store:
        self.writer.publish()
        self.reader.refresh()
        return self.reader

    def close(self) -> None:
        self.reader.close()
        self.writer.close()


class WriterAfterReopening:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writer = collection.create(folder, EMBEDDER)

    def view(self) -> Store:
        self.writer.close()
        self.writer = collection.open_writer(self.folder, EMBEDDER)
        assert self.writer.recovery.finished == self.writer.recovery.lost == ()
        return self.writer

    def close(self) -> None:
        self.writer.close()


class OnServer:
    """A collection on a server; which stores see it the classes below say."""

    place: Callable[[Path], AbstractContextManager[Connect]] = staticmethod(in_memory)

    def __init__(self, folder: Path) -> None:
        self.around = ExitStack()
        self.connect = self.around.enter_context(self.place(folder))
        self.name = self.around.enter_context(own_name(self.connect))
        client = self.connect()
        ServerShard(client, self.name).create(empty_manifest(), ServerLayout())
        client.close()
        self.writer = self.open_writer()
        self.writer.publish(copy_of=changed(empty_manifest(), generation=1))

    def open_writer(self) -> ServerWriter:
        return ServerWriter(self.connect(), self.name, EMBEDDER)

    def view(self) -> Store:
        return self.writer

    def close(self) -> None:
        self.writer.close()
        self.around.close()


class ServerReaderAfterPublication(OnServer):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.reader = ServerReader(self.connect(), self.name, EMBEDDER)

    def view(self) -> Store:
        self.writer.publish()
        self.reader.refresh()
        return self.reader

    def close(self) -> None:
        self.reader.close()
        super().close()


class ServerWriterAfterReopening(OnServer):
    place = staticmethod(on_disk)

    def view(self) -> Store:
        self.writer.close()
        self.writer = self.open_writer()
        assert self.writer.recovery == Recovery()
        return self.writer


class RealServerWriter(OnServer):
    place = staticmethod(real)


class RealServerReader(ServerReaderAfterPublication):
    place = staticmethod(real)


def empty_manifest() -> Manifest:
    return Manifest(EmbedderIdentity.of(EMBEDDER), identity="suite")


IMPLEMENTATIONS = [
    WriterSeesItself,
    ReaderAfterPublication,
    WriterAfterReopening,
    OnServer,
    ServerReaderAfterPublication,
    ServerWriterAfterReopening,
    *([RealServerWriter, RealServerReader] if URL else []),
]
