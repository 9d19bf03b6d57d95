// dispatch_handover.test.mjs - trips under way are reconsidered and change hands in two phases; every decision
// can be made again from what is on record.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { Stack, uuid7, until } from './stack.mjs'

const BELL = { lon: 108.9423, lat: 34.261 }
const DISPATCHER = { roles: ['DISPATCHER'], subject: uuid7() }
const as = (id) => ({ roles: ['RESPONDER'], subject: id })
const at = (lon, lat, accuracyM = 5) => ({ lon, lat, datum: 'WGS84', accuracyM })
const near = (i) => at(BELL.lon + i * 0.01, BELL.lat)
const soon = (ms) => new Date(Date.now() + ms).toISOString()
let s
let serial = 0

const fix = (id, position) => s.ok('Dispatch.ReportPositions', as(id), { fixes: [{ position, fixAt: soon(0) }] })

async function onDuty(position) {
	const id = uuid7()
	await s.tell('AccountChanged', {
		accountId: id, username: `w${++serial}`, name: '张巡', phone: '13800138000',
		roles: ['RESPONDER'], org: 'PICC', version: 1, at: soon(0),
	})
	await until('the responder to be known', async () => (await s.rpc('Dispatch.GetMe', as(id))).code === 'OK')
	await s.ok('Dispatch.GoOnDuty', as(id), {})
	await fix(id, position)
	return id
}

async function report(place = BELL) {
	const id = uuid7()
	await s.tell('IncidentReported', {
		incidentId: id, district: '610103', caseNo: `C${++serial}`, orderNo: `O${serial}`, lane: 'RAPID',
		place: { text: '钟楼', position: at(place.lon, place.lat) }, lon: place.lon, lat: place.lat,
		reportedAt: soon(0), acceptedAt: soon(0), promisedArrivalAt: soon(600000), channel: 'PHONE_122',
	})
	return id
}

const phase = (incidentId, to) =>
	s.tell('IncidentPhaseChanged', { incidentId, district: '610103', from: 'DISPATCHING', to, cause: 'test', at: soon(0) })
const me = (id) => s.ok('Dispatch.GetMe', as(id))
const accept = (id, offer) => s.ok('Dispatch.AcceptOffer', as(id), { offerId: offer.offerId })
const offered = (incidentId, responderId) => s.event('OfferMade', { incidentId, responderId })

async function give(incidentId, responder) {
	return (await accept(responder, await offered(incidentId, responder))).assignment
}

async function everyoneHome() {
	for (const [id] of s.sql("select id from dispatch.incident where phase <> 'ENDED'")) await phase(id, 'CANCELLED')
	await until('all incidents to end', () => !s.sql("select 1 from dispatch.incident where phase <> 'ENDED'").length)
	for (const [id] of s.sql("select id from dispatch.responder where status <> 'OFF_DUTY'")) await s.ok('Dispatch.GoOffDuty', as(id))
	assert.deepEqual(s.sql('select id from dispatch.incident where n_live <> 0 or n_open <> 0'), [])
	assert.deepEqual(s.sql('select id from dispatch.offer where outcome is null union all select id from dispatch.assignment where ended_at is null'), [])
}

before(async () => {
	s = await Stack.up('dispatch', { offer_seconds: 20, reask_seconds: 1, retry_seconds: 1 })
})
after(() => s?.down())

// A is far away and under way; B, near, comes on duty.
async function farAndNear() {
	const a = await onDuty(near(12))
	const incident = await report()
	const trip = await give(incident, a)
	const b = await onDuty(near(1))
	return { a, b, incident, trip, offer: await offered(incident, b) }
}

