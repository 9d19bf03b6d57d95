// trackers.test.mjs - the tracking apps people already have: Traccar Client in its three forms, OwnTracks
// over HTTP, with real requests of theirs where those are, and with what goes wrong.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { startStack, sharedPath } from '../lib/stack.mjs';
import { Caller, until } from '../lib/http.mjs';
import * as story from '../lib/story.mjs';

const BELL = { lon: 108.9423, lat: 34.261 };
const json = { 'content-type': 'application/json' }, form = { 'content-type': 'application/x-www-form-urlencoded' };
let s, responder, token, id;

before(async () => {
	s = await startStack({ only: ['identity', 'dispatch', 'intake', 'gateway'] });
	responder = await story.onDuty(s, 0);
	id = story.ok(await responder.get('/v1/me')).responder.responderId;
	({ token } = story.ok(await responder.post('/v1/devices', { label: '旧手机' }), 201));
	s.sql(`update dispatch.shift set started_at = now() - interval '1 day' where responder_id = '${id}'`);
}, { timeout: 120000 });
after(() => s?.stop());

const app = (method, path, body, headers) => s.nobody().call(method, path, body, headers);
const track = () => s.sql(`select (extract(epoch from fix_at) * 1000)::bigint, round(lon::numeric, 5), round(lat::numeric, 5),
	round(speed_mps::numeric, 2), round(course_deg::numeric, 1), round(accuracy_m::numeric, 1), datum, array_to_string(flags, ' ')
	from dispatch.track where responder_id = '${id}' order by fix_at desc`);
const newest = () => track()[0];
// Whole seconds, each later than the last: some of the forms carry no more.
let clock = Math.floor(Date.now() / 1000) - 600;
const tick = () => ++clock;

async function osmand(method, query, body, headers) {
	const r = await app(method, `/track/osmand${query}`, body, headers);
	assert.equal(r.status, 200, `${query} ${body}: ${r.bytes}`);
	assert.equal(r.bytes.length, 0, 'Traccar Client would take text for a command');
}

test('Traccar Client: query, by GET and by POST, every form of time and place', async () => {
	const at = tick();
	await osmand('GET', `?id=${token}&lat=34.2610&lon=108.9423&timestamp=${at}&speed=10&bearing=90.5&altitude=400&accuracy=12.5&batt=80`);
	assert.deepEqual(newest(), [`${at}000`, '108.94230', '34.26100', '5.14', '90.5', '12.5', 'WGS84', ''], 'speed was in knots');
	const times = [(t) => `${t}`, (t) => `${t}000`, (t) => new Date(t * 1000).toISOString(),
		(t) => new Date(t * 1000).toISOString().replace('T', ' ').slice(0, 19),
		(t) => new Date(t * 1000 + 8 * 3600e3).toISOString().replace('Z', '+08:00')];
	for (const text of times) {
		const t = tick();
		await osmand('POST', `?deviceid=${token}&location=34.2611,108.9424&heading=7&timestamp=${encodeURIComponent(text(t))}`);
		assert.equal(newest()[0], `${t}000`, text(t));
		assert.equal(newest()[1], '108.94240');
	}
	const t = tick();
	await osmand('POST', '', `id=${token}&lat=34.2612&lon=108.9425&timestamp=${t}&mock=true`, form);
	assert.deepEqual(newest().slice(0, 3), [`${t}000`, '108.94250', '34.26120']);
	assert.equal(newest()[7], 'mock');
	assert.equal(s.sql(`select fix_doubtful from dispatch.responder where id = '${id}'`)[0][0], 't', 'simulated by its own word');
});

test('Traccar Client 9: JSON, the token as device_id, in the address or as a header', async () => {
	const body = (t, more = {}) => JSON.stringify({ device_id: token, location: { timestamp: new Date(t * 1000).toISOString(),
		coords: { latitude: 34.2613, longitude: 108.9426, accuracy: 5, speed: -1, heading: -1, altitude: 5, floor: null },
		is_moving: true, odometer: 12.5, event: 'motionchange', battery: { level: 0.5, is_charging: false }, extras: { a: [1] } }, ...more });
	let t = tick();
	await osmand('POST', '', body(t), json);
	assert.deepEqual(newest(), [`${t}000`, '108.94260', '34.26130', '0.00', '0.0', '5.0', 'WGS84', '']);
	await osmand('POST', `?token=${token}`, body(t = tick(), { device_id: '48241179' }), json);
	assert.equal(newest()[0], `${t}000`);
	await osmand('POST', '', body(t = tick(), { device_id: 'x' }), { ...json, authorization: `Bearer ${token}` });
	assert.equal(newest()[0], `${t}000`);
	// Who has a phone that speaks GCJ-02 says so in the address.
	await osmand('POST', '?datum=GCJ02', body(t = tick()), json);
	const [, lon, lat, , , , datum] = newest();
	assert.equal(datum, 'GCJ02');
	assert.ok(Math.abs(lon - 108.9426 + 0.00467) < 2e-4 && Math.abs(lat - 34.2613 - 0.00159) < 2e-4, `${lon} ${lat}`);
});

