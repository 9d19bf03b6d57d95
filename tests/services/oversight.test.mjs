// oversight.test.mjs - the oversight service alone: timeline by role, clocks, escalations, report.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { Stack, uuid7, until } from './stack.mjs'

const SUPERVISOR = { roles: ['SUPERVISOR'], subject: uuid7() }
const iso = (ms) => new Date(ms).toISOString()
let s
let serial = 0

before(async () => {
	s = await Stack.up('oversight', { arrival_seconds: 600, arrival_warn_seconds: 120, level_minutes: 0 })
})
after(() => s?.down())

// An incident accepted `ago` seconds before now.
async function report(ago = 0, extra = {}) {
	const id = uuid7(), at = Date.now() - ago * 1000
	await s.tell('IncidentReported', {
		incidentId: id, district: '610103', caseNo: `C${++serial}`, orderNo: `O${serial}`, lane: 'RAPID',
		place: { text: '钟楼', position: { lon: 108.94, lat: 34.26, datum: 'WGS84' } }, lon: 108.94, lat: 34.26,
		caller: { name: '王小明', phone: '13912345678' }, description: '撞了前车', vehicles: [{ plate: '陕A12345', plateType: '02' }],
		reportedAt: iso(at), acceptedAt: iso(at), promisedArrivalAt: iso(at + 600000), ...extra,
	})
	await until('the clocks', () => s.sql(`select 1 from oversight.incident where id = '${id}'`).length)
	return { id, at, district: extra.district ?? '610103' }
}

const arrive = (i, afterS, responderId = uuid7()) =>
	s.tell('ResponderArrived', { assignmentId: uuid7(), incidentId: i.id, district: i.district, responderId, at: iso(i.at + afterS * 1000), proofs: ['tap'] })
const handOff = (i, afterS) =>
	s.tell('ClaimsHandedOff', { incidentId: i.id, district: i.district, insurers: ['PICC'], at: iso(i.at + afterS * 1000) })
const phase = (i, to, from = 'DISPATCHING') =>
	s.tell('IncidentPhaseChanged', { incidentId: i.id, district: i.district, from, to, cause: 'test', at: iso(Date.now()) })
const clock = (i, kind) => s.sql(`select state, warned_at is not null, escalated_at is not null from oversight.clock where incident_id = '${i.id}' and kind = '${kind}'`)[0]
const settled = (i, state, kind = 'ARRIVAL') => until(`${kind} ${state}`, () => clock(i, kind)?.[0] === state)

