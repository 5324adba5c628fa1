#!/usr/bin/env bash
# Installs what sessions are enclosed with, where it is missing and this is root (Debian, Ubuntu).
set -euo pipefail
if command -v bwrap >/dev/null; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing bubblewrap ..."
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq bubblewrap libseccomp2 >/dev/null
else
  echo "bubblewrap is missing, so sessions cannot be enclosed: apt-get install bubblewrap" >&2
fi
