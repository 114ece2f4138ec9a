"""The coast line of a city's map, from the file that cloud.toml names."""

import json
from pathlib import Path

from cloud.console.view_models.city_map import CoastLine, coast_line


def read_coast(path: str) -> CoastLine | None:
    """The coast line in a GeoJSON file, None without one; ValueError in one sentence where it cannot be used."""
    if not path:
        return None
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"coastline: {path!r} cannot be read as GeoJSON: {error}") from None
    if not isinstance(document, dict) or document.get("type") not in {"FeatureCollection", "Feature"}:
        raise ValueError(f"coastline: {path!r} is no GeoJSON feature; export one with coordinates in WGS 84")
    try:
        return coast_line(document)
    except (TypeError, ValueError) as error:
        raise ValueError(f"coastline: {path!r} has coordinates that are no pairs of degrees: {error}") from None
