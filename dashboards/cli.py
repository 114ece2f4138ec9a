"""siaga-dashboards generate [--check]    provision --into FOLDER …    push | playlists --url URL --token-file FILE

Grafana's dashboards as files of this project, as a folder that Grafana provisions from, or into a running Grafana.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from dashboards import files, provisioning
from dashboards.grafana import Grafana, connect
from dashboards.installation import DEMO_CITY, DEMO_COAST, DEMO_ZONE, CannotUse, Installation, installation
from dashboards.playlists import address_of, push_playlists
from dashboards.push import push
from i18n.catalog import LanguageCode

CHANGED = 1
"""The exit code where --check or --dry-run found something that would change."""
CANNOT = 2
"""The exit code where something given cannot be used; trying again will not help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and give the exit code."""
    chosen = _parser().parse_args(arguments)
    try:
        return int(chosen.command(chosen))
    except CannotUse as error:
        sys.stderr.write(f"{error}\n")
        return CANNOT


def _generate(chosen: argparse.Namespace) -> int:
    documents = _installation(chosen).documents()
    if chosen.check:
        changed = files.stale(chosen.into, documents)
        _tell([f"{path} is stale; run `{files.COMMAND}`" for path in changed] or ["all dashboards are up to date"])
        return CHANGED if changed else 0
    changed = files.write(chosen.into, documents)
    _tell([f"wrote {path}" for path in changed] or ["all dashboards were up to date"])
    return 0


def _provision(chosen: argparse.Namespace) -> int:
    if chosen.influx_user and chosen.influx_api == "v2":
        raise CannotUse(
            "--influx-user: a user belongs to --influx-api v1; v2 logs in with the token in --influx-secret"
        )
    influx = provisioning.Influx(
        url=chosen.influx_url, database=chosen.influx_database, api=chosen.influx_api, user=chosen.influx_user,
        secret_file=chosen.influx_secret,
    )  # fmt: skip
    wanted = provisioning.Provisioning(influx=influx, seen_as=chosen.seen_as, alerts=chosen.platform_alerts)
    try:
        provisioning.write(chosen.into, _installation(chosen).documents(), wanted)
    except OSError as error:
        raise CannotUse(f"--into {chosen.into}: {error.strerror}; name a folder that can be written") from None
    home = provisioning.home(chosen.seen_as, LanguageCode(chosen.home))
    _tell([f"wrote {chosen.into}", f"in grafana.ini: [dashboards] default_home_dashboard_path = {home}"])
    return 0


def _push(chosen: argparse.Namespace) -> int:
    grafana = connect(chosen.url, None if chosen.token_file is None else _token(chosen.token_file))
    changes = push(grafana, _installation(chosen).documents(), dry_run=chosen.dry_run)
    for change in changes:
        _tell([_outcome(change.uid, new=change.new, dry_run=chosen.dry_run)])
        if chosen.dry_run and not change.new:
            sys.stdout.write(change.difference)
    if not changes:
        _tell(["Grafana's dashboards are up to date"])
    turned = _push_playlists(grafana, dry_run=chosen.dry_run)
    return CHANGED if (changes or turned) and chosen.dry_run else 0


def _playlists(chosen: argparse.Namespace) -> int:
    grafana = connect(chosen.url, None if chosen.token_file is None else _token(chosen.token_file))
    changed = _push_playlists(grafana, dry_run=chosen.dry_run)
    _tell([f"for the wall's browser: {chosen.url.rstrip('/')}{address_of(language)}" for language in LanguageCode])
    return CHANGED if changed and chosen.dry_run else 0


def _push_playlists(grafana: Grafana, *, dry_run: bool) -> bool:
    changes = push_playlists(grafana, dry_run=dry_run)
    _tell([_outcome(f"playlist {uid}", new=new, dry_run=dry_run) for uid, new in changes])
    if not changes:
        _tell(["Grafana's playlists are up to date"])
    return bool(changes)


def _outcome(what: str, *, new: bool, dry_run: bool) -> str:
    done = "would be made" if dry_run else "made"
    redone = "would change" if dry_run else "changed"
    return f"{what}: {done if new else redone}"


def _token(path: Path) -> str:
    try:
        token = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise CannotUse(f"--token-file {path}: {error.strerror}; write a service account's token into it") from None
    if not token:
        raise CannotUse(f"--token-file {path}: it is empty; write a service account's token into it")
    return token


def _installation(chosen: argparse.Namespace) -> Installation:
    coastline = None if chosen.coastline == "none" else Path(chosen.coastline)
    city = None if chosen.city == "none" else Path(chosen.city)
    return installation(
        zone=chosen.zone, tiles=chosen.tiles, attribution=chosen.attribution, coastline=coastline, city=city
    )


def _tell(sentences: Sequence[str]) -> None:
    sys.stdout.write("".join(f"{sentence}\n" for sentence in sentences))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="siaga-dashboards", description="Grafana's dashboards of Siaga, as code.")
    parser.add_argument("--version", action="version", version=f"siaga-dashboards {version('siaga')}")
    commands = parser.add_subparsers(required=True, metavar="generate | provision | push | playlists")
    common = _common()
    _add_generate(commands.add_parser("generate", parents=[common], help="write the dashboards as files"))
    _add_provision(
        commands.add_parser("provision", parents=[common], help="write the folder that Grafana provisions from")
    )
    pushed = commands.add_parser("push", parents=[common], help="bring a running Grafana up to date")
    turned = commands.add_parser("playlists", help="make the wall's playlists, where the dashboards come from files")
    for running, command in ((pushed, _push), (turned, _playlists)):
        _add_running(running)
        running.set_defaults(command=command)
    return parser


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--zone", default=DEMO_ZONE, help=f"IANA time zone of the dashboards' days (default: {DEMO_ZONE})"
    )
    common.add_argument(
        "--coastline", default=str(DEMO_COAST), metavar="FILE",
        help="GeoJSON of the coast for the map (default: the demo's island); none leaves it out",
    )  # fmt: skip
    common.add_argument(
        "--city", default=str(DEMO_CITY), metavar="FILE",
        help="the city's file, for names in the place of ids (default: the demo's island); none leaves them out",
    )  # fmt: skip
    common.add_argument(
        "--tiles", default="", metavar="URL", help="own map tiles, with {x}, {y}, {z} (default: plain water)"
    )
    common.add_argument(
        "--attribution", default="", metavar="TEXT", help="what the owner of the tiles wants to be named as"
    )
    return common


def _add_generate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--into", type=Path, default=files.GENERATED, metavar="FOLDER", help="default: dashboards/generated"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file is stale")
    parser.set_defaults(command=_generate)


def _add_provision(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--into", type=Path, required=True, metavar="FOLDER", help="where to write")
    parser.add_argument(
        "--seen-as", default=provisioning.SEEN_AS, metavar="FOLDER",
        help=f"the same folder as Grafana sees it (default: {provisioning.SEEN_AS})",
    )  # fmt: skip
    parser.add_argument("--influx-url", required=True, metavar="URL", help="the InfluxDB as Grafana reaches it")
    parser.add_argument(
        "--influx-database", default="siaga", metavar="NAME", help="database, or v1 mapping of the bucket"
    )
    parser.add_argument(
        "--influx-api", choices=("v1", "v2"), default="v2", help="log in with a password, or with a token"
    )
    parser.add_argument("--influx-user", default="", metavar="NAME", help="v1: a user who may only read")
    parser.add_argument(
        "--influx-secret", default="", metavar="FILE",
        help="the file on Grafana's machine with the password, or with a token that may only read",
    )  # fmt: skip
    parser.add_argument(
        "--home",
        choices=tuple(LanguageCode),
        default=LanguageCode.INDONESIAN.value,
        help="language of the home dashboard",
    )
    parser.add_argument(
        "--platform-alerts", action="store_true", help='let Grafana tell when "the platform itself is down"'
    )
    parser.set_defaults(command=_provision)


def _add_running(parser: argparse.ArgumentParser) -> None:
    """What is asked of a running Grafana."""
    parser.add_argument("--url", required=True, metavar="URL", help="Grafana, with its sub-path if it has one")
    parser.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="with the token of a service account (Editor); none where anybody may write",
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")


if __name__ == "__main__":
    sys.exit(main())
