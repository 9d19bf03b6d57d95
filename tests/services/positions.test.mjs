// positions.test.mjs - reported positions in the dispatch service alone: any order gives the same state, bad ones
// are named, nothing acknowledged is lost, silent phones are told of.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Stack, uuid7, until } from './stack.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const BELL = { lon: 108.9423, lat: 34.261 }
const as = (id) => ({ roles: ['RESPONDER'], subject: id })
const at = (lon, lat, more = {}) => ({ lon, lat, datum: 'WGS84', accuracyM: 5, ...more })
const iso = (ms) => new Date(ms).toISOString()
let s, serial = 0

// Draws that repeat from run to run.
let seed = 20261121
const draw = () => ((seed = (seed * 1103515245 + 12345) % 2147483648), seed / 2147483648)
const shuffled = (list) => list.map((v) => [draw(), v]).sort((a, b) => a[0] - b[0]).map(([, v]) => v)

before(async () => {
	s = await Stack.up('dispatch', { stale_seconds: 5 })
})
after(() => s?.down())

async function onDuty(sinceMs = 86400e3) {
	const id = uuid7()
	await s.tell('AccountChanged', { accountId: id, username: `p${++serial}`, name: '张巡', roles: ['RESPONDER'], org: 'PICC', version: 1, at: iso(Date.now()) })
	await until('the responder to be known', async () => (await s.rpc('Dispatch.GetMe', as(id))).code === 'OK')
	await s.ok('Dispatch.GoOnDuty', as(id), {})
	s.sql(`update dispatch.shift set started_at = now() - interval '${sinceMs / 1000} s' where responder_id = '${id}'`)
	return id
}

const send = (id, fixes) => s.ok('Dispatch.ReportPositions', as(id), { fixes })
const one = async (id, ms, position, more = {}) => (await send(id, [{ position, fixAt: iso(ms), ...more }])).results[0]
const track = (id) => s.sql(`select extract(epoch from fix_at), lon, lat, given_lon, given_lat, datum, accuracy_m, speed_mps, course_deg,
	array_to_string(flags, ' ') from dispatch.track where responder_id = '${id}' order by fix_at`)
const newest = (id) => s.sql(`select extract(epoch from fix_at), fix_lon, fix_lat, fix_accuracy_m, fix_doubtful, fix_speed_mps, fix_course_deg
	from dispatch.responder where id = '${id}'`)[0]

// A day's drive: real ones where there are, moved to now, else a made-up one.
function drives() {
	const dir = join(process.env.JB_SHARED ?? join(root, '../shared'), 'data/gps/open_tracks')
	const files = existsSync(dir) ? readdirSync(dir).filter((f) => f.endsWith('.track')).sort().slice(0, 3) : []
	const end = Date.now() - 3600e3
	return files.length
		? files.map((f) => {
			const points = readFileSync(join(dir, f), 'utf8').trim().split('\n').map((l) => l.trim().split(/\s+/).map(Number)).slice(0, 700)
			const last = points.at(-1)[2]
			return points.map(([lon, lat, t]) => ({ position: at(lon, lat), fixAt: iso(end - Math.round((last - t) * 1000)), speedMps: 8 }))
		})
		: [Array.from({ length: 500 }, (_, i) => ({ position: at(BELL.lon + i * 1e-4, BELL.lat + Math.sin(i / 20) * 1e-3), fixAt: iso(end - (500 - i) * 3000) }))]
}

// What phones make of it: points twice, two of one instant, jumps, simulated ones, other datums.
function spoilt(drive) {
	const out = []
	for (const f of drive) {
		const p = f.position
		if (draw() < 0.1) out.push(structuredClone(f))
		if (draw() < 0.03) out.push({ ...f, position: at(p.lon + 0.02, p.lat) })
		if (draw() < 0.03) out.push({ ...f, position: at(p.lon - 0.0001 - draw() * 0.001, p.lat) })
		if (draw() < 0.02) out.push({ ...f, fixAt: iso(Date.parse(f.fixAt) + 137), mock: true })
		if (draw() < 0.02) out.push({ ...f, fixAt: iso(Date.parse(f.fixAt) + 251), position: at(p.lon, p.lat, { accuracyM: 3000 }) })
		out.push(f)
	}
	const last = Date.parse(drive.at(-1).fixAt), p = drive.at(-1).position
	out.push({ position: at(p.lon + 0.05, p.lat), fixAt: iso(last + 5000) }) // the newest of all is a jump
	return out
}

