"""Grafana for the command center, as code: dashboards, provisioning, alert rules for the platform itself."""
