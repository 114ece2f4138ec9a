"""People for whom a provider vouches: what its claims make of them here, and their rows beside those with passwords.

{"sub":"9f…","preferred_username":"Budi","groups":["bpbd-piket"]} ─► ProviderPerson("sso:budi", …, OPERATOR, {"daruba"})
Who they are is issuer and sub, for ever; the name is what people see, and is never that of a user with a password.
"""

import hashlib
import re
import unicodedata
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from cloud.access.oidc_settings import OidcSettings
from cloud.access.principal import Role
from cloud.access.rejection import AccessRejected
from cloud.access.tables import SessionRow, UserRow
from cloud.access.users import LONGEST_FULL_NAME, PROVIDER_PREFIX, User, text_of_sites, user_of
from cloud.database.audit_log import Actor, write_entry
from i18n.message import LocalizedMessage
from wire import printable

_LONGEST_NAME = 48
_NO_GROUP = LocalizedMessage("no group of yours is let in here; ask an administrator of this city for one")
_DISABLED = LocalizedMessage("this city has disabled you; ask one of its administrators")
_UNPROVED = LocalizedMessage("the provider has not verified your e-mail address; verify it there first")


class ProviderPerson(msgspec.Struct, frozen=True):
    """Who a provider says that somebody is, and what their groups give them here; `sites` is None for all."""

    subject: str
    name: str
    full_name: str
    role: Role
    sites: frozenset[str] | None


def person_of(claims: dict[str, Any], settings: OidcSettings) -> ProviderPerson:
    """Make of claims who they are here; AccessRejected where no group of theirs is let in."""
    rights = settings.rights_of(_groups(claim(claims, settings.groups_claim)))
    if rights is None:
        raise AccessRejected("sign-on-refused", _NO_GROUP)
    if settings.name_claim == "email" and claims.get("email_verified") is False:
        raise AccessRejected("sign-on-refused", _UNPROVED)
    subject = hashlib.sha256(f"{settings.issuer}\n{claims['sub']}".encode()).hexdigest()
    full_name = unicodedata.normalize("NFC", printable(str(claims.get("name") or ""))).strip()[:LONGEST_FULL_NAME]
    return ProviderPerson(subject, _name(claim(claims, settings.name_claim), subject), full_name, *rights)


def claim(claims: dict[str, Any], path: str) -> Any:
    """Find a claim by its name, or by the names that lead to it: realm_access.roles; None where there is none."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def admit(connection: Connection, person: ProviderPerson, *, address: str, now_ms: int) -> User:
    """Write down what is new of a person, and return them; AccessRejected where they were disabled here.

    Where a login brings other rights, what they had open under the old ones ends.
    """
    name = connection.execute(select(UserRow.name).where(UserRow.subject == person.subject)).scalar_one_or_none()
    known = None if name is None else user_of(connection, name)
    if known is None:
        return _add(connection, person, address=address, now_ms=now_ms)
    before = known[0]
    if before.disabled:
        raise AccessRejected("sign-on-refused", _DISABLED)
    after = msgspec.structs.replace(before, full_name=person.full_name, role=person.role, sites=person.sites)
    if after != before:
        connection.execute(update(UserRow).where(UserRow.name == before.name).values(_columns(person)))
        if (before.role, before.sites) != (after.role, after.sites):
            connection.execute(delete(SessionRow).where(SessionRow.user == before.name))
        write_entry(
            connection, Actor(before.name, address), "change user", f"user:{before.name}", now_ms=now_ms,
            reason="by single sign-on", before=before.audit_fields, after=after.audit_fields,
        )  # fmt: skip
    return after


def _add(connection: Connection, person: ProviderPerson, *, address: str, now_ms: int) -> User:
    name = person.name
    if user_of(connection, name) is not None:  # of somebody else there, whose deeds stand in the journal
        name = f"{name}.{person.subject[:8]}"
    user = User(name, person.full_name, person.role, person.sites, now_ms)
    row = {"name": name, "password_hash": "", "made_ms": now_ms, "disabled": False, "subject": person.subject}
    connection.execute(insert(UserRow).values(row | _columns(person)))
    write_entry(
        connection, Actor(name, address), "add user", f"user:{name}", now_ms=now_ms,
        reason="by single sign-on", after=user.audit_fields,
    )  # fmt: skip
    return user


def _columns(person: ProviderPerson) -> dict[str, Any]:
    return {"full_name": person.full_name, "role": person.role.name.lower(), "sites": text_of_sites(person.sites)}


def _name(told: Any, subject: str) -> str:
    normal = unicodedata.normalize("NFKC", told if isinstance(told, str) else "").strip().lower()
    fitting = re.sub(r"[^\w.@-]+", ".", normal).strip(".@-")[:_LONGEST_NAME]
    return f"{PROVIDER_PREFIX}{fitting or subject[:8]}"


def _groups(told: Any) -> list[str]:
    listed = told if isinstance(told, list) else [told]
    return [group for group in listed if isinstance(group, str)]
