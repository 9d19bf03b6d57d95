// dispatch_roads.test.mjs - the dispatch service on a road graph: who is near by road is sent, a new graph is
// taken without a restart, a damaged one refused, and the responders' trips teach it speeds.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync, rmSync, copyFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Stack, uuid7, until } from './stack.mjs'

const bin = process.env.JB_BIN ?? join(dirname(fileURLToPath(import.meta.url)), '../../build/bin')
const dir = mkdtempSync(join(tmpdir(), 'jb-roads-'))
const graph = join(dir, 'city.roads')
const DISPATCHER = { roles: ['DISPATCHER'], subject: uuid7() }
const as = (id) => ({ roles: ['RESPONDER'], subject: id })
let s
let serial = 0

// Streets 500 m apart on both sides of a river; the bridges join columns 4 and 5.
const COLUMNS = 15, ROWS = 9
const place = (x, y) => ({ lon: 108.9 + x * 0.005, lat: 34.2 + y * 0.004 })

function build(bridges, to) {
	const nodes = ['node,lon,lat'], edges = ['from,to,fclass,oneway']
	for (let y = 0; y < ROWS; y++)
		for (let x = 0; x < COLUMNS; x++) {
			const { lon, lat } = place(x, y)
			nodes.push(`${y * COLUMNS + x},${lon.toFixed(6)},${lat.toFixed(6)}`)
			if (x + 1 < COLUMNS && (x !== 4 || bridges.includes(y)))
				edges.push(`${y * COLUMNS + x},${y * COLUMNS + x + 1},secondary,no`)
			if (y + 1 < ROWS) edges.push(`${y * COLUMNS + x},${(y + 1) * COLUMNS + x},secondary,no`)
		}
	writeFileSync(join(dir, 'nodes.csv'), nodes.join('\n') + '\n')
	writeFileSync(join(dir, 'edges.csv'), edges.join('\n') + '\n')
	execFileSync(join(bin, 'roads'), ['import', join(dir, 'nodes.csv'), join(dir, 'edges.csv'), '-o', to])
}

async function onDuty({ lon, lat }) {
	const id = uuid7()
	await s.tell('AccountChanged', {
		accountId: id, username: `r${++serial}`, name: '张巡', phone: '13800138000',
		roles: ['RESPONDER'], org: 'PICC', version: 1, at: new Date().toISOString(),
	})
	await until('the responder to be known', async () => (await s.rpc('Dispatch.GetMe', as(id))).code === 'OK')
	await s.ok('Dispatch.GoOnDuty', as(id), {})
	await s.ok('Dispatch.ReportPositions', as(id),
		{ fixes: [{ position: { lon, lat, datum: 'WGS84', accuracyM: 5 }, fixAt: new Date().toISOString() }] })
	return id
}

async function report({ lon, lat }) {
	const id = uuid7(), now = Date.now()
	await s.tell('IncidentReported', {
		incidentId: id, district: '610103', caseNo: `C${++serial}`, orderNo: `O${serial}`, lane: 'RAPID',
		place: { text: '河边', position: { lon, lat, datum: 'WGS84', accuracyM: 5 } }, lon, lat,
		reportedAt: new Date(now).toISOString(), acceptedAt: new Date(now).toISOString(),
		promisedArrivalAt: new Date(now + 600000).toISOString(), channel: 'PHONE_122',
	})
	return id
}

const cancel = async (id) => {
	await s.tell('IncidentPhaseChanged',
		{ incidentId: id, district: '610103', from: 'DISPATCHING', to: 'CANCELLED', cause: 'test', at: new Date().toISOString() })
	await until('everybody to be free', () => !s.sql("select 1 from dispatch.responder where status not in ('AVAILABLE', 'OFF_DUTY')").length)
}

const loaded = (n) => until(`${n} graphs to be loaded`, () => s.log.split('road graph loaded').length - 1 >= n)
const scene = place(5, 8)
let west, east

before(async () => {
	build([0], graph)
	s = await Stack.up('dispatch', { offer_seconds: 30, roads: graph, learn_seconds: 1 })
	west = await onDuty(place(4, 8)) // across the river, 460 m as the crow flies, 8 km by the bridge
	east = await onDuty(place(9, 8)) // 1.8 km along the street
})
after(async () => {
	await s?.down()
	rmSync(dir, { recursive: true, force: true })
})

