// intake.test.mjs - the intake service alone: orders and their repeats, lanes, districts, duplicates,
// phases moved by events and by hand, who may see what.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync, existsSync } from 'node:fs'
import { join, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Stack, uuid7, until } from './stack.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const seed = readFileSync(join(root, 'db/seed/districts.geojson'), 'utf8')
const real = join(process.env.JB_SHARED ?? join(root, '../shared'), 'data/xian/districts/xian_districts_wgs84.geojson')
const DISPATCHER = { roles: ['DISPATCHER'], subject: uuid7() }
const ADMIN = { roles: ['ADMIN'], subject: uuid7() }
const SOUTH_GATE = { lon: 108.9423, lat: 34.2495 }
let s
let serial = 0

const at = (p, datum = 'WGS84') => ({ ...p, datum })
const no = () => `122-${++serial}`
const order = (extra = {}, place = SOUTH_GATE) => ({
	orderNo: no(), channel: 'PHONE_122', reportedAt: new Date(Date.now() - 30000).toISOString(),
	place: { text: '南门盘道', position: at(place) }, ...extra,
})
// Apart from every other test's places, so that nothing is a duplicate by accident.
let places = 0
const elsewhere = () => ({ lon: 108.5 + (places % 20) * 0.009, lat: 33.95 + Math.floor(places++ / 20) * 0.009 })
const submit = (o) => s.ok('Intake.SubmitOrder', DISPATCHER, o)
const make = async (extra) => (await submit(order(extra, elsewhere()))).incidentId
const get = async (id, who = DISPATCHER) => (await s.ok('Intake.GetIncident', who, { incidentId: id })).incident
const phase = async (id) => (await get(id)).phase
const reaches = (id, p) => until(`phase ${p}`, async () => (await phase(id)) === p)
const fact = (id, more = {}) => ({ incidentId: id, district: '610103', at: new Date().toISOString(), ...more })
const assigned = (id, responderId, more) =>
	s.tell('ResponderAssigned', { ...fact(id), assignmentId: uuid7(), responderId, responderName: '张巡', insurer: 'PICC', ...more })

before(async () => {
	s = await Stack.up('intake')
	assert.equal((await s.ok('Intake.ImportDistricts', ADMIN, { geojson: seed })).changed, 13)
	await until('the polygons to be in use', async () => (await submit(order({}, elsewhere()))).district !== '000000')
})
after(() => s?.down())

test('an order becomes an incident in its district, with promise, number and event', async () => {
	const o = order({ caller: { name: '张三', phone: '13800138000' }, vehicles: [{ plate: '陕A12345', plateType: '02' }] }, { lon: 108.955, lat: 34.235 })
	const r = await submit(o)
	assert.match(r.caseNo, /^JB\d{8}-\d{7,}$/)
	assert.equal(r.lane, 'RAPID')
	assert.equal(r.phase, 'REPORTED')
	assert.equal(r.district, '610103')
	assert.equal(Date.parse(r.promisedArrivalAt) - Date.parse(r.acceptedAt), 600000)
	const e = await s.event('IncidentReported', { incidentId: r.incidentId })
	assert.equal(e.orderNo, o.orderNo)
	assert.equal(e.caller.phone, '13800138000')
	assert.ok(Math.abs(e.lon - 108.955) < 1e-9)
	const i = await get(r.incidentId)
	assert.equal(i.brigade, '碑林交警大队')
	assert.equal(i.vehicles[0].plate, '陕A12345')
	assert.equal((await s.ok('Intake.GetOrder', DISPATCHER, { orderNo: o.orderNo })).incident.incidentId, r.incidentId)
})

test('a position is taken in its datum, kept as given and answered in the one asked for', async () => {
	const gcj = { lon: 108.94465, lat: 34.258409 }
	const r = await submit(order({}, elsewhere()))
	const o = order()
	o.place.position = at(gcj, 'GCJ02')
	const id = (await submit(o)).incidentId
	const i = await get(id)
	assert.deepEqual([i.place.position.lon, i.place.position.datum], [gcj.lon, 'GCJ02'])
	assert.ok(Math.abs(i.position.lon - 108.94) < 2e-6 && Math.abs(i.position.lat - 34.26) < 2e-6)
	const bd = (await s.ok('Intake.GetIncident', DISPATCHER, { incidentId: id, datum: 'BD09' })).incident.position
	assert.ok(Math.abs(bd.lon - 108.95108) < 2e-6 && bd.datum === 'BD09')
	assert.ok(r.incidentId < id, 'ids rise')
})

