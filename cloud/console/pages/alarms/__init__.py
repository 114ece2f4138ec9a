"""The pages of alarms: what is open, what is over, and one alarm whole, each with what there is to do."""
