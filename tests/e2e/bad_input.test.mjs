// bad_input.test.mjs - bodies, fields, parameters and texts that are wrong or merely strange, sent to the
// whole system: each gets its status and problem details, every text comes back as it went in, and
// every service is the same process afterwards.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startStack, sharedPath } from '../lib/stack.mjs';
import { until } from '../lib/http.mjs';
import { refused, Watch } from '../lib/refusal.mjs';
import * as story from '../lib/story.mjs';

const scene = { lon: 108.935, lat: 34.238, datum: 'WGS84', accuracyM: 10 };
const json = { 'content-type': 'application/json' };
let s, watch, dispatcher, responder, officer, incidentId, partyId;

before(async () => {
	s = await startStack({ settings: { JB_ANON_PER_S: '0', JB_LOG_LEVEL: 'warn' } });
	watch = new Watch(s);
	dispatcher = await s.as('DISPATCHER');
	officer = await s.as('OFFICER');
	responder = await story.onDuty(s, 0, scene);
	({ incidentId } = story.ok(await dispatcher.post('/v1/orders', story.order()), 201));
	const { assignmentId } = await story.acceptOffer(responder, incidentId, 30000);
	story.ok(await responder.post(`/v1/assignments/${assignmentId}:arrive`, { position: scene }));
	partyId = story.ok(await until('liability to know the case', 30000, async () => {
		const r = await responder.post(`/v1/incidents/${incidentId}/parties`, { name: '张伟' });
		return r.status === 201 && r;
	})).partyId;
}, { timeout: 240000 });
after(() => s?.stop());

const order = (more) => dispatcher.post('/v1/orders', story.order(undefined, more));
const at = (more) => ({ place: { text: '某处', position: { lon: 108.935, lat: 34.238, datum: 'WGS84', ...more } } });

test('wrong types are named by pointer', { timeout: 120000 }, async () => {
	for (const [more, pointer] of [
		[{ orderNo: 7 }, '/orderNo'], [{ channel: 1 }, '/channel'], [{ channel: 'SMOKE' }, '/channel'],
		[{ channel: 'UNSPECIFIED' }, '/channel'], [{ reportedAt: 1700000000 }, '/reportedAt'],
		[{ reportedAt: '2026-13-45T99:99:99Z' }, '/reportedAt'], [{ reportedAt: 'yesterday' }, '/reportedAt'],
		[{ caller: [] }, '/caller'], [{ caller: 'x' }, '/caller'], [{ caller: { anonymous: 'yes' } }, '/caller/anonymous'],
		[{ place: 'here' }, '/place'], [{ description: {} }, '/description'], [{ vehicles: {} }, '/vehicles'],
		[{ vehicles: ['car'] }, '/vehicles/0'], [{ vehicles: [{}, { movable: 1 }] }, '/vehicles/1/movable'],
		[{ casualties: { injured: '' } }, '/casualties/injured'], [{ casualties: { injured: -1 } }, '/casualties/injured'],
		[{ casualties: { dead: 1.5 } }, '/casualties/dead'], [{ casualties: { dead: 1e9 } }, '/casualties/dead'],
		[{ flags: [3] }, '/flags/0'], [{ flags: ['NO_SUCH_FLAG'] }, '/flags/0'], [{ weather: false }, '/weather'],
		[{ description: 'x'.repeat(2001) }, '/description'], [{ orderNo: 'a b' }, '/orderNo'],
		[{ vehicles: Array(21).fill({}) }, '/vehicles'],
	]) refused(await order(more), 400, [pointer], JSON.stringify(more).slice(0, 80));
});

test('what is missing and what is unknown are named, all at once', async () => {
	refused(await dispatcher.post('/v1/orders', {}), 400, [['/orderNo', 'required'], ['/channel', 'required'],
		['/reportedAt', 'required'], ['/place', 'required']]);
	refused(await order({ nonsense: 1, place: { text: 'x', position: { ...scene, altitude: 3 }, city: 'Xi\'an' } }), 400,
		[['/nonsense', 'unknown'], ['/place/city', 'unknown'], ['/place/position/altitude', 'unknown']]);
	refused(await order({ 'a/b~c': 1 }), 400, [['/a~1b~0c', 'unknown']]);
	refused(await responder.post(`/v1/incidents/${incidentId}/parties`, { name: '张', letter: 'A' }), 400, [['/letter', 'unknown']]);
	refused(await responder.post('/v1/positions', { fixes: [{ position: scene, fixAt: '2026-11-21T00:00:00Z' }, { fixAt: 'x' }] }),
		400, ['/fixes/1/fixAt']);
	refused(await responder.post(`/v1/incidents/${incidentId}/parties`, { name: '张', incidentId }), 400, ['/incidentId'],
		'a field of the path in the body');
});