test('50 equal orders at once make one incident and 50 equal answers', async () => {
	const o = order({ caller: { name: '李四', phone: '029-87654321' } }, elsewhere())
	const all = await Promise.all(Array.from({ length: 50 }, () => s.ok('Intake.SubmitOrder', DISPATCHER, o)))
	assert.equal(new Set(all.map((x) => JSON.stringify(x))).size, 1)
	assert.deepEqual(s.sql(`select count(*) from intake.incident where order_no = '${o.orderNo}'`), [['1']])
	assert.deepEqual(s.sql(`select count(*) from intake.outbox where key = '${all[0].incidentId}'`), [['1']])
})

test('a used number with other content is refused, naming what differs', async () => {
	const o = order({ caller: { name: '李四' }, vehicles: [{ plate: '陕A12345' }], weather: '晴' }, elsewhere())
	await submit(o)
	const other = structuredClone(o)
	other.caller.name = '王五'
	other.vehicles[0].plate = '陕A54321'
	delete other.weather
	const r = await s.rpc('Intake.SubmitOrder', DISPATCHER, other)
	assert.equal(r.code, 'REFUSED')
	assert.deepEqual(r.errors.map((e) => e.pointer).sort(), ['/caller/name', '/vehicles/0/plate', '/weather'])
	assert.ok(!JSON.stringify(r).includes('李四'), 'no personal data in the refusal')
})

test('lanes follow the gate table, each hit with its basis and version', async () => {
	const rapid = await submit(order({ flags: ['NO_INSPECTION'] }, elsewhere()))
	assert.deepEqual([rapid.lane, rapid.gates[0].code, rapid.gates[0].level], ['RAPID', 'X15', 'C'])
	const officer = await submit(order({ vehicles: [{ plate: '陕A12345', movable: false }] }, elsewhere()))
	assert.deepEqual([officer.lane, officer.phase, officer.promisedArrivalAt], ['OFFICER', 'TO_OFFICER', undefined])
	assert.deepEqual([officer.gates[0].code, officer.gates[0].basis, officer.gates[0].version], ['X13', 'P13(5), P24', 1])
	const general = await submit(order({ casualties: { injured: 1 }, flags: ['DRINK'] }, elsewhere()))
	assert.deepEqual([general.lane, general.phase, general.gates.map((g) => g.code)], ['GENERAL', 'TO_GENERAL', ['X02', 'X04']])
	const table = await s.ok('Intake.ListGates', DISPATCHER)
	assert.ok(table.items.length >= 25 && table.items.some((g) => g.fact === 'DRINK' && g.flag))
})

test('bad content is named by field', async () => {
	const cases = [
		[{ flags: ['DRUNKK'] }, 'INVALID', '/flags/0'],
		[{ vehicles: [{ plate: '陕AD12345', plateType: '02' }] }, 'INVALID', '/vehicles/0/plateType'],
		[{ reportedAt: new Date(Date.now() + 3600000).toISOString() }, 'INVALID', '/reportedAt'],
		[{ place: { text: '伦敦', position: at({ lon: -0.12, lat: 51.5 }) } }, 'REFUSED', '/place/position'],
	]
	for (const [extra, code, pointer] of cases) {
		const o = order(extra)
		const r = await s.rpc('Intake.SubmitOrder', DISPATCHER, o)
		assert.equal(r.code, code, JSON.stringify(extra))
		assert.equal(r.errors[0].pointer, pointer)
		assert.equal((await s.rpc('Intake.GetOrder', DISPATCHER, { orderNo: o.orderNo })).code, 'NOT_FOUND')
	}
})

