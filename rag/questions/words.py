"""Words that several patterns share."""

PAPERS = r"(?:papers?|articles?|works?|stud(?:y|ies)|abstracts?|preprints?|publications?|research)"
"""What a collection holds, as people call it."""

REQUESTED = (
    r"(?:papers?|articles?|stud(?:y|ies)|abstracts?|preprints?|publications?|surveys?|reviews?|references?|citations?|reading|literature|research|works?)"
    r"(?=\s*(?:[?.,;:!]|$)|\s+(?:that|which|who|whose|where|what|in|on|about|with|without|using|from|by|for|of|to|and|or|as|at|is|are|"
    r"out there|available|concerning|regarding|related|here|\w+ing|\w+ed)\b)"
)
"""What is asked for where literature is; not the first half of a compound ("a study design")."""
