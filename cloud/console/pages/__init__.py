"""The pages of the console, a folder each: `page.py` is the body, `actions.py` what is done from it.

No page imports another; each may import `components` and `view_models`.
"""
