// notify.test.mjs - the notify service alone: who is told what, once, by spool and by HTTP.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Stack, uuid7, until } from './stack.mjs'

const supervisor = { roles: ['SUPERVISOR'], subject: uuid7() }
const now = (ms = 0) => new Date(Date.now() + ms).toISOString()
const at = () => ({ district: '610103', at: now() })
let s
let serial = 0

async function report(more = {}) {
	const incidentId = uuid7()
	const caseNo = `XA${++serial}`
	await s.tell('IncidentReported', {
		incidentId, district: '610103', caseNo, orderNo: `O${serial}`, lane: 'RAPID',
		place: { text: '钟楼', position: { lon: 108.94, lat: 34.26, datum: 'WGS84' } }, lon: 108.94, lat: 34.26,
		reportedAt: now(), acceptedAt: now(), promisedArrivalAt: now(600000), channel: 'PHONE_122',
		caller: { name: '张伟', phone: '138-0013-8000' }, ...more,
	})
	return { incidentId, caseNo }
}

const party = (letter, phone) => ({ partyId: uuid7(), letter, name: '李四', phone, plate: '陕A12345', plateType: '02' })

async function record(k, p, version = 1) {
	await s.tell('PartyRecorded', { incidentId: k.incidentId, party: p, version, ...at() })
	return p
}

const messages = async (k) => (await s.ok('Notify.ListMessages', supervisor, { incidentId: k.incidentId })).items ?? []
const settled = (k, n) => until(`${n} messages settled`, async () => {
	const all = await messages(k)
	return all.length === n && all.every((m) => m.state !== 'QUEUED') ? all : null
})
const spooled = (m) => JSON.parse(readFileSync(join(s.dir, 'spool', `${m.messageId}.json`), 'utf8'))

before(async () => { s = await Stack.up('notify', { public_url: 'https://jingbao.example' }) })
after(() => s?.down())

test('each fact is told once to whom it concerns', async () => {
	const k = await report()
	const a = await record(k, party('A', '13900139000'))
	const b = await record(k, party('B', '13700137000'))
	const assigned = { assignmentId: uuid7(), incidentId: k.incidentId, responderId: 'r', responderName: '王快处', etaS: 230, ...at() }
	const id = uuid7()
	await s.tell('ResponderAssigned', assigned, id)
	await s.tell('PartyLinkIssued', { incidentId: k.incidentId, partyId: a.partyId, phone: a.phone, token: 'Tok-en_1', ...at() })
	await s.tell('DeterminationServed', { determinationId: uuid7(), incidentId: k.incidentId, documentNo: 'D1', ...at() })
	await s.tell('ClaimsHandedOff', { incidentId: k.incidentId, insurers: ['PICC', 'CPIC'], ...at() })
	await s.tell('ClaimStateChanged', { claimId: uuid7(), incidentId: k.incidentId, insurer: 'PICC', from: 'NOTIFIED', to: 'APPROVED', ...at() })
	await s.tell('ClaimStateChanged', { claimId: uuid7(), incidentId: k.incidentId, insurer: 'PICC', from: 'APPROVED', to: 'PAID', ...at() })
	const all = await settled(k, 9)
	const count = Object.fromEntries(['CASE_RECEIVED', 'RESPONDER_ASSIGNED', 'PARTY_LINK', 'DETERMINATION_SERVED',
		'CLAIMS_HANDED_OFF', 'CLAIM_PAID'].map((t) => [t, all.filter((m) => m.template === t).length]))
	assert.deepEqual(count, { CASE_RECEIVED: 1, RESPONDER_ASSIGNED: 1, PARTY_LINK: 1, DETERMINATION_SERVED: 2,
		CLAIMS_HANDED_OFF: 2, CLAIM_PAID: 2 })
	const one = (t, phone) => spooled(all.find((m) => m.template === t && (!phone || m.phone === phone)))
	assert.equal(one('CASE_RECEIVED').to, '13800138000', 'numbers are plain')
	assert.match(one('CASE_RECEIVED').text, new RegExp(`案件号${k.caseNo}。.*预计\\d\\d:\\d\\d前到达`))
	assert.match(one('RESPONDER_ASSIGNED').text, /王\*\*已接单，预计4分钟/)
	assert.ok(!one('RESPONDER_ASSIGNED').text.includes('快处员王快处'))
	assert.match(one('PARTY_LINK').text, /https:\/\/jingbao\.example\/p\/Tok-en_1（/)
	assert.match(one('CLAIMS_HANDED_OFF', b.phone).text, /PICC、CPIC/)
	assert.match(one('DETERMINATION_SERVED', b.phone).text, /第D1号/)
	assert.equal(statSync(join(s.dir, 'spool', `${all[0].messageId}.json`)).mode & 0o777, 0o600)
	// The key to the case stays nowhere but with its owner.
	assert.ok(!s.sql(`select body, vars from notify.message where incident_id = '${k.incidentId}'`).flat().join().includes('Tok-en_1'))
	assert.ok(!s.log.includes('Tok-en_1') && !s.log.includes('13800138000'))
	assert.equal(s.sql(`select count(*) from notify.attempt where outcome = 'SENT'`)[0][0], '9')
	await until('each settled', () => s.seen('MessageSettled', { incidentId: k.incidentId, state: 'SENT' }).length === 9)
})

