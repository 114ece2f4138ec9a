"""What readings mean, pure: marks, indices, rules, the alarm engine; the same code on gateway and cloud."""
