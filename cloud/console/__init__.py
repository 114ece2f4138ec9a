"""The console: live pages of the city's sensors, for the people on duty.

app ─► pages/{situation,gateways,alarms,thresholds,maintenance,duty,facts} ─► components ─► view_models
    ─► snapshots: one picture of the platform a tick, from which view_models work out what everybody is shown

May import every room below the API's floor, and asks the platform (`cloud.platform`) what the API asks it, too.
"""
