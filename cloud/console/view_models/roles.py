"""Roles, as people read them:  ROLES[Role.OPERATOR] -> "Operator"."""

from cloud.access.principal import Role
from i18n.catalog import N_

ROLES = {
    Role.VIEWER: N_("Viewer"),
    Role.TECHNICIAN: N_("Technician"),
    Role.OPERATOR: N_("Operator"),
    Role.ENGINEER: N_("Engineer"),
    Role.ADMINISTRATOR: N_("Administrator"),
}
