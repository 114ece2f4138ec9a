"""The version of this distribution, as the gateway's status and `siaga-edge --version` say it."""

from importlib import metadata


def version() -> str:
    """The version; "unknown" where it runs without being installed."""
    try:
        return metadata.version("siaga")
    except metadata.PackageNotFoundError:
        return "unknown"
