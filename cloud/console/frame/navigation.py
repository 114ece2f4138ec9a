"""The pages by their place under a language's, in the order of the navigation.

Those that are needed at every hour stand in the bar; the others open below "More".
"""

from cloud.access.principal import Role
from i18n.catalog import N_

PLACES = {
    "": N_("Situation"),
    "alarms": N_("Alarms"),
    "thresholds": N_("Thresholds"),
    "fleet": N_("Gateways"),
}
MORE_PLACES = {
    "duty": (Role.VIEWER, N_("Duty")),
    "maintenance": (Role.VIEWER, N_("Maintenance")),
    "facts": (Role.VIEWER, N_("Facts")),
    "rollouts": (Role.ENGINEER, N_("Versions and rollouts")),
    "refused": (Role.VIEWER, N_("Refused readings")),
    "registry": (Role.TECHNICIAN, N_("Registry")),
    "channels": (Role.OPERATOR, N_("Channels")),
    "people": (Role.ADMINISTRATOR, N_("People and programs")),
    "backups": (Role.ADMINISTRATOR, N_("Backups")),
    "journal": (Role.OPERATOR, N_("Journal")),
    "health": (Role.VIEWER, N_("Health")),
}
"""With the least role that sees them."""
