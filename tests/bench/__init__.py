"""The benchmarks' own machinery: what it generates and how it reckons. Measures nothing."""