test('likely duplicates are shown with score and reasons, and never merged by themselves', async () => {
	const p = elsewhere()
	const first = await submit(order({ vehicles: [{ plate: '陕A77777' }], caller: { phone: '13900139000' } }, p))
	const near = (m, extra, back = 0) =>
		submit(order({ ...extra, reportedAt: new Date(Date.now() - 30000 - back).toISOString() }, { lon: p.lon + m / 92000, lat: p.lat }))
	const same = await near(100, { vehicles: [{ plate: '陕A77777' }], caller: { phone: '+86 139-0013-9000' } })
	assert.deepEqual(same.duplicates[0].reasons, ['near_place', 'near_time', 'same_plate', 'same_phone'])
	assert.equal(same.duplicates[0].incidentId, first.incidentId)
	const bare = await near(-250, {})
	const other = await near(-250, { vehicles: [{ plate: '陕A11111' }] })
	const score = (r) => r.duplicates.find((d) => d.incidentId === first.incidentId)?.score ?? 0
	assert.ok(score(same) > score(bare) && score(bare) > score(other) && score(other) > 0)
	assert.equal(score(await near(-400, {})), 0)
	assert.equal(score(await near(0, {}, 16 * 60000)), 0)
	assert.equal(await phase(same.incidentId), 'REPORTED')
	// Seen from the order as it was when it came, whatever happened since.
	await s.ok('Intake.CancelIncident', DISPATCHER, { incidentId: first.incidentId, reason: '误报' })
	assert.equal((await get(same.incidentId)).duplicates[0].incidentId, first.incidentId)
	assert.equal(score(await near(0, {})), 0)
})

test('events move the phase forward, in any order, and end it closed', async () => {
	const id = await make()
	const who = uuid7()
	await s.tell('OfferMade', { ...fact(id), at: undefined, madeAt: new Date().toISOString(), offerId: uuid7(), responderId: who })
	await reaches(id, 'DISPATCHING')
	await assigned(id, who)
	await reaches(id, 'EN_ROUTE')
	assert.equal((await get(id)).assignment.responderId, who)
	await s.tell('AssignmentEnded', { ...fact(id), assignmentId: uuid7(), responderId: who, how: 'RELEASED' })
	await reaches(id, 'DISPATCHING')
	assert.equal((await get(id)).assignment, undefined)
	await assigned(id, who)
	await s.tell('ResponderArrived', { ...fact(id), assignmentId: uuid7(), responderId: who })
	await reaches(id, 'ON_SCENE')
	await s.tell('SceneSubmitted', { ...fact(id), reviewId: uuid7() })
	await reaches(id, 'UNDER_REVIEW')
	await s.tell('ReviewDiverted', { ...fact(id), reviewId: uuid7(), where: 'retake' })
	await reaches(id, 'ON_SCENE')
	await s.tell('SettlementComputed', fact(id))
	await reaches(id, 'LOSS_ASSESSED')
	await s.tell('DeterminationMade', { ...fact(id), determinationId: uuid7() })
	await s.tell('ClaimsSettled', fact(id))
	await reaches(id, 'CLOSED')
	await s.tell('ClaimsHandedOff', fact(id))
	await s.tell('AssignmentEnded', { ...fact(id), assignmentId: uuid7(), responderId: who, how: 'CLEARED' })
	const told = s.seen('IncidentPhaseChanged', { incidentId: id })
	assert.deepEqual(told.map((e) => e.to), ['DISPATCHING', 'EN_ROUTE', 'DISPATCHING', 'EN_ROUTE', 'ON_SCENE', 'UNDER_REVIEW', 'ON_SCENE', 'LOSS_ASSESSED', 'SETTLED', 'CLOSED'])
	told.forEach((e, k) => assert.equal(e.from, k ? told[k - 1].to : 'REPORTED'))
	assert.equal(told[0].cause, 'OfferMade')
	assert.equal((await get(id)).assignment.responderId, who)
})

test('an event delivered twice moves once', async () => {
	const id = await make()
	const e = { ...fact(id), assignmentId: uuid7(), responderId: uuid7() }
	const eventId = uuid7()
	await s.tell('ResponderAssigned', e, eventId)
	await reaches(id, 'EN_ROUTE')
	await s.tell('AssignmentEnded', { ...e, how: 'RELEASED' })
	await reaches(id, 'DISPATCHING')
	await s.tell('ResponderAssigned', e, eventId)
	await s.tell('SceneSubmitted', { ...fact(id), reviewId: uuid7() })
	await reaches(id, 'UNDER_REVIEW')
	assert.deepEqual(s.seen('IncidentPhaseChanged', { incidentId: id }).map((x) => x.to), ['EN_ROUTE', 'DISPATCHING', 'UNDER_REVIEW'])
})

test('the database itself refuses a step that is not in the table', async () => {
	const id = await make()
	for (const [p, cause] of [['CLOSED', 'close'], ['SETTLED', 'close'], ['NOWHERE', 'cancel']])
		assert.throws(() => s.sql(`update intake.incident set phase = '${p}', phase_cause = '${cause}' where id = '${id}'`), /no step/)
	assert.throws(() => s.sql(`update intake.incident set lane = 'RAPID', first_lane = 'GENERAL' where id = '${id}'`), /only_stricter/)
})

