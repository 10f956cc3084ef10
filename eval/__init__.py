"""The evaluation suite: gold questions in, measured answers, a verdict and a report out.

`python -m eval run | compare | gate | report | show | lint | selftest | judge | export | beir | doctor`; see eval/README.md.
Import what is needed from its module (`from eval.measures.ndcg import ndcg`): a bare `import eval` hides the builtin.
"""