test('a day in any order, in any portions, some of it again: the same state', async () => {
	for (const drive of drives()) {
		const fixes = spoilt(drive)
		let first = null
		for (let round = 0; round < 6; round++) {
			const id = await onDuty()
			let rest = round === 0 ? [...fixes] : round === 1 ? [...fixes].reverse() : shuffled(fixes)
			if (round > 3) rest = rest.concat(shuffled(fixes).slice(0, 200))
			const lots = []
			while (rest.length) lots.push(rest.splice(0, 1 + Math.floor(draw() * 120)))
			const replies = []
			if (round % 2) for (const l of lots) replies.push(await send(id, l))
			else replies.push(...await Promise.all(lots.map((l) => send(id, l)))) // all at once: they meet in one lot, or race
			const stored = replies.reduce((n, r) => n + r.stored, 0)
			const state = { track: track(id), newest: newest(id) }
			assert.equal(stored, state.track.length, 'each kept point was said to be kept, once')
			assert.equal(new Set(fixes.map((f) => Date.parse(f.fixAt))).size, state.track.length, 'one for each instant')
			if (!first) first = state
			assert.deepEqual(state, first, `round ${round}`)
			assert.equal(state.newest[4], 't', 'the last one jumped')
			await s.ok('Dispatch.GoOffDuty', as(id))
		}
	}
})

test('two processes write the same responder at once: the same state, each point acknowledged once', async () => {
	const env = { ...process.env, JB_STALE_SECONDS: '5' }
	const second = spawn(join(process.env.JB_BIN ?? join(root, 'build/bin'), 'jb-dispatch'), ['--config', join(s.dir, 'etc/dispatch.conf')], { env, stdio: ['ignore', 'ignore', 'pipe'] })
	let log = ''
	second.stderr.on('data', (d) => (log += d))
	const over = new Promise((ok) => second.on('exit', ok))
	try {
		await until('the second to serve', () => /serving/.test(log))
		const fixes = spoilt(drives()[0])
		let first = null
		for (let round = 0; round < 4; round++) {
			const id = await onDuty()
			const lots = []
			for (let rest = shuffled(fixes); rest.length;) lots.push(rest.splice(0, 1 + Math.floor(draw() * 40)))
			const replies = await Promise.all(lots.map((l) => send(id, l)))
			await until('the row to follow', () => newest(id)[0] === track(id).at(-1)[0])
			const state = { track: track(id), newest: newest(id) }
			assert.equal(replies.reduce((n, r) => n + r.stored, 0), state.track.length)
			if (!first) first = state
			assert.deepEqual(state, first, `round ${round}`)
			await s.ok('Dispatch.GoOffDuty', as(id))
		}
		assert.match(log, /method=ReportPositions/, 'the second had its share')
	} finally {
		second.kill('SIGTERM')
		await over
	}
})

test('one stray point is doubted, the good one after it is not', async () => {
	const id = await onDuty(), now = Date.now()
	const doubted = () => newest(id)[4] === 't'
	assert.deepEqual((await one(id, now - 60000, at(BELL.lon, BELL.lat))).flags, [])
	assert.deepEqual((await one(id, now - 50000, at(BELL.lon + 0.0001, BELL.lat))).flags, [])
	assert.deepEqual((await one(id, now - 40000, at(BELL.lon + 0.1, BELL.lat))).flags, ['jump'])
	assert.ok(doubted())
	await one(id, now - 30000, at(BELL.lon + 0.0002, BELL.lat))
	assert.ok(!doubted(), 'agrees with the one before the stray')
	assert.deepEqual((await one(id, now - 20000, at(BELL.lon + 0.0003, BELL.lat), { mock: true })).flags, ['mock'])
	assert.ok(doubted())
	// What comes late can settle a doubt.
	await one(id, now - 10000, at(BELL.lon + 0.02, BELL.lat))
	assert.ok(doubted())
	assert.equal((await one(id, now - 15000, at(BELL.lon + 0.0199, BELL.lat))).verdict, 'OLDER')
	assert.ok(!doubted())
})

