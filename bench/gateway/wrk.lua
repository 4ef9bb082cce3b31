-- The load: a file with one "path token" a line, made into whole requests before the first one is sent, then sent in turn.
-- With a number of clients as the second argument each request says in turn which of them it is from (X-Forwarded-For).
local requests, next_request, clients, next_client = {}, 0, nil, 0

function init(args)
  clients = tonumber(args[2])
  for line in io.lines(args[1]) do
    local path, token = line:match("^(%S+) (%S+)$")
    requests[#requests + 1] = wrk.format("GET", path, {
      ["Host"] = wrk.host,
      ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
      ["Accept"] = "application/json, text/plain, */*",
      ["Accept-Encoding"] = "gzip, deflate, br",
      ["Authorization"] = "Bearer " .. token,
    })
  end
end

function request()
  next_request = next_request % #requests + 1
  if not clients then return requests[next_request] end
  next_client = (next_client + 1) % clients
  local address = string.format("10.%d.%d.%d", math.floor(next_client / 65536), math.floor(next_client / 256) % 256, next_client % 256)
  return requests[next_request]:sub(1, -3) .. "X-Forwarded-For: " .. address .. "\r\n\r\n"
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"durationUs":%d,"refused":%d,"socketErrors":%d,"p50Us":%d,"p99Us":%d}\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
