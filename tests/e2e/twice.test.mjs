// twice.test.mjs - impatient clients: every command of a case is sent many times at once. Each is done once,
// nobody gets a 5xx, and the case ends as if each had been sent once.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startStack } from '../lib/stack.mjs';
import { until } from '../lib/http.mjs';
import { Watch } from '../lib/refusal.mjs';
import * as story from '../lib/story.mjs';

const TIMES = 10;
const place = { lon: 108.935, lat: 34.238, datum: 'WGS84', accuracyM: 10 };
let s, watch, dispatcher, responder, officer, others;

before(async () => {
	s = await startStack({ settings: { JB_ANON_PER_S: '0', JB_LOG_LEVEL: 'warn' } });
	watch = new Watch(s);
	dispatcher = await s.as('DISPATCHER');
	officer = await s.as('OFFICER');
	others = [officer, await s.as('OFFICER', 1), await s.as('OFFICER', 2)];
	responder = await story.onDuty(s, 0, place);
}, { timeout: 240000 });
after(() => s?.stop());

// The same many times at once: all answers good, or some told that it is done or under way.
async function often(what, call, { fine = [409], winners = 1 } = {}) {
	const answers = await Promise.all(Array.from({ length: TIMES }, (_, i) => call(i)));
	const bad = answers.filter((r) => r.status >= 300 && !fine.includes(r.status));
	assert.deepEqual(bad.map((r) => `${what}: ${r.status} ${r.bytes}`), []);
	const good = answers.filter((r) => r.status < 300);
	assert.ok(good.length >= winners, `${what}: ${good.length} of ${TIMES} were good: ${answers.find((r) => r.status >= 300)?.bytes}`);
	return good;
}

const one = (answers, pick) => {
	const values = new Set(answers.map((r) => JSON.stringify(pick(r.body))));
	assert.equal(values.size, 1, [...values].slice(0, 3).join(' '));
	return pick(answers[0].body);
};
const count = (sql) => Number(s.sql(sql)[0][0]);