test('swapped, shifted, early, late: caught and named', async () => {
	const id = await onDuty(), now = Date.now()
	const fixes = [
		at(BELL.lat, BELL.lon), at(43.8, 87.6), at(200 - 25, 95), at(0, 0), at(BELL.lon, BELL.lat),
	].map((position, i) => ({ position, fixAt: iso(now - 20000 + i * 1000) }))
	const r = await send(id, fixes)
	assert.deepEqual(r.results.map((x) => x.reason ?? ''), ['swapped_lon_lat', 'swapped_lon_lat', 'out_of_range', 'zero_island', ''])
	assert.equal(r.stored, 1, 'the good one of a bad report is kept')
	const hour = await send(id, [{ position: at(BELL.lon, BELL.lat), fixAt: iso(now + 3600e3) }, { position: at(BELL.lon, BELL.lat), fixAt: iso(now + 8 * 3600e3) }])
	assert.deepEqual(hour.results.map((x) => x.reason), ['clock_ahead', 'clock_ahead'])
	for (const h of [1, 8]) assert.deepEqual((await one(id, now - h * 3600e3, at(BELL.lon, BELL.lat))).flags, ['clock_behind'])
	assert.deepEqual((await one(id, now - 2000e3, at(BELL.lon, BELL.lat))).flags, [], 'late is not wrong')
	// 463 m by GCJ-02, about 1200 by BD-09: the phone mixes what its sources say.
	const shifts = { gcj02_offset: [0.004672, -0.001588], bd09_offset: [0.011191, 0.004429] }
	for (const [word, [dx, dy]] of Object.entries(shifts)) {
		const who = await onDuty()
		const t = now - 100000
		const drive = Array.from({ length: 6 }, (_, i) => ({ position: at(BELL.lon + i * 1e-4 + (i === 3 ? dx : 0), BELL.lat + (i === 3 ? dy : 0)), fixAt: iso(t + i * 5000) }))
		const got = (await send(who, drive)).results.map((x) => x.flags ?? [])
		assert.deepEqual(got, [[], [], [], [word], [], []], word)
	}
	// Declared, it is no fault: converted.
	const gcj = await onDuty()
	await one(gcj, now, at(BELL.lon + 0.004672, BELL.lat - 0.001588, { datum: 'GCJ02' }))
	const [, lon, lat] = newest(gcj).map(Number)
	assert.ok(Math.abs(lon - BELL.lon) < 2e-5 && Math.abs(lat - BELL.lat) < 2e-5, `${lon} ${lat}`)
	for (const position of [{ lon: 108.9, lat: 34.2 }, at(Infinity, 1), at(181, 1)])
		assert.equal((await s.rpc('Dispatch.ReportPositions', as(id), { fixes: [{ position, fixAt: iso(now) }] })).code, 'INVALID', 'no datum, no number')
	assert.equal((await s.rpc('Dispatch.ReportPositions', as(uuid7()), { fixes: [{ position: at(1, 1), fixAt: iso(now) }] })).code, 'BUSY', 'too young to be known')
	assert.equal((await s.rpc('Dispatch.ReportPositions', as('nobody'), { fixes: [{ position: at(1, 1), fixAt: iso(now) }] })).code, 'NOT_FOUND')
})

test('two places at one instant: the same one stays, whichever came first', async () => {
	const t = Date.now() - 5000
	for (const order of [[0, 1], [1, 0]]) {
		const id = await onDuty()
		const verdicts = []
		for (const i of order) verdicts.push((await one(id, t, at(BELL.lon + i * 0.001, BELL.lat))).verdict)
		assert.deepEqual(verdicts, ['STORED', 'DUPLICATE'])
		assert.equal(Number(track(id)[0][1]), BELL.lon)
		assert.equal(Number(newest(id)[1]), BELL.lon)
	}
})