test('a place needs its datum and must be in the world and the service area', async () => {
	refused(await order(at({ datum: undefined })), 400, [['/place/position/datum', 'required']]);
	refused(await order(at({ datum: 'MARS' })), 400, ['/place/position/datum']);
	refused(await order(at({ lon: undefined })), 400, [['/place/position/lon', 'required']]);
	refused(await order(at({ lon: 181 })), 400, [['/place/position/lon', 'max']]);
	refused(await order(at({ lat: -91 })), 400, [['/place/position/lat', 'min']]);
	refused(await order(at({ lon: '108.9' })), 400, ['/place/position/lon']);
	refused(await order(at({ lon: null })), 400, ['/place/position/lon']);
	refused(await order(at({ accuracyM: -5 })), 400, ['/place/position/accuracyM']);
	refused(await order(at({ lon: 34.238, lat: 108.935 })), 400, ['/place/position/lat'], 'swapped');
	refused(await order(at({ lon: 0, lat: 0 })), 422, [['/place/position', 'service_area']]);
	refused(await order(at({ lon: 34.238, lat: 89 })), 422, [['/place/position', 'service_area']]);
	const huge = JSON.stringify(story.order(undefined, at({ lon: 1.5 }))).replace('"lon":1.5', '"lon":1e400');
	refused(await dispatcher.post('/v1/orders', huge, json), 400);
	for (const datum of ['GCJ02', 'BD09', 'CGCS2000']) story.ok(await order(at({ datum })), 201);
	refused(await responder.post('/v1/positions', { fixes: [{ position: { lon: 108.9, lat: 34.2 }, fixAt: '2026-11-21T00:00:00Z' }] }),
		400, [['/fixes/0/position/datum', 'required']]);
});

test('plates, ids, VINs and phones are held to their check digits', { timeout: 120000 }, async () => {
	const party = (more) => responder.call('PATCH', `/v1/incidents/${incidentId}/parties/${partyId}`, more);
	const good = {
		plate: [['陕A12345', '02'], ['陕A8B6F2', '02'], ['陕AD12345', '52'], ['陕AA12345', '52'], ['陕AG00001', '52'],
			['陕A12345D', '51'], ['陕A1234警', '23'], ['陕A1234挂', '15']],
		idNumber: ['11010519491231002X', '610103199001010016', '610113198511234528', '610104200002290015'],
		vin: ['1M8GDM9AXKP042788', '11111111111111111', 'LSGKB54E4AY000001', 'LFV3A23C5A3000001', 'LHGCM564X0A000001'],
		phone: ['13912345678', '+86 139-1234-5678'],
	};
	for (const [plate, plateType] of good.plate) {
		story.ok(await party({ plate, plateType }));
		story.ok(await order({ vehicles: [{ plate, plateType }] }), 201);
	}
	for (const field of ['idNumber', 'vin', 'phone'])
		for (const v of good[field]) story.ok(await party({ [field]: v }));
	for (const plate of ['陕AI2345', '陕A12O45', '陕AF1234A', '陕AL12345', '陕A12345L', 'A12345', '陕1', '秦A12345', "陕A1234'"]) {
		refused(await party({ plate }), 400, ['/plate'], plate);
		refused(await order({ vehicles: [{ plate: '陕A12345' }, { plate }] }), 400, ['/vehicles/1/plate'], plate);
	}
	refused(await order({ vehicles: [{ plate: '陕A12345', plateType: '52' }] }), 400, ['/vehicles/0/plateType'], 'type and plate');
	refused(await party({ plate: '陕AD12345', plateType: '02' }), 400, ['/plateType']);
	refused(await party({ plateType: '88' }), 400, ['/plateType']);
	const ids = good.idNumber.map((v) => v.slice(0, 17) + (v[17] === '7' ? '8' : '7'));
	for (const v of [...ids, '610103199002300016', '61010319900101001x', '6101', '张三'])
		refused(await party({ idNumber: v }), 400, ['/idNumber'], v);
	for (const v of ['LSGKB54E0AY000001', 'LSGKB54E4AY00000', 'LSGKB54I4AY000001', '1M8GDM9AXKP042789', 'lsgkb54e4ay000001'])
		refused(await party({ vin: v }), 400, ['/vin'], v);
	for (const v of ['12345678901', '1391234567', '139123456789', '029-85012345', '+1 13912345678'])
		refused(await party({ phone: v }), 400, ['/phone'], v);
	for (const [path, where] of [['/v1/incidents?district=610199x', '/district'], ['/v1/incidents?phase=ASLEEP', '/phase'],
		['/v1/incidents?pageSize=-1', '/pageSize'], ['/v1/incidents?pageSize=201', '/pageSize'],
		['/v1/incidents?pageSize=9999999999999999999', '/pageSize'], ['/v1/incidents?cursor=zzz', '/cursor'],
		['/v1/incidents/not-a-uuid', '/incidentId'], ['/v1/incidents?open=maybe', '/open'], ['/v1/incidents?datum=', '/datum']])
		refused(await dispatcher.get(path), 400, [where], path);
});

