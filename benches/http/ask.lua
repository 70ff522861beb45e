-- What is asked, drawn once before the load begins: nothing of this runs for a request.
-- With a word behind `--` it is a PATCH with that word as its body, without one a GET.
function init(arguments)
  if arguments[1] then
    wrk.method = "PATCH"
    wrk.body = arguments[1]
    wrk.headers["Content-Type"] = "application/json"
  end
end

-- What came of it, in one line for the benchmark to read. Times are in microseconds.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "came of it: %d %d %d %d %d %d %d %d\n",
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max))
end
