"""What the pages are built of, and what they share: elements, inputs, the header, the cache of histories, the visitor.

May import `view_models`, and no page.
"""
