"""The installation of the agent on a gateway: what belongs to it, and how each part of it is made and taken back."""
