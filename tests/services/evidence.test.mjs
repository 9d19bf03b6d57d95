// evidence.test.mjs - the evidence service alone: uploads, verdicts, checklist, access, lost workers.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Stack, uuid7, until } from './stack.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const bin = process.env.JB_BIN ?? join(root, 'build/bin')
const jpeg = join(process.env.JB_SHARED || join(root, '../shared'), 'data/jpeg')
const BELL = { lon: 108.9423, lat: 34.261 }
const RESPONDER = { roles: ['RESPONDER'], subject: uuid7() }
const OFFICER = { roles: ['OFFICER'], subject: uuid7(), districts: '610103' }
let s
let serial = 0

// Bytes into the blob store as the gateway leaves them; answers their digest.
function blob(bytes) {
	const sha256 = createHash('sha256').update(bytes).digest('hex')
	const dir = join(s.dir, 'blobs', sha256.slice(0, 2))
	mkdirSync(dir, { recursive: true })
	if (!existsSync(join(dir, sha256.slice(2)))) writeFileSync(join(dir, sha256.slice(2)), bytes)
	return sha256
}

function photo(...options) {
	const path = join(s.dir, 'made.jpg')
	execFileSync(join(bin, 'make-photo'), [path, '1600', '1200', String(++serial), ...options.map(String)])
	return readFileSync(path)
}

const stored = (sha256) => readFileSync(join(s.dir, 'blobs', sha256.slice(0, 2), sha256.slice(2)))

const add = (incidentId, slot, bytes, who = RESPONDER, more = {}) =>
	s.rpc('Evidence.AddItem', { ...who, server: { sha256: blob(bytes), size_bytes: String(bytes.length) } }, { incidentId, slot, ...more })

// As a phone does: BUSY is tried again, which the service must take for the same upload.
async function added(...args) {
	let a = await add(...args)
	for (let i = 0; i < 5 && a.code === 'BUSY'; i++) a = await add(...args)
	if (a.code !== 'OK') throw new Error(`${a.code} ${a.text} ${JSON.stringify(a.errors ?? [])}`)
	return a.out.item
}

async function report(extra = {}, responder = RESPONDER) {
	const incidentId = uuid7()
	const now = new Date().toISOString()
	await s.tell('IncidentReported', {
		incidentId, district: '610103', caseNo: `C${++serial}`, orderNo: `O${serial}`, lane: 'RAPID',
		place: { text: '钟楼', position: { ...BELL, datum: 'WGS84' } }, ...BELL, reportedAt: now, acceptedAt: now,
		vehicles: [{ plate: '陕A12345' }, { plate: '陕A8B6F2' }], channel: 'PHONE_122', ...extra,
	})
	await s.tell('ResponderAssigned', { assignmentId: uuid7(), incidentId, district: '610103', responderId: responder.subject, at: now })
	await until('the case to be known', async () => (await s.rpc('Evidence.GetChecklist', responder, { incidentId })).code === 'OK')
	return incidentId
}

const rules = (item) => (item.checks ?? []).map((c) => `${c.code} ${c.rule}`)
const checklist = (incidentId, who = RESPONDER) => s.ok('Evidence.GetChecklist', who, { incidentId })
const workers = () =>
	readdirSync('/proc').filter((p) => {
		try {
			return /^\d+$/.test(p) && readFileSync(`/proc/${p}/stat`, 'utf8').split(') ')[1].split(' ')[1] === String(s.proc.pid) &&
				readFileSync(`/proc/${p}/comm`, 'utf8').startsWith('jb-evidence-pho')
		} catch {
			return false
		}
	}).map(Number)

before(async () => {
	s = await Stack.up('evidence', { photo_idle_s: 1, photo_timeout_ms: 2000 })
})
after(() => s?.down())

test('a good photo is accepted, told of, and given back bit for bit with three upright sizes', async () => {
	const incident = await report()
	const bytes = photo('--orientation', 6)
	const item = await added(incident, 'SCENE_FRONT', bytes)
	assert.equal(item.verdict, 'ACCEPTED')
	assert.deepEqual([item.width, item.height], [1200, 1600])
	const told = await s.event('ItemAdded', { itemId: item.itemId })
	assert.equal(told.responderId, RESPONDER.subject)
	const original = await s.ok('Evidence.GetItemOriginal', OFFICER, { itemId: item.itemId })
	assert.ok(stored(original.sha256).equals(bytes))
	for (const [size, longest] of [['small', 256], ['medium', 1024], ['large', 1600]]) {
		const r = await s.ok('Evidence.GetItemRendition', OFFICER, { itemId: item.itemId, size })
		const data = stored(r.sha256)
		assert.equal(String(data.length), r.sizeBytes)
		assert.equal(Math.max(...item.renditions.filter((v) => v.size === size).flatMap((v) => [v.width, v.height])), longest)
		assert.equal(data.indexOf('Exif'), -1)
	}
	assert.equal((await s.rpc('Evidence.GetItemRendition', OFFICER, { itemId: item.itemId, size: 'huge' })).code, 'NOT_FOUND')
})

