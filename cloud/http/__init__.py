"""What API and console share of HTTP: who asks, what is denied, bounds, problems, pages that need no script.

request ─► server ─► guard ─► route                 exception ─► problems ─► application/problem+json
It may import access and the rooms below it, and knows no route of the API and no page of the console.
"""
