// openapi_fuzz.test.mjs - a generic fuzzer: it knows the system only by GET /openapi.json and by what the
// answers hold. Good and spoilt requests to every operation, around one real case; no answer may be a
// 5xx, undeclared, or shaped otherwise than declared.
//
// JB_FUZZ_SEED repeats a run, JB_FUZZ_ROUNDS lengthens it.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startStack, services } from '../lib/stack.mjs';
import { Caller } from '../lib/http.mjs';
import * as story from '../lib/story.mjs';
import { Dice, make, spoil, complaint, resolve } from './schema.mjs';

const seed = Number(process.env.JB_FUZZ_SEED ?? Date.now() % 1e9);
const rounds = Number(process.env.JB_FUZZ_ROUNDS ?? 12);
const started = process.env.JB_ONLY?.split(' ') ?? services;
const ROLES = ['dispatcher', 'responder', 'officer', 'brigade', 'assessor', 'insurer', 'supervisor', 'auditor', 'admin'];

const dice = new Dice(seed);
const pool = new Map();
const callers = new Map();
const tally = new Map();
let s, doc, stream;

before(async () => {
	s = await startStack({
		only: started,
		settings: { JB_ANON_PER_S: '0', JB_LOG_LEVEL: 'warn', JB_SIGN_IN_ADDRESS_FAILURES: '1000000',
			JB_SIGN_IN_ACCOUNT_FAILURES: '100000' },
	});
	doc = (await new Caller(s.url).get('/openapi.json')).body;
	stream = await s.stream(await s.as('DISPATCHER'));
	await oneCase();
}, { timeout: 180000 });
after(() => s?.stop());

// A case with something in every service, left open at the insurers.
async function oneCase() {
	const scene = { lon: 108.935, lat: 34.238, datum: 'WGS84', accuracyM: 10 };
	const dispatcher = await s.as('DISPATCHER');
	const responder = await story.onDuty(s, 0, scene);
	const { incidentId } = story.ok(await dispatcher.post('/v1/orders', story.order()), 201);
	const { assignmentId } = await story.acceptOffer(responder, incidentId);
	story.ok(await responder.post(`/v1/assignments/${assignmentId}:arrive`, { position: scene }));
	await story.phase(dispatcher, incidentId, 'ON_SCENE');
	await story.photograph(responder, incidentId);
	const parties = await story.addParties(responder, incidentId);
	const { reviewId } = await story.submitScene(responder, incidentId);
	const made = await story.determine(await s.as('OFFICER'), reviewId);
	for (const p of parties)
		story.ok(await responder.post(`/v1/determinations/${made.determinationId}/signatures`, { partyId: p.partyId, strokes: story.strokes }));
	await story.lossSheets(responder, incidentId);
	await story.phase(dispatcher, incidentId, 'HANDED_OFF', 30000);
	remember([{ incidentId, assignmentId, reviewId }, made, parties]);
}

// A fuzzer that finds the way to end its own session signs in again.
async function callerFor(op) {
	const roles = (op['x-roles'] ?? ROLES).filter((r) => ROLES.includes(r));
	if (op.security?.length === 0 || !roles.length) return new Caller(s.url);
	const role = dice.pick(roles);
	if (!callers.has(role)) callers.set(role, role === 'insurer' ? await s.insurer('PICC') : await s.as(role.toUpperCase()));
	return callers.get(role);
}

function remember(v, name = '') {
	if (Array.isArray(v)) v.forEach((x) => remember(x, name));
	else if (v && typeof v === 'object') Object.entries(v).forEach(([k, x]) => remember(x, k));
	else if (typeof v === 'string' && /(Id|No|code|cursor|Code)$/.test(name) && !['requestId', 'clientId'].includes(name)) {
		const list = pool.get(name) ?? pool.set(name, []).get(name);
		if (list.length < 50 && !list.includes(v)) list.push(v);
	}
}

function compose(path, verb, op) {
	const headers = {}, query = new URLSearchParams();
	let url = path;
	for (const raw of op.parameters ?? []) {
		const p = resolve(doc, raw);
		if (!p.required && !dice.chance(0.4)) continue;
		let v = make(doc, p.schema, dice, pool, p.name);
		if (dice.chance(0.15)) v = dice.pick(['', '-1', 'x'.repeat(700), '%zz', "'", '9'.repeat(30), '\u0001', '中']);
		if (p.in === 'path') url = url.replace(`{${p.name}}`, encodeURIComponent(String(v)) || '%20');
		else if (p.in === 'query') for (const x of [v].flat()) query.append(p.name, String(x));
		else if (/^[\x20-\x7e]*$/.test(String(v))) headers[p.name] = String(v);
	}
	if (dice.chance(0.05)) query.append('surprise', '1');
	const body = composeBody(op, headers);
	return { url: url + (query.size ? `?${query}` : ''), body, headers };
}

