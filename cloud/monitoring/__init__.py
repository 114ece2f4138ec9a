"""What the cloud watches of itself and its server, and the alarms that it raises about that."""