test('never twice for one event', async () => {
	const k = await report()
	const p = await record(k, party('A', '13900139000'))
	const e = { determinationId: uuid7(), incidentId: k.incidentId, documentNo: 'D2', ...at() }
	const id = uuid7()
	await s.tell('DeterminationServed', e, id)
	await settled(k, 2)
	await s.tell('DeterminationServed', e, id)
	await record(k, { ...p, phone: '13600136000' }, 2)
	await until('the phone to change', () =>
		s.sql(`select 1 from notify.contact where incident_id = '${k.incidentId}' and phone = '13600136000'`).length)
	assert.equal((await settled(k, 2)).length, 2)
	// Even if the event came past the stream and the inbox, the table has one row for each recipient.
	assert.throws(() => s.sql(`insert into notify.message select gen_random_uuid(), event_id, recipient, incident_id, district,
		phone, template, template_version, vars, body, state, attempts, due_at, expires_at, lease, lease_until, provider,
		last_error, created_at, settled_at from notify.message where event_id = '${id}'`), /message_event_id_recipient_key/)
})

test('who can not be reached is not written to', async () => {
	const landline = await report({ caller: { name: '张', phone: '029-88888888' } })
	const nobody = await report({ caller: { anonymous: true } })
	const own = await report({ channel: 'RESPONDER' })
	const slow = await report({ lane: 'OFFICER' })
	assert.equal((await settled(slow, 1))[0].template, 'CASE_RECEIVED_OFFICER')
	for (const k of [landline, nobody, own]) assert.deepEqual(await messages(k), [])
})

test('what comes too late is not said', async () => {
	const k = await report({ acceptedAt: now(-3600000), promisedArrivalAt: now(-3000000) })
	const [m] = await settled(k, 1)
	assert.equal(m.state, 'FAILED')
	assert.equal(m.lastError, 'expired')
	await s.event('MessageSettled', { messageId: m.messageId, state: 'FAILED' })
	assert.ok(!readdirSync(join(s.dir, 'spool')).includes(`${m.messageId}.json`))
})

test('killed while sending: the message still goes out', async () => {
	const k = await report()
	await settled(k, 1)
	await s.stop('SIGKILL')
	const id = uuid7()
	s.sql(`insert into notify.message (message_id, event_id, recipient, incident_id, district, phone, template,
		template_version, vars, state, attempts, due_at, expires_at, lease, lease_until, created_at)
		values ('${id}', '${uuid7()}', 'caller', '${k.incidentId}', '610103', '13800138000', 'CASE_RECEIVED_OFFICER', 1, '{}',
		'QUEUED', 1, now(), now() + interval '1 hour', '${uuid7()}', now() + interval '1 second', now())`)
	await s.start()
	const m = (await settled(k, 2)).find((x) => x.messageId === id)
	assert.equal(m.state, 'SENT')
	assert.equal(m.attempts, 2)
})

test('http: retried while the service is down, given up when it refuses', async () => {
	const got = []
	const answers = [503, 202]
	const server = createServer((req, res) => {
		let body = ''
		req.on('data', (d) => (body += d))
		req.on('end', () => {
			const m = JSON.parse(body)
			const status = m.template === 'CASE_RECEIVED_OFFICER' ? 403 : answers[got.filter((g) => g.body.messageId === m.messageId).length] ?? 202
			got.push({ headers: req.headers, body: m })
			res.writeHead(status).end()
		})
	})
	await new Promise((r) => server.listen(0, '127.0.0.1', r))
	try {
		await s.stop()
		Object.assign(s.settings, { provider: 'http', http_url: `http://127.0.0.1:${server.address().port}/sms`, http_token: 'tk' })
		await s.start()
		const k = await report()
		await until('a retry on record', () =>
			s.sql(`select 1 from notify.attempt a join notify.message m using (message_id)
				where m.incident_id = '${k.incidentId}' and a.outcome = 'RETRY' and a.error = 'http: answered 503'`).length)
		s.sql(`update notify.message set due_at = now() where state = 'QUEUED'`)
		const [m] = await settled(k, 1)
		assert.equal(m.state, 'SENT')
		assert.equal(m.attempts, 2)
		const mine = got.filter((g) => g.body.messageId === m.messageId)
		assert.equal(mine.length, 2)
		assert.ok(mine.every((g) => g.headers['idempotency-key'] === m.messageId && g.headers.authorization === 'Bearer tk'))
		const no = await report({ lane: 'GENERAL' })
		const [r] = await settled(no, 1)
		assert.equal(r.state, 'FAILED')
		assert.equal(r.lastError, 'http: answered 403')
		assert.equal(r.attempts, 1)
	} finally {
		server.close()
	}
})
