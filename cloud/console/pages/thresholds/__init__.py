"""The pages of thresholds: places and what holds there, one rule and its versions, a new rule, rules as a file."""
