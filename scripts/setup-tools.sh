#!/usr/bin/env bash
# Installs what tests and development builds use beyond the compiler (Debian and Ubuntu): strace and Python's
# System V module for the tests, ipcs and lsipc, cmake, spin for the models. Mounts the file system that lists POSIX
# message queues.
# Does nothing where all is there; needs root or sudo where not.
set -euo pipefail

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

packages=()
need() { "${@:2}" >/dev/null 2>&1 || packages+=("$1"); }
need strace strace --version
need python3 /usr/bin/python3 --version
need python3-sysv-ipc /usr/bin/python3 -c 'import sysv_ipc'
need gcc gcc --version
need g++ g++ --version
need make make --version
need cmake cmake --version
need spin spin -V
need util-linux lsipc --version

if [ ${#packages[@]} -gt 0 ]; then
  echo "installing ${packages[*]}"
  as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive as_root apt-get install --yes -qq --no-install-recommends "${packages[@]}"
fi

if ! grep -q ' /dev/mqueue mqueue ' /proc/mounts; then
  echo 'mounting /dev/mqueue'
  as_root mkdir -p /dev/mqueue
  as_root mount -t mqueue none /dev/mqueue || echo 'no right to mount it: the tests that look into it are skipped'
fi
echo 'all tools are there'
