"""Who may connect to the broker: logins, roles and enrolment bundles, by commands to Mosquitto.

It imports no other room of the cloud.
"""
