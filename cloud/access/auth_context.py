"""Who asks, and by which session: what is known of a request once it was let in."""

import msgspec

from cloud.access.principal import Principal


class AuthContext(msgspec.Struct, frozen=True):
    """Who asks; `csrf` is what a change must carry as X-CSRF-Token, empty where a token of a program asks.

    `session` is the hash of the session's cookie, empty where none is used. Who `must_enrol` may do nothing before they
    have set up one-time codes.
    """

    principal: Principal
    session: str = ""
    csrf: str = ""
    has_totp: bool = False
    must_enrol: bool = False
