// photos.test.mjs - photos over HTTP: what is taken, kept with reasons, or refused, and by which status.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { connect } from 'node:net'
import { readFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { startStack, sharedPath, root } from '../lib/stack.mjs'
import { until } from '../lib/http.mjs'
import * as story from '../lib/story.mjs'

const bin = process.env.JB_BIN ?? join(root, 'build/bin')
const scene = { lon: 108.935, lat: 34.238, datum: 'WGS84', accuracyM: 10 }
let s, responder, officer, incidentId
let serial = 0

before(async () => {
	s = await startStack()
	const dispatcher = await s.as('DISPATCHER')
	officer = await s.as('OFFICER')
	responder = await story.onDuty(s, 0, scene)
	;({ incidentId } = story.ok(await dispatcher.post('/v1/orders', story.order()), 201))
	await story.acceptOffer(responder, incidentId)
	await until('evidence to know the case', 10000, async () => (await responder.get(`/v1/incidents/${incidentId}/checklist`)).status === 200)
}, { timeout: 120000 })
after(() => s?.stop())

function made(...options) {
	const path = join(s.dir ?? '/tmp', `made-${process.pid}.jpg`)
	execFileSync(join(bin, 'make-photo'), [path, '1600', '1200', String(++serial), ...options])
	return readFileSync(path)
}

const up = (slot, bytes, headers = {}, query = '') =>
	responder.patient('POST', `/v1/incidents/${incidentId}/items?slot=${slot}${query}`, bytes, { 'content-type': 'image/jpeg', ...headers })

test('what is no photo we take gets problem details that name the rule', async () => {
	const head = (marker, precision, w, h, n) =>
		Buffer.concat([
			Buffer.from([0xff, 0xd8, 0xff, marker, 0, 8 + 3 * n, precision, h >> 8, h & 255, w >> 8, w & 255, n]),
			Buffer.from(Array.from({ length: n }, (_, i) => [i + 1, 0x11, 0]).flat()),
			Buffer.from([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 1, 2, 0xff, 0xd9]),
		])
	for (const [bytes, status, rule] of [
		[Buffer.from('PK\x03\x04 a ZIP that calls itself JPEG'), 415, 'not_jpeg'],
		[head(0xc0, 8, 65500, 65500, 3), 422, 'max_side'],
		[head(0xc0, 8, 12000, 12000, 3), 422, 'max_pixels'],
		[head(0xc9, 8, 1600, 1200, 3), 422, 'arithmetic_coding'],
		[head(0xc0, 8, 1600, 1200, 4), 422, 'colours'],
		[head(0xc0, 8, 1600, 1200, 3), 422, 'undecodable'],
	]) {
		const r = await up('SIGN', bytes)
		assert.equal(r.status, status, `${rule}: ${r.bytes}`)
		assert.match(r.headers.get('content-type'), /problem\+json/)
		assert.equal(r.body.errors[0].rule, rule)
	}
	assert.equal((await up('SIGN', Buffer.alloc(15 * 1024 * 1024 + 1))).status, 413)
	assert.equal((await up('SIGN', made(), { 'content-type': 'image/png' })).status, 415)
	assert.equal((await up('SIGN', Buffer.alloc(0))).status, 400)
	assert.deepEqual((await up('NO_SUCH', made())).body.errors.map((e) => [e.pointer, e.rule]), [['/slot', 'enum']])
	assert.deepEqual((await up('SIGN', made(), {}, '&lon=108.9&lat=34.2')).body.errors.map((e) => e.pointer), ['/datum'])
	assert.equal((await up('SIGN', made(), {}, '&lon=208.9&lat=34.2&datum=WGS84')).status, 400)
	assert.equal(story.ok(await responder.get(`/v1/incidents/${incidentId}/items`)).items.length, 0)
})

test('a poor photo is kept with reasons in Chinese, and the checklist says so', async () => {
	const whole = made()
	const cut = story.ok(await up('PLATE_A', whole.subarray(0, whole.length / 2)), 201)
	assert.equal(cut.item.verdict, 'REJECTED')
	assert.equal(cut.item.checks[0].rule, 'damaged')
	const soft = story.ok(await up('PLATE_B', made('--soft')), 201)
	assert.ok(soft.item.checks.some((c) => c.code === 'PH02' && /模糊/.test(c.text)))
	const list = story.ok(await responder.get(`/v1/incidents/${incidentId}/checklist`))
	const plate = list.slots.find((x) => x.slot === 'PLATE_B')
	assert.deepEqual([plate.state, plate.required], ['FAILED', true])
	assert.ok(plate.reasons.length > 0)
	assert.ok(list.missing.includes('PLATE_A') && list.missing.includes('SCENE_FRONT'))
})

test('an officer points at what to take again', async () => {
	const first = story.ok(await up('CONTACT_DETAIL', made()), 201)
	const asked = await officer.post(`/v1/items/${first.itemId}:requestRetake`, { x: 0.5, y: 0.25, note: '接触点不清' })
	assert.equal(story.ok(asked).item.retake.note, '接触点不清')
	assert.equal((await responder.post(`/v1/items/${first.itemId}:requestRetake`, { x: 0, y: 0, note: 'x' })).status, 403)
	assert.equal((await officer.post(`/v1/items/${first.itemId}:requestRetake`, { x: 1.5, y: 0, note: 'x' })).status, 400)
	const state = async () => story.ok(await responder.get(`/v1/incidents/${incidentId}/checklist`)).slots.find((x) => x.slot === 'CONTACT_DETAIL').state
	assert.equal(await state(), 'RETAKE')
	story.ok(await up('CONTACT_DETAIL', made()), 201)
	assert.equal(await state(), 'PRESENT')
})

test('others than those on the case find nothing', async () => {
	const item = story.ok(await up('SCENE_SIDE', made()), 201)
	const other = await s.as('RESPONDER', 1)
	const insurer = await s.insurer('CPIC')
	for (const who of [other, insurer]) {
		for (const path of [`/v1/items/${item.itemId}`, `/v1/items/${item.itemId}/original`, `/v1/items/${item.itemId}/renditions/small`, `/v1/incidents/${incidentId}/items`])
			assert.equal((await who.get(path)).status, 404, path)
	}
	assert.equal((await s.nobody().get(`/v1/items/${item.itemId}/original`)).status, 401)
	assert.equal((await officer.get(`/v1/items/${item.itemId}/original`)).status, 200)
})

test('an upload cut half-way leaves nothing and can be sent again', async () => {
	const bytes = made()
	const { hostname, port } = new URL(s.url)
	await new Promise((done, fail) => {
		const c = connect(Number(port), hostname, () => {
			c.write(`POST /v1/incidents/${incidentId}/items?slot=DEBRIS HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${responder.token}\r\nContent-Type: image/jpeg\r\nContent-Length: ${bytes.length}\r\n\r\n`)
			c.write(bytes.subarray(0, bytes.length / 2), () => setTimeout(() => c.destroy(), 50))
		})
		c.on('close', done)
		c.on('error', fail)
	})
	const of = async () => story.ok(await responder.get(`/v1/incidents/${incidentId}/items?slot=DEBRIS`)).items
	assert.equal((await of()).length, 0)
	const item = story.ok(await up('DEBRIS', bytes), 201)
	assert.equal(Buffer.compare((await responder.get(`/v1/items/${item.itemId}/original`)).bytes, bytes), 0)
})

const real = sharedPath('data', 'jpeg')
test('real phone photos come through with their time, place and camera', { skip: real ? false : 'no corpus' }, async () => {
	const iphone = join(real, 'large/ianare_iphone_hdr_YES.jpg')
	assert.ok(existsSync(iphone))
	const { item } = story.ok(await up('SKID', readFileSync(iphone)), 201)
	assert.equal(item.verdict, 'WARNED')
	assert.equal(item.takenTime, 'LOCAL_ASSUMED')
	assert.equal(item.takenAt, '2015-04-10T12:12:23Z')
	assert.ok(Math.abs(item.exifPosition.lon + 3.72475277777778) < 1e-6)
	assert.equal(item.camera, 'Apple iPhone 6')
	assert.deepEqual(item.checks.map((c) => c.code), ['PH07', 'PH08'])
	const small = await responder.get(`/v1/items/${item.itemId}/renditions/small`)
	assert.equal(small.bytes.indexOf('Exif'), -1)
	assert.equal(small.headers.get('content-type'), 'image/jpeg')
})
