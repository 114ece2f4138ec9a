"""/opt/siaga/update/state.json: what the updater remembers, and the agent and everybody may read (edge/sound_file.py).

{"step":"on_trial","version":"1.2.0","before":"1.1.0",…}⏎crc 1c291ca3        under-way stands beside it while it is
"""

from pathlib import Path

import msgspec

from edge.sound_file import SoundFile
from edge.update.places import UpdatePlaces
from edge.update.trial_of_version import KeptUpdate
from runtime.whole_files import force_folder

MOST_BYTES = 64 * 1024
_READABLE = 0o644
_DECODER = msgspec.json.Decoder(KeptUpdate)


def read_update(state: Path) -> tuple[KeptUpdate, str]:
    """What is remembered, and a sentence where the file was damaged; OSError never."""
    kept, problems = SoundFile(state, MOST_BYTES).read(_DECODER.decode)
    said = f"{' and '.join(problems)}; what became of the last update is not known" if problems else ""
    return kept or KeptUpdate(), said if kept is None else ""


def write_update(places: UpdatePlaces, kept: KeptUpdate) -> None:
    """Remember it before it is begun; OSError where the disk does not take it."""
    if kept.step.is_under_way and not places.under_way.exists():
        places.under_way.touch()  # before the state: one that is there for nothing costs a start
        force_folder(places.work)
    SoundFile(places.state, MOST_BYTES, _READABLE).write(msgspec.json.encode(kept))
    if not kept.step.is_under_way:
        places.under_way.unlink(missing_ok=True)