function composeBody(op, headers) {
	const content = op.requestBody?.content;
	if (!content) return undefined;
	const media = Object.keys(content)[0];
	headers['content-type'] = dice.chance(0.03) ? 'text/plain' : media;
	if (media === 'application/x-www-form-urlencoded') {
		const v = make(doc, content[media].schema, dice, pool);
		return new URLSearchParams(Object.entries(dice.chance(0.5) ? spoil(v, dice) ?? {} : v).map(([k, x]) => [k, String(x)])).toString();
	}
	if (media !== 'application/json') return dice.pick([new Uint8Array(0), Buffer.from('PK\x03\x04 a ZIP'), Buffer.from([0xff, 0xd8, 0xff, 0xd9])]);
	const v = make(doc, content[media].schema, dice, pool);
	const text = JSON.stringify(dice.chance(0.5) ? spoil(v, dice) : v);
	return dice.chance(0.92) ? text : dice.pick([text.slice(0, -1), Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
		'['.repeat(1000) + ']'.repeat(1000), '{"a":1,"a":2}', 'null', '', '"text"', text + text, '\ufeff' + text]);
}

function judge(op, r) {
	if (r.status >= 500) return `a ${r.status}`;
	const declared = resolve(doc, op.responses[r.status] ?? op.responses[`${String(r.status)[0]}XX`]);
	if (!declared) return `an undeclared ${r.status}`;
	if (r.status === 204 || r.status === 304) return '';
	const type = (r.headers.get('content-type') ?? '').split(';')[0];
	const content = declared.content ?? {};
	if (Object.keys(content).length && !content[type] && !content['*/*']) return `${r.status} with '${type}'`;
	if (/json/.test(type) && content[type]?.schema) {
		const wrong = complaint(doc, content[type].schema, r.body);
		if (wrong) return `${r.status} not as declared: ${wrong}`;
	}
	return type === 'application/problem+json' && r.body.status !== r.status ? 'problem details name another status' : '';
}

// A thing younger than half a minute may not be known everywhere yet: the caller is told to ask again.
const later = [];

async function shoot(path, verb, op, again = null) {
	const caller = await callerFor(op);
	const q = again ?? compose(path, verb, op);
	const r = await caller.call(verb.toUpperCase(), q.url, q.body, q.headers);
	if (!again && r.status === 503 && r.headers.get('retry-after') && /ask again$/.test(r.body?.detail ?? '')) {
		later.push([path, verb, op, q]);
		return '';
	}
	tally.set(r.status, (tally.get(r.status) ?? 0) + 1);
	if (r.status === 401 && caller.token) {
		callers.clear();
		s.callers.clear();
	}
	if (r.body && r.status < 300) remember(r.body);
	const wrong = judge(op, r);
	return wrong ? `${verb.toUpperCase()} ${q.url.slice(0, 300)} ${Buffer.from(q.body ?? '').toString().slice(0, 400)}\n   ${wrong}: ${r.bytes.toString().slice(0, 300)}` : '';
}

test(`no request made from the document is answered otherwise than declared (seed ${seed})`, async (t) => {
	const ops = Object.entries(doc.paths).flatMap(([path, item]) => Object.entries(item).map(([verb, op]) => [path, verb, op]))
		.filter(([path]) => path !== '/v1/events' && path !== '/readyz');
	const wrong = new Map();
	for (let round = 0; round < rounds; round++)
		for (const [path, verb, op] of ops) {
			const w = await shoot(path, verb, op);
			if (w && !wrong.has(op.operationId)) wrong.set(op.operationId, w);
		}
	if (later.length) await new Promise((ok) => setTimeout(ok, 31000));
	for (const [path, verb, op, q] of later) {
		const w = await shoot(path, verb, op, q);
		if (w && !wrong.has(op.operationId)) wrong.set(op.operationId, w);
	}
	t.diagnostic(`${rounds * ops.length} requests (${later.length} asked again later) to ${ops.length} operations: ${[...tally].sort().map(([k, n]) => `${n} x ${k}`).join(', ')}`);
	assert.equal(wrong.size, 0, `seed ${seed}\n${[...wrong.values()].join('\n')}`);
	assert.ok((tally.get(200) ?? 0) + (tally.get(201) ?? 0) > ops.length, 'too few requests were good ones');
});

test('what insurers are sent is what the document says', () => {
	const schema = doc.webhooks.claimNotice.post.requestBody.content['application/cloudevents+json'].schema;
	const sent = s.sql('select body from claims.notice').map(([body]) => JSON.parse(body));
	assert.ok(sent.length >= 2, `${sent.length} notices`);
	assert.deepEqual(sent.map((n) => complaint(doc, schema, n)).filter(Boolean), []);
});

test('the live stream carries what the document says', () => {
	const seen = new Set(stream.events.map((e) => e.json.type));
	assert.ok(seen.size > 15, [...seen].join(' '));
	const wrong = stream.events.filter((e) => complaint(doc, doc.components.schemas.LiveEvent, e.json)).map((e) => {
		const own = doc.components.schemas.LiveEvent.anyOf.find((x) => x.properties.type.const === e.json.type);
		return `${e.json.type}: ${own ? complaint(doc, own, e.json) : 'unknown type'}`;
	});
	assert.deepEqual([...new Set(wrong)], []);
});

test('every service is still the process that was started', () => {
	for (const name of started) {
		const p = s.procs.get(name);
		assert.equal(p.exitCode, null, `${name} ended`);
		assert.equal(p.signalCode, null, `${name} was killed`);
	}
});