test('unknown query parameters are named, wherever they are sent', async () => {
	refused(await dispatcher.get('/v1/incidents?colour=red'), 400, [['/colour', 'unknown']]);
	refused(await dispatcher.get('/v1/incidents?open=true&open=false'), 400);
	refused(await dispatcher.get(`/v1/incidents/${incidentId}?a%2Fb=1`), 400, [['/a~1b', 'unknown']]);
	refused(await dispatcher.post('/v1/orders?orderNo=1', story.order()), 400, ['/orderNo']);
	refused(await dispatcher.get('/v1/incidents?q=%ff%fe'), 400);
	refused(await dispatcher.get('/v1/incidents?q=%00'), 400);
	refused(await dispatcher.get('/v1/incidents?q=%zz'), 400);
	refused(await officer.get('/v1/reviews?cursor=..%2f..'), 400, ['/cursor']);
	for (const path of ['/%00', '/verify/%', '/v1/incidents/%c0%af', '/v1/orders/a%2fb', '/v1/orders/a%0ab'])
		assert.match(refused(await dispatcher.get(path), 400, [], path).detail, /address/);
	refused(await dispatcher.get(`/v1/orders/${'a'.repeat(8000)}`), 400, ['/orderNo']);
	refused(await dispatcher.get('/v1/items/../../etc/passwd'), 404);
});

test('a body that is no sound JSON is a 400 that says where', { timeout: 120000 }, async () => {
	const send = (body, headers = json) => dispatcher.post('/v1/orders', body, headers);
	const good = JSON.stringify(story.order());
	for (const body of ['{', '', ' ', 'null', '[]', '"text"', '7', 'true', good.slice(0, -1), good + good, '\ufeff' + good,
		'{"orderNo":"a","orderNo":"b"}', "{'orderNo':'a'}", '{"orderNo":NaN}', '{"orderNo":"\\ud800"}', '{"orderNo":"\\u0000"}',
		'{"orderNo":01}', '{"a":1,}', '/* c */ {}', '{"casualties":{"dead":1e999}}', '{"casualties":{"dead":99999999999999999999}}'])
		refused(await send(body), 400, [], body.slice(0, 60));
	for (const bytes of ['ff', 'c0af', 'eda080', 'f4908080', 'e28228', 'f09f98'])
		refused(await send(Buffer.concat([Buffer.from('{"weather":"'), Buffer.from(bytes, 'hex'), Buffer.from('"}')])), 400, [], bytes);
	refused(await send(Buffer.from([0x7b, 0x00, 0x7d])), 400, [], 'a zero byte');
	refused(await send(good, { 'content-type': 'text/plain' }), 415);
	refused(await send(good, { 'content-type': 'application/json; charset=gbk' }), 415);
	refused(await send(Buffer.from(good), {}), 415, [], 'no Content-Type');
	refused(await send(good, { ...json, 'content-encoding': 'gzip' }), 415);
	story.ok(await send(good, { 'content-type': 'Application/JSON; charset=UTF-8' }), 201);
});

