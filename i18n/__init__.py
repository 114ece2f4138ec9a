"""Texts for people: the catalog, numbers and units in their language, sentences that keep their values."""