test('the timeline holds every event, masked, in order, by page', async () => {
	const i = await report(), r = uuid7()
	await s.tell('ResponderAssigned', { assignmentId: uuid7(), incidentId: i.id, district: i.district, responderId: r, responderName: '张巡', responderPhone: '13800138000', insurer: 'PICC', at: iso(Date.now()) })
	await arrive(i, 300, r)
	await s.tell('ClaimStateChanged', { claimId: uuid7(), incidentId: i.id, district: i.district, insurer: 'CPIC', from: 'UNSPECIFIED', to: 'NOTIFIED', at: iso(Date.now()) })
	await s.tell('PartyLinkIssued', { incidentId: i.id, district: i.district, partyId: uuid7(), phone: '13912345678', token: 'very-secret-token', at: iso(Date.now()) })
	const line = async (who) => (await s.ok('Oversight.GetTimeline', who, { incidentId: i.id })).items
	const all = await until('five lines', async () => { const l = await line({ roles: ['AUDITOR'] }); return l.length === 5 && l })
	assert.deepEqual(all.map((e) => e.type), ['IncidentReported', 'ResponderAssigned', 'ResponderArrived', 'ClaimStateChanged', 'PartyLinkIssued'])
	assert.equal(new Date(all[2].at).getTime(), i.at + 300000)
	const text = JSON.stringify(all) + s.sql(`select string_agg(summary::text, '') from oversight.timeline where incident_id = '${i.id}'`)
	for (const secret of ['13912345678', '13800138000', '王小明', '陕A12345', '撞了前车', 'very-secret-token']) assert.ok(!text.includes(secret), secret)
	assert.ok(text.includes('138****8000'))

	const types = async (who) => (await line(who)).map((e) => e.type)
	assert.deepEqual(await types({ roles: ['SUPERVISOR'] }), ['IncidentReported', 'ResponderAssigned', 'ResponderArrived', 'ClaimStateChanged'])
	assert.deepEqual(await types({ roles: ['OFFICER'], districts: '610103' }), ['IncidentReported', 'ResponderAssigned', 'ResponderArrived'])
	assert.deepEqual(await types({ roles: ['RESPONDER'], subject: r }), ['ResponderAssigned', 'ResponderArrived'])
	assert.deepEqual(await types({ roles: ['INSURER'], org: 'CPIC' }), ['ClaimStateChanged'])
	assert.deepEqual(await types({ roles: ['PARTY'], incident: i.id }), ['ResponderAssigned', 'ResponderArrived'])
	for (const who of [{ roles: ['OFFICER'], districts: '610104' }, { roles: ['RESPONDER'], subject: uuid7() }, { roles: ['INSURER'], org: 'PAIC' }, { roles: ['INSURER'] }, { roles: ['PARTY'], incident: uuid7() }, { roles: ['SUPERVISOR'], districts: '610102' }]) {
		const a = await s.rpc('Oversight.GetTimeline', who, { incidentId: i.id })
		assert.ok(['NOT_FOUND', 'BUSY'].includes(a.code), `${JSON.stringify(who)} ${a.code}`)
	}
	const p1 = await s.ok('Oversight.GetTimeline', { roles: ['AUDITOR'] }, { incidentId: i.id, pageSize: 3 })
	const p2 = await s.ok('Oversight.GetTimeline', { roles: ['AUDITOR'] }, { incidentId: i.id, pageSize: 3, cursor: p1.nextCursor })
	assert.deepEqual([...p1.items, ...p2.items].map((e) => e.eventId), all.map((e) => e.eventId))
	assert.ok(!p2.nextCursor)
	assert.equal((await s.rpc('Oversight.GetTimeline', SUPERVISOR, { incidentId: i.id, cursor: 'x.y' })).code, 'INVALID')
})

test('clocks start, stop, are cancelled; a warning comes before the limit', async () => {
	const calm = await report(), soon = await report(500), out = await report(), officer = await report(0, { lane: 'OFFICER' })
	await s.event('ClockWarned', { incidentId: soon.id, clock: 'ARRIVAL' })
	assert.deepEqual(clock(soon, 'ARRIVAL'), ['RUNNING', 't', 'f'])
	assert.deepEqual(clock(calm, 'ARRIVAL'), ['RUNNING', 'f', 'f'])
	await arrive(soon, 520)
	await settled(soon, 'STOPPED')
	await phase(out, 'TO_OFFICER')
	await settled(out, 'CANCELLED')
	assert.equal(clock(out, 'WHOLE_CASE')[0], 'CANCELLED')
	assert.equal(clock(officer, 'ARRIVAL'), undefined)
	const finder = await report(0, { responderId: uuid7() })
	assert.equal(clock(finder, 'ARRIVAL'), undefined)
	assert.equal(clock(finder, 'WHOLE_CASE')[0], 'RUNNING')
	await new Promise((r) => setTimeout(r, 1200))
	assert.equal(s.seen('EscalationRaised').length, 0)
	assert.equal(s.seen('ClockWarned', { incidentId: soon.id }).length, 1)
})