test('the same bytes for the same slot are one item, however often and at once', async () => {
	const incident = await report()
	const bytes = photo()
	const answers = await Promise.all(Array.from({ length: 20 }, () => added(incident, 'SCENE_FRONT', bytes)))
	assert.equal(new Set(answers.map((a) => a.itemId)).size, 1)
	assert.equal(s.seen('ItemAdded', { incidentId: incident }).length, 1)
})

test('the same bytes fill one slot of a case only, also at once', async () => {
	const incident = await report()
	const bytes = photo()
	const slots = ['SCENE_FRONT', 'SCENE_REAR', 'CONTACT_DETAIL', 'PLATE_A']
	const items = await Promise.all(slots.map((slot) => added(incident, slot, bytes)))
	const good = items.filter((i) => i.verdict === 'ACCEPTED')
	assert.equal(good.length, 1)
	for (const i of items.filter((x) => x !== good[0])) {
		assert.deepEqual(rules(i), ['PH05 duplicate'])
		assert.equal(i.duplicateOf, good[0].itemId)
	}
})

test('bytes of another case are flagged to those who look into it, to nobody else', async () => {
	const bytes = photo()
	await added(await report(), 'SCENE_FRONT', bytes)
	const incident = await report()
	const item = await added(incident, 'SCENE_FRONT', bytes)
	assert.equal(item.verdict, 'ACCEPTED')
	assert.deepEqual(item.flags, [])
	const seen = (await s.ok('Evidence.ListItems', OFFICER, { incidentId: incident })).items[0]
	assert.equal(seen.flags[0].rule, 'other_case')
	assert.ok(!JSON.stringify(await s.event('ItemAdded', { itemId: item.itemId })).includes('other_case'))
})

test('a poor photo is kept with its reasons in Chinese', async () => {
	const incident = await report()
	const soft = await added(incident, 'SCENE_FRONT', photo('--soft'))
	assert.equal(soft.verdict, 'REJECTED')
	assert.ok(rules(soft).includes('PH02 blur'))
	const dark = await added(incident, 'SCENE_REAR', photo('--dark'))
	assert.ok(rules(dark).includes('PH03 dark'))
	const whole = photo()
	const cut = await added(incident, 'PLATE_A', whole.subarray(0, whole.length / 2))
	assert.deepEqual(rules(cut), ['PH01 damaged'])
	const list = await checklist(incident)
	const front = list.slots.find((x) => x.slot === 'SCENE_FRONT')
	assert.equal(front.state, 'FAILED')
	assert.match(front.reasons.join(), /照片/)
	assert.ok(stored(soft.sha256).length > 0)
})

test('time and place of the file are held against the case, with their datum', async () => {
	const incident = await report()
	const old = await added(incident, 'SCENE_FRONT', photo('--taken', '2020:01:01 08:00:00', '--gps', 108.9423, 34.261))
	assert.deepEqual(rules(old), ['PH07 old'])
	assert.equal(old.verdict, 'WARNED')
	assert.equal(old.takenTime, 'LOCAL_ASSUMED')
	assert.equal(old.takenAt, '2020-01-01T00:00:00Z')
	assert.ok(Math.abs(old.exifPosition.lon - 108.9423) < 1e-6)
	const far = await added(incident, 'SCENE_REAR', photo('--gps', 109.1, 34.261))
	assert.deepEqual(rules(far), ['PH08 place'])
	// 108.9423, 34.261 in GCJ-02: some 450 m beside it when the datum is ignored.
	const shifted = { lon: 108.946953, lat: 34.25942 }
	const right = await added(incident, 'PLATE_A', photo(), RESPONDER, { ...shifted, datum: 'GCJ02' })
	assert.equal(right.verdict, 'ACCEPTED')
	const wrong = await added(incident, 'PLATE_B', photo(), RESPONDER, { ...shifted, datum: 'WGS84' })
	assert.deepEqual(rules(wrong), ['PH08 place'])
	for (const [more, at] of [[{ lon: 1, lat: 1 }, '/datum'], [{ lat: 1, datum: 'WGS84' }, '/lon'], [{ lon: 1, datum: 'WGS84' }, '/lat']]) {
		const a = await add(incident, 'PLATE_B', photo(), RESPONDER, more)
		assert.equal(a.code, 'INVALID')
		assert.equal(a.errors[0].pointer, at)
	}
})

