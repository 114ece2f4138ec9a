"""A real provider of single sign-on, as a process on the loopback: oidc-provider-mock, which stands on Authlib.

with oidc_provider(tmp_path, port, {"sub": "4711", "preferred_username": "budi", "groups": ["piket"]}): …
"""

import json
import sys
from pathlib import Path
from typing import Any

from tests.servers import Command, Program


def oidc_provider(folder: Path, port: int, *people: dict[str, Any]) -> Program:
    """The provider, whose issuer is http://127.0.0.1:PORT; who types a `sub` there is that person."""
    command: Command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    for person in people:
        command += ["--user-claims", json.dumps(person)]
    return Program("oidc-provider", command, folder, port=port)


def oidc_toml(provider_port: int, siaga_port: int, *, title: str = "Akun Morotai") -> str:
    """The table of cloud.toml for that provider; `piket` are operators of Daruba, `bpbd` engineers."""
    return f"""
[access.oidc]
issuer = "http://127.0.0.1:{provider_port}"
client_id = "siaga"
client_secret_file = "oidc.secret"
url = "http://127.0.0.1:{siaga_port}"
title = "{title}"
[[access.oidc.groups]]
group = "bpbd"
role = "engineer"
[[access.oidc.groups]]
group = "piket"
role = "operator"
sites = ["daruba"]
"""