test('a responder a decision holds just then: answered at once, brought up to date after', async () => {
	const id = await onDuty()
	await one(id, Date.now() - 10000, at(BELL.lon, BELL.lat))
	const before = newest(id)[0]
	const holder = spawn(join(root, 'tools/dev-stack'), ['psql', s.dir, '-c',
		`begin; select pg_sleep(0) from dispatch.responder where id = '${id}' for update; select pg_sleep(2); commit`], { stdio: 'ignore' })
	const over = new Promise((ok) => holder.on('exit', ok))
	await until('the lock', () => s.sql(`select 1 from pg_stat_activity where query like '%pg_sleep(2)%' and query not like '%activity%' and state = 'active'`).length)
	const began = performance.now()
	assert.equal((await one(id, Date.now(), at(BELL.lon + 0.0001, BELL.lat))).verdict, 'STORED')
	assert.ok(performance.now() - began < 1000, 'did not wait for the lock')
	assert.equal(newest(id)[0], before)
	await over
	await until('the row to follow', () => newest(id)[0] !== before)
})

test('killed in the middle, again and again: nothing acknowledged is lost', { timeout: 120000 }, async () => {
	const ids = await Promise.all(Array.from({ length: 8 }, () => onDuty()))
	const kept = new Map(ids.map((id) => [id, []]))
	let going = true, n = 0
	const senders = ids.map(async (id) => {
		for (let t = Date.now() - 80000e3; going;) {
			const fixes = Array.from({ length: 100 }, () => ({ position: at(BELL.lon, BELL.lat), fixAt: iso((t += 1000)) }))
			const late = new Promise((ok) => setTimeout(ok, 1000, { code: 'LATE' }).unref()) // a killed one never answers
			const r = await Promise.race([s.rpc('Dispatch.ReportPositions', as(id), { fixes }), late])
			if (r.code !== 'OK') continue
			n++
			r.out.results.forEach((x, i) => x.verdict !== 'REJECTED' && kept.get(id).push(Date.parse(fixes[i].fixAt)))
		}
	})
	for (let i = 0; i < 4; i++) {
		const had = n
		await until('reports to flow', () => n > had + 30)
		await s.stop('SIGKILL')
		await s.start()
	}
	going = false
	await Promise.all(senders)
	for (const id of ids) {
		const there = new Set(track(id).map((r) => Math.round(Number(r[0]) * 1000)))
		assert.ok(kept.get(id).length > 100)
		assert.deepEqual(kept.get(id).filter((t) => !there.has(t)), [])
	}
})

test('a phone falls silent: told, shown, ranked down; told again when it sends', async () => {
	for (const [id] of s.sql("select id from dispatch.responder where status <> 'OFF_DUTY'")) await s.ok('Dispatch.GoOffDuty', as(id))
	const id = await onDuty(0), other = await onDuty(0)
	const me = async () => (await s.ok('Dispatch.GetMe', as(id))).responder
	const since = Date.now()
	await one(id, since, at(BELL.lon, BELL.lat))
	assert.equal((await me()).silentSince, undefined)
	const beat = setInterval(() => one(other, Date.now(), at(BELL.lon + 0.01, BELL.lat)), 1000)
	try {
		const silent = await s.event('ResponderSignalChanged', { responderId: id, silent: true })
		assert.ok(Date.now() - since > 5000 && Date.now() - since < 9000, `after ${Date.now() - since} ms`)
		assert.equal(Date.parse(silent.fixAt), since)
		assert.equal(Date.parse((await me()).silentSince), since)
		const board = await s.ok('Dispatch.ListResponders', { roles: ['DISPATCHER'], subject: uuid7() }, { status: 'AVAILABLE' })
		assert.deepEqual(board.items.filter((r) => r.silentSince).map((r) => r.responderId), [id])
		await one(id, Date.now(), at(BELL.lon, BELL.lat))
		await s.event('ResponderSignalChanged', { responderId: id, silent: false })
		assert.equal((await me()).silentSince, undefined)
		assert.equal(s.seen('ResponderSignalChanged', { responderId: other }).length, 0)
		assert.equal(s.seen('ResponderSignalChanged', { responderId: id }).length, 2)
		// A clock that is ahead keeps nobody alive; a break needs no signal.
		await one(id, Date.now() + 240e3, at(BELL.lon, BELL.lat))
		await until('silence', () => s.seen('ResponderSignalChanged', { responderId: id, silent: true }).length === 2)
		await s.ok('Dispatch.TakeBreak', as(id))
		await until('the mark to go', async () => !(await me()).silentSince)
		assert.equal(s.seen('ResponderSignalChanged', { responderId: id }).length, 3, 'nothing more is told of one on a break')
	} finally {
		clearInterval(beat)
	}
})

