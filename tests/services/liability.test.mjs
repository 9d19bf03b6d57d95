// liability.test.mjs - the liability service alone: parties, queue, determination, document, service.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Stack, uuid7, until } from './stack.mjs'

const RESPONDER = uuid7()
const responder = { roles: ['RESPONDER'], subject: RESPONDER }
const officer = (districts = '', subject = uuid7()) => ({ roles: ['OFFICER'], subject, districts, name: 'Li' })
const asParty = (k, p) => ({ roles: ['PARTY'], subject: p.partyId, incident: k.incidentId, party: p.partyId })
const anyone = { roles: [], subject: '' }
const now = (ms = 0) => new Date(Date.now() + ms).toISOString()
const strokes = '100,100 150,60 200,110 180,220;300,80 320,200 330,320'
const facts = '甲车行驶中未与前车保持安全距离，追尾乙车，两车受损，无人受伤。'
const slots = ['SCENE_FRONT', 'SCENE_REAR', 'CONTACT_DETAIL', 'PLATE_A', 'PLATE_B', 'DAMAGE_A', 'DAMAGE_B']
let s
let serial = 0

const person = (letter) => ({
	name: letter === 'A' ? '张伟' : '欧阳娜娜', licenceNo: letter === 'A' ? '610103199001010016' : '610113198511234528',
	phone: letter === 'A' ? '13800138000' : '+86 139-0013-9000', plate: letter === 'A' ? '陕A12345' : '陕AD12345',
	plateType: letter === 'A' ? '02' : '52', insurer: 'PICC', policyNo: `PDZA${letter}1`,
})

async function report(more = {}) {
	const incidentId = uuid7()
	const district = '610103'
	await s.tell('IncidentReported', {
		incidentId, district, caseNo: `C${++serial}`, orderNo: `O${serial}`, lane: 'RAPID',
		place: { text: '碑林区南二环路', position: { lon: 108.94, lat: 34.23, datum: 'WGS84' } }, lon: 108.94, lat: 34.23,
		reportedAt: now(-60000), acceptedAt: now(-60000), channel: 'PHONE_122', weather: '晴',
		vehicles: [{ plate: '陕A12345' }, { plate: '陕AD12345' }], description: '后车追尾', ...more,
	})
	await s.tell('ResponderAssigned', { assignmentId: uuid7(), incidentId, district, responderId: RESPONDER, at: now() })
	await until('the incident to be known', () =>
		s.sql(`select 1 from liability.incident where incident_id = '${incidentId}' and reported_at is not null
			and responder_id <> ''`).length)
	return { incidentId, district }
}

async function photos(k, names = slots) {
	k.items = []
	for (const slot of names) {
		const itemId = uuid7()
		k.items.push(itemId)
		await s.tell('ItemAdded', { itemId, incidentId: k.incidentId, district: k.district, slot, verdict: 'ACCEPTED',
			sha256: 'ab'.repeat(32), responderId: RESPONDER, at: now() })
	}
	await until('the photos to be known', () =>
		Number(s.sql(`select count(*) from liability.item where incident_id = '${k.incidentId}'`)[0][0]) >= names.length)
}

async function parties(k) {
	k.parties = []
	for (const letter of ['A', 'B'])
		k.parties.push(await s.ok('Liability.AddParty', responder, { incidentId: k.incidentId, ...person(letter) }))
	for (const p of k.parties)
		await s.ok('Liability.ApplyForDecision', responder,
			{ incidentId: k.incidentId, partyId: p.partyId, statementVersion: '2026-1', strokes })
}

async function submitted() {
	const k = await report()
	await photos(k)
	await parties(k)
	k.reviewId = (await s.ok('Liability.SubmitScene', responder, { incidentId: k.incidentId })).reviewId
	return k
}

const decision = (k, grades = ['FULL', 'NONE'], more = {}) => ({
	reviewId: k.reviewId, scenario: 'S01', facts, items: k.items.slice(0, 2),
	grades: k.parties.map((p, i) => ({ partyId: p.partyId, grade: grades[i] })), ...more,
})

