"""Updates of this gateway: asked for by the agent, done by a process of root's, taken back where they fail."""
