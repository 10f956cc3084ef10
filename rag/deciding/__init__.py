"""Deciding: from what was read to whether there is an answer, with a calibrated chance."""
