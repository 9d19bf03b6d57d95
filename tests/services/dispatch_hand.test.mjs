// dispatch_hand.test.mjs - the dispatcher's hand: undo, hold, several responders, queues, stand-down, reports.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { Stack, uuid7, until } from './stack.mjs'

const BELL = { lon: 108.9423, lat: 34.261 }
const DISPATCHER = { roles: ['DISPATCHER'], subject: uuid7() }
const SUPERVISOR = { roles: ['SUPERVISOR'], subject: uuid7() }
const ELSEWHERE = { ...DISPATCHER, districts: '610104 610113' }
const UNKNOWN = uuid7().replace(/^.{8}/, '01800000')
const as = (id) => ({ roles: ['RESPONDER'], subject: id })
const at = (lon, lat, accuracyM = 5) => ({ lon, lat, datum: 'WGS84', accuracyM })
const near = (i) => at(BELL.lon + i * 0.01, BELL.lat)
const soon = (ms) => new Date(Date.now() + ms).toISOString()
let s
let serial = 0

async function onDuty(position) {
	const id = uuid7()
	await s.tell('AccountChanged', {
		accountId: id, username: `h${++serial}`, name: '张巡', phone: '13800138000',
		roles: ['RESPONDER'], org: 'PICC', version: 1, at: soon(0),
	})
	await until('the responder to be known', async () => (await s.rpc('Dispatch.GetMe', as(id))).code === 'OK')
	await s.ok('Dispatch.GoOnDuty', as(id), {})
	await s.ok('Dispatch.ReportPositions', as(id), { fixes: [{ position, fixAt: soon(0) }] })
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
const status = async (id) => (await me(id)).responder.status
const board = async (incidentId) =>
	(await s.ok('Dispatch.ListDispatchIncidents', DISPATCHER, { pageSize: 500 })).items.find((i) => i.incidentId === incidentId)
const state = async (incidentId) => (await board(incidentId))?.state

// The incident goes to him: offered and accepted.
async function give(incidentId, responder) {
	const offer = await s.event('OfferMade', { incidentId, responderId: responder })
	return (await s.ok('Dispatch.AcceptOffer', as(responder), { offerId: offer.offerId })).assignment
}

async function everyoneHome() {
	for (const [id] of s.sql("select id from dispatch.incident where phase <> 'ENDED'")) await phase(id, 'CANCELLED')
	await until('all incidents to end', () => !s.sql("select 1 from dispatch.incident where phase <> 'ENDED'").length)
	for (const [id] of s.sql("select id from dispatch.responder where status <> 'OFF_DUTY'")) await s.ok('Dispatch.GoOffDuty', as(id))
	assert.deepEqual(s.sql('select * from dispatch.queued'), [])
	assert.deepEqual(s.sql('select id, n_live, n_open from dispatch.incident where n_live <> 0 or n_open <> 0'), [])
	assert.deepEqual(s.sql('select id from dispatch.offer where outcome is null union all select id from dispatch.assignment where ended_at is null'), [])
}

before(async () => {
	s = await Stack.up('dispatch', { offer_seconds: 5, reask_seconds: 1, retry_seconds: 1 })
})
after(() => s?.down())

test('an assignment by hand is undone within ten seconds; all is as before', async () => {
	const a = await onDuty(near(1)), b = await onDuty(near(4))
	const incident = await report()
	await s.event('OfferMade', { incidentId: incident, responderId: a })
	const { assignment } = await s.ok('Dispatch.Assign', DISPATCHER, { incidentId: incident, responderId: b, bypassReason: '认识路' })
	assert.equal(await status(b), 'EN_ROUTE')
	assert.equal((await s.rpc('Dispatch.UndoAssign', ELSEWHERE, { assignmentId: assignment.assignmentId })).code, 'NOT_FOUND')
	assert.equal((await s.rpc('Dispatch.UndoAssign', DISPATCHER, { assignmentId: UNKNOWN })).code, 'NOT_FOUND')
	const undone = await s.ok('Dispatch.UndoAssign', DISPATCHER, { assignmentId: assignment.assignmentId, reason: '点错了' })
	assert.equal(undone.assignment.how, 'UNDONE')
	const again = await s.ok('Dispatch.UndoAssign', DISPATCHER, { assignmentId: assignment.assignmentId })
	assert.equal(again.assignment.endReason, '点错了')
	const told = await s.event('AssignmentEnded', { assignmentId: assignment.assignmentId })
	assert.deepEqual([told.how, told.by, told.reason], ['UNDONE', DISPATCHER.subject, '点错了'])
	assert.equal(s.seen('AssignmentEnded', { assignmentId: assignment.assignmentId }).length, 1)
	assert.equal(await status(b), 'AVAILABLE')
	await until('the first choice to be asked again', () => s.seen('OfferMade', { incidentId: incident, responderId: a }).length === 2)
	await everyoneHome()
})

test('what can not be undone says why', async () => {
	const a = await onDuty(near(1))
	const one = await report()
	const byOffer = await give(one, a)
	assert.match((await s.rpc('Dispatch.UndoAssign', DISPATCHER, { assignmentId: byOffer.assignmentId })).text, /by hand/)
	await phase(one, 'CANCELLED')
	await until('him to be free', async () => (await status(a)) === 'AVAILABLE')
	const two = await report()
	await s.event('OfferMade', { incidentId: two })
	const { assignment } = await s.ok('Dispatch.Assign', DISPATCHER, { incidentId: two, responderId: a })
	s.sql(`update dispatch.assignment set assigned_at = assigned_at - interval '11 s' where id = '${assignment.assignmentId}'`)
	const late = await s.rpc('Dispatch.UndoAssign', DISPATCHER, { assignmentId: assignment.assignmentId })
	assert.equal(late.code, 'CONFLICT')
	assert.match(late.text, /within 10 s/)
	s.sql(`update dispatch.assignment set assigned_at = now() where id = '${assignment.assignmentId}'`)
	await s.ok('Dispatch.Arrive', as(a), { assignmentId: assignment.assignmentId })
	assert.match((await s.rpc('Dispatch.UndoAssign', DISPATCHER, { assignmentId: assignment.assignmentId })).text, /arrived/)
	await everyoneHome()
})

test('undo against arrive, a hundred times at once: one of them holds, never both', async () => {
	const a = await onDuty(near(1))
	for (let i = 0; i < 10; i++) {
		const incident = await report()
		await until('it to be known', () => s.sql(`select 1 from dispatch.incident where id = '${incident}'`).length)
		const { assignment } = await s.ok('Dispatch.Assign', DISPATCHER, { incidentId: incident, responderId: a })
		const id = { assignmentId: assignment.assignmentId }
		const answers = await Promise.all(Array.from({ length: 10 }, (_, k) =>
			(k + i) % 2 ? s.rpc('Dispatch.UndoAssign', DISPATCHER, id) : s.rpc('Dispatch.Arrive', as(a), id)))
		const [[how, arrived]] = s.sql(`select coalesce(how, ''), arrived_at is not null from dispatch.assignment where id = '${id.assignmentId}'`)
		assert.ok((how === 'UNDONE') !== (arrived === 't'), `${how} ${arrived}`)
		for (const x of answers) assert.ok(['OK', 'CONFLICT'].includes(x.code), x.code)
		await phase(incident, 'CANCELLED')
		await until('him to be free', async () => (await status(a)) === 'AVAILABLE')
	}
	await everyoneHome()
})

test('a held incident is offered to nobody until its time comes, then by itself', async () => {
	const a = await onDuty(near(1))
	const incident = await report()
	const offer = await s.event('OfferMade', { incidentId: incident })
	for (const [until_, pointer] of [[soon(-1000), '/until'], [soon(25 * 3600e3), '/until']]) {
		const no = await s.rpc('Dispatch.HoldIncident', DISPATCHER, { incidentId: incident, until: until_, reason: 'x' })
		assert.equal(no.errors[0].pointer, pointer)
	}
	assert.equal((await s.rpc('Dispatch.HoldIncident', DISPATCHER, { incidentId: incident, until: soon(5000) })).code, 'INVALID')
	assert.equal((await s.rpc('Dispatch.HoldIncident', ELSEWHERE, { incidentId: incident, until: soon(5000), reason: 'x' })).code, 'NOT_FOUND')
	const until_ = soon(2500)
	const req = { incidentId: incident, until: until_, reason: '等拖车' }
	const held = (await s.ok('Dispatch.HoldIncident', DISPATCHER, req)).incident
	await s.ok('Dispatch.HoldIncident', DISPATCHER, req)
	assert.deepEqual([held.state, held.holdReason, held.heldBy], ['WAITING', '等拖车', DISPATCHER.subject])
	assert.equal(s.seen('IncidentHeld', { incidentId: incident }).length, 1)
	assert.equal((await s.event('OfferEnded', { offerId: offer.offerId })).outcome, 'WITHDRAWN')
	assert.equal((await s.ok('Dispatch.ListDispatchIncidents', DISPATCHER, { state: 'HELD' })).items[0].incidentId, incident)
	assert.deepEqual((await s.ok('Dispatch.ListDispatchIncidents', ELSEWHERE, { state: 'HELD' })).items, [])
	// Neither time nor a free responder makes it go on; a crash doesn't either.
	await s.ok('Dispatch.TakeBreak', as(a))
	await s.ok('Dispatch.GoOnDuty', as(a))
	await s.stop('SIGKILL')
	await s.start()
	assert.equal(s.seen('OfferMade', { incidentId: incident }).length, 1)
	await until('it to be offered again', () => s.seen('OfferMade', { incidentId: incident }).length === 2)
	assert.ok(Date.now() >= new Date(until_).getTime())
	assert.equal((await s.event('IncidentResumed', { incidentId: incident })).by, '')
	assert.equal((await board(incident)).holdUntil ?? '', '')
	await everyoneHome()
})

test('a hold is ended by hand; an assigned incident can not be held', async () => {
	const a = await onDuty(near(1))
	const incident = await report()
	await s.event('OfferMade', { incidentId: incident })
	await s.ok('Dispatch.HoldIncident', DISPATCHER, { incidentId: incident, until: soon(600000), reason: '等通知' })
	await s.ok('Dispatch.ResumeIncident', DISPATCHER, { incidentId: incident })
	await s.ok('Dispatch.ResumeIncident', DISPATCHER, { incidentId: incident })
	assert.equal((await s.event('IncidentResumed', { incidentId: incident })).by, DISPATCHER.subject)
	await until('it to be offered', () => s.seen('OfferMade', { incidentId: incident }).length === 2)
	// By hand while held: the undo gives the hold back.
	await s.ok('Dispatch.HoldIncident', DISPATCHER, { incidentId: incident, until: soon(600000), reason: '再等' })
	const { assignment } = await s.ok('Dispatch.Assign', DISPATCHER, { incidentId: incident, responderId: a })
	assert.equal((await s.rpc('Dispatch.HoldIncident', DISPATCHER, { incidentId: incident, until: soon(600000), reason: 'x' })).code, 'CONFLICT')
	const back = (await s.ok('Dispatch.UndoAssign', DISPATCHER, { assignmentId: assignment.assignmentId })).incident
	assert.equal(back.holdReason, '再等')
	await new Promise((r) => setTimeout(r, 600))
	assert.equal(await status(a), 'AVAILABLE')
	await everyoneHome()
})

test('several responders: one leads, the others support; the next leads when he goes', async () => {
	const a = await onDuty(near(1)), b = await onDuty(near(2)), c = await onDuty(near(3))
	const incident = await report()
	const lead = await give(incident, a)
	assert.equal(lead.supporting, false)
	assert.equal((await s.rpc('Dispatch.Assign', DISPATCHER, { incidentId: incident, responderId: b })).code, 'CONFLICT')
	for (const wanted of [0, 5]) assert.equal((await s.rpc('Dispatch.WantResponders', DISPATCHER, { incidentId: incident, wanted, reason: 'x' })).code, 'INVALID')
	const wants = (await s.ok('Dispatch.WantResponders', DISPATCHER, { incidentId: incident, wanted: 2, reason: '三车相撞' })).incident
	assert.equal(wants.wanted, 2)
	const second = await give(incident, b)
	assert.equal(second.supporting, true)
	assert.equal((await s.event('ResponderAssigned', { responderId: b })).supporting, true)
	const third = (await s.ok('Dispatch.Assign', DISPATCHER, { incidentId: incident, responderId: c, supporting: true })).assignment
	assert.equal(third.supporting, true)
	assert.deepEqual([(await board(incident)).wanted, (await board(incident)).assigned, await state(incident)], [3, 3, 'ASSIGNED'])
	// A supporter who is done is no longer wanted.
	await s.ok('Dispatch.Arrive', as(c), { assignmentId: third.assignmentId })
	await s.ok('Dispatch.Clear', as(c), { assignmentId: third.assignmentId })
	assert.deepEqual([(await board(incident)).wanted, await state(incident)], [2, 'ASSIGNED'])
	// The lead is stood down: the supporter leads, and another one is asked.
	await s.ok('Dispatch.Arrive', as(b), { assignmentId: second.assignmentId })
	await s.ok('Dispatch.Release', DISPATCHER, { assignmentId: lead.assignmentId, reason: '另有任务' })
	const ended = await s.event('AssignmentEnded', { assignmentId: lead.assignmentId })
	assert.deepEqual([ended.how, ended.by], ['RELEASED', DISPATCHER.subject])
	await until('the supporter to lead', () => s.seen('ResponderAssigned', { responderId: b, supporting: false }).length === 1)
	assert.equal((await s.ok('Dispatch.GetAssignment', DISPATCHER, { assignmentId: second.assignmentId })).assignment.supporting, false)
	const next = await give(incident, c)
	assert.equal(next.supporting, true)
	// The lead's clear serves the incident; the supporter finishes by himself.
	await s.ok('Dispatch.Clear', as(b), { assignmentId: second.assignmentId })
	assert.equal(s.sql(`select state from dispatch.incident where id = '${incident}'`)[0][0], 'SERVED')
	assert.equal(await status(c), 'EN_ROUTE')
	await everyoneHome()
})

test('two hundred supporters at once: never more than four on one incident', async () => {
	const crew = []
	for (let i = 0; i < 6; i++) crew.push(await onDuty(near(i / 10)))
	const incident = await report()
	await s.event('OfferMade', { incidentId: incident })
	const answers = await Promise.all(Array.from({ length: 200 }, (_, i) =>
		s.rpc('Dispatch.Assign', DISPATCHER, { incidentId: incident, responderId: crew[i % 6], supporting: true, bypassReason: 'test' })))
	assert.equal(answers.filter((x) => x.code === 'OK').length, 4)
	assert.deepEqual(s.sql(`select count(*), count(*) filter (where lead) from dispatch.assignment where incident_id = '${incident}' and ended_at is null`), [['4', '1']])
	for (const x of answers) assert.ok(['OK', 'CONFLICT', 'REFUSED'].includes(x.code), `${x.code} ${x.text}`)
	await everyoneHome()
})

test('an incident is kept for a busy one and his when he clears; he sees his queue', async () => {
	const a = await onDuty(near(1))
	const one = await report()
	const first = await give(one, a)
	const two = await report(near(2)), three = await report(near(3))
	await s.event('DispatchWarning', { incidentId: three, kind: 'nobody_available' })
	assert.equal((await s.rpc('Dispatch.QueueIncident', DISPATCHER, { incidentId: two, responderId: UNKNOWN })).code, 'NOT_FOUND')
	assert.equal((await s.rpc('Dispatch.QueueIncident', DISPATCHER, { incidentId: one, responderId: a })).code, 'CONFLICT')
	const q2 = await s.ok('Dispatch.QueueIncident', DISPATCHER, { incidentId: two, responderId: a })
	const q3 = await s.ok('Dispatch.QueueIncident', DISPATCHER, { incidentId: three, responderId: a })
	const again = await s.ok('Dispatch.QueueIncident', DISPATCHER, { incidentId: two, responderId: a })
	assert.deepEqual([q2.positionInQueue, q3.positionInQueue, again.positionInQueue], [1, 2, 1])
	assert.equal(s.seen('IncidentQueued', { incidentId: two }).length, 1)
	assert.deepEqual((await me(a)).queue.map((q) => [q.incidentId, q.positionInQueue]), [[two, 1], [three, 2]])
	assert.equal((await board(two)).queuedFor, a)
	await s.ok('Dispatch.UnqueueIncident', DISPATCHER, { incidentId: three })
	await s.ok('Dispatch.UnqueueIncident', DISPATCHER, { incidentId: three })
	assert.equal((await me(a)).queue.length, 1)
	await s.stop('SIGKILL')
	await s.start()
	await s.ok('Dispatch.Arrive', as(a), { assignmentId: first.assignmentId })
	await s.ok('Dispatch.Clear', as(a), { assignmentId: first.assignmentId })
	const next = (await me(a)).assignment
	assert.equal(next.incidentId, two)
	assert.deepEqual((await me(a)).queue, [])
	assert.equal((await s.event('IncidentUnqueued', { incidentId: two })).reason, 'assigned')
	await everyoneHome()
})

test('a queued incident goes to somebody better who is free; off duty empties the queue', async () => {
	const a = await onDuty(near(1))
	const one = await report()
	await give(one, a)
	const two = await report(near(2))
	await s.event('DispatchWarning', { incidentId: two, kind: 'nobody_available' })
	await s.ok('Dispatch.QueueIncident', DISPATCHER, { incidentId: two, responderId: a })
	const b = await onDuty(near(3))
	await give(two, b)
	assert.equal((await s.event('IncidentUnqueued', { incidentId: two })).reason, 'taken_by_another')
	const three = await report(near(4))
	await s.event('DispatchWarning', { incidentId: three, kind: 'nobody_available' })
	await s.ok('Dispatch.QueueIncident', DISPATCHER, { incidentId: three, responderId: b })
	await s.tell('AccountChanged', { accountId: b, username: 'x', name: '张巡', roles: ['RESPONDER'], disabled: true, version: 2, at: soon(0) })
	assert.equal((await s.event('IncidentUnqueued', { incidentId: three })).reason, 'off_duty')
	await everyoneHome()
})

test('queueing past somebody free needs a reason; ten at most', async () => {
	const a = await onDuty(near(1))
	await give(await report(), a)
	const b = await onDuty(near(5))
	const incident = await report()
	await s.event('OfferMade', { incidentId: incident, responderId: b })
	await s.ok('Dispatch.HoldIncident', DISPATCHER, { incidentId: incident, until: soon(600000), reason: 'x' })
	const no = await s.rpc('Dispatch.QueueIncident', DISPATCHER, { incidentId: incident, responderId: a })
	assert.equal(no.errors[0].pointer, '/bypassReason')
	assert.equal((await s.rpc('Dispatch.QueueIncident', DISPATCHER, { incidentId: incident, responderId: b, bypassReason: 'x' })).code, 'CONFLICT')
	await s.ok('Dispatch.GoOffDuty', as(b))
	const many = []
	for (let i = 0; i < 12; i++) many.push(await report(near(i)))
	await until('all to wait', () => s.sql("select count(*) from dispatch.incident where state = 'WAITING'")[0][0] === '13')
	const answers = await Promise.all(many.map((id) => s.rpc('Dispatch.QueueIncident', DISPATCHER, { incidentId: id, responderId: a })))
	assert.equal(answers.filter((x) => x.code === 'OK').length, 10)
	assert.equal(answers.filter((x) => x.code === 'REFUSED').length, 2)
	await everyoneHome()
})

test('who was sent past the first choice is on the report, with who and why', async () => {
	const a = await onDuty(near(1)), b = await onDuty(near(6))
	const from = soon(0)
	const one = await report(), two = await report(near(8))
	await s.event('OfferMade', { incidentId: two })
	const mine = await s.ok('Dispatch.Assign', DISPATCHER, { incidentId: one, responderId: b, bypassReason: '带着拖车' })
	const period = { from, to: soon(60000) }
	const r = await s.ok('Dispatch.ReportBypasses', SUPERVISOR, period)
	const row = r.items.find((i) => i.assignmentId === mine.assignment.assignmentId)
	assert.deepEqual([row.reason, row.assignedBy, row.responderId, r.bypasses], ['带着拖车', DISPATCHER.subject, b, 1])
	assert.equal(r.byHand, 1)
	assert.equal((await s.ok('Dispatch.ReportBypasses', { ...SUPERVISOR, districts: '610104' }, period)).items.length, 0)
	assert.equal((await s.rpc('Dispatch.ReportBypasses', SUPERVISOR, { from: period.to, to: from })).code, 'INVALID')
	assert.equal((await s.rpc('Dispatch.ReportBypasses', DISPATCHER, period)).code, 'FORBIDDEN')
	assert.equal((await s.event('ResponderAssigned', { incidentId: one })).bypassReason, '带着拖车')
	assert.ok(a)
	await everyoneHome()
})
