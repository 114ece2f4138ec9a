"""The HTTP interface for programs, and all that the console shows: routes, and in schemas/ what they take and answer.

It may import every room but process, cli and the console; routes ask the rooms below through `Platform`.
"""