test('what is no photo is refused by name and leaves no item', async () => {
	const incident = await report()
	const jpegHead = (marker, precision, w, h, n) =>
		Buffer.concat([
			Buffer.from([0xff, 0xd8, 0xff, marker, 0, 8 + 3 * n, precision, h >> 8, h & 255, w >> 8, w & 255, n]),
			Buffer.from(Array.from({ length: n }, (_, i) => [i + 1, 0x11, 0]).flat()),
			Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 1, 2, 0xff, 0xd9]),
		])
	for (const [bytes, code, rule] of [
		[Buffer.from('PK\x03\x04 a zip that calls itself jpg'), 'UNSUPPORTED', 'not_jpeg'],
		[Buffer.from('<html>'), 'UNSUPPORTED', 'not_jpeg'],
		[Buffer.from([0xff, 0xd8, 0xff, 0xd9]), 'REFUSED', 'no_frame'],
		[jpegHead(0xc0, 8, 65500, 65500, 3), 'REFUSED', 'max_side'],
		[jpegHead(0xc0, 8, 16000, 16000, 3), 'REFUSED', 'max_pixels'],
		[jpegHead(0xc9, 8, 1600, 1200, 3), 'REFUSED', 'arithmetic_coding'],
		[jpegHead(0xc3, 8, 1600, 1200, 3), 'REFUSED', 'lossless_coding'],
		[jpegHead(0xc1, 12, 1600, 1200, 3), 'REFUSED', 'precision'],
		[jpegHead(0xc0, 8, 1600, 1200, 4), 'REFUSED', 'colours'],
		[jpegHead(0xc0, 8, 1600, 1200, 3), 'REFUSED', 'undecodable'],
	]) {
		for (let again = 0; again < 2; again++) {
			const a = await add(incident, 'SCENE_FRONT', bytes)
			assert.deepEqual([a.code, a.errors?.[0]?.rule], [code, rule])
		}
	}
	const big = await add(incident, 'SCENE_FRONT', Buffer.alloc(15 * 1024 * 1024 + 1))
	assert.equal(big.code, 'TOO_LARGE')
	assert.equal((await add(incident, 'PLATE_Z', photo())).errors[0].pointer, '/slot')
	assert.equal((await add(incident, 'PLATE', photo())).code, 'INVALID')
	assert.equal((await s.rpc('Evidence.AddItem', { ...RESPONDER, server: { sha256: 'a'.repeat(64) } }, { incidentId: incident, slot: 'SIGN' })).code, 'BUSY')
	assert.equal((await s.ok('Evidence.ListItems', RESPONDER, { incidentId: incident })).items?.length ?? 0, 0)
})

test('the checklist goes from nothing to complete, and a retake opens it again', async () => {
	const incident = await report()
	const minimum = ['SCENE_FRONT', 'SCENE_REAR', 'CONTACT_DETAIL', 'PLATE_A', 'PLATE_B', 'DAMAGE_A', 'DAMAGE_B']
	assert.deepEqual((await checklist(incident)).missing, minimum)
	const items = {}
	for (const slot of minimum) items[slot] = await added(incident, slot, photo())
	const full = await checklist(incident)
	assert.equal(full.complete, true)
	assert.equal(full.missing?.length ?? 0, 0)
	const ask = { itemId: items.PLATE_B.itemId, x: 0.25, y: 0.75, note: '号牌反光' }
	for (let again = 0; again < 2; again++) {
		const r = await s.ok('Evidence.RequestItemRetake', OFFICER, ask)
		assert.equal(r.item.retake.note, '号牌反光')
	}
	assert.equal((await s.event('RetakeRequested', { itemId: ask.itemId })).x, 0.25)
	assert.deepEqual((await checklist(incident)).missing, ['PLATE_B'])
	await added(incident, 'PLATE_B', photo())
	assert.equal((await checklist(incident)).complete, true)
	assert.equal(s.seen('RetakeRequested', { incidentId: incident }).length, 1)
	await s.tell('PartyRecorded', { incidentId: incident, district: '610103', version: 1, party: { partyId: uuid7(), letter: 'C', plate: '陕A11111', insurer: 'PICC' } })
	await until('the third vehicle', async () => (await checklist(incident)).missing?.includes('PLATE_C'))
})