test('a nearer one is asked first; only his yes relieves the one under way', async () => {
	const { a, b, incident, trip, offer } = await farAndNear()
	assert.equal(offer.replacesResponderId, a)
	assert.equal((await me(b)).offer.replaces, true)
	assert.equal((await me(a)).assignment.assignmentId, trip.assignmentId, 'nothing has changed yet')
	const { assignment } = await accept(b, offer)
	assert.equal((await accept(b, offer)).assignment.assignmentId, assignment.assignmentId)
	const ended = await s.event('AssignmentEnded', { assignmentId: trip.assignmentId })
	assert.equal(ended.how, 'REPLACED')
	assert.equal((await me(a)).responder.status, 'AVAILABLE')
	assert.equal((await me(b)).responder.status, 'EN_ROUTE')
	assert.equal(assignment.supporting, false)
	const told = s.events.map((e) => [e.event, e.body.assignmentId])
	assert.ok(told.findIndex((e) => e[0] === 'AssignmentEnded' && e[1] === trip.assignmentId) <
		told.findIndex((e) => e[0] === 'ResponderAssigned' && e[1] === assignment.assignmentId) || told.length)
	assert.deepEqual(s.sql(`select swaps, state from dispatch.incident where id = '${incident}'`), [['1', 'ASSIGNED']])
	assert.equal(s.sql(`select kind from dispatch.decision where incident_id = '${incident}' order by at desc limit 1`)[0][0], 'HAND_OVER')
	await everyoneHome()
})

test('declined, nothing has happened', async () => {
	const { a, b, trip, offer } = await farAndNear()
	await s.ok('Dispatch.DeclineOffer', as(b), { offerId: offer.offerId, reason: '没油' })
	assert.equal((await me(a)).assignment.assignmentId, trip.assignmentId)
	assert.equal((await me(b)).responder.status, 'AVAILABLE')
	await everyoneHome()
})

test('he who is under way arrives first: the offer is withdrawn', async () => {
	const { a, b, trip, offer } = await farAndNear()
	await s.ok('Dispatch.Arrive', as(a), { assignmentId: trip.assignmentId })
	assert.equal((await s.event('OfferEnded', { offerId: offer.offerId })).outcome, 'WITHDRAWN')
	const late = await s.rpc('Dispatch.AcceptOffer', as(b), { offerId: offer.offerId })
	assert.equal(late.code, 'CONFLICT')
	await everyoneHome()
})

test('he who is under way gives it back: the offer is a plain one', async () => {
	const { a, b, incident, trip, offer } = await farAndNear()
	await s.ok('Dispatch.Release', as(a), { assignmentId: trip.assignmentId, reason: '爆胎' })
	assert.deepEqual(s.sql(`select state, n_live, n_open from dispatch.incident where id = '${incident}'`), [['OFFERED', '0', '1']])
	assert.equal((await accept(b, offer)).assignment.incidentId, incident)
	await everyoneHome()
})

test('whom a dispatcher sent no plan takes off again', async () => {
	const a = await onDuty(near(12))
	const incident = await report()
	await offered(incident, a)
	await s.ok('Dispatch.Assign', DISPATCHER, { incidentId: incident, responderId: a })
	const b = await onDuty(near(1))
	await new Promise((r) => setTimeout(r, 1500))
	assert.equal((await me(b)).responder.status, 'AVAILABLE')
	assert.equal(s.seen('OfferMade', { incidentId: incident }).length, 1)
	await everyoneHome()
})

test('accept, arrival and end at once: one of them wins', async () => {
	for (let i = 0; i < 6; i++) {
		const { a, b, incident, trip, offer } = await farAndNear()
		const answers = await Promise.all([
			s.rpc('Dispatch.AcceptOffer', as(b), { offerId: offer.offerId }),
			i % 2 ? s.rpc('Dispatch.Arrive', as(a), { assignmentId: trip.assignmentId })
				: s.rpc('Dispatch.Release', DISPATCHER, { assignmentId: trip.assignmentId, reason: 'x' }),
			s.rpc('Dispatch.AcceptOffer', as(b), { offerId: offer.offerId }),
		])
		for (const x of answers) assert.ok(['OK', 'CONFLICT'].includes(x.code), `${x.code} ${x.text}`)
		assert.equal(s.sql(`select count(*) from dispatch.assignment where incident_id = '${incident}' and ended_at is null`)[0][0], '1')
		await everyoneHome()
	}
})

// A is on his way to one when a second crash happens beside him; B, who is free, is no nearer to the first than he:
// for its own sake nobody would change.
async function chain() {
	const a = await onDuty(near(0))
	const one = await report(near(7))
	const first = await give(one, a)
	const b = await onDuty(near(14.2))
	const two = await report(near(0.1))
	return { a, b, one, two, first, toA: await offered(two, a), toB: await offered(one, b) }
}

