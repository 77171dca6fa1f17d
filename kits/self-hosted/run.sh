#!/bin/sh
# The edge on this machine without Docker: the router, and a Redis where none answers yet. Ctrl-C, or the end of the terminal, ends both.
# From the folder above:
#   set -a; . ./.env; set +a; sh edge/run.sh
set -eu
CDPATH= cd -- "$(dirname -- "$0")/.."
export ADMIN_TOKEN="${CUTOVER_ADMIN_TOKEN:?it is in .env}" PIN_SECRETS="${CUTOVER_PIN_SECRET:?it is in .env}"
export CUTOVER_USER_SECRET="${CUTOVER_USER_SECRET:?it is in .env}"
export SERVICE=@@service@@ REGION=@@region@@ DEFAULT_COLOR=@@from@@
export ORIGIN_BLUE=@@urlBlue@@ ORIGIN_GREEN=@@urlGreen@@
export @@stickyName@@=@@stickyValue@@
PATH="$PWD/node_modules/.bin:$PATH"
command -v cutover >/dev/null || { echo 'cutover is not installed in this folder: npm install cutover' >&2; exit 1; }
mkdir -p edge-logs .cutover/redis

redis=
if command -v redis-server >/dev/null && ! redis-cli -p 6379 ping >/dev/null 2>&1; then
  # A flip that is forgotten sends users back: every write goes to disk before it is acknowledged.
  redis-server --bind 127.0.0.1 --port 6379 --dir .cutover/redis --appendonly yes --appendfsync always \
    --maxmemory-policy noeviction >.cutover/redis/redis.log 2>&1 &
  redis=$!
fi
cutover router --config redis://127.0.0.1:6379/0 --listen 127.0.0.1:8080 --log edge-logs/edge.ndjson &
router=$!
trap 'kill "$router" 2>/dev/null || true' INT TERM HUP
status=0
wait "$router" || status=$?
# A signal ends the first wait, and the router drains after it.
while kill -0 "$router" 2>/dev/null; do status=0; wait "$router" || status=$?; done
if [ -n "$redis" ]; then kill "$redis" 2>/dev/null || true; wait "$redis" 2>/dev/null || true; fi
exit "$status"
