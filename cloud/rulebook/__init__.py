"""The rules of the city: their versions, what they watch, what is admitted."""