test('ten megabytes, and JSON nested a thousand deep', { timeout: 120000 }, async () => {
	const deep = (open, close, n) => open.repeat(n) + '1' + close.repeat(n);
	const filled = '{"a":'.repeat(1000) + '"' + 'x'.repeat(10 << 20) + '"' + '}'.repeat(1000);
	refused(await dispatcher.post('/v1/orders', filled, json), 413);
	const admin = await s.as('ADMIN');
	for (const [caller, path] of [[dispatcher, '/v1/orders'], [responder, '/v1/positions'], [admin, '/v1/districts:import'],
		[responder, `/v1/incidents/${incidentId}/parties`], [officer, `/v1/reviews/${incidentId}:determine`]])
		for (const body of [deep('[', ']', 1000), deep('{"a":', '}', 1000), deep('{"position":', '}', 1000), '['.repeat(60000)])
			refused(await caller.post(path, body, json), 400, [], `${path} ${body.slice(0, 12)}`);
	refused(await responder.post('/v1/positions', '['.repeat(500000), json), 400);
	for (const geojson of ['['.repeat(400000), deep('{"features":[', ']}', 30000), '{"type":"FeatureCollection","features":[{}]}', '{}', 'x',
		'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"adcode":"610102","name":"x"},"geometry":{"type":"Polygon","coordinates":[]}}]}'])
		refused(await admin.post('/v1/districts:import', { geojson }), 400, ['/geojson'], geojson.slice(0, 40));
});

test('many faults in one request are bounded', async () => {
	const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`field${i}`, i]));
	const r = await dispatcher.post('/v1/orders', many);
	assert.ok(refused(r, 400).errors.length <= 100, `${r.body.errors.length} faults`);
	assert.ok(r.bytes.length < 65536);
});

test('what a rule of the law or the house forbids is a 422 or 400 that points at it', async () => {
	const sheet = (lines) => responder.call('PUT', `/v1/incidents/${incidentId}/loss-sheets/A`, { lines });
	refused(await sheet([{ kind: 'PART', name: 'x', unitPriceFen: '-1' }]), 400, ['/lines/0/unitPriceFen']);
	refused(await sheet([{ kind: 'PART', name: 'x' }]), 400, [['/lines/0/unitPriceFen', 'required']]);
	refused(await sheet([{ kind: 'SALVAGE', name: 'x', unitPriceFen: '1', ofLine: 9 }]), [400, 422], []);
	refused(await sheet([{ kind: 'PART', name: 'x', unitPriceFen: '9223372036854775808' }]), 400, ['/lines/0/unitPriceFen']);
	refused(await sheet([{ kind: 'PART', name: 'x', unitPriceFen: '1', quantity: 10001 }]), 400, ['/lines/0/quantity']);
	refused(await responder.call('PUT', `/v1/incidents/${incidentId}/loss-sheets/Z`, { lines: [] }), [404, 422], []);
	refused(await order({ reportedAt: '2099-01-01T00:00:00Z' }), 400, ['/reportedAt']);
	refused(await responder.post('/v1/me:onDuty', { post: 'NOWHERE' }), 400, [['/post', 'unknown']]);
	refused(await responder.call('PATCH', `/v1/incidents/${incidentId}/parties/${partyId}`, { name: '李', version: 4000000 }), 409);
	refused(await responder.post(`/v1/incidents/${incidentId}/parties/${partyId}:apply`, { statementVersion: 'v0', strokes: story.strokes }),
		[400, 422], ['/statementVersion']);
	const version = story.ok(await responder.get('/v1/statements')).items.find((t) => t.kind === 'JOINT_APPLICATION').version;
	for (const strokes of ['', 'x', '1,2', '1,2 3', '9999,0 1,1', `${'1,1 '.repeat(5001)}`, '1,1 1e3,2', '<svg>'])
		refused(await responder.post(`/v1/incidents/${incidentId}/parties/${partyId}:apply`, { statementVersion: version, strokes }),
			[400, 422], ['/strokes'], strokes.slice(0, 20));
});

