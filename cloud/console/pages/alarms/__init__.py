"""The page of alarms: read, acknowledge, assign, shelve."""
