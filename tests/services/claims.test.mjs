// claims.test.mjs - the claims service alone: loss sheets, split, hand-off, insurers, webhooks.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createHmac, timingSafeEqual } from 'node:crypto'
import { Stack, uuid7, until } from './stack.mjs'

const RESPONDER = uuid7()
const responder = { roles: ['RESPONDER'], subject: RESPONDER }
const insurer = (org, roles = ['INSURER']) => ({ roles, subject: `client-${org}`, org })
const officer = (districts = '') => ({ roles: ['OFFICER'], subject: uuid7(), districts })
const now = () => new Date().toISOString()
let s
let serial = 0

const party = (letter, org, more = {}) => ({
	partyId: uuid7(), letter, name: '张巡', idNumber: '610103199001010016', phone: '13800138000',
	plate: `陕A${10000 + ++serial}`, plateType: '02', insurer: org, policyNo: `PDZA${serial}`,
	commercialInsurer: org, commercialPolicyNo: `PDAA${serial}`, thirdPartyLimitFen: '100000000', ...more,
})

// A case on record, with its responder and parties.
async function open(parties, more = {}) {
	const incidentId = uuid7()
	const district = '610103'
	const at = now()
	await s.tell('IncidentReported', {
		incidentId, district, caseNo: `C${++serial}`, orderNo: `O${serial}`, lane: 'RAPID',
		place: { text: '钟楼东南角', road: '东大街', position: { lon: 108.9423, lat: 34.261, datum: 'WGS84' } },
		lon: 108.9423, lat: 34.261, reportedAt: at, acceptedAt: at, channel: 'PHONE_122', weather: '晴',
		caller: { name: '李四', phone: '13900139000' }, ...more,
	})
	await s.tell('ResponderAssigned', { assignmentId: uuid7(), incidentId, district, responderId: RESPONDER, at })
	for (const p of parties) await s.tell('PartyRecorded', { incidentId, district, party: p, version: 1, at })
	await until('the case to be known', () =>
		s.sql(`select 1 from claims.case_file where incident_id = '${incidentId}' and report is not null`).length &&
		s.sql(`select 1 from claims.party where incident_id = '${incidentId}'`).length === parties.length)
	return { incidentId, district, parties }
}

async function determine(k, grades) {
	const determinationId = uuid7()
	await s.tell('DeterminationMade', {
		determinationId, incidentId: k.incidentId, district: k.district, documentNo: `D${++serial}`, scenario: 'S01',
		grades: k.parties.map((p, i) => ({ partyId: p.partyId, grade: grades[i] })), parties: k.parties,
		responderId: RESPONDER, officerName: '王警官', facts: '甲车追尾乙车', at: now(),
	})
	await s.tell('DeterminationServed', {
		determinationId, incidentId: k.incidentId, district: k.district, documentNo: `D${serial}`,
		pdfSha256: 'ab'.repeat(32), responderId: RESPONDER, at: now(),
	})
}

const lump = (yuan) => [{ kind: 'LABOUR', name: '钣金喷漆', unitPriceFen: String(yuan * 100) }]
const assess = (k, vehicle, yuan, more = {}) =>
	s.ok('Claims.PutLossSheet', responder, { incidentId: k.incidentId, vehicle, lines: lump(yuan), ...more })

// Determined and assessed: the claims by insurer.
async function handedOff(parties, grades, yuan) {
	const k = await open(parties)
	await determine(k, grades)
	for (let i = 0; i < parties.length; i++) await assess(k, parties[i].letter, yuan[i])
	k.handedOff = await s.event('ClaimsHandedOff', { incidentId: k.incidentId })
	k.claims = {}
	for (const org of k.handedOff.insurers)
		k.claims[org] = (await s.ok('Claims.ListClaims', insurer(org), { incidentId: k.incidentId })).items[0]
	return k
}

