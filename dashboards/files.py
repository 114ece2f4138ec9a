"""The dashboards as files: dashboards/generated/{id,en}/flood.json, which Grafana's provisioning reads.

write(folder, documents) writes them all and takes away those that are no more;  stale(folder, documents) names them
"""

from collections.abc import Mapping
from pathlib import Path

from dashboards.catalog import Document, text_of
from i18n.catalog import LanguageCode

GENERATED = Path(__file__).parent / "generated"
COMMAND = "siaga-dashboards generate"
Documents = Mapping[LanguageCode, Mapping[str, Document]]


def texts(documents: Documents) -> dict[Path, str]:
    """Every file's text by its path below the folder."""
    return {
        Path(language) / f"{key}.json": text_of(document)
        for language, of_language in documents.items()
        for key, document in of_language.items()
    }


def write(folder: Path, documents: Documents) -> list[Path]:
    """Bring the files in `folder` up to date, and name those that changed or went."""
    wanted = texts(documents)
    changed = stale(folder, documents)
    for path in changed:
        if path in wanted:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(wanted[path], encoding="utf-8")
        else:
            (folder / path).unlink()
    return changed


def stale(folder: Path, documents: Documents) -> list[Path]:
    """The files in `folder` that are missing, different or left over."""
    wanted = texts(documents)
    there = {path.relative_to(folder) for language in LanguageCode for path in (folder / language).glob("*.json")}
    different = {path for path, text in wanted.items() if path not in there or _read(folder / path) != text}
    return sorted(different | (there - set(wanted)))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
