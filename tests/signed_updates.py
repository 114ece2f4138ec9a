"""A repository of updates as a city has it, made by The Update Framework itself, and a server of it on the loopback.

updates = SignedUpdates(folder);  updates.publish("1.2.0", archive);  with updates.served() as url: …
"""

import contextlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization.json import JSONSerializer

from edge.architecture import architecture
from wire.gateway_update import archive_name

ROLES = ("root", "timestamp", "snapshot", "targets")
_PRETTY = JSONSerializer(compact=False)


class SignedUpdates:
    """Signs what is published with a key for each role; `expires` holds for all that is signed from then on."""

    def __init__(self, folder: Path) -> None:
        self.metadata, self.targets = folder / "metadata", folder / "targets"
        for each in (self.metadata, self.targets):
            each.mkdir(parents=True)
        self.expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
        self.signers = {role: CryptoSigner.generate_ed25519() for role in ROLES}
        self.requests: list[tuple[str, str]] = []
        """What was asked of the server: paths, and their Range."""
        self.breaks_after: int | None = None
        """The server breaks an archive off after so many bytes."""
        self.answers: dict[str, int] = {}
        """What the server answers instead, by the end of a path."""
        root = Root(expires=self.expires, consistent_snapshot=True)
        for role in ROLES:
            root.add_key(self.signers[role].public_key, role)
        self.root = Metadata(root)
        self.rows = Metadata(Targets(expires=self.expires))
        self.snapshot = Metadata(Snapshot(expires=self.expires))
        self.timestamp = Metadata(Timestamp(expires=self.expires))
        self.write_root()
        self.sign()

    @property
    def root_text(self) -> str:
        """The root as it is now, for a gateway that has none."""
        return (self.metadata / f"{self.root.signed.version}.root.json").read_text()

    def publish(self, version: str, archive: Path, *, arch: str = "", custom: dict[str, Any] | None = None) -> None:
        """Sign an archive, and let it be fetched."""
        arch = arch or architecture()
        target = TargetFile.from_file(archive_name(version, arch), str(archive), ["sha256"])
        target.unrecognized_fields["custom"] = custom or {"version": version, "arch": arch}
        self.rows.signed.targets[target.path] = target
        (self.targets / f"{target.hashes['sha256']}.{target.path}").write_bytes(archive.read_bytes())
        self.sign()

    def sign(self) -> None:
        """Sign what changed, as a new version of each list."""
        targets, snapshot, timestamp = self.rows.signed, self.snapshot.signed, self.timestamp.signed
        for signed in (targets, snapshot, timestamp):
            signed.expires = self.expires
        targets.version = snapshot.version = timestamp.version = timestamp.version + 1
        snapshot.meta["targets.json"] = MetaFile(version=targets.version)
        timestamp.snapshot_meta = MetaFile(version=snapshot.version)
        self._write(self.rows, "targets", f"{targets.version}.targets.json")
        self._write(self.snapshot, "snapshot", f"{snapshot.version}.snapshot.json")
        self._write(self.timestamp, "timestamp", "timestamp.json")

    def write_root(self, *also_by: CryptoSigner) -> None:
        """Sign the root as it is now, by its key and others."""
        for signer in also_by:
            self.root.sign(signer, append=True)
        self._write(self.root, "root", f"{self.root.signed.version}.root.json", append=bool(also_by))

    def rotate_root(self) -> None:
        """Another key of the root, signed by the one before too."""
        old, self.signers["root"] = self.signers["root"], CryptoSigner.generate_ed25519()
        self.root.signed.revoke_key(old.public_key.keyid, "root")
        self.root.signed.add_key(self.signers["root"].public_key, "root")
        self.root.signed.version += 1
        self.root.signatures.clear()
        self.write_root(old)

    def _write(self, metadata: Metadata[Any], role: str, name: str, *, append: bool = False) -> None:
        metadata.sign(self.signers[role], append=append)
        metadata.to_file(str(self.metadata / name), _PRETTY)

    @contextlib.contextmanager
    def served(self) -> Iterator[str]:
        """The url below which all of it is, while the context lasts."""
        updates = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                updates.answer(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/updates"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """A file, or the rest of it."""
        asked = request.headers.get("Range", "")
        self.requests.append((request.path, asked))
        status = next((code for end, code in self.answers.items() if request.path.endswith(end)), 200)
        file = self.metadata.parent / request.path.removeprefix("/updates/")
        if status != 200 or not file.is_file():
            request.send_error(status if status != 200 else 404)
            return
        content = file.read_bytes()
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if begin >= len(content) and asked:
            request.send_error(416)
            return
        request.send_response(206 if asked else 200)
        if asked:
            request.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        request.send_header("Content-Length", str(len(content) - begin))
        request.end_headers()
        stop = len(content) if file.parent != self.targets or self.breaks_after is None else begin + self.breaks_after
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            request.wfile.write(content[begin:stop])
