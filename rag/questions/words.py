"""Words that several patterns share."""

PAPERS = r"(?:papers?|articles?|works?|stud(?:y|ies)|abstracts?|preprints?|publications?|research)"
"""What a collection holds, as people call it."""
