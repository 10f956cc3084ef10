"""What a run says to people: one self-contained HTML page, and a Markdown summary for a pull request."""
