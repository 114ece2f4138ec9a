"""The wall: the situation for a large screen that nobody touches, read from five metres."""
