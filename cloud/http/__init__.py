"""What API and console share of HTTP: who asks, what is denied, bounds, problems, pages that need no script."""
