"""What the pages show, worked out from a snapshot: texts, states and numbers; no element, no clock, no page.

May import nothing else of the console.
"""
