"""Checking: is a sentence that a model wrote what the cited abstract says?"""