test('each sees the cases he has to do with, the others are not there for him', async () => {
	const incident = await report({ gates: [{ code: 'X12' }] })
	const item = await added(incident, 'SCENE_FRONT', photo())
	const sees = async (who) => {
		const codes = [
			await s.rpc('Evidence.GetItem', who, { itemId: item.itemId }),
			await s.rpc('Evidence.GetItemOriginal', who, { itemId: item.itemId }),
			await s.rpc('Evidence.ListItems', who, { incidentId: incident }),
		].map((a) => a.code)
		assert.equal(new Set(codes).size, 1, codes.join())
		return codes[0]
	}
	const insurer = { roles: ['INSURER'], subject: uuid7(), org: 'PICC' }
	assert.equal(await sees(OFFICER), 'OK')
	assert.equal(await sees({ ...OFFICER, districts: '610113' }), 'NOT_FOUND')
	assert.equal(await sees({ roles: ['SUPERVISOR'], subject: uuid7() }), 'OK')
	assert.equal(await sees({ roles: ['RESPONDER'], subject: uuid7() }), 'NOT_FOUND')
	assert.equal(await sees({ roles: ['PARTY'], subject: uuid7(), incident }), 'OK')
	assert.equal(await sees({ roles: ['PARTY'], subject: uuid7(), incident: uuid7() }), 'NOT_FOUND')
	assert.equal(await sees(insurer), 'NOT_FOUND')
	await s.tell('PartyRecorded', { incidentId: incident, district: '610103', version: 1, party: { partyId: uuid7(), letter: 'A', plate: '陕A12345', insurer: 'PICC' } })
	await until('the insurer to be known', async () => (await sees(insurer)) === 'OK')
	assert.equal(await sees({ ...insurer, org: 'CPIC' }), 'NOT_FOUND')
	assert.ok((await checklist(incident)).missing.includes('FACILITY'))
	assert.equal((await s.rpc('Evidence.RequestItemRetake', { ...OFFICER, districts: '610113' }, { itemId: item.itemId, x: 0, y: 0, note: 'x' })).code, 'NOT_FOUND')
	assert.equal((await add(incident, 'SCENE_REAR', photo(), { roles: ['RESPONDER'], subject: uuid7() })).code, 'NOT_FOUND')
	assert.equal((await add(uuid7(), 'SCENE_REAR', photo())).code, 'BUSY')
	assert.equal((await add('01000000-0000-7000-8000-000000000000', 'SCENE_REAR', photo())).code, 'NOT_FOUND')
})

test('a party sees the scene and its own papers, not the other side\'s', async () => {
	const incident = await report()
	const a = { roles: ['PARTY'], subject: uuid7(), incident }
	const b = { roles: ['PARTY'], subject: uuid7(), incident }
	const scene = await added(incident, 'SCENE_FRONT', photo())
	const licence = await added(incident, 'LICENCE_A', photo(), a)
	const sees = async (who, item) => (await s.rpc('Evidence.GetItemOriginal', who, { itemId: item.itemId })).code
	const lists = async (who) => (await s.ok('Evidence.ListItems', who, { incidentId: incident })).items.length
	for (const [who, scenes, papers, n] of [[a, 'OK', 'OK', 2], [b, 'OK', 'NOT_FOUND', 1], [OFFICER, 'OK', 'OK', 2], [RESPONDER, 'OK', 'OK', 2]]) {
		assert.equal(await sees(who, scene), scenes)
		assert.equal(await sees(who, licence), papers)
		assert.equal(await lists(who), n)
	}
})

test('an ended case takes no more photos, a repeat is still answered', async () => {
	const incident = await report()
	const bytes = photo()
	const first = await added(incident, 'SCENE_FRONT', bytes)
	await s.tell('IncidentPhaseChanged', { incidentId: incident, district: '610103', from: 'DISPATCHING', to: 'CANCELLED' })
	await until('the end to be known', async () => (await add(incident, 'SCENE_REAR', photo())).code === 'REFUSED')
	assert.equal((await added(incident, 'SCENE_FRONT', bytes)).itemId, first.itemId)
	assert.throws(() => s.sql(`update evidence.item set verdict = 'REJECTED' where id = '${first.itemId}'`), /never changed/)
	assert.throws(() => s.sql(`delete from evidence.item where id = '${first.itemId}'`), /never changed/)
})

