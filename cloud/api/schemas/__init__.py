"""What the API takes and answers, one pydantic model for each, as OpenAPI shows it: routes know HTTP, these JSON."""