test('the JSON suite of a parser: what is invalid is a 400', { timeout: 120000,
	skip: !sharedPath('data', 'inputs', 'json') && 'needs shared/data/inputs/json' }, async () => {
	let files = 0;
	for (const kind of ['invalid', 'invalid-unicode']) {
		const dir = sharedPath('data', 'inputs', 'json', 'jansson-2.14', kind);
		for (const name of readdirSync(dir).filter((f) => f !== 'run')) {
			const bytes = readFileSync(join(dir, name, 'input'));
			for (const [method, path, caller] of [['POST', '/v1/orders', dispatcher], ['POST', '/v1/positions', responder],
				['PUT', `/v1/incidents/${incidentId}/loss-sheets/A`, responder]])
				// No body at all is an object without members: right where nothing is required.
				if (bytes.length || method === 'POST') refused(await caller.call(method, path, bytes, json), bytes.length < 65536 ? 400 : [400, 413], [], `${kind}/${name}`);
			files++;
		}
	}
	assert.ok(files > 60, `${files} files`);
});

const naughty = () => JSON.parse(readFileSync(sharedPath('data', 'inputs', 'naughty', 'blns.json'), 'utf8'));
const noStrings = !sharedPath('data', 'inputs', 'naughty', 'blns.json') && 'needs shared/data/inputs/naughty';
const chars = (t) => [...t].length;
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/u; // all but tab and newline

// Accepted exactly when it is short enough, has no control character and isn't empty where text is needed.
function fits(text, limits) {
	return !control.test(text) && Object.values(limits).every(([max, required]) => chars(text) <= max && !(required && !text));
}

test('naughty strings in an order come back as they were, or are refused', { timeout: 400000, skip: noStrings }, async () => {
	let kept = 0;
	for (const [i, t] of naughty().entries()) {
		const long = { '/description': [2000], '/place/text': [256, true], '/place/road': [128], '/place/direction': [64],
			'/caller/name': [64], '/fled/features': [256] };
		const wide = fits(t, long);
		const body = story.order(undefined, { description: t, caller: { name: t }, vehicles: [],
			place: { text: t, road: t, direction: t, position: { ...scene, lon: 108.86 + (i % 30) * 0.005, lat: 34.2 + Math.floor(i / 30) * 0.005 } },
			fled: { features: t }, weather: chars(t) <= 32 ? t : '' });
		const r = await dispatcher.post('/v1/orders', body);
		if (!wide) {
			refused(r, 400, [], JSON.stringify(t));
			assert.ok(r.body.errors.length > 0);
			continue;
		}
		story.ok(r, 201);
		const { incident } = story.ok(await dispatcher.get(`/v1/orders/${body.orderNo}`));
		for (const [got, want] of [[incident.description, t], [incident.place.text, t], [incident.place.road, t], [incident.caller?.name, t],
			[incident.place.direction, t], [incident.weather, body.weather], [incident.fled?.features, t]])
			assert.equal(got ?? '', want, JSON.stringify(t));
		kept++;
	}
	assert.ok(kept > 300, `${kept} kept`);
});

test('naughty strings as names, sheets, searches, paths and headers', { timeout: 400000, skip: noStrings }, async () => {
	for (const t of naughty()) {
		const told = JSON.stringify(t);
		const name = await responder.call('PATCH', `/v1/incidents/${incidentId}/parties/${partyId}`, { name: t });
		if (fits(t, { '/name': [64] })) {
			const back = story.ok(await responder.get(`/v1/incidents/${incidentId}/parties`)).items[0].party;
			assert.ok(story.ok(name) && (t === '' || back.name === t), `${told}: ${back.name}`);
		} else refused(name, 400, ['/name'], told);
		const sheet = await responder.call('PUT', `/v1/incidents/${incidentId}/loss-sheets/A`, { lines: [], note: t });
		if (fits(t, { '/note': [512] })) assert.equal(story.ok(sheet).sheet.note ?? '', t, told);
		else refused(sheet, 400, ['/note'], told);
		const search = await dispatcher.get(`/v1/incidents?q=${encodeURIComponent(t)}`);
		if (search.status !== 200) refused(search, 400, ['/q'], told);
		const path = encodeURIComponent(t).replace(/^\.{1,2}$/, '%2e');
		if (path) refused(await dispatcher.get(`/v1/orders/${path}`), [400, 404], [], told);
		const sign = await s.nobody().post('/v1/session', { username: t, password: t });
		refused(sign, [400, 401, 429], [], told);
		if (/^[\x20-\x7e]+$/.test(t)) story.ok(await dispatcher.get('/v1/gates', { 'x-request-id': t, 'user-agent': t, traceparent: t }));
	}
});

test('every service is the process it was, and ready', { timeout: 60000 }, () => watch.still());