test('a passed limit escalates once, goes up unless someone answers, and is answered once', async () => {
	const late = await report(700)
	const up = await s.event('EscalationRaised', { incidentId: late.id, level: 1 })
	assert.equal(up.clock, 'ARRIVAL')
	assert.equal(s.seen('ClockWarned', { incidentId: late.id, clock: 'ARRIVAL' }).length, 0, 'no warning after the fact')
	// level_minutes is 0 here.
	await s.event('EscalationRaised', { incidentId: late.id, level: 2, escalationId: up.escalationId })
	const open = await s.ok('Oversight.ListEscalations', SUPERVISOR, { open: true })
	assert.deepEqual(open.items.map((e) => [e.escalationId, e.level]), [[up.escalationId, 2]])
	assert.equal((await s.ok('Oversight.ListEscalations', { ...SUPERVISOR, districts: '610104' })).items.length, 0)
	const id = { escalationId: up.escalationId }
	assert.equal((await s.rpc('Oversight.AcknowledgeEscalation', SUPERVISOR, id)).code, 'INVALID')
	assert.equal((await s.rpc('Oversight.AcknowledgeEscalation', { roles: ['DISPATCHER'] }, { ...id, note: 'x' })).code, 'FORBIDDEN')
	const ack = await s.ok('Oversight.AcknowledgeEscalation', SUPERVISOR, { ...id, note: '已电话催促' })
	assert.equal(ack.escalation.acknowledgedBy, SUPERVISOR.subject)
	await s.ok('Oversight.AcknowledgeEscalation', SUPERVISOR, { ...id, note: '再说一遍' })
	assert.equal((await s.rpc('Oversight.AcknowledgeEscalation', { ...SUPERVISOR, subject: uuid7() }, { ...id, note: '我也看到了' })).code, 'CONFLICT')
	await s.event('EscalationAcknowledged', id)
	assert.equal(s.seen('EscalationAcknowledged', id).length, 1)
	await until('its own line', () => s.sql(`select 1 from oversight.timeline where type = 'EscalationAcknowledged'`).length)
	assert.equal((await s.ok('Oversight.ListEscalations', SUPERVISOR, { open: true })).items.length, 0)
	assert.equal(s.seen('EscalationRaised', { incidentId: late.id }).length, 2)
})

test('kill -9 loses no clock', async () => {
	const i = await report(479)
	await s.stop('SIGKILL')
	await s.start()
	await s.event('ClockWarned', { incidentId: i.id, clock: 'ARRIVAL' })
	await arrive(i, 480)
	await settled(i, 'STOPPED')
})

// Linear interpolation, as percentile_cont; a second implementation to compare with.
function percentile(values, p) {
	const v = [...values].sort((a, b) => a - b), k = (v.length - 1) * p, lo = Math.floor(k)
	return v[lo] + (v[Math.min(lo + 1, v.length - 1)] - v[lo]) * (k - lo)
}

