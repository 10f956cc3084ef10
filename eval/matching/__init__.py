"""Is a nugget in a text? Stems, alternatives, numbers with units and negation, without a model.

`tokens` reads a text once, `numbers` knows values and units, `nugget` decides. `tests/eval/test_matching.py` holds the cases.
"""
