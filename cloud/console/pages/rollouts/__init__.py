"""The page of versions of gateways, and of rollouts that bring gateways to one."""
