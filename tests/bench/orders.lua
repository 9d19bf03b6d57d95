-- orders.lua - wrk script: a different order in each request. Arguments: token, run name.
local threads = 0
function setup(thread)
	thread:set("tid", threads)
	threads = threads + 1
end

local n, token, run, refused = 0, "", "", 0
function init(args)
	token, run = args[1], args[2]
	math.randomseed(tid * 7919 + os.time())
	headers = { ["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. token }
end

function request()
	n = n + 1
	local lon, lat = 108.75 + math.random() * 0.4, 34.12 + math.random() * 0.3
	local plate = string.format("陕A%05d", math.random(0, 99999))
	local body = string.format('{"orderNo":"B-%s-%d-%d","channel":"PHONE_122",' ..
		'"reportedAt":"%s","caller":{"name":"王明","phone":"139%08d"},' ..
		'"place":{"text":"南二环","position":{"lon":%.6f,"lat":%.6f,"datum":"WGS84","accuracyM":15}},' ..
		'"description":"两车追尾，无人受伤","vehicles":[{"plate":"%s","plateType":"02","movable":true}],' ..
		'"casualties":{"dead":0,"injured":0},"weather":"晴"}',
		run, tid, n, os.date("!%Y-%m-%dT%H:%M:%SZ"), math.random(0, 99999999), lon, lat, plate)
	return wrk.format("POST", "/v1/orders", headers, body)
end
