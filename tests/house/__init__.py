"""The rules of the house as code, each with a test that it catches a violation."""
