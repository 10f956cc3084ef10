#!/bin/sh
# Sets up .venv at the root of the checkout: hashed dependencies first, then the project itself without dependencies.
# usage: scripts/setup.sh runtime | dev
# Needs Python 3.11 or newer; uses uv where it is there, else pip. A set-up that was cut off starts over.
set -eu
cd "$(dirname "$0")/.."
kind=${1:?usage: scripts/setup.sh runtime | dev}
case $kind in
  runtime) requirements=constraints.txt ;;
  dev) requirements=constraints-dev.txt ;;
  *) echo "setup: unknown kind '$kind'; use runtime or dev" >&2; exit 2 ;;
esac

find_python() {
  for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python; do
    if command -v "$name" >/dev/null 2>&1 && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$name"; return 0
    fi
  done
  return 1
}

if ! [ -x .venv/bin/python ] || ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  python=$(find_python) || { echo "setup: no Python 3.11 or newer found; install one, or name it: PYTHON=/path/to/python3.11 make $kind" >&2; exit 2; }
  echo "setup: making .venv with $("$python" --version)"
  rm -rf .venv
  if command -v uv >/dev/null 2>&1; then
    uv venv --quiet --python "$python" .venv
  elif ! "$python" -m venv .venv; then
    rm -rf .venv
    echo "setup: $python can't make virtual environments; on Debian: apt-get install python3-venv" >&2
    exit 2
  fi
fi

echo "setup: installing $requirements (a minute or two the first time)"
if command -v uv >/dev/null 2>&1; then
  uv pip install --quiet --python .venv/bin/python --no-deps --require-hashes -r "$requirements"
  uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e .
else
  # An environment that uv made has no pip; uv may be gone since.
  .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null || {
    echo "setup: .venv has no pip and none can be put there; remove .venv and run this again" >&2; exit 2; }
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$requirements"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
fi
touch .venv/.runtime
[ "$kind" = runtime ] || touch .venv/.dev
echo "setup: done"
