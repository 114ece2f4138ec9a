"""Tests of manual readings."""
