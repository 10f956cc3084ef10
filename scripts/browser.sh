#!/bin/sh
# Finds Chromium for the browser tests, or installs Debian's where that is allowed; else says what to install.
set -eu
for name in chromium chromium-browser google-chrome-stable google-chrome; do
  if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if command -v apt-get >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo -n"; else as_root=none; fi
  if [ "$as_root" != none ]; then
    echo "setup: installing Chromium for the browser tests"
    log=$(mktemp)
    if $as_root apt-get update >"$log" 2>&1 &&
      $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium fonts-dejavu-core >>"$log" 2>&1; then
      rm -f "$log"; exit 0
    fi
    tail -5 "$log" >&2
  fi
fi
echo "setup: the browser tests need Chromium; install it (Debian: apt-get install chromium) and run make test again" >&2
exit 2
