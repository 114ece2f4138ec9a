"""siaga-edge bundle [FILE]: a diagnostics archive for whoever helps from afar, without secrets."""

import argparse
import time
from pathlib import Path

from edge.bundle.archive import write_archive
from edge.bundle.contents import BundleContents
from edge.commands import BROKEN, WELL
from edge.commands.shared import add_config, complain, spool_path
from i18n.catalog import N_, Catalog, LanguageCode, catalog_of
from i18n.figures import size
from i18n.message import LocalizedMessage

EXPLAINED = N_(
    "Writes what somebody afar needs to help: settings, status, log, disk, kernel, clock and versions. Passwords, "
    "tokens, keys and logins in addresses are taken out, and the files that hold them are not read into it. Look at "
    "it before you send it: names of places and addresses of networks stay."
)


def below(_: Catalog) -> str:
    """What follows the options in the help."""
    return "sudo siaga-edge bundle /tmp/gw-daruba.tar.gz --config /etc/siaga/edge.toml"


def add_options(parser: argparse.ArgumentParser, _: Catalog, completes_file: object) -> None:
    """The options of the command."""
    file = parser.add_argument(
        "file", type=Path, nargs="?", metavar=_("FILE"), help=_("the archive; else siaga-GATEWAY-TIME.tar.gz here")
    )
    file.complete = completes_file  # type: ignore[attr-defined]  # where shtab finds it
    add_config(parser, _, completes_file)


def run(options: argparse.Namespace, language: LanguageCode) -> int:
    """Write the archive; the exit code."""
    contents = BundleContents(options.config, spool_path(options.config, language))
    _ = catalog_of(language)
    gateway = "".join(each for each in contents.gateway if each.isalnum() or each in "-_")[:64] or "gateway"
    folder = f"siaga-{gateway}-{time.strftime('%Y%m%d-%H%M%S')}"
    path = options.file or Path(f"{folder}.tar.gz")
    try:
        written = write_archive(path, folder, contents.files(), now_s=time.time())
    except FileExistsError:
        complain([LocalizedMessage("{path} is there already; name another file", path=str(path))], language)
        return BROKEN
    except OSError as error:
        why = error.strerror or str(error)
        complain([LocalizedMessage("{path} cannot be written: {why}", path=str(path), why=why)], language)
        return BROKEN
    for name, count in written:
        print(f"  {name:<16}{size(_, count):>10}")
    print(
        _(
            "{path}: {size}; secrets were taken out. Look at it, then send it to whoever helps.",
            path=path,
            size=size(_, path.stat().st_size),
        )
    )
    return WELL