test('anyone on the case gets an officer, nobody else does', async () => {
	const id = await make()
	const party = { roles: ['PARTY'], subject: uuid7(), incident: id, party: uuid7() }
	const stranger = { ...party, incident: uuid7() }
	assert.equal((await s.rpc('Intake.RequestOfficer', stranger, { incidentId: id })).code, 'NOT_FOUND')
	const r = await s.ok('Intake.RequestOfficer', party, { incidentId: id, reason: '对方不配合' })
	assert.equal(r.phase, 'TO_OFFICER')
	const e = await s.event('OfficerRequested', { incidentId: id })
	assert.deepEqual([e.role, e.requestedBy], ['PARTY', party.party])
	// Asked again, and asked late, it is still taken down.
	await s.ok('Intake.RequestOfficer', DISPATCHER, { incidentId: id })
	assert.equal(await phase(id), 'TO_OFFICER')
	const late = await make()
	await s.tell('ClaimsHandedOff', fact(late))
	await reaches(late, 'HANDED_OFF')
	assert.equal((await s.ok('Intake.RequestOfficer', DISPATCHER, { incidentId: late })).phase, 'HANDED_OFF')
	assert.equal((await get(late)).officerRequested, true)
})

test('merge, unmerge, and a request that follows the merge', async () => {
	const [a, b, c] = [await make(), await make(), await make()]
	const merge = (incidentId, into) => s.rpc('Intake.MergeIncident', DISPATCHER, { incidentId, into })
	assert.equal((await merge(a, a)).code, 'INVALID')
	assert.equal((await merge(a, b)).out.phase, 'MERGED')
	assert.equal((await merge(a, b)).code, 'OK')
	assert.equal((await merge(a, c)).code, 'REFUSED')
	assert.equal((await merge(b, c)).code, 'REFUSED')
	assert.equal((await merge(c, a)).code, 'REFUSED')
	assert.equal((await s.event('IncidentPhaseChanged', { incidentId: a })).mergedInto, b)
	assert.deepEqual((await get(b)).mergedFrom, [a])
	const party = { roles: ['PARTY'], subject: uuid7(), incident: a, party: uuid7() }
	assert.equal((await s.ok('Intake.RequestOfficer', party, { incidentId: a })).incidentId, b)
	assert.equal(await phase(b), 'TO_OFFICER')
	assert.equal((await s.ok('Intake.UnmergeIncident', DISPATCHER, { incidentId: a })).phase, 'REPORTED')
	assert.equal((await s.ok('Intake.UnmergeIncident', DISPATCHER, { incidentId: a })).phase, 'REPORTED')
	assert.deepEqual((await get(b)).mergedFrom, [])
})

test('an officer asked for, or needed, goes along with a merge', async () => {
	const [asked, plain, needed, other] = [await make(), await make(), await make({ flags: ['NO_INSURANCE'] }), await make()]
	await s.ok('Intake.RequestOfficer', DISPATCHER, { incidentId: asked })
	await s.ok('Intake.MergeIncident', DISPATCHER, { incidentId: asked, into: plain })
	const i = await get(plain)
	assert.deepEqual([i.phase, i.officerRequested], ['TO_OFFICER', true])
	await s.ok('Intake.MergeIncident', DISPATCHER, { incidentId: needed, into: other })
	assert.equal(await phase(other), 'TO_OFFICER')
})

test('two merges the other way round at once: one wins, nothing hangs', async () => {
	for (let k = 0; k < 10; k++) {
		const [a, b] = [await make(), await make()]
		const both = await Promise.all([
			s.rpc('Intake.MergeIncident', DISPATCHER, { incidentId: a, into: b }),
			s.rpc('Intake.MergeIncident', DISPATCHER, { incidentId: b, into: a }),
		])
		assert.deepEqual(both.map((r) => r.code).sort(), ['OK', 'REFUSED'])
	}
})

