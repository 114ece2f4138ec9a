"""The simulated island: tide, rain, rivers, air and visitors; pure functions of a seed and the time."""
