"""What the city has, for commands that name some of it: what city.toml owns is read there, the rest in the registry.

names_of_kind(settings, "gateways") -> {"gw-daruba": "Daruba gateway", …}        and the cloud may run
"""

from cloud.cli.stored import stored_names
from cloud.process.settings import CloudSettings
from cloud.registry.city_file import read_city_file
from cloud.registry.ownership import Kind
from cloud.registry.snapshot import Registry


def names_of_kind(settings: CloudSettings, kind: Kind) -> dict[str, str]:
    """The sites, gateways or sensors of the city by id; of the file, where there is no registry yet."""
    city = read_city_file(settings.registry.city)
    return _in_registry(settings, city, kind) or {
        name: record.name for name, record in city.registered(kind).items() if not record.retired
    }


def nameable_sites(settings: CloudSettings, city: Registry) -> set[str]:
    """The sites that cloud.toml may name: those that somebody retired in the registry are no mistake of the file."""
    return {site.id for site in city.sites()} | set(_in_registry(settings, city, "sites", retired=True))


def _in_registry(settings: CloudSettings, city: Registry, kind: Kind, *, retired: bool = False) -> dict[str, str]:
    return {} if kind in city.file_owns else stored_names(settings.registry.url, kind, retired=retired)