// An insurer's receiver: answers from a list of statuses, then 204.
async function receiver(statuses = [], headers = {}) {
	const got = []
	const server = createServer((req, res) => {
		let body = ''
		req.on('data', (d) => (body += d))
		req.on('end', () => {
			got.push({ headers: req.headers, body, at: Date.now() })
			res.writeHead(statuses[got.length - 1] ?? 204, headers).end()
		})
	})
	await new Promise((r) => server.listen(0, '127.0.0.1', r))
	return { got, url: `http://127.0.0.1:${server.address().port}/hook`, close: () => server.close() }
}

// Standard Webhooks v1, as a receiver checks it.
function signedBy(secret, { headers, body }) {
	const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
	const want = createHmac('sha256', key).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest()
	return headers['webhook-signature'].split(' ').some((v) => {
		const [version, text] = v.split(',')
		const given = Buffer.from(text, 'base64')
		return version === 'v1' && given.length === want.length && timingSafeEqual(given, want)
	})
}

before(async () => {
	s = await Stack.up('claims', { webhook_timeout_s: 2 })
})
after(() => s?.down())

test('two vehicles: sheets, split, one claim per insurer, approved and paid', async () => {
	const k = await open([party('A', 'PICC'), party('B', 'CPIC')])
	await s.tell('ItemAdded', { itemId: uuid7(), incidentId: k.incidentId, district: k.district, slot: 'front', sha256: 'cd'.repeat(32), verdict: 'ACCEPTED', capturedAt: now(), at: now() })
	const first = (await assess(k, 'A', 2000)).sheet
	assert.equal(first.version, 1)
	const sheet = (await assess(k, 'A', 3000)).sheet
	assert.equal(sheet.version, 2)
	assert.equal((await assess(k, k.parties[0].partyId, 3000)).sheet.sheetId, sheet.sheetId, 'a repeat answers the same')
	assert.equal((await s.rpc('Claims.GetSettlement', responder, { incidentId: k.incidentId })).code, 'REFUSED')
	await determine(k, ['MAIN', 'SECONDARY'])
	await assess(k, 'B', 5000)

	const split = (await s.ok('Claims.GetSettlement', insurer('PICC'), { incidentId: k.incidentId })).settlement
	const pays = (cover, payer) => split.lines.filter((l) => l.cover === cover && l.payer === payer).map((l) => l.amountFen)
	assert.deepEqual(pays('COMPULSORY', 'A'), ['200000'])
	assert.deepEqual(pays('COMMERCIAL', 'A'), ['210000'])
	assert.deepEqual(pays('OWN', 'B'), ['90000'])
	assert.deepEqual(pays('COMPULSORY', 'B'), ['200000'])
	assert.deepEqual(pays('COMMERCIAL', 'B'), ['30000'])
	assert.deepEqual(pays('OWN', 'A'), ['70000'])
	assert.equal(split.limitsVersion, '2020')

	const off = await s.event('ClaimsHandedOff', { incidentId: k.incidentId })
	assert.deepEqual(off.insurers, ['PICC', 'CPIC'])
	const computed = await s.event('SettlementComputed', { incidentId: k.incidentId })
	assert.equal(computed.totalLossFen, '800000')
	assert.equal(s.seen('LossAssessed', { incidentId: k.incidentId }).length, 3)

	for (const [org, amount] of [['PICC', '410000'], ['CPIC', '230000']]) {
		const who = insurer(org)
		const [item] = (await s.ok('Claims.ListClaims', who, { incidentId: k.incidentId })).items
		assert.equal(item.amountFen, amount)
		const claim = (await s.ok('Claims.GetClaim', who, { claimId: item.claimId })).claim
		assert.deepEqual(claim.allowed, ['acknowledge'])
		assert.equal(claim.accident.place, '钟楼东南角')
		assert.match(claim.accident.documentNo, /^D/)
		assert.equal(claim.photos.length, 1)
		assert.equal(claim.lossSheets.length, 2)
		const own = claim.parties.find((p) => p.ownInsured)
		const other = claim.parties.find((p) => !p.ownInsured)
		assert.equal(own.party.idNumber, '610103199001010016')
		assert.equal(other.party.idNumber, '', "the other side's papers stay with us")
		assert.equal(other.party.phone, '13800138000')

		const early = await s.rpc('Claims.PayClaim', who, { claimId: item.claimId, paymentRef: 'P1' })
		assert.equal(early.code, 'REFUSED')
		assert.match(early.text, /NOTIFIED.*acknowledge/)
		await s.ok('Claims.AcknowledgeClaim', who, { claimId: item.claimId, insurerRef: `R-${org}` })
		await s.ok('Claims.AcknowledgeClaim', who, { claimId: item.claimId, insurerRef: `R-${org}` })
		assert.equal((await s.rpc('Claims.ApproveClaim', who, { claimId: item.claimId, amountFen: '1' })).code, 'REFUSED')
		await s.ok('Claims.ApproveClaim', who, { claimId: item.claimId, amountFen: amount })
		await s.ok('Claims.AcknowledgeClaim', who, { claimId: item.claimId })
		assert.equal((await s.rpc('Claims.RejectClaim', who, { claimId: item.claimId, reason: 'x' })).code, 'REFUSED')
		const paid = (await s.ok('Claims.PayClaim', who, { claimId: item.claimId, paymentRef: `P-${org}`, paidFen: amount })).claim
		assert.equal(paid.state, 'PAID')
		assert.deepEqual(paid.history.map((h) => h.to), ['NOTIFIED', 'ACKNOWLEDGED', 'APPROVED', 'PAID'])
		await s.ok('Claims.PayClaim', who, { claimId: item.claimId, paymentRef: `P-${org}` })
		assert.equal((await s.rpc('Claims.PayClaim', who, { claimId: item.claimId, paymentRef: 'other' })).code, 'REFUSED')
	}
	const settled = await s.event('ClaimsSettled', { incidentId: k.incidentId })
	assert.equal(settled.paidFen, '640000')
	assert.equal(s.seen('ClaimStateChanged', { incidentId: k.incidentId }).length, 8)
	assert.equal(s.seen('ClaimsSettled', { incidentId: k.incidentId }).length, 1)
})

