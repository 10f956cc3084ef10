"""The command line. Commands import what they need when they run, so that `footnote --help` is quick.

Answers go to standard output, everything else to standard error. An error is one line and exit code 2; Ctrl-C is exit code 130.
"""

from rag.cli.app import app, main

__all__ = ["app", "main"]
