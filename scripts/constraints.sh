#!/bin/sh
# Rewrites constraints.txt, constraints-dev.txt, constraints-ray.txt and constraints-mcp.txt: exact versions with hashes, no index address. Needs uv.
set -eu
cd "$(dirname "$0")/.."
# The build backend is pinned too, so that the project installs without build isolation.
backend=$(mktemp)
trap 'rm -f "$backend"' EXIT
printf 'hatchling==1.27.0\neditables==0.5\n' >"$backend"
options="--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet"
# shellcheck disable=SC2086
uv pip compile pyproject.toml "$backend" $options -o constraints.txt >/dev/null
# shellcheck disable=SC2086
uv pip compile pyproject.toml "$backend" --extra dev -c constraints.txt $options -o constraints-dev.txt >/dev/null
# shellcheck disable=SC2086
uv pip compile pyproject.toml "$backend" --extra ray -c constraints.txt $options -o constraints-ray.txt >/dev/null
# The MCP extra wants an older pydantic than the rest, so it has versions of its own.
# shellcheck disable=SC2086
uv pip compile pyproject.toml "$backend" --extra mcp $options -o constraints-mcp.txt >/dev/null
