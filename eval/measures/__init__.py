"""The measures, one concept a file, each with its source and a worked number as a doctest.

All are pure: plain values in, a number or None out. None means "not defined here" (no relevant paper, no citation) and is excluded
from means and counted, never taken for zero. `catalogue` says which tier each belongs to; tiers are never averaged together.
"""
