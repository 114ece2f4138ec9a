"""YAML for Grafana's provisioning files: maps, lists, and scalars as JSON writes them, which every YAML reader takes.

{"apiVersion": 1, "providers": [{"name": "siaga-id"}]} -> apiVersion: 1 / providers: / - name: "siaga-id"
"""

import json
from collections.abc import Iterator, Mapping, Sequence

Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]


def yaml_of(document: Mapping[str, Value], *, heading: str) -> str:
    """The document as YAML under comment lines of `heading`."""
    comments = "".join(f"# {line}\n" for line in heading.splitlines())
    return comments + "\n".join(_lines(document)) + "\n"


def _lines(value: Mapping[str, Value]) -> Iterator[str]:
    for key, inner in value.items():
        if isinstance(inner, Mapping) and inner:
            yield f"{key}:"
            yield from (f"  {line}" for line in _lines(inner))
        elif isinstance(inner, Sequence) and not isinstance(inner, str) and inner:
            yield f"{key}:"
            yield from _items(inner)
        else:
            yield f"{key}: {json.dumps(inner, ensure_ascii=False)}"


def _items(values: Sequence[Value]) -> Iterator[str]:
    for value in values:
        lines = list(_lines(value)) if isinstance(value, Mapping) and value else [json.dumps(value, ensure_ascii=False)]
        yield f"  - {lines[0]}"
        yield from (f"    {line}" for line in lines[1:])
