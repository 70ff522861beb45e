#!/usr/bin/env bash
# Holds the running service against its own document with schemathesis: valid and invalid requests,
# alone and in sequences, at least ten thousand of them. It fails on a status that is not documented,
# an answer that does not fit its schema, a 5xx, a valid request refused or an invalid one accepted.
#
#   tests/openapi/check.sh [EXAMPLES]       for each endpoint; 3000 if it is not given
#
# Needs Python with venv. Schemathesis is installed below target/.
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
# One worker: hypothesis reads its own source with Python's parser, over which two threads may trip.
SCHEMATHESIS_HOOKS=hooks PYTHONPATH=. "../../$tools/bin/schemathesis" run "$address/openapi.json" \
    --checks all --max-examples "$examples" --seed 1 --workers 1 --no-color
curl --silent --fail "$address/metrics" | grep -E '^hotrow_(commands|http_problems)_total' | grep -v ' 0$'
