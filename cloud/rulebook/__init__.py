"""The rules of the city: their versions, what they are bound to, and which changes of them are admitted."""