test('cancel and reopen, with repeats', async () => {
	const o = order({ flags: ['NO_INSURANCE'] }, elsewhere())
	const id = (await submit(o)).incidentId
	const cancel = { orderNo: o.orderNo, reason: '误报' }
	assert.equal((await s.ok('Intake.CancelOrder', DISPATCHER, cancel)).phase, 'CANCELLED')
	assert.equal((await s.ok('Intake.CancelOrder', DISPATCHER, cancel)).phase, 'CANCELLED')
	assert.equal((await get(id)).endReason, '误报')
	assert.equal(s.seen('IncidentPhaseChanged', { incidentId: id, to: 'CANCELLED' }).length <= 1, true)
	assert.equal((await s.ok('Intake.ReopenIncident', DISPATCHER, { incidentId: id, reason: '确有事故' })).phase, 'TO_OFFICER')
	assert.equal((await s.ok('Intake.CloseIncident', { roles: ['BRIGADE'], subject: uuid7() }, { incidentId: id, reason: '现场处理完毕' })).phase, 'CLOSED')
	assert.equal((await s.rpc('Intake.CancelIncident', DISPATCHER, { incidentId: id, reason: 'x' })).code, 'REFUSED')
	assert.equal((await s.rpc('Intake.CancelOrder', DISPATCHER, { orderNo: 'none', reason: 'x' })).code, 'NOT_FOUND')
	const gone = await make()
	await s.ok('Intake.CancelIncident', DISPATCHER, { incidentId: gone, reason: '误报' })
	assert.equal((await s.ok('Intake.RequestOfficer', DISPATCHER, { incidentId: gone })).phase, 'TO_OFFICER')
	assert.equal((await get(gone)).endReason, '')
	const own = await make()
	assert.equal((await s.ok('Intake.SelfSettleIncident', DISPATCHER, { incidentId: own })).phase, 'SELF_SETTLED')
})

test('amended facts can only make the lane stricter', async () => {
	const o = order({ weather: '晴', vehicles: [{ plate: '陕A12345' }] }, elsewhere())
	const id = (await submit(o)).incidentId
	const amend = (more) => s.ok('Intake.AmendOrder', DISPATCHER, { orderNo: o.orderNo, ...more })
	assert.deepEqual((await amend({ weather: '晴' })).fields, [])
	const a = await amend({ casualties: { injured: 1, slightInjuryAllAgree: true }, weather: '雨' })
	assert.deepEqual([a.lane, a.phase, a.fields.sort()], ['OFFICER', 'TO_OFFICER', ['/casualties', '/weather']])
	const b = await amend({ casualties: {} })
	assert.deepEqual([b.lane, b.phase, b.gates], ['OFFICER', 'TO_OFFICER', []])
	const moved = await amend({ place: { text: '灞桥', position: at({ lon: 109.07, lat: 34.27 }) } })
	assert.equal(moved.district, '610111')
	const e = await s.event('IncidentAmended', { incidentId: id, district: '610111' })
	assert.ok(Math.abs(e.lon - 109.07) < 1e-9)
	const now = await get(id)
	assert.deepEqual([now.weather, now.vehicles[0].plate, now.place.text], ['雨', '陕A12345', '灞桥'])
	// The first content still answers its repeat.
	assert.equal((await submit(o)).incidentId, id)
	assert.deepEqual(s.sql(`select count(*) from intake.order_amendment where order_no = '${o.orderNo}'`), [['3']])
})

test('a responder who comes upon a crash gets an order filled in, once per key', async () => {
	const me = { roles: ['RESPONDER'], subject: uuid7(), key: uuid7() }
	const report = { place: { text: '小寨', position: at({ lon: 108.95, lat: 34.21 }, 'GCJ02') }, vehicles: [{ plate: '陕A12345' }] }
	const r = await s.ok('Intake.CreateIncident', me, report)
	assert.match(r.orderNo, /^SELF-/)
	assert.equal((await s.ok('Intake.CreateIncident', me, report)).incidentId, r.incidentId)
	const e = await s.event('IncidentReported', { incidentId: r.incidentId })
	assert.deepEqual([e.responderId, e.channel], [me.subject, 'RESPONDER'])
	assert.equal((await get(r.incidentId, me)).orderNo, r.orderNo)
})

