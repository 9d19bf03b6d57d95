// concurrency.test.mjs - many at once: one incident of fifty equal orders, one winner of two hundred.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { startStack } from '../lib/stack.mjs';
import { until } from '../lib/http.mjs';
import * as story from '../lib/story.mjs';

let s;
before(async () => (s = await startStack()), { timeout: 120000 });
after(() => s?.stop());

test('fifty equal orders at once are one incident and fifty equal answers', { timeout: 60000 }, async () => {
	const dispatcher = await s.as('DISPATCHER');
	const body = story.order();
	const answers = await Promise.all(Array.from({ length: 50 }, () => dispatcher.post('/v1/orders', body)));
	const texts = new Set(answers.map((r) => JSON.stringify(story.ok(r))));
	assert.equal(texts.size, 1, [...texts].slice(0, 2).join('\n'));
	assert.equal(s.sql(`select count(*) from intake.incident where order_no = '${body.orderNo}'`)[0][0], '1');
});

test('an order whose content differs is refused, naming what', { timeout: 60000 }, async () => {
	const dispatcher = await s.as('DISPATCHER');
	const body = story.order();
	story.ok(await dispatcher.post('/v1/orders', body), 201);
	const r = await dispatcher.post('/v1/orders', { ...body, casualties: { dead: 0, injured: 1 },
		place: { ...body.place, text: '别处' } });
	assert.equal(r.status, 422);
	const named = r.body.errors.map((e) => e.pointer).sort();
	assert.deepEqual(named, ['/casualties/injured', '/place/text']);
});

test('of 200 assignments of one responder exactly one wins', { timeout: 120000 }, async () => {
	const dispatcher = await s.as('DISPATCHER');
	const incidents = [];
	for (let i = 0; i < 200; i++) {
		const r = await dispatcher.post('/v1/orders', story.order(story.orderNo(), {
			place: { text: `第${i}处`, position: { lon: 108.85 + (i % 20) * 0.01, lat: 34.2 + i / 20 * 0.01,
				datum: 'WGS84' } } }));
		incidents.push(story.ok(r, 201).incidentId);
	}
	await until('dispatch to know them all', 30000, () => s.sql(
		`select count(*) from dispatch.incident where id in ('${incidents.join("','")}')`)[0][0] === '200');
	// On duty after the orders: an offer may reach him first, so he declines what he is offered.
	const responder = await s.as('RESPONDER', 5);
	const me = story.ok(await story.onDuty(s, 5).then((r) => r.get('/v1/me')));
	const offered = me.offer ?? (await until('no more offers in flight', 5000, async () =>
		(await responder.get('/v1/me')).body.offer).catch(() => null));
	if (offered) await responder.post(`/v1/offers/${offered.offerId}:decline`, { reason: '测试' });
	const answers = await Promise.all(incidents.map((id) => dispatcher.post(`/v1/incidents/${id}:assign`,
		{ responderId: me.responder.responderId, bypassReason: '测试并发' })));
	const won = answers.filter((r) => r.status < 300);
	const lost = answers.filter((r) => r.status === 409);
	assert.equal(won.length, 1, `statuses ${JSON.stringify(answers.map((r) => r.status).reduce(
		(m, x) => ({ ...m, [x]: (m[x] ?? 0) + 1 }), {}))} ${answers.find((r) => r.status >= 500)?.bytes ?? ''}`);
	assert.equal(lost.length, 199);
	for (const r of lost) assert.ok(r.body.detail, 'says why');
	assert.equal(s.sql(`select count(*) from dispatch.assignment where ended_at is null and responder_id =
		'${me.responder.responderId}'`)[0][0], '1');
});
