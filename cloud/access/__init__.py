"""Who may see and do what: users, roles, sessions, tokens; everything is denied that is not allowed."""
