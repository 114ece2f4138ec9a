"""Ingest: from a message on `…/up` to durable readings and the word that lets the gateway forget them."""