async function determined() {
	const k = await submitted()
	k.officer = officer('610103 610104')
	await s.ok('Liability.TakeReview', k.officer, { reviewId: k.reviewId })
	k.made = await s.ok('Liability.Determine', k.officer, decision(k))
	return k
}

async function refused(code, name, who, input, rule) {
	const a = await s.rpc(name, who, input)
	assert.equal(a.code, code, `${name}: ${a.text} ${JSON.stringify(a.errors)}`)
	if (rule) assert.ok(a.errors.some((e) => e.rule === rule), `${rule} in ${JSON.stringify(a.errors)}`)
	return a
}

before(async () => { s = await Stack.up('liability', { public_url: 'https://jingbao.example' }) })
after(() => s?.down())

test('a scene is refused with what is missing until it is complete', async () => {
	const k = await report()
	const empty = await refused('REFUSED', 'Liability.SubmitScene', responder, { incidentId: k.incidentId }, 'photo_missing')
	assert.deepEqual(empty.errors.map((e) => e.pointer),
		['/photos/SCENE_FRONT', '/photos/SCENE_REAR', '/photos/CONTACT_DETAIL', '/parties'])
	await photos(k)
	k.parties = []
	for (const letter of ['A', 'B'])
		k.parties.push(await s.ok('Liability.AddParty', responder, { incidentId: k.incidentId, ...person(letter) }))
	assert.equal(k.parties[1].party.phone, '13900139000', 'numbers are kept plain')
	const unsigned = await refused('REFUSED', 'Liability.SubmitScene', responder, { incidentId: k.incidentId })
	assert.deepEqual(unsigned.errors.map((e) => e.pointer), ['/parties/A/application', '/parties/B/application'])
	await refused('NOT_FOUND', 'Liability.ApplyForDecision', asParty(k, k.parties[0]),
		{ incidentId: k.incidentId, partyId: k.parties[1].partyId, statementVersion: '2026-1', strokes })
	await refused('INVALID', 'Liability.ApplyForDecision', responder,
		{ incidentId: k.incidentId, partyId: k.parties[0].partyId, statementVersion: '2026-1', strokes: '1,2' }, 'strokes')
	await s.ok('Liability.ApplyForDecision', asParty(k, k.parties[0]),
		{ incidentId: k.incidentId, partyId: k.parties[0].partyId, statementVersion: '2026-1', strokes })
	const last = await s.ok('Liability.ApplyForDecision', responder,
		{ incidentId: k.incidentId, partyId: k.parties[1].partyId, statementVersion: '2026-1', imageSha256: 'cd'.repeat(32) })
	assert.ok(!last.stillMissing)
	const first = await s.ok('Liability.SubmitScene', responder, { incidentId: k.incidentId })
	const again = await s.ok('Liability.SubmitScene', responder, { incidentId: k.incidentId })
	assert.equal(again.reviewId, first.reviewId)
	assert.equal(s.sql(`select count(*) from liability.review where incident_id = '${k.incidentId}'`)[0][0], '1')
	const told = await s.event('SceneSubmitted', { incidentId: k.incidentId })
	assert.equal(told.parties, 2)
})

test('parties: formats, plate against type, corrections with history', async () => {
	const k = await report()
	const add = (more) => ({ incidentId: k.incidentId, ...person('A'), ...more })
	await refused('INVALID', 'Liability.AddParty', responder, add({ plateType: '52' }), 'plate_type')
	await refused('INVALID', 'Liability.AddParty', responder, add({ plate: '' }), 'plate_type')
	const a = await s.ok('Liability.AddParty', responder, add({}))
	await refused('CONFLICT', 'Liability.AddParty', responder, add({}))
	const id = { incidentId: k.incidentId, partyId: a.partyId }
	const fixed = await s.ok('Liability.UpdateParty', responder, { ...id, policyNo: 'PDZA9', version: 1 })
	assert.equal(fixed.version, 2)
	assert.equal(fixed.party.policyNo, 'PDZA9')
	await refused('CONFLICT', 'Liability.UpdateParty', responder, { ...id, policyNo: 'PDZA8', version: 1 })
	await refused('INVALID', 'Liability.UpdateParty', responder, { ...id, clear: ['name'] }, 'unknown')
	const cleared = await s.ok('Liability.UpdateParty', responder, { ...id, clear: ['policyNo'] })
	assert.ok(!cleared.party.policyNo)
	await s.ok('Liability.ApplyForDecision', responder, { ...id, statementVersion: '2026-1', strokes })
	const other = await s.ok('Liability.UpdateParty', responder, { ...id, name: '张三' })
	assert.equal(other.applicationVoided, true, 'another person has not signed')
	assert.ok(!other.party.applied)
	assert.equal(s.sql(`select count(*) from liability.party_history where party_id = '${a.partyId}'`)[0][0], '3')
	assert.throws(() => s.sql('delete from liability.party_history'), /keeps what was written/)
})

