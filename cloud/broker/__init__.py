"""The operator's hand on the broker: who may connect to it, and what each may send and hear."""
