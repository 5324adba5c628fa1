#!/usr/bin/env bash
# Installs what steps the clock of a process, where it is missing and this is root (Debian, Ubuntu).
set -euo pipefail
if compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' >/dev/null; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing libfaketime ..."
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libfaketime >/dev/null
else
  echo "libfaketime is missing, so no clock is stepped: apt-get install libfaketime" >&2
fi
