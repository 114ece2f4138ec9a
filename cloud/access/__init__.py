"""Who may see and do what: users, roles, sessions, tokens; everything is denied that is not allowed.

headers ─► authenticator ─► AuthContext(principal, session, csrf)        permissions: what each route takes at least
It may import the rooms below it: metrics, gateways, registry, database, readings, core; it knows no HTTP framework but
the headers of starlette.
"""