test('who is near: by the newest position, at once, of those the caller may see', async () => {
	for (const [id] of s.sql("select id from dispatch.responder where status <> 'OFF_DUTY'")) await s.ok('Dispatch.GoOffDuty', as(id))
	const here = { lon: 109.5, lat: 34.5, datum: 'WGS84' }
	const desk = (districts = '') => ({ roles: ['DISPATCHER'], subject: uuid7(), districts })
	const nearest = async (more = {}, who = desk()) => (await s.ok('Dispatch.NearestResponders', who, { ...here, ...more })).items ?? []
	const ids = []
	for (let i = 0; i < 15; i++) {
		ids.push(await onDuty(0))
		await one(ids[i], Date.now() - 2000, at(here.lon + (i + 1) * 0.01, here.lat))
	}
	await until('all to be counted as on duty', async () => (await nearest({ count: 20 })).length === 15)
	const ten = await nearest()
	assert.deepEqual(ten.map((x) => x.responder.responderId), ids.slice(0, 10))
	assert.ok(Math.abs(ten[0].distanceM - 917) < 3, `${ten[0].distanceM}`)
	// A move counts with its answer, an old position doesn't.
	await one(ids[14], Date.now(), at(here.lon, here.lat))
	await one(ids[0], Date.now() - 60000, at(here.lon, here.lat))
	assert.deepEqual((await nearest({ count: 2 })).map((x) => x.responder.responderId), [ids[14], ids[0]])
	assert.equal((await nearest({ count: 1 }))[0].distanceM ?? 0, 0)
	await s.ok('Dispatch.TakeBreak', as(ids[14]))
	await until('him to be gone from the available', async () => (await nearest({ status: 'AVAILABLE', count: 1 }))[0].responder.responderId === ids[0])
	assert.equal((await nearest({ count: 1 }))[0].responder.status, 'ON_BREAK')
	s.sql(`update dispatch.responder set districts = '{610113}' where id = '${ids[1]}'`)
	assert.ok(!(await nearest({ count: 20 }, desk('610104'))).some((x) => x.responder.responderId === ids[1]), "another district's")
	assert.ok((await nearest({ count: 20 }, desk('610113'))).some((x) => x.responder.responderId === ids[1]))
	// Another process's writing shows within a second or two; a restart forgets nothing.
	s.sql(`update dispatch.responder set fix_at = now(), heard_at = now(), fix_lon = ${here.lon - 0.0001}, fix_lat = ${here.lat} where id = '${ids[9]}'`)
	await until('it to show', async () => (await nearest({ count: 1, status: 'AVAILABLE' }))[0].responder.responderId === ids[9])
	await s.stop()
	await s.start()
	assert.equal((await nearest({ count: 1, status: 'AVAILABLE' }))[0].responder.responderId, ids[9])
	assert.equal((await s.rpc('Dispatch.NearestResponders', as(ids[0]), here)).code, 'FORBIDDEN')
	assert.equal((await s.rpc('Dispatch.NearestResponders', desk(), { lon: 1, lat: 1 })).code, 'INVALID')
})
