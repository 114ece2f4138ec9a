"""The rules of the city: their versions, what they are bound to, and which changes of them are admitted.

save ─► admission ─► rule_store ─► rule_versions ─► rule_bindings (a rule on a rule_target at a time) ─► alarms

It may import `access`, `registry` and `database`; what makes a rule sound is `rules.validation`.
"""
