# Every target sets up what it needs into .venv; when nothing changed that adds next to nothing.
FOOTNOTE := .venv/bin/footnote
PYTHON_IN_VENV := .venv/bin/python

.PHONY: help chat ask ingest serve test check eval gate bench screenshot constraints

help: ## show the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/'

.venv/.runtime: constraints.txt pyproject.toml scripts/setup.sh
	@scripts/setup.sh runtime

.venv/.dev: constraints-dev.txt constraints.txt pyproject.toml scripts/setup.sh
	@scripts/setup.sh dev

chat: .venv/.runtime ## index the bundled papers and open the chat page
	@$(FOOTNOTE) chat

ask: .venv/.runtime ## make ask Q="your question"
	@$(FOOTNOTE) ask "$(Q)"

ingest: .venv/.runtime ## make ingest DIR=folder-or-file
	@$(FOOTNOTE) ingest "$(DIR)"

serve: .venv/.runtime ## the page and the API, without opening a browser
	@$(FOOTNOTE) serve

test: .venv/.dev ## set up, check and run every test
	@scripts/browser.sh
	@$(MAKE) --no-print-directory check
	@# The browser tests run in a process of their own: Playwright keeps an event loop open, which others can't share.
	@# Those that share a cluster run in one process.
	@$(PYTHON_IN_VENV) -m pytest -q -n 2 --dist loadgroup --ignore=tests/ui
	@$(PYTHON_IN_VENV) -m pytest -q tests/ui

check: .venv/.dev ## lint, types, floors, spelling
	@$(PYTHON_IN_VENV) -m ruff check .
	@$(PYTHON_IN_VENV) -m ruff format --check .
	@$(PYTHON_IN_VENV) -m mypy rag ui eval tests bench scripts
	@.venv/bin/lint-imports
	@.venv/bin/codespell

eval: .venv/.runtime ## run the gold questions and write the report
	@$(PYTHON_IN_VENV) -m eval run

gate: .venv/.runtime ## the same with a verdict for CI
	@$(PYTHON_IN_VENV) -m eval gate

bench: .venv/.dev ## speed, size and growth, with peers in the same run
	@$(PYTHON_IN_VENV) -m bench

screenshot: .venv/.dev ## the pictures of the page in docs
	@scripts/browser.sh
	@$(PYTHON_IN_VENV) scripts/screenshot.py

constraints: ## rewrite the pinned versions (needs uv)
	@scripts/constraints.sh
