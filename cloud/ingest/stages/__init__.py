"""The steps of ingest, one file each; `cloud/ingest/runner.py` has them in their order."""
