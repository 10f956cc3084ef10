"""What the claims about speed, size and growth rest on: `python -m bench`, results in bench/results, tables in docs/benchmarks.md."""
