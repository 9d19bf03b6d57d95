// bad_photos.test.mjs - uploads that are no photos, half a photo or a trap, sent to the whole system: the
// right status for each, nothing left half-written, nobody falls over.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { deflateSync } from 'node:zlib';
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { startStack, sharedPath } from '../lib/stack.mjs';
import { until } from '../lib/http.mjs';
import { refused, Watch } from '../lib/refusal.mjs';
import * as story from '../lib/story.mjs';

const scene = { lon: 108.935, lat: 34.238, datum: 'WGS84', accuracyM: 10 };
const jpeg = { 'content-type': 'image/jpeg' };
let s, watch, responder, items, good;

before(async () => {
	s = await startStack({ settings: { JB_ANON_PER_S: '0', JB_LOG_LEVEL: 'warn' } });
	watch = new Watch(s);
	const dispatcher = await s.as('DISPATCHER');
	responder = await story.onDuty(s, 0, scene);
	const { incidentId } = story.ok(await dispatcher.post('/v1/orders', story.order()), 201);
	await story.acceptOffer(responder, incidentId, 30000);
	items = `/v1/incidents/${incidentId}/items`;
	good = story.stamped(story.photos()[0], incidentId);
	await until('evidence to know the case', 30000, async () => (await responder.get(items)).status === 200);
}, { timeout: 240000 });
after(() => s?.stop());

const send = (body, headers = jpeg, query = '?slot=SCENE_FRONT') => responder.post(items + query, body, headers);
const halfWritten = () => readdirSync(join(s.dir, 'blobs', 'tmp'));
const kept = (bytes) => {
	const hex = createHash('sha256').update(bytes).digest('hex');
	return existsSync(join(s.dir, 'blobs', hex.slice(0, 2), hex.slice(2)));
};
const sha = (bytes) => createHash('sha256').update(bytes).digest('base64');

// Marker segments by hand.
const segment = (marker, ...bytes) => Buffer.from([0xff, marker, (bytes.length + 2) >> 8, (bytes.length + 2) & 255, ...bytes]);
const SOI = Buffer.from([0xff, 0xd8]), EOI = Buffer.from([0xff, 0xd9]);
const frame = (w, h, { marker = 0xc0, precision = 8, comps = 3 } = {}) => segment(marker, precision, h >> 8, h & 255, w >> 8, w & 255, comps,
	...Array.from({ length: comps }, (_, i) => [i + 1, 0x11, 0]).flat());
const scan = segment(0xda, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0);
const shell = (...parts) => Buffer.concat([SOI, ...parts, EOI]);

function png() {
	const chunk = (type, data) => Buffer.concat([Buffer.from([0, 0, 0, data.length]), Buffer.from(type), data, Buffer.alloc(4)]);
	return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', Buffer.from('0000000100000001080200000000', 'hex')),
		chunk('IDAT', deflateSync(Buffer.alloc(4))), chunk('IEND', Buffer.alloc(0))]);
}

test('what is no JPEG is a 415, whatever it is called', async () => {
	const zip = Buffer.concat([Buffer.from('504b0304140000000800', 'hex'), good]);
	for (const [body, what] of [[zip, 'a ZIP'], [png(), 'a PNG'], [Buffer.from('%PDF-1.7\n'), 'a PDF'], [Buffer.from('GIF89a'), 'a GIF'],
		[Buffer.from('<svg onload="x"/>'), 'an SVG'], [Buffer.from('MZ\x90'), 'a program'], [Buffer.alloc(100000), 'zeros'], [Buffer.from('{}'), 'JSON'],
		[Buffer.concat([Buffer.from([0]), good]), 'a JPEG one byte late'], [SOI.subarray(0, 1), 'one byte']])
		refused(await send(body), 415, [], what);
	for (const type of ['image/png', 'application/octet-stream', 'multipart/form-data; boundary=x', 'application/json', 'image/jpegs', 'image/*', ''])
		refused(await send(good, { 'content-type': type }), 415, [], type);
	refused(await send(good, { ...jpeg, 'content-encoding': 'gzip' }), 415);
	assert.deepEqual(halfWritten(), []);
});

