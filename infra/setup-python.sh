#!/usr/bin/env bash
# Makes .venv with the locked packages; installs Debian's python3-venv where venv is missing and this is root.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$(command -v python3.11 || command -v python3 || true)
if [ -z "$python" ] || ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "Python 3.11 or newer is needed: apt-get install python3 python3-venv" >&2
  exit 1
fi
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
  else
    echo "Python's venv is missing: apt-get install python3-venv" >&2
    exit 1
  fi
fi
echo "Installing the Python packages ..."
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check "uv==$1" 2>/dev/null
.venv/bin/uv pip install --quiet --python .venv/bin/python -r requirements/dev.txt