test('lists are paged by cursor without gap or repeat', async () => {
	const incident = await report()
	const all = []
	for (const slot of ['SCENE_FRONT', 'SCENE_REAR', 'CONTACT_DETAIL', 'PLATE_A', 'PLATE_B']) all.unshift((await added(incident, slot, photo())).itemId)
	const got = []
	let cursor = ''
	do {
		const page = await s.ok('Evidence.ListItems', OFFICER, { incidentId: incident, pageSize: 2, ...(cursor && { cursor }) })
		got.push(...page.items.map((i) => i.itemId))
		cursor = page.nextCursor
	} while (cursor)
	assert.deepEqual(got, all)
	assert.equal((await s.ok('Evidence.ListItems', OFFICER, { incidentId: incident, slot: 'PLATE_A' })).items.length, 1)
	assert.equal((await s.rpc('Evidence.ListItems', OFFICER, { incidentId: incident, cursor: 'nonsense' })).code, 'INVALID')
})

test('a killed worker costs nothing, a hanging one that photo alone, an idle one is let go', async () => {
	const incident = await report()
	await added(incident, 'SCENE_FRONT', photo())
	for (const pid of workers()) process.kill(pid, 'SIGKILL')
	assert.equal((await added(incident, 'SCENE_REAR', photo())).verdict, 'ACCEPTED')
	for (const pid of workers()) process.kill(pid, 'SIGSTOP')
	const stuck = photo()
	const a = await add(incident, 'PLATE_A', stuck)
	assert.deepEqual([a.code, a.errors?.[0]?.rule], ['REFUSED', 'undecodable'])
	await until('a worker that answers', async () => (await add(incident, 'PLATE_A', stuck)).code === 'OK')
	await until('no worker to be left', () => workers().length === 0)
	assert.equal((await added(incident, 'PLATE_B', photo())).verdict, 'ACCEPTED')
})

test('a restart in the middle of uploads loses none that was answered', async () => {
	const incident = await report()
	const photos = Array.from({ length: 12 }, () => photo())
	const slots = (await s.ok('Evidence.ListEvidenceSlots', OFFICER)).items.filter((x) => !x.perVehicle).map((x) => x.slot)
	const sent = photos.map((bytes, i) => add(incident, slots[i % slots.length], bytes))
	await new Promise((r) => setTimeout(r, 30))
	await s.stop('SIGKILL')
	await s.start()
	const first = await Promise.all(sent)
	const again = await Promise.all(photos.map((bytes, i) => added(incident, slots[i % slots.length], bytes)))
	first.forEach((a, i) => a.code === 'OK' && assert.equal(a.out.itemId, again[i].itemId))
	assert.equal(s.sql(`select count(*) from evidence.item where incident_id = '${incident}'`)[0][0], '12')
	await until('each item to be told of once', () => new Set(s.seen('ItemAdded', { incidentId: incident }).map((e) => e.itemId)).size === 12)
})

const files = existsSync(join(jpeg, 'manifest.tsv')) ? readFileSync(join(jpeg, 'manifest.tsv'), 'utf8').trim().split('\n').slice(1).map((l) => l.split('\t')) : []
test('the corpus of real and hostile files is answered, each twice the same', { skip: files.length ? false : `no corpus at ${jpeg}`, timeout: 240000 }, async () => {
	const incident = await report()
	const wanted = { accept: ['OK'], 'reject:not_jpeg': ['UNSUPPORTED'], 'policy:decodes_with_warnings': ['OK', 'REFUSED', 'UNSUPPORTED'], 'policy:arithmetic': ['REFUSED'] }
	const tell = []
	const one = async ([file, , , , , , sha256, , , , , , , , , , , , , , , , expected]) => {
		const bytes = readFileSync(join(jpeg, file))
		const a = await add(incident, 'SKID', bytes)
		const b = await add(incident, 'SKID', bytes)
		const want = wanted[expected] ?? ['REFUSED', 'UNSUPPORTED']
		if (!want.includes(a.code) || a.code !== b.code || a.errors?.[0]?.rule !== b.errors?.[0]?.rule || a.out?.itemId !== b.out?.itemId) tell.push(`${file} ${expected}: ${a.code} ${a.text ?? ''} / ${b.code}`)
		if (a.code !== 'OK') return
		const o = await s.ok('Evidence.GetItemOriginal', OFFICER, { itemId: a.out.itemId })
		if (o.sha256 !== sha256 || createHash('sha256').update(stored(o.sha256)).digest('hex') !== sha256) tell.push(`${file}: another original`)
	}
	for (let i = 0; i < files.length; i += 8) await Promise.all(files.slice(i, i + 8).map(one))
	assert.deepEqual(tell, [])
	assert.equal(s.proc.exitCode, null)
})
