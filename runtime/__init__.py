"""What the gateway's and the cloud's process both need to run: settings from TOML, the MQTT session, logs."""