test('only the responder on the case and its own officers see it', async () => {
	const k = await submitted()
	const stranger = { roles: ['RESPONDER'], subject: uuid7() }
	for (const [name, who] of [['ListParties', stranger], ['SubmitScene', stranger], ['ListParties', officer('610113')],
		['GetSuggestion', officer('610113')], ['ListParties', asParty({ incidentId: uuid7() }, k.parties[0])]])
		await refused('NOT_FOUND', `Liability.${name}`, who, { incidentId: k.incidentId })
	await refused('NOT_FOUND', 'Liability.TakeReview', officer('610113'), { reviewId: k.reviewId })
	const seen = await s.ok('Liability.ListReviews', officer('610113'), {})
	assert.ok(!(seen.items ?? []).some((r) => r.reviewId === k.reviewId))
	assert.equal((await s.ok('Liability.ListParties', officer('610103'), { incidentId: k.incidentId })).items.length, 2)
})

test('fifty officers take one review: one has it', async () => {
	const k = await submitted()
	const officers = Array.from({ length: 50 }, () => officer('610103'))
	const answers = await Promise.all(officers.map((o) => s.rpc('Liability.TakeReview', o, { reviewId: k.reviewId })))
	const won = officers.filter((_, i) => answers[i].code === 'OK')
	assert.equal(won.length, 1)
	assert.ok(answers.every((a) => ['OK', 'CONFLICT'].includes(a.code)))
	const longer = await s.ok('Liability.TakeReview', won[0], { reviewId: k.reviewId })
	assert.ok(longer.review.leaseUntil >= answers.find((a) => a.code === 'OK').out.review.leaseUntil)
	await refused('CONFLICT', 'Liability.ReleaseReview', officer('610103'), { reviewId: k.reviewId })
	// A lease that ran out: the next one may take it, the first can't decide any more.
	s.sql(`update liability.review set lease_until = now() - interval '1 second' where review_id = '${k.reviewId}'`)
	await refused('CONFLICT', 'Liability.Determine', won[0], decision(k))
	await s.ok('Liability.TakeReview', officer('610103'), { reviewId: k.reviewId })
	await refused('CONFLICT', 'Liability.TakeReview', won[0], { reviewId: k.reviewId })
})

test('the queue is fair by age and read page by page', async () => {
	const all = []
	for (let i = 0; i < 3; i++) all.push(await submitted())
	const who = officer('610103')
	const seen = []
	let cursor = ''
	do {
		const page = await s.ok('Liability.ListReviews', who, { pageSize: 2, cursor })
		seen.push(...(page.items ?? []).map((r) => r.reviewId))
		cursor = page.nextCursor ?? ''
	} while (cursor)
	const mine = seen.filter((id) => all.some((k) => k.reviewId === id))
	assert.deepEqual(mine, all.map((k) => k.reviewId))
	assert.equal(new Set(seen).size, seen.length)
	await refused('INVALID', 'Liability.ListReviews', who, { cursor: 'x' }, 'format')
})