test('a header that promises too much is refused before a pixel is decoded', { timeout: 60000 }, async () => {
	for (const [body, rule] of [
		[shell(frame(65500, 65500), scan, Buffer.alloc(1000)), 'max_side'], [shell(frame(65535, 1), scan), 'max_side'],
		[shell(frame(16384, 16384), scan), 'max_pixels'], [shell(frame(0, 100), scan), 'zero_size'], [shell(frame(100, 0), scan), 'zero_size'],
		[shell(frame(800, 600, { precision: 12, marker: 0xc1 }), scan), 'precision'], [shell(frame(800, 600, { comps: 4 }), scan), 'colours'],
		[shell(frame(800, 600, { marker: 0xc9 }), scan), 'arithmetic_coding'], [shell(frame(800, 600, { marker: 0xc3 }), scan), 'lossless_coding'],
		[shell(frame(800, 600, { marker: 0xc5 }), scan), 'hierarchical_coding'], [shell(), 'no_frame'], [shell(scan), 'no_frame'],
		[shell(frame(800, 600, { marker: 0xc2 }), ...Array(500).fill(scan)), 'max_scans'], [shell(frame(800, 600)), 'undecodable'],
	]) {
		const began = Date.now();
		refused(await send(body), 422, [['', rule]], rule);
		assert.ok(Date.now() - began < 10000, `${rule} took ${Date.now() - began} ms`);
	}
	assert.deepEqual(halfWritten(), []);
});

test('a photo cut short is kept, rejected, with its reason', { timeout: 60000 }, async () => {
	for (const part of [0.5, 0.95]) {
		const body = good.subarray(0, Math.floor(good.length * part));
		const { item } = story.ok(await send(body), 201);
		assert.equal(item.verdict, 'REJECTED');
		assert.ok(item.checks.some((c) => c.rejects && c.rule === 'damaged'), JSON.stringify(item.checks));
		assert.equal(story.ok(await send(body)).itemId, item.itemId, 'the same again is the same');
		assert.ok((await responder.get(`/v1/items/${item.itemId}/original`)).bytes.equals(body));
	}
	refused(await send(good.subarray(0, 300)), [415, 422]);
	refused(await send(good.subarray(0, 4)), [415, 422]);
});

test('parameters of an upload are held to their rules', async () => {
	for (const [query, pointer] of [['', '/slot'], ['?slot=', '/slot'], ['?slot=NO_SUCH', '/slot'], ['?slot=PLATE_Z9', '/slot'], ['?slot=A%20B', '/slot'],
		['?slot=SCENE_FRONT&lon=108.9', null], ['?slot=SCENE_FRONT&lon=181&lat=0&datum=WGS84', '/lon'], ['?slot=SCENE_FRONT&lon=34.2&lat=108.9&datum=WGS84', '/lat'],
		['?slot=SCENE_FRONT&lon=108.9&lat=34.2', null], ['?slot=SCENE_FRONT&lon=nan&lat=34.2&datum=WGS84', '/lon'], ['?slot=SCENE_FRONT&lon=108.9&lat=34.2&datum=MOON', '/datum'],
		['?slot=SCENE_FRONT&capturedAt=noon', '/capturedAt'], ['?slot=SCENE_FRONT&deviceId=a%00b', null], ['?slot=SCENE_FRONT&colour=1', '/colour'],
		['?slot=SCENE_FRONT&slot=SCENE_REAR', '/slot'], [`?slot=SCENE_FRONT&sha256=${'0'.repeat(64)}`, '/sha256'], ['?slot=SCENE_FRONT&sizeBytes=1', '/sizeBytes']])
		refused(await send(good, jpeg, query), 400, pointer ? [pointer] : [], query);
	assert.deepEqual(halfWritten(), []);
});

test('a body that is not what its digest says is refused and not kept', async () => {
	const other = Buffer.concat([good, Buffer.from('digest')]);
	for (const name of ['content-digest', 'repr-digest'])
		for (const value of [`sha-256=:${sha('x')}:`, 'sha-256=:zzz:', 'sha-256=::', `sha-256=${sha(other)}`, `sha-256=:${sha('x')}:, md5=:aaaa:`])
			refused(await send(other, { ...jpeg, [name]: value }), 400, [], `${name}: ${value}`);
	refused(await send(Buffer.alloc(0)), 400, [], 'empty');
	refused(await send(Buffer.alloc(16 << 20)), 413);
	assert.ok(!kept(other));
	assert.deepEqual(halfWritten(), []);
	story.ok(await send(other, { ...jpeg, 'content-digest': `md5=:aaaa:, sha-256=:${sha(other)}:` }), 201);
	assert.ok(kept(other));
});