test('a case of which every command is sent ten times at once', { timeout: 240000 }, async () => {
	const order = story.order();
	const incidentId = one(await often('order', () => dispatcher.post('/v1/orders', order), { winners: TIMES }), (b) => b.incidentId);
	const offer = await until('the offer', 30000, async () => (await responder.get('/v1/me')).body.offer);
	const assignmentId = one(await often('accept', () => responder.post(`/v1/offers/${offer.offerId}:accept`, {}), { winners: TIMES }), (b) => b.assignment.assignmentId);
	for (const [verb, body] of [['depart', {}], ['arrive', { position: place }]])
		await often(verb, () => responder.post(`/v1/assignments/${assignmentId}:${verb}`, body), { winners: TIMES });
	await story.phase(dispatcher, incidentId, 'ON_SCENE', 30000);

	const photo = story.stamped(story.photos()[0], `${incidentId} twice`);
	one(await often('photo', () => responder.post(`/v1/incidents/${incidentId}/items?slot=SCENE_FRONT`, photo, { 'content-type': 'image/jpeg' }), { winners: TIMES }), (b) => b.itemId);
	assert.equal(count(`select count(*) from evidence.item where incident_id = '${incidentId}'`), 1);
	await story.photograph(responder, incidentId);

	const parties = await story.addParties(responder, incidentId);
	const keyed = await often('keyed party', () => responder.call('PATCH', `/v1/incidents/${incidentId}/parties/${parties[0].partyId}`,
		{ vehicleKind: '轿车' }, { 'idempotency-key': 'once' }));
	one(keyed, (b) => b.version);
	const second = story.ok(await responder.get(`/v1/incidents/${incidentId}/parties`)).items.find((e) => e.party.partyId === parties[1].partyId);
	await often('corrections of one version', (i) => responder.call('PATCH', `/v1/incidents/${incidentId}/parties/${parties[1].partyId}`,
		{ vehicleKind: `轿车${i}`, version: second.version }));
	const { version } = story.ok(await responder.get('/v1/statements')).items.find((t) => t.kind === 'JOINT_APPLICATION');
	await often('apply', () => responder.post(`/v1/incidents/${incidentId}/parties/${parties[0].partyId}:apply`,
		{ statementVersion: version, strokes: story.strokes }), { winners: TIMES });

	await story.submitScene(responder, incidentId);
	const reviewId = one(await often('submit', () => responder.post(`/v1/incidents/${incidentId}:submitScene`, {}), { winners: TIMES }), (b) => b.reviewId);
	assert.equal(count(`select count(*) from liability.review where incident_id = '${incidentId}'`), 1);
	const took = await Promise.all(Array.from({ length: TIMES }, (_, i) => others[i % 3].post(`/v1/reviews/${reviewId}:take`, {})));
	const holders = new Set(took.map((r, i) => (r.status < 300 ? i % 3 : -1)).filter((i) => i >= 0));
	assert.equal(holders.size, 1, `one officer holds it: ${took.map((r) => r.status)}`);
	assert.ok(took.every((r) => [200, 409].includes(r.status)), `${took.map((r) => r.status)}`);
	const holder = others[[...holders][0]];
	const determinationId = one(await often('determine', () => holder.post(`/v1/reviews/${reviewId}:determine`, { scenario: 'S01',
		facts: '甲车追尾乙车。', grades: parties.map((p, i) => ({ partyId: p.partyId, grade: ['FULL', 'NONE'][i] })) })), (b) => b.determinationId);
	assert.equal(count(`select count(*) from liability.determination where incident_id = '${incidentId}'`), 1);
	for (const p of parties)
		await often('sign', () => responder.post(`/v1/determinations/${determinationId}/signatures`, { partyId: p.partyId, strokes: story.strokes }));

	for (const [i, letter] of ['A', 'B'].entries())
		one(await often('loss sheet', () => responder.call('PUT', `/v1/incidents/${incidentId}/loss-sheets/${letter}`, {
			lines: [{ kind: 'PART', name: '前保险杠', unitPriceFen: ['300000', '500000'][i] }], ownerAgrees: true }), { winners: TIMES }), (b) => b.sheet.version);
	await story.phase(dispatcher, incidentId, 'HANDED_OFF', 60000);
	assert.equal(count(`select count(*) from claims.claim where incident_id = '${incidentId}'`), 2);
	for (const org of ['PICC', 'CPIC']) {
		const insurer = await s.insurer(org);
		const [{ claimId }] = story.ok(await insurer.get(`/v1/claims?incidentId=${incidentId}`)).items;
		for (const [verb, body] of [['acknowledge', {}], ['approve', {}], ['pay', { paymentRef: `P-${org}` }]])
			await often(verb, () => insurer.post(`/v1/claims/${claimId}:${verb}`, body), { winners: TIMES });
		const rival = await insurer.post(`/v1/claims/${claimId}:pay`, { paymentRef: 'another' });
		assert.ok([409, 422].includes(rival.status), `another payment: ${rival.status}`);
	}
	await story.phase(dispatcher, incidentId, 'CLOSED', 60000);
	await often('clear', () => responder.post(`/v1/assignments/${assignmentId}:clear`, {}), { winners: TIMES });
	await often('off duty', () => responder.post('/v1/me:offDuty', {}), { winners: TIMES });
	await often('on duty', () => responder.post('/v1/me:onDuty', {}), { winners: TIMES });

	// Each thing was told once.
	const { items } = story.ok(await dispatcher.get(`/v1/incidents/${incidentId}/timeline?pageSize=500`));
	const told = items.map((e) => e.type.split('.').at(-1));
	for (const name of ['IncidentReported', 'ResponderAssigned', 'ResponderDeparted', 'ResponderArrived', 'SceneSubmitted', 'DeterminationMade',
		'DeterminationServed', 'ClaimsHandedOff', 'ClaimsSettled'])
		assert.equal(told.filter((t) => t === name).length, 1, `${name} in ${told}`);
});