test('a retake keeps the place in the queue and asks for new photos', async () => {
	const k = await submitted()
	const who = officer('610103')
	const before = await s.ok('Liability.TakeReview', who, { reviewId: k.reviewId })
	const back = await s.ok('Liability.RequestSceneRetake', who,
		{ reviewId: k.reviewId, slots: ['DAMAGE_B'], reason: '照片模糊' })
	assert.equal(back.review.state, 'RETAKE')
	const told = await s.event('ReviewDiverted', { reviewId: k.reviewId })
	assert.equal(told.where, 'retake')
	assert.match(told.reason, /照片模糊.*DAMAGE_B/)
	const a = await refused('REFUSED', 'Liability.SubmitScene', responder, { incidentId: k.incidentId })
	assert.deepEqual(a.errors.map((e) => e.pointer), ['/photos/DAMAGE_B'])
	await s.tell('ItemAdded', { itemId: uuid7(), incidentId: k.incidentId, district: k.district, slot: 'DAMAGE_B',
		verdict: 'WARNED', at: now() })
	const again = await until('the new photo', async () => {
		const r = await s.rpc('Liability.SubmitScene', responder, { incidentId: k.incidentId })
		return r.code === 'OK' ? r.out : null
	})
	assert.equal(again.reviewId, k.reviewId)
	assert.equal(again.submittedAt, before.review.submittedAt)
})

test('a determination is consistent or refused with the rule', async () => {
	const k = await submitted()
	const who = officer('610103')
	await refused('CONFLICT', 'Liability.Determine', who, decision(k))
	await s.ok('Liability.TakeReview', who, { reviewId: k.reviewId })
	const bad = [
		[['FULL', 'SECONDARY'], {}, 'full_alone'], [['MAIN', 'NONE'], {}, 'main_pair'], [['EQUAL', 'NONE'], {}, 'equal_pair'],
		[['SECONDARY', 'NONE'], {}, 'secondary_alone'], [['NONE', 'NONE'], {}, 'no_fault'],
		[['UNKNOWN', 'UNKNOWN'], {}, 'unknown'], [['FULL', 'NONE'], { scenario: 'S57' }, 'fault'],
		[['FULL', 'NONE'], { scenario: 'S56' }, 'out_of_lane'], [['FULL', 'NONE'], { scenario: 'S50' }, 'aggravating'],
		[['FULL', 'NONE'], { scenario: 'S13' }, 'photo_missing'], [['FULL', 'NONE'], { items: [uuid7()] }, 'item'],
		[['FULL', 'NONE'], { grades: [{ partyId: k.parties[0].partyId, grade: 'FULL' }] }, 'party'],
		[['FULL', 'NONE'], { grades: [0, 0].map(() => ({ partyId: k.parties[0].partyId, grade: 'FULL' })) }, 'twice'],
	]
	for (const [grades, more, rule] of bad)
		await refused('REFUSED', 'Liability.Determine', who, decision(k, grades, more), rule)
	assert.match((await s.rpc('Liability.Determine', who, decision(k, ['UNKNOWN', 'UNKNOWN']))).text, /事故证明.*toGeneral/)
	await refused('INVALID', 'Liability.Determine', who, decision(k, undefined, { scenario: 'S99' }), 'unknown')
	await refused('INVALID', 'Liability.Determine', who, decision(k, undefined, { articles: ['L999'] }), 'article')
	await refused('INVALID', 'Liability.Determine', who, decision(k, undefined, { aggravating: ['S01'] }), 'aggravating')
	for (const role of ['RESPONDER', 'BRIGADE', 'DISPATCHER', 'SUPERVISOR', 'ADMIN', 'PARTY', 'INSURER', 'SYSTEM'])
		await refused('FORBIDDEN', 'Liability.Determine', { roles: [role], subject: who.subject }, decision(k))
	assert.equal(s.sql(`select count(*) from liability.determination where review_id = '${k.reviewId}'`)[0][0], '0')
	const made = await s.ok('Liability.Determine', who, decision(k, ['MAIN', 'SECONDARY'],
		{ aggravating: ['S50'], articles: ['L43-1', 'R38-1(3)', '《西安市道路交通安全条例》第十条'] }))
	const again = await s.ok('Liability.Determine', who, decision(k, ['MAIN', 'SECONDARY'],
		{ aggravating: ['S50'], articles: ['L43-1', 'R38-1(3)', '《西安市道路交通安全条例》第十条'] }))
	assert.equal(again.documentNo, made.documentNo)
	await refused('CONFLICT', 'Liability.Determine', who, decision(k))
	const told = await s.event('DeterminationMade', { determinationId: made.determinationId })
	assert.deepEqual(told.grades.map((g) => g.grade), ['MAIN', 'SECONDARY'])
	assert.equal(told.articles[1], '《中华人民共和国道路交通安全法实施条例》第三十八条第一款第（三）项')
	assert.equal(told.parties.length, 2)
	await refused('REFUSED', 'Liability.UpdateParty', responder,
		{ incidentId: k.incidentId, partyId: k.parties[0].partyId, policyNo: 'PDZA5' })
})

