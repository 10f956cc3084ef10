"""How well are questions and claims read? The shipped reader and decision on passages that people have judged.

`rows` reads the files, `scoring` asks the reader (and can be interrupted), `figures` makes the figures, `show` and `page` show them.
`ranking`, `calibration`, `evidence` and `clusters` are the measures: pure, each with its source and a worked number.
"""
