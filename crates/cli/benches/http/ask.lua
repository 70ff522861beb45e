-- Sets the request before the load begins; no code of this script runs for a request.
-- An argument behind `--` is the body of a PATCH; without one the request is a GET.
function init(arguments)
  if arguments[1] then
    wrk.method = "PATCH"
    wrk.body = arguments[1]
    wrk.headers["Content-Type"] = "application/json"
  end
end

-- Prints the result in one line for the benchmark. Times are in microseconds.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "result: %d %d %d %d %d %d %d %d\n",
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max))
end
