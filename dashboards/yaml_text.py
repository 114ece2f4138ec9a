"""YAML for Grafana's provisioning files.

{"apiVersion": 1, "providers": [{"name": "siaga-id"}]} -> apiVersion: 1 / providers: / - name: siaga-id
"""

from collections.abc import Mapping, Sequence

import yaml

Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]


def yaml_of(document: Mapping[str, Value], *, heading: str) -> str:
    """The document as YAML under comment lines of `heading`."""
    comments = "".join(f"# {line}\n" for line in heading.splitlines())
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    return comments + text