test('one under way turns to a crash beside him when another has taken his over', async () => {
	const { a, b, one, two, first, toA, toB } = await chain()
	assert.equal(toA.diverts, true)
	assert.equal(toB.replacesResponderId, a)
	assert.equal((await me(a)).offer.diverts, true)
	const yes = await accept(a, toA)
	assert.equal(yes.pending, true)
	assert.equal((await accept(a, toA)).pending, true)
	assert.equal((await me(a)).assignment.assignmentId, first.assignmentId, 'until somebody takes over')
	const other = await accept(b, toB)
	assert.equal(other.assignment.incidentId, one)
	assert.equal((await me(a)).assignment.incidentId, two)
	assert.equal((await s.event('AssignmentEnded', { assignmentId: first.assignmentId })).how, 'REPLACED')
	assert.equal(s.sql('select count(*) from dispatch.assignment where ended_at is null')[0][0], '2')
	await everyoneHome()
})

test('the relief says yes first: the turn is a plain offer then', async () => {
	const { a, b, two, toA, toB } = await chain()
	await accept(b, toB)
	assert.equal((await me(a)).responder.status, 'OFFERED')
	assert.equal((await accept(a, toA)).assignment.incidentId, two)
	await everyoneHome()
})

test('the relief says no: he keeps driving, and the second crash is planned anew', async () => {
	const { a, b, two, first, toA, toB } = await chain()
	assert.equal((await accept(a, toA)).pending, true)
	await s.ok('Dispatch.DeclineOffer', as(b), { offerId: toB.offerId, reason: '不顺路' })
	assert.equal((await s.event('OfferEnded', { offerId: toA.offerId })).outcome, 'WITHDRAWN')
	assert.equal((await me(a)).assignment.assignmentId, first.assignmentId)
	await until('the second crash to be offered', () => s.seen('OfferMade', { incidentId: two }).length > 1)
	await everyoneHome()
})

test('killed between the two yeses: the second still changes both', async () => {
	const { a, b, one, two, toA, toB } = await chain()
	assert.equal((await accept(a, toA)).pending, true)
	await s.stop('SIGKILL')
	await s.start()
	await accept(b, toB)
	assert.equal((await me(a)).assignment.incidentId, two)
	assert.equal((await me(b)).assignment.incidentId, one)
	await everyoneHome()
})

test('nobody can be there in time: remote handling is advised, with who would be first', async () => {
	const a = await onDuty(near(60))
	const incident = await report()
	const w = await s.event('DispatchWarning', { incidentId: incident, kind: 'remote_advised' })
	assert.equal(w.responderId, a)
	assert.ok(w.etaS > 600 && w.onTimeProbability < 0.2)
	assert.equal(s.seen('DispatchWarning', { incidentId: incident, kind: 'remote_advised' }).length, 1)
	await everyoneHome()
})

test('every decision is made again from the record, the same', () => {
	const ids = s.sql("select id from dispatch.decision where kind in ('OFFER', 'HAND_OVER', 'REMOTE')").map((r) => r[0])
	assert.ok(s.sql("select 1 from dispatch.decision where kind = 'REMOTE'").length)
	assert.ok(ids.length > 20)
	const bin = process.env.JB_BIN
	const run = (id) => execFileSync(join(bin, 'jbctl'), ['dispatch', 'explain', id],
		{ encoding: 'utf8', env: { ...process.env, JBCTL_CONFIG: join(s.dir, 'etc/jbctl.conf') } })
	for (const id of ids) assert.match(run(id), /the same/)
	const [[incident, chosen]] = s.sql("select incident_id, chosen_id from dispatch.decision where kind = 'HAND_OVER' order by at limit 1")
	const why = run(incident)
	assert.match(why, new RegExp(chosen))
	assert.match(why, /expected in \d+ s/)
	s.sql("update dispatch.plan set inputs = inputs || '\\x00' where id = (select plan_id from dispatch.decision where kind = 'OFFER' limit 1)")
	const [[spoiled]] = s.sql("select d.id from dispatch.decision d join dispatch.plan p on p.id = d.plan_id where sha256(p.inputs) <> p.digest limit 1")
	assert.throws(() => run(spoiled), (e) => /not what was recorded/.test(e.stdout + e.stderr))
})
