// replay_fuzz.test.mjs - real requests made wrong: one case is recorded from order to payment, then its
// requests are sent again, spoilt, by the right and by the wrong people, many at once, at every stage of
// other cases. No answer may be a 5xx or shaped otherwise than GET /openapi.json declares, and afterwards
// a case still runs through.
//
// tests/contract/openapi_fuzz.test.mjs makes its requests from the document alone; this one gets to
// where only a request that was nearly right gets. JB_FUZZ_SEED repeats a run, JB_FUZZ_SHOTS lengthens it.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startStack } from '../lib/stack.mjs';
import { Caller } from '../lib/http.mjs';
import { Watch } from '../lib/refusal.mjs';
import { Dice, spoil, complaint, resolve } from '../contract/schema.mjs';
import * as story from '../lib/story.mjs';

const seed = Number(process.env.JB_FUZZ_SEED ?? Date.now() % 1e9);
const SHOTS = Number(process.env.JB_FUZZ_SHOTS ?? 200); // at each stage
const AT_ONCE = 8;
const dice = new Dice(seed);
const tally = new Map(), wrong = new Map(), later = [];
let s, watch, doc, templates, verbs, people;

before(async () => {
	s = await startStack({ settings: { JB_ANON_PER_S: '0', JB_LOG_LEVEL: 'warn' } });
	watch = new Watch(s);
	doc = (await s.nobody().get('/openapi.json')).body;
	verbs = [...new Set(Object.keys(doc.paths).map((p) => p.match(/:(\w+)$/)?.[1]).filter(Boolean))];
	people = {};
	for (const role of ['DISPATCHER', 'OFFICER', 'BRIGADE', 'ASSESSOR', 'SUPERVISOR', 'AUDITOR']) people[role] = await s.as(role);
	for (const org of ['PICC', 'CPIC']) people[org] = await s.insurer(org);
	people.NOBODY = s.nobody();
	people.STRANGER = await s.as('RESPONDER', 39);
}, { timeout: 240000 });
after(() => s?.stop());

// A caller who remembers what he asked; who: his name among the people.
class Recorder extends Caller {
	constructor(caller, who, list) {
		super(caller.url, caller.token);
		Object.assign(this, { who, list });
	}

	call(method, path, body, headers = {}) {
		this.list.push({ who: this.who, method, path, body, headers });
		return super.call(method, path, body, headers);
	}
}

