"""The root of trust that this gateway took first: kept, and replaced by nobody but a person who is root here.

Later roots are signed by the one before, and the framework keeps them in metadata/root_history/. It walks there from
the first one each time, so a power cut that costs one of them costs a download.
"""

import shutil

from edge.sound_file import SoundFile
from edge.update.places import UpdatePlaces
from wire.gateway_update import MAX_ROOT_BYTES

_MOST_BYTES = MAX_ROOT_BYTES + 64
_READABLE = 0o644


class TrustDamaged(Exception):
    """The root was kept and cannot be read: one sentence. Another is not taken by itself."""


def kept_root(places: UpdatePlaces) -> bytes | None:
    """The root that is trusted first; None where this gateway has none yet. TrustDamaged."""
    root, problems = SoundFile(places.first_root, _MOST_BYTES, _READABLE).read(bytes)
    if root is None and problems:
        raise TrustDamaged(
            f"the root of trust cannot be read ({'; '.join(problems)}): sudo siaga-edge update trust FILE lays it anew"
        )
    return root


def lay_root(places: UpdatePlaces, root: bytes) -> str:
    """Trust `root` in the place of what was trusted; why it is no root, or "". OSError."""
    from tuf.api.exceptions import RepositoryError  # large, and seldom wanted
    from tuf.api.metadata import Metadata, Root
    from tuf.api.serialization import DeserializationError

    if len(root) > MAX_ROOT_BYTES:
        return f"it has more than {MAX_ROOT_BYTES} bytes"
    try:
        found = Metadata[Root].from_bytes(root)
        found.signed.verify_delegate(Root.type, found.signed_bytes, found.signatures)
    except (RepositoryError, DeserializationError, AttributeError) as error:
        return str(error)[:200]
    shutil.rmtree(places.metadata, ignore_errors=True)  # what another root has signed
    keep_root(places, root)
    return ""


def keep_root(places: UpdatePlaces, root: bytes) -> None:
    """Trust `root`; OSError."""
    places.first_root.parent.mkdir(parents=True, exist_ok=True)
    SoundFile(places.first_root, _MOST_BYTES, _READABLE).write(root)