test('who is near by road is asked, not who is near on the map', async () => {
	const id = await report(scene)
	const offer = await s.event('OfferMade', { incidentId: id })
	assert.equal(offer.responderId, east)
	assert.ok(offer.etaS > 150 && offer.etaS < 500, `eta ${offer.etaS}`)
	const all = await s.ok('Dispatch.ListCandidates', DISPATCHER, { incidentId: id })
	const other = [...all.items].find((c) => c.responderId === west)
	if (other) assert.ok(other.etaS > 600, `eta of the one across the river ${other.etaS}`)
	await cancel(id)
})

test('a new graph is taken without a restart, a damaged one is refused', async () => {
	writeFileSync(graph, 'no graph at all, but long enough to be one: '.repeat(10))
	s.proc.kill('SIGHUP')
	await until('the refusal', () => /road graph refused, going on as before.*not a road graph/.test(s.log))
	let id = await report(scene)
	assert.equal((await s.event('OfferMade', { incidentId: id })).responderId, east)
	await cancel(id)

	build([0, 8], join(dir, 'next.roads'))
	copyFileSync(join(dir, 'next.roads'), graph) // in place, without a signal
	await loaded(2)
	id = await report(scene)
	const offer = await s.event('OfferMade', { incidentId: id })
	assert.equal(offer.responderId, west)
	assert.ok(offer.etaS < 150, `eta ${offer.etaS}`)
	await cancel(id)
})

// Trips along the street at 3 in the morning, half as fast again as the graph expects (45 km/h), each by
// somebody else.
function drive(trips) {
	const night = new Date(Date.now() - 86400000)
	night.setUTCHours(19, 5, 0, 0)
	const from = place(5, 8), metres = 460 * 9, took = (metres / 12.5) * 1.5
	s.sql(`insert into dispatch.responder (id, username, name, account_version)
			select gen_random_uuid(), 'night' || i, '夜', 1 from generate_series(1, ${trips}) i;
		insert into dispatch.assignment (id, incident_id, responder_id, assigned_at, departed_at, arrived_at, proofs, ended_at, how)
			select gen_random_uuid(), (select id from dispatch.incident limit 1), r.id, t, t, t + make_interval(secs => ${took}),
			'{POSITION}', t + make_interval(secs => ${took}), 'CLEARED'
			from dispatch.responder r, to_timestamp(${night.getTime() / 1000}) t where r.username like 'night%';
		insert into dispatch.track (responder_id, fix_at, received_at, lon, lat, given_lon, given_lat, datum,
			accuracy_m, speed_mps, course_deg)
			select a.responder_id, a.departed_at + make_interval(secs => t), a.departed_at, ${from.lon} + 0.045 * t / ${took},
			${from.lat}, 0, 0, 'WGS84', 8, 8.3, 90
			from dispatch.assignment a join dispatch.responder r on r.id = a.responder_id and r.username like 'night%',
			generate_series(0, ${Math.floor(took)}, 5) t`)
}

test('trips teach the graph how fast its streets are', async () => {
	const before = await report(place(12, 8))
	const first = await s.event('OfferMade', { incidentId: before })
	await cancel(before)
	drive(30)
	await until('the trips to be read', () => s.sql('select 1 from dispatch.trip_read').length >= 30, 40000)
	assert.equal(s.sql('select 1 from dispatch.trip_speed').length, 30)
	const [[expected, observed]] = s.sql('select sum(expected_s), sum(observed_s) from dispatch.trip_speed')
	assert.ok(Math.abs(observed / expected - 1.5) < 0.05, `observed ${observed}, expected ${expected}`)
	await until('learned speeds in use', () =>
		Number(s.sql("select factor from dispatch.speed_factor where district = '' and hour = 3")[0]?.[0] ?? 1) > 1.3 &&
		/learned speeds in use/.test(s.log), 30000)
	const noon = Number(s.sql("select factor from dispatch.speed_factor where district = '' and hour = 12")[0][0])
	assert.ok(noon > 1.05 && noon < 1.5, `factor at noon ${noon}`)
	await until('the new speeds to be taken', async () => {
		const id = await report(place(12, 8))
		const offer = await s.event('OfferMade', { incidentId: id })
		await cancel(id)
		return offer.etaS > first.etaS * 1.05
	}, 30000)
	assert.equal(s.sql('select jsonb_array_length(sigma) from dispatch.speed_fit')[0][0], '24')
})