test('one key for two different commands is refused, by name', { timeout: 60000 }, async () => {
	const body = { place: { text: '路边', position: place } };
	const key = { 'idempotency-key': 'my-key-1' };
	const made = await often('a crash come upon', () => responder.post('/v1/incidents', body, key));
	const { incidentId } = made[0].body;
	assert.ok(made.every((r) => r.body.incidentId === incidentId));
	const other = await responder.post('/v1/incidents', { place: { text: '别处', position: place } }, key);
	assert.equal(other.status, 422, other.bytes.toString());
	for (const bad of ['', ' ', 'x'.repeat(300), '"unclosed', 'a b'])
		assert.ok((await responder.post('/v1/incidents', body, { 'idempotency-key': bad })).status < 500, bad);
	assert.equal(count(`select count(*) from dispatch.assignment where incident_id = '${incidentId}' and ended_at is null`), 1);
	const more = await Promise.all(Array.from({ length: TIMES }, (_, i) => responder.post('/v1/incidents', { place: { text: `路边${i}`, position: place } })));
	assert.deepEqual(more.filter((r) => r.status >= 500).map((r) => `${r.bytes}`), []);
	assert.equal(count(`select count(*) from dispatch.assignment a join dispatch.responder r on r.id = a.responder_id
		where a.ended_at is null and r.username = '${s.account('RESPONDER', 0).username}'`), 1, 'on one case at a time');
	for (const r of [...made.slice(0, 1), ...more])
		if (r.status < 300) story.ok(await dispatcher.post(`/v1/incidents/${r.body.incidentId}:cancel`, { reason: '测试结束' }));
});

test('opposite wishes at once: one of them wins', { timeout: 120000 }, async () => {
	// What earlier stories left open would be offered to him instead.
	for (const i of story.ok(await dispatcher.get('/v1/incidents?open=true&pageSize=200')).items)
		await dispatcher.post(`/v1/incidents/${i.incidentId}:cancel`, { reason: '清场' });
	// The other one would be asked while this one is not free.
	await until('the first to be off duty', 15000, async () => (await responder.post('/v1/me:offDuty', {})).status === 200);
	for (let round = 0; round < 3; round++) {
		const second = await story.onDuty(s, 1, { ...place, lon: 108.99 });
		const order = story.order(undefined, { place: { text: '两难', position: { ...place, lon: 108.99 } } });
		const { incidentId } = story.ok(await dispatcher.post('/v1/orders', order), 201);
		const offer = await until('the offer', 30000, async () => {
			const me = (await second.get('/v1/me')).body;
			return me.offer?.incidentId === incidentId ? me.offer : null;
		});
		const answers = await Promise.all([...Array(4)].flatMap(() => [second.post(`/v1/offers/${offer.offerId}:accept`, {}),
			second.post(`/v1/offers/${offer.offerId}:decline`, { reason: '忙' }), dispatcher.post(`/v1/incidents/${incidentId}:cancel`, { reason: '误报' }),
			dispatcher.post(`/v1/orders/${order.orderNo}:cancel`, { reason: '误报' }), second.post('/v1/me:offDuty', {}),
			dispatcher.post(`/v1/orders/${order.orderNo}:amend`, { weather: '雨' })]));
		assert.deepEqual(answers.filter((r) => r.status >= 500).map((r) => `${r.bytes}`), []);
		await story.phase(dispatcher, incidentId, 'CANCELLED', 15000);
		let me;
		await until('the responder to be free', 30000, async () => {
			me = (await second.get('/v1/me')).body;
			return me.offer?.incidentId !== incidentId && me.assignment?.incidentId !== incidentId;
		}).catch((e) => {
			throw new Error(`${e.message} of ${incidentId}: ${JSON.stringify(me)} ${answers.map((r) => r.status)} ${
				JSON.stringify(s.sql(`select * from dispatch.incident where id = '${incidentId}'`))} ${s.log('dispatch').slice(-600)}`);
		});
	}
});

test('every service is the process it was, and ready', { timeout: 60000 }, () => watch.still());
