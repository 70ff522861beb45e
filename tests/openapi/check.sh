#!/usr/bin/env bash
# Checks the running service against its OpenAPI document with schemathesis: valid and invalid
# requests, single ones and sequences, by default at least ten thousand. It fails on a status that is
# not documented, an answer that violates its schema, a 5xx, a rejected valid request, or an accepted
# invalid one.
#
#   tests/openapi/check.sh [EXAMPLES]       examples for each endpoint; 3000 by default
#
# Needs Python with venv. Schemathesis is installed in target/schemathesis.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cd "$here/../.."

examples="${1:-3000}"
tools=target/schemathesis
[ -x "$tools/bin/schemathesis" ] || {
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check 'schemathesis==4.32.5'
}

cargo build --quiet --locked --release
coproc service { exec target/release/hotrow serve --listen 127.0.0.1:0 --log off; }
pid=$service_PID
trap 'kill "$pid" 2>/dev/null || true' EXIT
read -r _ _ address <&"${service[0]}"

cd "$here"
# One worker: hypothesis parses its own source, which is not safe in two threads.
SCHEMATHESIS_HOOKS=hooks PYTHONPATH=. "../../$tools/bin/schemathesis" run "$address/openapi.json" \
    --checks all --max-examples "$examples" --seed 1 --workers 1 --no-color
curl --silent --fail "$address/metrics" | grep -E '^hotrow_(commands|http_problems)_total' | grep -v ' 0$'