test('the order in which news comes does not matter', async () => {
	const k = await open([party('A', 'PICC'), party('B', 'PICC')])
	await assess(k, 'A', 1500)
	await assess(k, 'B', 1800)
	await determine(k, ['EQUAL', 'EQUAL'])
	const off = await s.event('ClaimsHandedOff', { incidentId: k.incidentId })
	assert.deepEqual(off.insurers, ['PICC'], 'one insurer of both sides has one claim')
	const [claim] = (await s.ok('Claims.ListClaims', insurer('PICC'), { incidentId: k.incidentId })).items
	assert.equal(claim.amountFen, '330000')
})

test('the report last of all: the tick hands off', async () => {
	const parties = [party('A', 'PICC')]
	const k = { incidentId: uuid7(), district: '610103', parties }
	await s.tell('ResponderAssigned', { assignmentId: uuid7(), incidentId: k.incidentId, district: k.district, responderId: RESPONDER, at: now() })
	await determine(k, ['FULL'])
	await until('the party', () => s.sql(`select 1 from claims.party where incident_id = '${k.incidentId}'`).length)
	await assess(k, 'A', 800)
	assert.equal(s.seen('ClaimsHandedOff', { incidentId: k.incidentId }).length, 0)
	await s.tell('IncidentReported', { incidentId: k.incidentId, district: k.district, caseNo: `C${++serial}`, reportedAt: now(), acceptedAt: now() })
	await s.event('ClaimsHandedOff', { incidentId: k.incidentId })
	const [claim] = (await s.ok('Claims.ListClaims', insurer('PICC'), { incidentId: k.incidentId })).items
	assert.equal(claim.amountFen, '0', 'a single vehicle: its insurer hears of it, third-party covers pay nobody')
})

test('nobody insured: handed off to nobody, and settled', async () => {
	const bare = { insurer: '', policyNo: '', commercialInsurer: '', commercialPolicyNo: '', thirdPartyLimitFen: '0' }
	const k = await open([party('A', '', bare), party('B', '', bare)])
	await determine(k, ['FULL', 'NONE'])
	await assess(k, 'A', 100)
	await assess(k, 'B', 100)
	assert.deepEqual((await s.event('ClaimsHandedOff', { incidentId: k.incidentId })).insurers, [])
	assert.equal((await s.event('ClaimsSettled', { incidentId: k.incidentId })).paidFen, '0')
})

