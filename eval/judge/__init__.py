"""A model as judge, where one is configured: optional, cached, calibrated, and never averaged with exact measures.

`core` asks one question of the model, `cache` remembers, `label` judges a run, `planted` makes pairs whose label is known by
construction, `calibrate` says how far the judge agrees with them and with SciFact's published labels.
"""
