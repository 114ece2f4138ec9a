"""What hangs on this line?  Rates and families are tried, what decodes is scored, and lines for edge.toml are made.

search.py hears and asks over a line ─► score.py, what families make of the bytes ─► found.py: family, rate, how sure
"""