test('the database refuses what no officer decided, and changes to what one did', async () => {
	const k = await determined()
	const id = k.made.determinationId
	for (const set of ["officer_name = 'x'", "officer_id = 'x'", "document_no = 'x'", "doc = '\\x00'", "scenario = 'S02'"])
		assert.throws(() => s.sql(`update liability.determination set ${set} where determination_id = '${id}'`))
	assert.throws(() => s.sql(`delete from liability.determination where determination_id = '${id}'`), /never deleted/)
	assert.throws(() => s.sql(`update liability.determination_party set grade = 'NONE' where determination_id = '${id}'`), /keeps/)
	const l = await submitted()
	const insert = (officerId, role, grades) => `begin;
		insert into liability.determination (determination_id, review_id, incident_id, district, unit, year, number,
			document_no, verify_code, scenario, scenario_version, officer_id, officer_name, decided_role, decided_at, doc,
			content_sha256, request_sha256)
		values ('${uuid7()}', '${l.reviewId}', '${l.incidentId}', '610103', '610103', 1999, ${++serial}, 'x${serial}',
			'x0123456789abcdef${serial}', 'S01', 1, '${officerId}', 'n', '${role}', now(), '', '', '');
		insert into liability.determination_party select determination_id, party_id, letter, '', (array[${grades
			.map((g) => `'${g}'`)}])[case letter when 'A' then 1 else 2 end]
			from liability.determination d join liability.party p using (incident_id) where d.review_id = '${l.reviewId}';
		commit`
	assert.throws(() => s.sql(insert('someone', 'OFFICER', ['FULL', 'NONE'])), /holds the review/)
	const who = officer('610103')
	await s.ok('Liability.TakeReview', who, { reviewId: l.reviewId })
	assert.throws(() => s.sql(insert(who.subject, 'RESPONDER', ['FULL', 'NONE'])), /decided_role/)
	// The consistency matrix here and in C: the same for every pair of grades.
	const names = ['FULL', 'MAIN', 'EQUAL', 'SECONDARY', 'NONE']
	const legal = ['FULL NONE', 'NONE FULL', 'MAIN SECONDARY', 'SECONDARY MAIN', 'EQUAL EQUAL', 'NONE NONE']
	for (const a of names)
		for (const b of names) {
			const sql = insert(who.subject, 'OFFICER', [a, b]).replace(/commit$/, 'set constraints all immediate; rollback')
			if (legal.includes(`${a} ${b}`)) s.sql(sql)
			else assert.throws(() => s.sql(sql), /grades do not agree/, `${a} ${b}`)
		}
})

test('document numbers have no gaps and no repeats', async () => {
	const cases = []
	for (let i = 0; i < 12; i++) cases.push(await submitted())
	const who = cases.map(() => officer('610103'))
	await Promise.all(cases.map((k, i) => s.ok('Liability.TakeReview', who[i], { reviewId: k.reviewId })))
	await Promise.all(cases.map(async (k, i) => {
		await refused('REFUSED', 'Liability.Determine', who[i], decision(k, ['FULL', 'FULL']))
		await s.ok('Liability.Determine', who[i], decision(k))
	}))
	const [[n, last, distinct]] = s.sql(`select count(*), max(number), count(distinct document_no)
		from liability.determination where unit = '610103'`)
	assert.equal(n, last)
	assert.equal(n, distinct)
	assert.equal(s.sql("select last from liability.document_series where unit = '610103'")[0][0], last)
})

