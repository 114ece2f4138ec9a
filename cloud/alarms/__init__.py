"""Alarms: rules evaluated on readings and on silence, their events, and what people do about them.

ingest ─► rule_input ─► evaluator ─► evaluation_pass ─► evaluation_plan ─► event_rows      alarm_service, maintenance
every second: tick ─► silences, by listening_time          start: state_recovery          preview: rule_replay

It may import `rulebook`, `registry`, `readings`, `database` and `core`; of `rules` it runs the engine.
"""