test('OwnTracks: positions by Basic password, everything else taken and left', async () => {
	const headers = (t = token) => ({ ...json, 'x-limit-u': 'zhang', 'x-limit-d': 'phone', authorization: `Basic ${Buffer.from(`zhang:${t}`).toString('base64')}` });
	const send = async (body) => {
		const r = await app('POST', '/track/owntracks', body, headers());
		assert.equal(r.status, 200, `${r.bytes}`);
		assert.deepEqual(r.body, [], 'a list of messages, empty');
	};
	const t = tick();
	await send(JSON.stringify({ _type: 'location', lat: 34.2614, lon: 108.9427, tst: t, acc: 15, alt: 440, batt: 46, conn: 'w', t: 'u', tid: '5t', vac: 2, vel: 36, cog: 271, inregions: ['a'] }));
	assert.deepEqual(newest(), [`${t}000`, '108.94270', '34.26140', '10.00', '271.0', '15.0', 'WGS84', ''], 'vel was in km/h');
	const before = track().length;
	await send('');
	for (const m of [{ _type: 'transition', event: 'enter', tst: t, wtst: t, lat: 1, lon: 1 }, { _type: 'lwt', tst: t }, { _type: 'waypoints', waypoints: [] },
		{ _type: 'encrypted', data: 'x' }, { _type: 'status' }, { _type: 'later than us' }, { _type: 'location', tst: t + 1 }, {}])
		await send(JSON.stringify(m));
	assert.equal(track().length, before);
	assert.equal((await app('POST', '/track/owntracks', '{}', headers('wrong'))).status, 401);
});

test('what is refused is answered as the apps need it', async () => {
	const before = track().length;
	// Nothing a phone could mend by sending it again.
	for (const q of ['lat=0&lon=0', 'lat=108.9423&lon=34.261', 'lat=91&lon=100', `lat=34.2&lon=108.9&timestamp=${clock + 4000}`,
		'lat=34.2&lon=108.9&timestamp=1377177267', 'cell=460,00,16,2224', ''])
		await osmand('GET', `?id=${token}&${q}`);
	assert.equal(track().length, before);
	for (const [q, pointer] of [['lat=north&lon=1', '/lat'], ['lat=1&lon=', null], ['location=1', '/location'], ['lat=1&lon=1&timestamp=soon', '/timestamp'],
		['lat=1&lon=1&datum=MARS', '/datum']]) {
		const r = await app('GET', `/track/osmand?id=${token}&${q}`);
		assert.equal(r.status, pointer ? 400 : 200, q);
		if (pointer) assert.equal(r.body.errors[0].pointer, pointer);
	}
	// Nobody's phone, nobody's token, another's session.
	for (const q of ['?id=123456&lat=34&lon=108', '?lat=34&lon=108', '?id=', `?id=${'x'.repeat(600)}`])
		assert.equal((await app('GET', `/track/osmand${q}`)).status, 401, q);
	assert.equal((await app('POST', '/track/osmand', '{"device_id":"123"}', json)).status, 401);
	assert.equal((await app('POST', '/track/osmand', '{}', json)).status, 401);
	for (const bad of ['{"device_id":', '[1]', '{"a":1,"a":2}', '{"a":'.repeat(3000)])
		assert.equal((await app('POST', `/track/osmand?token=${token}`, bad, json)).status, 400, bad.slice(0, 20));
	const dispatcher = await s.as('DISPATCHER');
	assert.equal((await new Caller(s.url, dispatcher.token).get('/track/osmand?lat=34&lon=108')).status, 403);
	// A cookie is never enough: the address of a picture would do to move somebody.
	assert.equal((await app('GET', '/track/osmand?lat=34&lon=108', undefined, { cookie: `jb_session=${responder.token}` })).status, 401);
	assert.equal((await app('PUT', '/track/osmand', '', json)).status, 405);
	assert.equal((await app('POST', '/track/osmand', 'x'.repeat(70000), form)).status, 413);
	assert.equal(track().length, before);
	assert.ok(!s.log('gateway').includes(token) && !s.log('dispatch').includes(token), 'tokens stay out of the logs');
});

test('the same point over and over, and many at once', async () => {
	const t = tick();
	await Promise.all(Array.from({ length: 50 }, () => osmand('GET', `?id=${token}&lat=34.2615&lon=108.9428&timestamp=${t}`)));
	assert.equal(track().filter((r) => r[0] === `${t}000`).length, 1);
	const from = clock + 1, n = 200;
	clock += n;
	await Promise.all(Array.from({ length: n }, (_, i) => osmand('GET', `?id=${token}&lat=34.2615&lon=${108.9428 + i * 1e-6}&timestamp=${from + i}`)));
	assert.equal(track().filter((r) => r[0] >= from * 1000).length, n, 'none lost');
	assert.equal(Number(newest()[0]), (from + n - 1) * 1000);
});