test('signed and refused, printed, served, verified', async () => {
	const k = await determined()
	const id = k.made.determinationId
	const [a, b] = k.parties
	const open = await s.ok('Liability.VerifyDocument', anyone, { code: k.made.verifyCode })
	assert.ok(!open.valid)
	assert.equal(k.made.verifyUrl, `https://jingbao.example/verify/${k.made.verifyCode}`)
	await refused('REFUSED', 'Liability.SignDetermination', k.officer, { determinationId: id, partyId: a.partyId, strokes })
	await refused('REFUSED', 'Liability.SignDetermination', responder,
		{ determinationId: id, partyId: b.partyId, refused: true, officerNote: 'x' })
	await refused('INVALID', 'Liability.SignDetermination', k.officer,
		{ determinationId: id, partyId: b.partyId, refused: true }, 'required')
	await refused('NOT_FOUND', 'Liability.SignDetermination', asParty(k, a), { determinationId: id, partyId: b.partyId, strokes })
	const draft = await until('the draft', async () => {
		const r = await s.rpc('Liability.GetDeterminationPdf', responder, { determinationId: id })
		if (r.code !== 'OK') assert.equal(r.code, 'BUSY')
		return r.out
	})
	assert.match(draft.filename, /-draft\.pdf$/)
	const one = await s.ok('Liability.SignDetermination', asParty(k, a), { determinationId: id, partyId: a.partyId, strokes })
	assert.equal(one.stillMissing, 1)
	await s.ok('Liability.SignDetermination', responder, { determinationId: id, partyId: a.partyId, strokes })
	const two = await s.ok('Liability.SignDetermination', k.officer,
		{ determinationId: id, partyId: b.partyId, refused: true, officerNote: '对责任有异议，拒绝签名' })
	assert.equal(two.state, 'SIGNED')
	const served = await s.event('DeterminationServed', { determinationId: id })
	assert.equal(s.seen('DocumentSigned', { determinationId: id }).length, 2, 'a repeat signs nothing')
	const good = await s.ok('Liability.VerifyDocument', anyone, { code: k.made.verifyCode })
	assert.equal(good.valid, true)
	assert.equal(good.pdfSha256, served.pdfSha256)
	assert.deepEqual(good.parties.map((p) => p.grade), ['FULL', 'NONE'])
	assert.ok(!JSON.stringify(good).includes('张伟'))
	const pdf = await s.ok('Liability.GetDeterminationPdf', asParty(k, b), { determinationId: id })
	assert.equal(pdf.sha256, served.pdfSha256)
	const path = join(s.dir, 'blobs', pdf.sha256.slice(0, 2), pdf.sha256.slice(2))
	assert.equal(createHash('sha256').update(readFileSync(path)).digest('hex'), pdf.sha256)
	const text = execFileSync('pdftotext', [path, '-'], { encoding: 'utf8' }).replace(/\s/g, '')
	for (const part of ['道路交通事故认定书', '（简易程序）', k.made.documentNo, '张伟', '欧阳娜娜', '陕AD12345', '全部责任',
		'当事人拒绝签名', '对责任有异议', k.made.verifyCode])
		assert.ok(text.includes(part), `the PDF says ${part}`)
	assert.ok(!text.includes('待签名'))
	await refused('NOT_FOUND', 'Liability.VerifyDocument', anyone, { code: 'NOSUCHCODE0000000000' })
	await refused('NOT_FOUND', 'Liability.GetDeterminationPdf', officer('610113'), { determinationId: id })
	assert.ok(Number(s.sql(`select count(*) from liability.document_view where determination_id = '${id}'`)[0][0]) >= 2)
	const whole = await s.ok('Liability.FindDetermination', responder, { incidentId: k.incidentId })
	assert.equal(whole.determination.signatures.length, 2)
	assert.equal(whole.determination.state, 'SERVED')
})