test('the report is exact, with every exclusion named', async () => {
	const from = Date.now() - 40 * 86400e3, ago = (k) => (Date.now() - from) / 1000 - 3600 * k
	const day = { a: '610104', b: '610113' }
	const took = { a: [], b: [] }, responder = uuid7()
	for (let k = 0; k < 24; k++) {
		const g = k % 3 ? 'a' : 'b', secs = 120 + ((k * 137) % 700)
		const i = await report(ago(k), { district: day[g] })
		await arrive(i, secs, responder)
		await handOff(i, secs + 700)
		await settled(i, 'STOPPED', 'WHOLE_CASE')
		took[g].push(secs)
	}
	for (const to of ['MERGED', 'CANCELLED', 'TO_OFFICER', 'TO_GENERAL', 'SELF_SETTLED']) {
		const i = await report(ago(30), { district: day.a })
		await phase(i, to)
		await settled(i, 'CANCELLED')
	}
	await report(ago(31), { district: day.a })                     // open, and late
	await report(ago(31), { district: day.a, lane: 'GENERAL' })
	await report(ago(31), { district: day.a, responderId: uuid7() })
	const req = { from: iso(from), to: iso(from + 3 * 86400e3) }
	const r = await s.ok('Oversight.ReportSla', SUPERVISOR, { ...req, by: 'district' })
	assert.equal(r.otherLanes, 1)
	assert.equal(r.total.cases, 31)
	const all = [...took.a, ...took.b], near = (x, y) => assert.ok(Math.abs(x - y) < 1e-3, `${x} is not ${y}`)
	const { arrival } = r.total
	near(arrival.p50S, percentile(all, 0.5)); near(arrival.p90S, percentile(all, 0.9)); near(arrival.p99S, percentile(all, 0.99))
	near(arrival.meanS, all.reduce((a, b) => a + b) / all.length); near(arrival.maxS, Math.max(...all))
	const inTime = all.filter((x) => x <= 600).length
	assert.deepEqual([arrival.stopped, arrival.inTime, arrival.counted, arrival.openLate], [24, inTime, 25, 1])
	near(arrival.compliancePercent, Math.round((1e4 * inTime) / 25) / 100)
	assert.deepEqual([arrival.merged, arrival.cancelled, arrival.leftLane, arrival.selfInitiated, arrival.openInTime], [1, 1, 3, 1, 0])
	assert.equal(r.total.wholeCase.openLate, 2)
	near(r.total.wholeCase.p50S, percentile(all, 0.5) + 700)
	assert.deepEqual(r.rows.map((x) => x.district), [day.a, day.b])
	near(r.rows[1].arrival.p90S, percentile(took.b, 0.9))
	const hours = await s.ok('Oversight.ReportSla', SUPERVISOR, { ...req, by: 'hour' })
	assert.equal(hours.rows.length, 24)
	assert.equal(hours.rows.reduce((n, x) => n + x.cases, 0), 31)
	const people = await s.ok('Oversight.ReportSla', SUPERVISOR, { ...req, by: 'responder,district' })
	assert.ok(people.rows.some((x) => x.responderId === responder && x.district === day.b && x.cases === 8))
	const mine = await s.ok('Oversight.ReportSla', { ...SUPERVISOR, districts: day.b }, req)
	assert.deepEqual([mine.total.cases, mine.rows.length], [8, 0])
	for (const bad of [{ ...req, by: 'weather' }, { ...req, by: 'hour,hour' }, { from: req.to, to: req.from }, { from: iso(0), to: iso(Date.now()) }])
		assert.equal((await s.rpc('Oversight.ReportSla', SUPERVISOR, bad)).code, 'INVALID')
	const none = await s.ok('Oversight.ReportSla', SUPERVISOR, { from: '2020-01-01T00:00:00Z', to: '2020-02-01T00:00:00Z', by: 'district' })
	assert.deepEqual([none.total.cases, none.rows.length], [0, 0])
})

test('the same event twice is one line', async () => {
	const i = await report(), id = uuid7()
	const event = { incidentId: i.id, district: i.district, requestedBy: uuid7(), role: 'PARTY', reason: '要求民警到场', at: iso(Date.now()) }
	for (let k = 0; k < 3; k++) await s.tell('OfficerRequested', event, id)
	await arrive(i, 10)
	await settled(i, 'STOPPED')
	assert.equal(s.sql(`select count(*) from oversight.timeline where event_id = '${id}'`)[0][0], '1')
	assert.deepEqual(s.sql('select type, reason from oversight.dead_letter'), [])
})

test('the database refuses what must never be', async () => {
	const i = await report()
	const refused = (text, why) => assert.throws(() => s.sql(`begin; ${text}; rollback`), (e) => String(e.stderr).includes(why), why)
	const esc = `insert into oversight.escalation (id, incident_id, kind, district, due_at, raised_at, level_at) values (gen_random_uuid(), '${i.id}', 'ARRIVAL', '', now(), now(), now())`
	refused(`${esc}; ${esc}`, 'escalation_incident_id_kind_key')
	refused(`${esc}; update oversight.escalation set level = 3`, 'check constraint')
	refused(`${esc}; update oversight.escalation set acknowledged_at = now() where acknowledged_at is null`, 'check constraint')
	refused(`update oversight.clock set state = 'STOPPED' where incident_id = '${i.id}'`, 'check constraint')
	refused(`update oversight.incident set left_how = 'LOST' where id = '${i.id}'`, 'check constraint')
	assert.equal(s.sql("select has_schema_privilege('jb_oversight', 'dispatch', 'usage')")[0][0], 'f')
})