test('three vehicles are refused with the rule that is missing', async () => {
	const k = await open([party('A', 'PICC'), party('B', 'CPIC'), party('C', 'PAIC')])
	await determine(k, ['FULL', 'NONE', 'NONE'])
	for (const v of ['A', 'B', 'C']) await assess(k, v, 1000)
	const a = await s.rpc('Claims.GetSettlement', responder, { incidentId: k.incidentId })
	assert.equal(a.code, 'REFUSED')
	assert.match(a.text, /无责代赔/)
	assert.equal(s.seen('ClaimsHandedOff', { incidentId: k.incidentId }).length, 0)
})

test('an old accident goes by the old limits', async () => {
	const k = await open([party('A', 'PICC')], { reportedAt: '2020-09-18T15:59:59Z', acceptedAt: '2020-09-18T15:59:59Z' })
	await determine(k, ['NONE'])
	await assess(k, 'A', 1000)
	const of = async (c) => (await s.ok('Claims.GetSettlement', responder, { incidentId: c.incidentId })).settlement.limitsVersion
	assert.equal(await of(k), '2008')
	const next = await open([party('A', 'PICC')], { reportedAt: '2020-09-18T16:00:00Z', acceptedAt: '2020-09-18T16:00:00Z' })
	await determine(next, ['NONE'])
	await assess(next, 'A', 1000)
	assert.equal(await of(next), '2020', 'midnight in Xi’an')
})

test('what a sheet may hold', async () => {
	const k = await open([party('A', 'PICC'), party('B', 'CPIC')])
	const put = (lines, more = {}) => s.rpc('Claims.PutLossSheet', responder, { incidentId: k.incidentId, vehicle: 'A', lines, ...more })
	const part = { kind: 'PART', name: '前保险杠', quantity: 1, unitPriceFen: '80000' }
	const salvage = { kind: 'SALVAGE', name: '旧件', ofLine: 1, unitPriceFen: '80001' }
	let a = await put([part, salvage])
	assert.equal(a.code, 'INVALID')
	assert.equal(a.errors[0].pointer, '/lines/1/unitPriceFen')
	a = await put([{ ...part, quantity: 1.00005 }])
	assert.equal(a.errors[0].pointer, '/lines/0/quantity')
	a = await put([part, { ...salvage, unitPriceFen: '5000' }])
	assert.equal(a.out.sheet.totalFen, '75000')
	assert.equal((await put([part], { seenVersion: 9 })).code, 'CONFLICT')
	assert.equal((await put([part], { seenVersion: 1 })).out.sheet.version, 2)
	const of = (version) => s.ok('Claims.GetLossSheet', responder, { incidentId: k.incidentId, vehicle: 'A', version })
	assert.equal((await of(1)).sheet.salvageFen, '5000')
	assert.equal((await of(0)).sheet.version, 2)
	assert.equal((await s.rpc('Claims.PutLossSheet', responder, { incidentId: k.incidentId, vehicle: 'Z', lines: [] })).code, 'NOT_FOUND')
	assert.equal((await s.ok('Claims.ListLossSheets', responder, { incidentId: k.incidentId })).items.length, 1)
})

test('a cancelled case takes no sheet', async () => {
	const k = await open([party('A', 'PICC')])
	await s.tell('IncidentPhaseChanged', { incidentId: k.incidentId, district: k.district, from: 'ON_SCENE', to: 'CANCELLED', cause: 'test', at: now() })
	await until('the end', () => s.sql(`select 1 from claims.case_file where incident_id = '${k.incidentId}' and ended_as = 'CANCELLED'`).length)
	assert.equal((await s.rpc('Claims.PutLossSheet', responder, { incidentId: k.incidentId, vehicle: 'A', lines: [] })).code, 'REFUSED')
})