// The steps of a case; each fills in what later ones need. k.as(who) is a person as a caller.
const stages = [
	async (k) => {
		k.responder = await story.onDuty(s, k.nth, k.place);
		k.people.RESPONDER = k.responder;
		k.orderNo = story.orderNo();
		k.incidentId = story.ok(await k.as('DISPATCHER').post('/v1/orders', story.order(k.orderNo, { place: { text: '路口', position: k.place } })), 201).incidentId;
	},
	async (k) => {
		k.assignmentId = (await story.acceptOffer(k.as('RESPONDER'), k.incidentId, 60000)).assignmentId;
		story.ok(await k.as('RESPONDER').patient('POST', `/v1/assignments/${k.assignmentId}:depart`, {}));
	},
	async (k) => {
		story.ok(await k.as('RESPONDER').patient('POST', `/v1/assignments/${k.assignmentId}:arrive`, { position: k.place }));
		await story.phase(k.as('DISPATCHER'), k.incidentId, 'ON_SCENE', 60000);
		await story.photograph(k.as('RESPONDER'), k.incidentId);
		k.itemId = story.ok(await k.as('RESPONDER').get(`/v1/incidents/${k.incidentId}/items`)).items[0].itemId;
	},
	async (k) => {
		[k.partyA, k.partyB] = (await story.addParties(k.as('RESPONDER'), k.incidentId)).map((p) => p.partyId);
		story.ok(await k.as('RESPONDER').call('PATCH', `/v1/incidents/${k.incidentId}/parties/${k.partyA}`, { vehicleKind: '轿车', vin: 'LSGKB54E4AY000001' }));
		const link = story.ok(await k.as('RESPONDER').patient('POST', `/v1/incidents/${k.incidentId}/parties/${k.partyA}:link`, {}));
		k.people.PARTY = new Caller(s.url, story.ok(await s.nobody().post(link.path, {}), 201).token);
		story.ok(await k.as('PARTY').patient('GET', `/v1/incidents/${k.incidentId}`));
	},
	async (k) => {
		k.reviewId = (await story.submitScene(k.as('RESPONDER'), k.incidentId)).reviewId;
		story.ok(await k.as('OFFICER').get('/v1/reviews?pageSize=5'));
		story.ok(await k.as('OFFICER').get(`/v1/incidents/${k.incidentId}/suggestion`));
	},
	async (k) => {
		const made = await story.determine(k.as('OFFICER'), k.reviewId);
		Object.assign(k, { determinationId: made.determinationId, verifyCode: made.verifyCode });
		for (const partyId of [k.partyA, k.partyB])
			story.ok(await k.as('RESPONDER').post(`/v1/determinations/${k.determinationId}/signatures`, { partyId, strokes: story.strokes }));
		story.ok(await k.as('NOBODY').get(`/verify/${k.verifyCode}`));
	},
	async (k) => {
		await story.lossSheets(k.as('RESPONDER'), k.incidentId);
		await story.phase(k.as('DISPATCHER'), k.incidentId, 'HANDED_OFF', 60000);
		for (const org of ['PICC', 'CPIC']) {
			const [c] = story.ok(await k.as(org).get(`/v1/claims?incidentId=${k.incidentId}`)).items;
			k[`claim${org}`] = c.claimId;
			story.ok(await k.as(org).get(`/v1/claims/${c.claimId}`));
			story.ok(await k.as(org).post(`/v1/claims/${c.claimId}:acknowledge`, { insurerRef: 'R-1' }));
		}
	},
	async (k) => {
		for (const org of ['PICC', 'CPIC'])
			for (const [verb, body] of [['approve', {}], ['pay', { paymentRef: `P-${org}` }]])
				story.ok(await k.as(org).post(`/v1/claims/${k[`claim${org}`]}:${verb}`, body));
		await story.phase(k.as('DISPATCHER'), k.incidentId, 'CLOSED', 60000);
		story.ok(await k.as('RESPONDER').post(`/v1/assignments/${k.assignmentId}:clear`, {}));
		story.ok(await k.as('RESPONDER').post('/v1/me:offDuty', {}));
	},
];

function newCase(nth, list = null) {
	const k = { nth, place: { lon: 108.9 + nth * 0.012, lat: 34.238, datum: 'WGS84', accuracyM: 10 }, people: { ...people } };
	k.as = (who) => (list ? new Recorder(k.people[who], who, list) : k.people[who]);
	return k;
}

const NAMES = ['incidentId', 'orderNo', 'assignmentId', 'itemId', 'partyA', 'partyB', 'reviewId', 'determinationId', 'verifyCode', 'claimPICC', 'claimCPIC'];

// Requests with the case's ids as holes, each kind once or a few times.
function abstract(list, k) {
	const seen = new Map();
	for (const q of list) {
		if (q.body instanceof Uint8Array) q.photo = q.body;
		let text = JSON.stringify([q.path, q.photo ? null : q.body ?? null]);
		for (const name of NAMES) text = text.replaceAll(k[name], `{{${name}}}`);
		const key = `${q.who} ${q.method} ${text}`;
		if (!seen.has(key)) seen.set(key, { ...q, text });
	}
	return [...seen.values()].filter((q) => !q.path.startsWith('/p/'));
}

const NOWHERE = '01980000-0000-7000-8000-00000000dead';