// Sends the head of an upload and part of its body, then leaves in the given way.
function cut(body, bytes, leave, framing = `Content-Length: ${body.length}`) {
	return new Promise((ok) => {
		const socket = connect(Number(new URL(s.url).port), '127.0.0.1', () => {
			socket.write(`POST ${items}?slot=SCENE_FRONT HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${responder.token}\r\n` +
				`Content-Type: image/jpeg\r\n${framing}\r\n\r\n`);
			if (framing.startsWith('Transfer')) socket.write(`${body.length.toString(16)}\r\n`);
			socket.write(body.subarray(0, bytes), () => setTimeout(() => leave(socket), 100));
		});
		let answer = '';
		socket.on('data', (d) => (answer += d));
		socket.on('error', () => {});
		socket.on('close', () => ok(answer));
	});
}

test('an upload cut half-way leaves nothing', { timeout: 60000 }, async () => {
	const body = Buffer.concat([good, Buffer.from('half-way')]);
	const ways = [(x) => x.resetAndDestroy(), (x) => x.end(), (x) => x.destroy()];
	for (const leave of ways)
		for (const bytes of [0, 1, Math.floor(body.length / 2), body.length - 1]) {
			const answer = await cut(body, bytes, leave);
			assert.doesNotMatch(answer, /^HTTP\/1.1 (2|5)/, `${bytes} bytes: ${answer}`);
		}
	for (const leave of ways) assert.doesNotMatch(await cut(body, body.length >> 1, leave, 'Transfer-Encoding: chunked'), /^HTTP\/1.1 (2|5)/);
	await Promise.all(Array.from({ length: 40 }, (_, i) => cut(body, (body.length * i) / 40 | 0, ways[i % 3])));
	await until('the temporary files to go', 10000, () => halfWritten().length === 0);
	assert.ok(!kept(body));
	story.ok(await send(body), 201);
});

// What the evidence service makes of a class of the corpus; the rule is its own, by the manifest's class.
const fits = {
	accept: [201],
	'policy:decodes_with_warnings': [201, 415, 422],
	'policy:arithmetic': [422],
	'policy:cmyk_or_odd_components': [415, 422],
	'reject:dimensions': [422],
	'reject:bad_dimensions': [422],
	'reject:not_jpeg': [415],
	'reject:no_frame_header': [415, 422],
};

test('the real corpus: each file as its class says, none for long', { timeout: 800000,
	skip: !sharedPath('data', 'jpeg', 'manifest.tsv') && 'needs shared/data/jpeg' }, async (t) => {
	const [head, ...rows] = readFileSync(sharedPath('data', 'jpeg', 'manifest.tsv'), 'utf8').trimEnd().split('\n').map((l) => l.split('\t'));
	const [file, expected] = ['file', 'expected'].map((name) => head.indexOf(name));
	const tally = {}, wrong = [];
	let slowest = 0;
	const one = async (row) => {
		const bytes = readFileSync(sharedPath('data', 'jpeg', row[file]));
		const began = Date.now();
		const r = await responder.post(`${items}?slot=DAMAGE_A`, bytes, jpeg);
		const ms = Date.now() - began;
		slowest = Math.max(slowest, ms);
		tally[`${row[expected]} ${r.status}`] = (tally[`${row[expected]} ${r.status}`] ?? 0) + 1;
		if (!(fits[row[expected]] ?? [415, 422]).includes(r.status) || ms > 15000)
			wrong.push(`${row[file]} (${row[expected]}): ${r.status} in ${ms} ms ${r.bytes.toString().slice(0, 200)}`);
		else if (r.status >= 400) refused(r, r.status, [''], row[file]);
		else if (row[expected] !== 'accept') assert.equal(r.body.item.verdict, 'REJECTED', row[file]);
	};
	const left = [...rows];
	await Promise.all([1, 2].map(async () => {
		while (left.length) await one(left.pop());
	}));
	t.diagnostic(`${rows.length} files, slowest ${slowest} ms: ${JSON.stringify(tally)}`);
	assert.deepEqual(wrong, []);
	assert.ok(rows.length > 500);
	assert.deepEqual(halfWritten(), []);
});

test('every service is the process it was, and ready', { timeout: 60000 }, () => watch.still());