test('a printer that fails is tried again until the document is there', async () => {
	const k = await determined()
	await until('the draft', () => s.sql(`select 1 from liability.determination
		where determination_id = '${k.made.determinationId}' and draft_sha256 <> ''`).length)
	await s.stop()
	s.settings.document_program = '/bin/false'
	await s.start()
	for (const p of k.parties)
		await s.ok('Liability.SignDetermination', responder,
			{ determinationId: k.made.determinationId, partyId: p.partyId, strokes })
	await until('a failure on record', () => s.sql(`select 1 from liability.rendering where attempts > 0
		and last_error like 'the printer ended%' and determination_id = '${k.made.determinationId}'`).length)
	await s.stop()
	delete s.settings.document_program
	await s.start()
	await s.event('DeterminationServed', { determinationId: k.made.determinationId })
})

test('killed after the last signature: the document is served all the same', async () => {
	const k = await determined()
	for (const p of k.parties)
		await s.ok('Liability.SignDetermination', responder,
			{ determinationId: k.made.determinationId, partyId: p.partyId, strokes })
	await s.stop('SIGKILL')
	await s.start()
	await until('the document to be served', () => s.seen('DeterminationServed',
		{ determinationId: k.made.determinationId }).length === 1, 30000)
	assert.equal(s.sql(`select count(*) from liability.outbox where type like '%DeterminationServed'
		and key = '${k.incidentId}'`)[0][0], '1')
})

test('an officer asked for on the scene ends the remote flow', async () => {
	const k = await submitted()
	const who = officer('610103')
	await s.ok('Liability.TakeReview', who, { reviewId: k.reviewId })
	await s.tell('OfficerRequested', { incidentId: k.incidentId, district: k.district, requestedBy: 'x', role: 'PARTY', at: now() })
	await until('the review to be withdrawn', () =>
		s.sql(`select 1 from liability.review where review_id = '${k.reviewId}' and state = 'WITHDRAWN'`).length)
	await refused('CONFLICT', 'Liability.Determine', who, decision(k))
	const a = await refused('REFUSED', 'Liability.SubmitScene', responder, { incidentId: k.incidentId })
	assert.match(a.text, /OFFICER_REQUESTED/)
})

test('to an officer or the general procedure: the desk is done with it', async () => {
	for (const [verb, where, state] of [['DivertToOfficer', 'to_officer', 'TO_OFFICER'], ['DivertToGeneral', 'to_general', 'TO_GENERAL']]) {
		const k = await submitted()
		const who = officer('610103')
		await refused('CONFLICT', `Liability.${verb}`, who, { reviewId: k.reviewId, reason: '事实不清' })
		await s.ok('Liability.TakeReview', who, { reviewId: k.reviewId })
		const out = await s.ok(`Liability.${verb}`, who, { reviewId: k.reviewId, reason: '事实不清' })
		assert.equal(out.review.state, state)
		await s.ok(`Liability.${verb}`, who, { reviewId: k.reviewId, reason: '事实不清' })
		assert.equal((await s.event('ReviewDiverted', { reviewId: k.reviewId })).where, where)
		assert.equal(s.seen('ReviewDiverted', { reviewId: k.reviewId }).length, 1)
		await refused('REFUSED', 'Liability.SubmitScene', responder, { incidentId: k.incidentId })
	}
})

test('the catalogue is whole; a suggestion says its grounds or that it has none', async () => {
	const who = officer('610103')
	const all = await s.ok('Liability.ListScenarios', who, {})
	assert.equal(all.items.length, 57)
	assert.deepEqual(all.items.map((x) => x.code), Array.from({ length: 57 }, (_, i) => `S${String(i + 1).padStart(2, '0')}`))
	for (const x of all.items) for (const a of x.articles) assert.match(a.text, /^《.+》第.+条/, `${x.code} ${a.ref}`)
	await refused('NOT_FOUND', 'Liability.ListScenarios', who, { version: 99 })
	const known = await report()
	const hint = await s.ok('Liability.GetSuggestion', who, { incidentId: known.incidentId })
	assert.equal(hint.items[0].scenario.code, 'S01')
	assert.match(hint.items[0].grounds[0].text, /追尾/)
	assert.match(hint.note, /不是认定/)
	const blank = await report({ description: '' })
	const none = await s.ok('Liability.GetSuggestion', who, { incidentId: blank.incidentId })
	assert.ok(!none.items?.length)
	assert.match(none.note, /不足/)
})
