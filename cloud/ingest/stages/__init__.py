"""The steps of ingest, one file each; `cloud/ingest/pipeline.py` has them in their order."""