// One shot: a template filled for this case, then made wrong in one place or two.
function compose(k) {
	const q = dice.pick(templates);
	const slip = dice.chance(0.2) ? dice.pick(NAMES) : '';
	const text = q.text.replace(/\{\{(\w+)\}\}/g, (_, name) => (name === slip ? k[dice.pick(NAMES)] : k[name]) ?? NOWHERE);
	let [path, body] = JSON.parse(text), method = q.method;
	const headers = { ...q.headers };
	let who = dice.chance(0.75) ? q.who : dice.pick(Object.keys(k.people));
	if (dice.chance(0.6) && body !== null) body = spoil(body, dice);
	if (dice.chance(0.15)) path = path.replace(/:\w+$/, `:${dice.pick(verbs)}`);
	if (dice.chance(0.1)) path += (path.includes('?') ? '&' : '?') + dice.pick(['pageSize=0', 'pageSize=4294967296', 'cursor=%ff', 'datum=BD09', 'q=%25_', 'since=x', 'x=1', '%00=1', 'version=2', '=', '&&']);
	if (dice.chance(0.05)) path = dice.pick([path.toUpperCase(), path + '/', path.replace('/v1', '/v1/.'), path.replace('/v1', '//v1'), path.replace(/\w/g, (c) => `%${c.charCodeAt(0).toString(16)}`), path.slice(0, -1)]);
	if (dice.chance(0.05)) method = dice.pick(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
	if (dice.chance(0.1)) headers['idempotency-key'] = dice.pick(['one', '"two"', 'x'.repeat(300), 'three']);
	if (dice.chance(0.05)) headers['if-match'] = dice.pick(['*', '"0"', 'W/"1"', 'x']);
	if (dice.chance(0.05)) headers.accept = dice.pick(['text/html', 'image/*', '*/*;q=0', 'application/xml']);
	if (dice.chance(0.03)) headers.range = 'bytes=0-';
	let data = q.photo ?? (body === null && !dice.chance(0.05) ? undefined : JSON.stringify(body));
	if (q.photo && dice.chance(0.5)) data = q.photo.subarray(0, dice.below(q.photo.length));
	else if (typeof data === 'string') {
		headers['content-type'] = dice.chance(0.97) ? 'application/json' : 'text/html';
		if (dice.chance(0.05)) data = data.slice(0, dice.below(data.length));
	}
	if (['GET', 'DELETE'].includes(method)) data = undefined;
	return { who: k.people[who] ? who : 'NOBODY', method, path, data, headers };
}

function operation(method, path) {
	const plain = path.split('?')[0];
	for (const [p, item] of Object.entries(doc.paths)) {
		const re = new RegExp(`^${p.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/:]+')}$`);
		if (re.test(plain) && item[method.toLowerCase()]) return item[method.toLowerCase()];
	}
	return null;
}

function judge(q, r) {
	if (r.status >= 500) return `a ${r.status}`;
	const type = (r.headers.get('content-type') ?? '').split(';')[0];
	if (r.status >= 400) {
		if (type !== 'application/problem+json') return `${r.status} with '${type}'`;
		if (r.body.status !== r.status || !r.body.detail) return 'problem details without detail or with another status';
		return (r.body.errors ?? []).every((e) => typeof e.pointer === 'string' && e.rule && e.detail) ? '' : 'a fault without its parts';
	}
	const op = operation(q.method, q.path);
	const declared = resolve(doc, op?.responses[r.status] ?? op?.responses[`${String(r.status)[0]}XX`]);
	if (!op || !declared) return op ? `an undeclared ${r.status}` : '';
	const schema = declared.content?.[type]?.schema;
	return schema && type === 'application/json' ? complaint(doc, schema, r.body) : '';
}

async function shoot(k, q, again = false) {
	let r;
	try {
		r = await k.people[q.who].call(q.method, q.path, q.data, q.headers);
	} catch (e) {
		wrong.set(`dropped ${q.method} ${q.path}`, `the connection: ${e.cause ?? e}`);
		return;
	}
	const told = r.status === 503 && r.headers.get('retry-after') && /ask again$|being made$/.test(r.body?.detail ?? '');
	if (told && !again) return void later.push([k, q]);
	tally.set(r.status, (tally.get(r.status) ?? 0) + 1);
	const w = judge(q, r);
	if (w && wrong.size < 40) wrong.set(`${q.who} ${q.method} ${q.path.slice(0, 200)} ${Buffer.from(q.data ?? '').toString().slice(0, 500)}`,
		`${w}: ${r.bytes.toString().slice(0, 300)}`);
}

// What the shots have opened by luck is ended, so that the next case finds its responder free.
async function tidy(k) {
	const dispatcher = people.DISPATCHER;
	for (let cursor = ''; ;) {
		const page = story.ok(await dispatcher.patient('GET', `/v1/incidents?open=true&pageSize=200${cursor && `&cursor=${cursor}`}`));
		for (const i of page.items) {
			const r = await dispatcher.patient('POST', `/v1/incidents/${i.incidentId}:cancel`, { reason: '测试结束' });
			if (r.status >= 500) wrong.set(`cancel ${i.incidentId}`, `${r.status} ${r.bytes}`);
		}
		if (!(cursor = page.nextCursor ?? '')) break;
	}
	for (const verb of ['clear', 'release'])
		if (k.assignmentId) await k.responder.patient('POST', `/v1/assignments/${k.assignmentId}:${verb}`, { ...(verb === 'release' && { reason: '测试结束' }) });
	const end = Date.now() + 15000;
	while ((await k.responder.post('/v1/me:offDuty', {})).status === 409 && Date.now() < end) {
		const { offer } = (await k.responder.get('/v1/me')).body;
		if (offer) await k.responder.post(`/v1/offers/${offer.offerId}:decline`, { reason: '测试结束' });
		await new Promise((ok) => setTimeout(ok, 200));
	}
}

test('a case is recorded', { timeout: 240000 }, async () => {
	const list = [], k = newCase(0, list);
	for (const stage of stages) await stage(k);
	templates = abstract(list, k);
	assert.ok(templates.length > 30, `${templates.length} kinds of requests`);
});

for (let stop = 1; stop <= stages.length; stop++) {
	test(`spoilt requests at stage ${stop} are refused in order (seed ${seed})`, { timeout: 240000 }, async () => {
		const k = newCase(stop), before = wrong.size;
		for (const stage of stages.slice(0, stop)) await stage(k);
		const shots = Array.from({ length: SHOTS }, () => compose(k)); // before any answer, so that a seed repeats them
		await Promise.all(Array.from({ length: AT_ONCE }, async () => {
			while (shots.length) await shoot(k, shots.pop());
		}));
		await tidy(k);
		assert.equal(wrong.size, before, `seed ${seed}\n${[...wrong].slice(before).map((x) => x.join('\n   ')).join('\n')}`);
	});
}

test('what was told to ask again is answered later', { timeout: 240000 }, async (t) => {
	if (later.length) await new Promise((ok) => setTimeout(ok, 31000));
	const before = wrong.size;
	for (const [k, q] of later.slice(0, 200)) await shoot(k, q, true);
	t.diagnostic(`${later.length} asked again; in all ${[...tally].sort().map(([c, n]) => `${n} x ${c}`).join(', ')}`);
	assert.equal(wrong.size, before, [...wrong].slice(before).map((x) => x.join('\n   ')).join('\n'));
	assert.ok((tally.get(200) ?? 0) + (tally.get(201) ?? 0) > SHOTS / 2, 'too few were nearly right');
});

test('afterwards a case runs through, and nobody is on two', { timeout: 240000 }, async () => {
	const k = newCase(20);
	for (const stage of stages) await stage(k);
	assert.deepEqual(s.sql('select responder_id from dispatch.assignment where ended_at is null group by 1 having count(*) > 1'), []);
	assert.deepEqual(s.sql('select incident_id from dispatch.assignment where ended_at is null group by 1 having count(*) > 1'), []);
});

test('every service is the process it was, and ready', { timeout: 60000 }, () => watch.still());
