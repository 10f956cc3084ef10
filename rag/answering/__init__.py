"""Hits become a cited answer: extractive (no model), llm (streamed and verified), or an abstention that says why."""