test('each sees what his role may, and hidden looks like not there', async () => {
	const id = (await submit(order({}, { lon: 108.956, lat: 34.236 }))).incidentId
	const who = uuid7()
	await assigned(id, who)
	await reaches(id, 'EN_ROUTE')
	const may = async (p) => (await s.rpc('Intake.GetIncident', { subject: uuid7(), ...p }, { incidentId: id })).code
	assert.equal(await may({ roles: ['OFFICER'] }), 'OK')
	assert.equal(await may({ roles: ['OFFICER'], districts: '610104 610103' }), 'OK')
	assert.equal(await may({ roles: ['OFFICER'], districts: '610104' }), 'NOT_FOUND')
	assert.equal(await may({ roles: ['RESPONDER'], subject: who }), 'OK')
	assert.equal(await may({ roles: ['RESPONDER'] }), 'NOT_FOUND')
	assert.equal(await may({ roles: ['PARTY'], incident: id }), 'OK')
	assert.equal(await may({ roles: ['PARTY'], incident: uuid7() }), 'NOT_FOUND')
	assert.equal(await may({ roles: ['INSURER'], org: 'PICC' }), 'FORBIDDEN')
	const list = async (p) => ((await s.ok('Intake.ListIncidents', { subject: uuid7(), ...p }, { pageSize: 200 })).items ?? [])
	assert.ok((await list({ roles: ['OFFICER'], districts: '610104' })).every((i) => i.district === '610104'))
	assert.deepEqual((await list({ roles: ['RESPONDER'], subject: who })).map((i) => i.incidentId), [id])
})

test('the list pages newest first without gap or repeat, and filters', async () => {
	const ids = []
	for (let k = 0; k < 7; k++) ids.unshift((await submit(order({ place: { text: '页面测试路', position: at(elsewhere()) } }))).incidentId)
	const seen = []
	let cursor
	do {
		const page = await s.ok('Intake.ListIncidents', DISPATCHER, { q: '页面测试', pageSize: 3, ...(cursor && { cursor }) })
		seen.push(...page.items.map((i) => i.incidentId))
		cursor = page.nextCursor
	} while (cursor)
	assert.deepEqual(seen, ids)
	await s.ok('Intake.CancelIncident', DISPATCHER, { incidentId: ids[0], reason: 'x' })
	const some = async (f) => ((await s.ok('Intake.ListIncidents', DISPATCHER, { q: '页面测试', ...f })).items ?? []).length
	assert.equal(await some({ phase: 'CANCELLED' }), 1)
	assert.equal(await some({ open: true }), 6)
	assert.equal(await some({ district: '610114' }), 0)
	const one = (await s.ok('Intake.ListIncidents', DISPATCHER, { pageSize: 1 })).items[0]
	assert.equal((await s.ok('Intake.ListIncidents', DISPATCHER, { q: one.caseNo })).items[0].incidentId, one.incidentId)
})

test('districts: importing again changes nothing, nonsense is refused, the old stay', async () => {
	assert.deepEqual(await s.ok('Intake.ImportDistricts', ADMIN, { geojson: seed }), { imported: 13, changed: 0 })
	for (const bad of ['{', '{"type":"FeatureCollection","features":[]}', seed.replaceAll('"adcode"', '"code"'), seed.replace('610102', '6101'), seed.replaceAll('108.9', '208.9')])
		assert.equal((await s.rpc('Intake.ImportDistricts', ADMIN, { geojson: bad })).code, 'INVALID', bad.slice(0, 80))
	assert.equal((await s.rpc('Intake.ImportDistricts', DISPATCHER, { geojson: seed })).code, 'FORBIDDEN')
	assert.equal((await s.ok('Intake.ListDistricts', DISPATCHER)).items.length, 13)
})

test('real district borders load and are used at once', { skip: !existsSync(real) && 'no shared data here' }, async () => {
	const r = await s.ok('Intake.ImportDistricts', ADMIN, { geojson: readFileSync(real, 'utf8') })
	assert.equal(r.imported, 13)
	await until('the new polygons', async () => (await submit(order({}, { lon: 109.2736, lat: 34.3848 }))).district === '610115')
	assert.equal((await submit(order({}, { lon: 108.9593, lat: 34.2187 }))).district, '610113')
})

test('restarted, it goes on: numbers never repeat, answers stay', async () => {
	const o = order({}, elsewhere())
	const first = await submit(o)
	await s.stop('SIGKILL')
	await s.start()
	assert.deepEqual(await submit(o), first)
	await submit(order({}, elsewhere()))
	const [[all, distinct]] = s.sql('select count(case_no), count(distinct case_no) from intake.incident')
	assert.equal(all, distinct)
	assert.deepEqual(s.sql('select count(*) from intake.dead_letter'), [['0']])
})
