"""Manual readings: what people read of a staff gauge or count by eye, as series of their own beside the sensors'."""