test('who may not see a thing is told it is not there', async () => {
	const k = await handedOff([party('A', 'PICC'), party('B', 'CPIC')], ['FULL', 'NONE'], [3000, 5000])
	const hidden = async (rpc, who, input) => {
		const a = await s.rpc(rpc, who, input)
		assert.ok(['NOT_FOUND', 'BUSY'].includes(a.code), `${rpc} ${a.code}`)
	}
	const id = k.claims.PICC.claimId
	for (const rpc of ['GetClaim', 'AcknowledgeClaim', 'ApproveClaim'])
		await hidden(`Claims.${rpc}`, insurer('CPIC'), { claimId: id })
	await hidden('Claims.GetClaim', insurer(''), { claimId: id })
	await hidden('Claims.GetClaim', insurer('PICC'), { claimId: uuid7() })
	assert.equal((await s.ok('Claims.ListClaims', insurer('CPIC'), { incidentId: k.incidentId })).items.length, 1)
	assert.equal((await s.ok('Claims.ListClaims', insurer(''), {})).items.length, 0)
	const incident = { incidentId: k.incidentId }
	await hidden('Claims.GetSettlement', insurer('PAIC'), incident)
	await hidden('Claims.GetSettlement', { roles: ['RESPONDER'], subject: uuid7() }, incident)
	await hidden('Claims.GetSettlement', officer('610104 610112'), incident)
	await s.ok('Claims.GetSettlement', officer('610112 610103'), incident)
	await s.ok('Claims.GetSettlement', officer(), incident)
	await s.ok('Claims.GetSettlement', insurer('PICC', ['ASSESSOR']), incident)
	await hidden('Claims.PutLossSheet', insurer('PAIC', ['ASSESSOR']), { ...incident, vehicle: 'A', lines: [] })
	assert.equal((await s.rpc('Claims.GetClaim', responder, { claimId: id })).code, 'FORBIDDEN')
	assert.equal((await s.rpc('Claims.GetSettlement', responder, { incidentId: uuid7() })).code, 'BUSY', 'news of a young id may be on its way')
})

test('after the hand-off the loss changes only when an insurer asks, and the claims follow', async () => {
	const k = await handedOff([party('A', 'PICC'), party('B', 'CPIC')], ['FULL', 'NONE'], [3000, 5000])
	const put = (yuan) => s.rpc('Claims.PutLossSheet', responder, { incidentId: k.incidentId, vehicle: 'B', lines: lump(yuan) })
	assert.equal((await put(6000)).code, 'REFUSED')
	const id = k.claims.PICC.claimId
	await s.ok('Claims.AcknowledgeClaim', insurer('PICC'), { claimId: id })
	await s.ok('Claims.DisputeClaim', insurer('PICC', ['ASSESSOR']), { claimId: id, reason: '配件价格过低' })
	assert.equal((await put(6000)).code, 'OK')
	const claim = (await s.ok('Claims.GetClaim', insurer('PICC'), { claimId: id })).claim
	assert.equal(claim.amountFen, '600000')
	assert.equal(claim.state, 'DISPUTED')
	assert.equal(claim.settlement.version, 2)
	assert.deepEqual(claim.allowed, ['approve', 'reject'])
	await s.ok('Claims.ApproveClaim', insurer('PICC'), { claimId: id })
	assert.equal((await put(7000)).code, 'REFUSED')
})

test('the list gives every change once, in order', async () => {
	let cursor = ''
	const page = async () => {
		const r = await s.ok('Claims.ListClaims', insurer('PICC'), { cursor, pageSize: 3 })
		cursor = r.nextCursor || cursor
		return r.items
	}
	while ((await page()).length);
	const k = await handedOff([party('A', 'PICC')], ['FULL'], [100])
	assert.deepEqual((await page()).map((c) => c.claimId), [k.claims.PICC.claimId])
	assert.equal((await page()).length, 0)
	await s.ok('Claims.AcknowledgeClaim', insurer('PICC'), { claimId: k.claims.PICC.claimId })
	assert.deepEqual((await page()).map((c) => c.state), ['ACKNOWLEDGED'])
	const since = new Date(Date.now() + 3600000).toISOString()
	assert.equal((await s.ok('Claims.ListClaims', insurer('PICC'), { since })).items.length, 0)
	assert.equal((await s.rpc('Claims.ListClaims', insurer('PICC'), { cursor: 'x1' })).code, 'INVALID')
})

