"""The page and the server around it. Nothing here is imported by `rag`; `footnote chat` and `footnote serve` call `ui.server.run`."""
