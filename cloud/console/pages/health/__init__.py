"""Health in words: each part of the cloud, and each channel of notifications with a test."""
