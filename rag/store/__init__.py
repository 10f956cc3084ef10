"""Where a library's parts live: the records in SQLite (`records`), the exact vector matrix (`matrix`), Chroma (`chroma`).

Importing this package loads none of them; Chroma, the heaviest, is imported by `chroma` alone, when it is first used.
"""