test('200 payments at once: one pays, all are answered the same', async () => {
	const k = await handedOff([party('A', 'PICC')], ['FULL'], [100])
	const claimId = k.claims.PICC.claimId
	const who = insurer('PICC')
	await s.ok('Claims.AcknowledgeClaim', who, { claimId })
	await s.ok('Claims.ApproveClaim', who, { claimId })
	const all = await Promise.all(Array.from({ length: 200 }, () => s.rpc('Claims.PayClaim', who, { claimId, paymentRef: 'once' })))
	assert.ok(all.every((a) => a.code === 'OK' && a.out.claim.version === all[0].out.claim.version))
	assert.equal(s.sql(`select count(*) from claims.claim_step where claim_id = '${claimId}' and to_state = 'PAID'`)[0][0], '1')
})

test('a webhook is signed, tried again, and says what it told', async () => {
	const hook = await receiver([500])
	const who = insurer('HOOK')
	const made = (await s.ok('Claims.PutWebhookEndpoint', who, { endpointId: 'main', url: hook.url })).endpoint
	assert.match(made.secret, /^whsec_/)
	assert.equal((await s.ok('Claims.GetWebhookEndpoint', who, { endpointId: 'main' })).endpoint.secret, '')
	assert.equal((await s.rpc('Claims.GetWebhookEndpoint', insurer('PICC'), { endpointId: 'main' })).code, 'NOT_FOUND')
	const k = await handedOff([party('A', 'HOOK')], ['FULL'], [100])
	await until('two attempts', () => hook.got.length >= 2)
	const [one, two] = hook.got
	assert.ok(signedBy(made.secret, one) && signedBy(made.secret, two))
	assert.ok(!signedBy('whsec_AAAA', one))
	assert.equal(one.headers['webhook-id'], two.headers['webhook-id'])
	assert.equal(one.body, two.body)
	assert.ok(two.at - one.at >= 1900, `waited ${two.at - one.at} ms`)
	const event = JSON.parse(one.body)
	assert.equal(event.specversion, '1.0')
	assert.equal(event.type, 'jingbao.claim.notified')
	assert.equal(event.data.claimId, k.claims.HOOK.claimId)
	assert.equal(event.data.parties[0].party.name, '张巡')
	const delivery = await until('the delivery', async () => {
		const d = (await s.ok('Claims.ListDeliveries', who, { endpointId: 'main' })).items[0]
		return d.state === 'DELIVERED' && d
	})
	assert.equal(delivery.attempts, 2)
	assert.equal(delivery.deliveryId, one.headers['webhook-id'])
	await s.ok('Claims.ReplayDelivery', who, { endpointId: 'main', deliveryId: delivery.deliveryId })
	await until('the replay', () => hook.got.length === 3)
	assert.equal(hook.got[2].body, one.body)
	hook.close()
})

test('a new secret: for a day both sign', async () => {
	const hook = await receiver()
	const who = insurer('ROTATE')
	const put = (more) => s.ok('Claims.PutWebhookEndpoint', who, { endpointId: 'main', url: hook.url, ...more })
	const old = (await put()).endpoint.secret
	assert.equal((await put()).endpoint.secret, old, 'a lost answer is told again')
	s.sql("update claims.webhook_endpoint set secret_made_at = now() - interval '1 hour' where insurer = 'ROTATE'")
	assert.equal((await put()).endpoint.secret, '')
	const fresh = (await put({ rotateSecret: true })).endpoint.secret
	assert.notEqual(fresh, old)
	await handedOff([party('A', 'ROTATE')], ['FULL'], [100])
	await until('the webhook', () => hook.got.length)
	assert.ok(signedBy(old, hook.got[0]) && signedBy(fresh, hook.got[0]))
	hook.close()
})

