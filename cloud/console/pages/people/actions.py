"""What administrators do about people and tokens; nobody gives or takes more than they have themselves.

add  name=budi password=… role=operator sites="daruba dodola"        change  name=budi role=…        disable / enable
reset_totp  name=budi        make_token  name=grafana role=viewer days=90        revoke_token  token=7
"""

import re

from cloud.access.principal import ROLE_OF_NAME, Principal, Role
from cloud.access.rejection import AccessRejected
from cloud.access.tokens import Token, no_such_token
from cloud.access.users import User, UserUpdate, may_give, no_such_user
from cloud.console.frame.form import Form
from cloud.console.frame.page import Done
from cloud.console.frame.rejections import ActionRejected
from cloud.console.frame.visit import PageVisit
from cloud.console.view_models.roles import ROLES
from cloud.platform import Platform
from i18n.catalog import Catalog, ended

_LONGEST_PASSWORD = 200


class PeopleActions:
    """Users and tokens, as forms change them."""

    def __init__(self, platform: Platform) -> None:
        self._platform, self._access = platform, platform.access

    async def add(self, visit: PageVisit, form: Form) -> Done:
        """Add a person who logs in with a name and a password."""
        _, principal = visit.words, visit.must(Role.ADMINISTRATOR)
        role, sites = _role(_, form), self._sites(visit, form)
        _must_have(_, principal, role, sites)
        name, password = form.text("name"), form.get("password", ("",))[0][:_LONGEST_PASSWORD]
        try:
            user = await self._access.users.add(
                name, password, role, sites=sites, full_name=form.text("full_name"), actor=principal.actor
            )
        except AccessRejected as rejection:
            raise ActionRejected(ended(rejection.sentence), field="new") from None
        return Done(_("{person} can log in.", person=user.name))

    async def change(self, visit: PageVisit, form: Form) -> Done:
        """Give a person another role, other sites, another name or password; their sessions end."""
        _ = visit.words
        password = form.get("password", ("",))[0][:_LONGEST_PASSWORD]
        update = UserUpdate(role=_role(_, form), sites=self._sites(visit, form), full_name=form.text("full_name"))
        if password:
            update = UserUpdate(role=update.role, sites=update.sites, full_name=update.full_name, password=password)
        return await self._change(visit, form, update)

    async def disable(self, visit: PageVisit, form: Form) -> Done:
        """Let a person in no more; what they did stays theirs."""
        return await self._change(visit, form, UserUpdate(disabled=True))

    async def enable(self, visit: PageVisit, form: Form) -> Done:
        """Let a person in again."""
        return await self._change(visit, form, UserUpdate(disabled=False))

    async def reset_totp(self, visit: PageVisit, form: Form) -> Done:
        """Take away the one-time codes of who has lost their phone."""
        _, principal = visit.words, visit.must(Role.ADMINISTRATOR)
        try:
            user = await self._access.second_factors.reset(
                form.text("name"), actor=principal.actor, allowed=lambda user: _must_see(principal, user)
            )
        except AccessRejected as rejection:
            raise ActionRejected(ended(rejection.sentence)) from None
        return Done(_("{person} is asked for no code any more.", person=user.name))

    async def make_token(self, visit: PageVisit, form: Form) -> Done:
        """Make a token for a program; its secret is in this answer and nowhere else."""
        _, principal = visit.words, visit.must(Role.ADMINISTRATOR)
        role, sites = _role(_, form), self._sites(visit, form)
        _must_have(_, principal, role, sites)
        try:
            secret, token = await self._access.tokens.add(
                form.text("name"), role, sites=sites, days=form.number("days") or 0, actor=principal.actor
            )
        except AccessRejected as rejection:
            raise ActionRejected(ended(rejection.sentence), field="token") from None
        return Done(_("The token {name} is made.", name=token.name), once={"secret": secret})

    async def revoke_token(self, visit: PageVisit, form: Form) -> Done:
        """End a token, at once and for good."""
        _, principal = visit.words, visit.must(Role.ADMINISTRATOR)

        def allowed(token: Token) -> None:
            if not may_give(principal, token.role, token.sites):
                raise no_such_token(token.id)

        try:
            token = await self._access.tokens.revoke(form.number("token") or 0, actor=principal.actor, allowed=allowed)
        except AccessRejected as rejection:
            raise ActionRejected(ended(rejection.sentence)) from None
        return Done(_("The token {name} opens nothing any more.", name=token.name))

    async def _change(self, visit: PageVisit, form: Form, update: UserUpdate) -> Done:
        _, principal = visit.words, visit.must(Role.ADMINISTRATOR)

        def allowed(user: User) -> None:
            _must_see(principal, user)
            role = update.role if isinstance(update.role, Role) else user.role
            sites = update.sites if isinstance(update.sites, frozenset) or update.sites is None else user.sites
            _must_have(_, principal, role, sites)

        try:
            user = await self._access.users.change(form.text("name"), update, actor=principal.actor, allowed=allowed)
        except AccessRejected as rejection:
            raise ActionRejected(ended(rejection.sentence), field="change") from None
        return Done(_("{person} is changed.", person=user.name))

    def _sites(self, visit: PageVisit, form: Form) -> frozenset[str] | None:
        """The sites that are named, or None for all; ActionRejected names one that is none for the visitor."""
        _, named = visit.words, re.split(r"[\s,;]+", form.text("sites", most=4_000))
        wanted = [name for name in named if name]
        for name in wanted:
            site = self._platform.registry.site(name)
            if site is None or site.retired or not visit.principal.may_see(name):
                raise ActionRejected(_("{name} is no site that you may see; write ids.", name=name[:64]), field="sites")
        return frozenset(wanted) if wanted else None


def _must_see(principal: Principal, user: User) -> None:
    """Require that a user is one that `principal` may change: to them the others are not there."""
    if not may_give(principal, user.role, user.sites):
        raise no_such_user(user.name)


def _must_have(_: Catalog, principal: Principal, role: Role, sites: frozenset[str] | None) -> None:
    if not may_give(principal, role, sites):
        told = _("You may not give or take the role {role} beyond your own sites.", role=_(ROLES[role]))
        raise ActionRejected(told, status=403)


def _role(_: Catalog, form: Form) -> Role:
    role = ROLE_OF_NAME.get(form.text("role", most=32))
    if role is None:
        raise ActionRejected(_("Choose a role."), field="role")
    return role
