"""What needs PostgreSQL, sockets, real servers or kills, room by room: see README.md."""