test('an endpoint made later hears of what is still open; 410 ends it', async () => {
	const who = insurer('LATE')
	const k = await handedOff([party('A', 'LATE')], ['FULL'], [100])
	const hook = await receiver([410])
	await s.ok('Claims.PutWebhookEndpoint', who, { endpointId: 'x', url: hook.url })
	await until('the endpoint to be disabled', async () =>
		(await s.ok('Claims.GetWebhookEndpoint', who, { endpointId: 'x' })).endpoint.disabled)
	const d = (await s.ok('Claims.ListDeliveries', who, { endpointId: 'x' })).items[0]
	assert.equal(d.claimId, k.claims.LATE.claimId)
	assert.equal(d.state, 'FAILED')
	assert.equal(d.lastStatus, 410)
	const replay = () => s.rpc('Claims.ReplayDelivery', who, { endpointId: 'x', deliveryId: d.deliveryId })
	assert.equal((await replay()).code, 'REFUSED')
	await s.ok('Claims.PutWebhookEndpoint', who, { endpointId: 'x', url: hook.url })
	assert.equal((await replay()).code, 'OK')
	await until('the replay', () => hook.got.length === 2)
	hook.close()
})

test('Retry-After is honoured, redirects are not followed, silence times out', async () => {
	const later = await receiver([503], { 'Retry-After': '3600' })
	const target = await receiver()
	const away = await receiver([302, 302, 302], { Location: target.url })
	const who = insurer('SLOW')
	const silent = createServer(() => {})
	await new Promise((r) => silent.listen(0, '127.0.0.1', r))
	const put = (endpointId, url) => s.ok('Claims.PutWebhookEndpoint', who, { endpointId, url })
	await put('later', later.url)
	await put('away', away.url)
	await put('silent', `http://127.0.0.1:${silent.address().port}/`)
	await put('link-local', 'http://169.254.169.254/latest/meta-data')
	await handedOff([party('A', 'SLOW')], ['FULL'], [100])
	const last = (endpointId) => until(`an attempt at ${endpointId}`, async () => {
		const d = (await s.ok('Claims.ListDeliveries', who, { endpointId })).items[0]
		return d?.lastError && d
	})
	const d = await last('later')
	assert.equal(d.lastStatus, 503)
	assert.ok(Date.parse(d.nextAttemptAt) - Date.now() > 3500000)
	assert.equal((await last('away')).lastStatus, 302)
	assert.match((await last('silent')).lastError, /imeout/)
	assert.match((await last('link-local')).lastError, /not allowed/)
	assert.equal(target.got.length, 0)
	for (const x of [later, target, away]) x.close()
	silent.closeAllConnections()
	silent.close()
})

test('addresses that are refused at once', async () => {
	const put = (url) => s.rpc('Claims.PutWebhookEndpoint', insurer('PICC'), { endpointId: 'bad', url })
	for (const url of ['ftp://example.cn/', 'file:///etc/passwd', 'http://user:pw@example.cn/', 'gopher://x'])
		assert.equal((await put(url)).code, 'INVALID', url)
	assert.equal((await s.rpc('Claims.PutWebhookEndpoint', insurer(''), { endpointId: 'x', url: 'https://x.cn/' })).code, 'FORBIDDEN')
})

test('killed with webhooks under way: each still arrives', async () => {
	const hook = await receiver()
	const who = insurer('CRASH')
	await s.ok('Claims.PutWebhookEndpoint', who, { endpointId: 'main', url: hook.url })
	const cases = []
	for (let i = 0; i < 5; i++) cases.push(await handedOff([party('A', 'CRASH')], ['FULL'], [100 + i]))
	await s.stop('SIGKILL')
	await s.start()
	const told = () => new Set(hook.got.map((g) => JSON.parse(g.body).data.claimId))
	await until('all five', () => told().size === 5, 20000)
	await until('all marked', () => s.sql("select 1 from claims.delivery where insurer = 'CRASH' and state = 'DELIVERED'").length === 5, 20000)
	hook.close()
})

test('a transition the table does not hold is refused by the database itself', async () => {
	const k = await handedOff([party('A', 'PICC')], ['FULL'], [100])
	assert.throws(() => s.sql(`update claims.claim set state = 'PAID', payment_ref = 'x' where claim_id = '${k.claims.PICC.claimId}'`), /cannot go from NOTIFIED to PAID/)
})
