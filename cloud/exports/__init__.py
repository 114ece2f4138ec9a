"""Exports: readings as files of CSV or Parquet, a page at a time, for programs, spreadsheets and notebooks."""
