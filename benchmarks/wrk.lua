-- Asks the questions of a file in turn: arguments METHOD FILE, one question in a line.
-- POST: a line is the body in hexadecimal, sent to the URL's own path. GET: a line is the path.
local questions, at = {}, 0

function init(args)
  for line in io.lines(args[2]) do
    if args[1] == "POST" then
      local body = line:gsub("..", function(octet) return string.char(tonumber(octet, 16)) end)
      questions[#questions + 1] = wrk.format("POST", nil, { ["Content-Type"] = "application/ocsp-request" }, body)
    else
      questions[#questions + 1] = wrk.format("GET", line)
    end
  end
end

function request()
  at = at % #questions + 1
  return questions[at]
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"answers": %d, "seconds": %f, "p50": %f, "p99": %f, "errors": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.timeout + errors.status))
end