test('real requests of the apps', async (t) => {
	const path = sharedPath('data', 'inputs', 'traccar', 'osmand.json');
	if (!path) return t.skip('no samples here');
	const samples = JSON.parse(readFileSync(path, 'utf8'));
	const fresh = () => new Date(tick() * 1000).toISOString();
	for (const { expect, url } of samples.query) {
		const q = new URLSearchParams(url.slice(2));
		const named = q.has('id') ? 'id' : q.has('deviceid') ? 'deviceid' : null;
		if (named) q.set(named, token);
		if (q.has('timestamp')) q.set('timestamp', fresh()); // theirs are years old
		const before = track().length, r = await app('GET', `/track/osmand?${q}`);
		assert.equal(r.status, expect.startsWith('reject') ? 401 : 200, `${url}: ${r.bytes}`);
		assert.equal(track().length - before, expect === 'position' ? 1 : 0, url);
	}
	for (const { expect, body } of samples.json) {
		const at = fresh();
		const before = track().length;
		await osmand('POST', '', JSON.stringify({ ...body, device_id: token, location: { ...body.location, timestamp: at } }), json);
		assert.equal(track().length - before, 1, expect);
		const row = s.sql(`select lon, lat, array_to_string(flags, ' ') from dispatch.track where responder_id = '${id}' and fix_at = '${at}'`)[0];
		assert.deepEqual(row.map((v, i) => (i < 2 ? Number(v) : v)),
			[body.location.coords.longitude, body.location.coords.latitude, body.location.mock ? 'mock' : '']);
	}
	const own = JSON.parse(readFileSync(sharedPath('data', 'inputs', 'traccar', 'owntracks.json'), 'utf8'));
	for (const body of own.bodies) {
		const at = tick(), before = track().length;
		const r = await app('POST', '/track/owntracks?token=' + token, JSON.stringify({ ...body, tst: at }), json);
		assert.equal(r.status, 200);
		assert.deepEqual(r.body, []);
		assert.equal(track().length - before, 1);
		const [lon, lat] = s.sql(`select lon, lat from dispatch.track where responder_id = '${id}' and fix_at = to_timestamp(${at})`)[0];
		assert.deepEqual([Number(lon), Number(lat)], [body.lon, body.lat]);
	}
});

test('on the board at once, without a place in the stream; the stream resumes as before', async () => {
	const dispatcher = await s.as('DISPATCHER');
	const stream = await s.stream(dispatcher), only = await s.stream(dispatcher, '?types=ResponderStatusChanged');
	await new Promise((ok) => setTimeout(ok, 300));
	const t = Math.floor(Date.now() / 1000) + 60; // newer than those above that carried no time
	clock = t;
	await osmand('GET', `?id=${token}&lat=34.2616&lon=108.9429&timestamp=${t}&speed=2&bearing=45`);
	const moved = await stream.wait('the move', 5000, (e) => e.json.type === 'jingbao.v1.ResponderMoved' && e.json.data.fixAt.startsWith(new Date(t * 1000).toISOString().slice(0, 19)));
	assert.equal(moved.sseId, null);
	assert.deepEqual([moved.json.data.responderId, moved.json.data.lon, moved.json.data.lat, moved.json.data.courseDeg], [id, 108.9429, 34.2616, 45]);
	story.ok(await responder.post('/v1/me:break', {}));
	const e = await stream.wait('the break', 5000, (x) => x.json.data.status === 'ON_BREAK');
	assert.match(e.sseId, /^[0-9a-f]+-\d+$/);
	await only.wait('the break', 5000, (x) => x.json.data.status === 'ON_BREAK');
	assert.ok(only.events.every((x) => x.json.type === 'jingbao.v1.ResponderStatusChanged'));
	// Back with the last durable id: what happened meanwhile, once, and where everyone is now.
	stream.abort.abort();
	story.ok(await responder.post('/v1/me:onDuty', {}));
	await stream.wait('the return', 10000, (x) => x.json.data.status === 'AVAILABLE' && x.at > e.at);
	await until('the newest position again', 5000, () => stream.events.filter((x) => x.json.type === 'jingbao.v1.ResponderMoved' && x.json.data.lon === 108.9429).length > 1);
	assert.equal(stream.events.filter((x) => x.json.data.status === 'ON_BREAK').length, 1);
	// Somebody else's phone is nobody's business.
	const other = await s.stream(await s.as('RESPONDER', 1));
	await osmand('GET', `?id=${token}&lat=34.2617&lon=108.9429&timestamp=${tick()}`);
	await stream.wait('the next move', 5000, (x) => x.json.data.lat === 34.2617);
	assert.equal(other.events.filter((x) => x.json.type === 'jingbao.v1.ResponderMoved').length, 0);
});
