// case.test.mjs - one case from the 122 order to the insurers' payment, over HTTP only.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { startStack } from '../lib/stack.mjs';
import { until } from '../lib/http.mjs';
import * as story from '../lib/story.mjs';

let s;
before(async () => (s = await startStack()), { timeout: 120000 });
after(() => s?.stop()); // ends its streams too

const scene = { lon: 108.935, lat: 34.238, datum: 'WGS84', accuracyM: 10 };

test('a case runs from order to payment', { timeout: 120000 }, async () => {
	const dispatcher = await s.as('DISPATCHER');
	const stream = await s.stream(dispatcher);
	const responder = await story.onDuty(s, 0, scene);
	const no = story.orderNo();
	const first = await dispatcher.post('/v1/orders', story.order(no));
	const { incidentId, lane, promisedArrivalAt, acceptedAt, caseNo } = story.ok(first, 201);
	assert.equal(lane, 'RAPID');
	assert.match(first.headers.get('location'), new RegExp(incidentId));
	assert.equal(Date.parse(promisedArrivalAt) - Date.parse(acceptedAt), 600000);

	const a = await story.acceptOffer(responder, incidentId);
	const arrived = story.ok(await responder.post(`/v1/assignments/${a.assignmentId}:arrive`, { position: scene }));
	assert.equal(arrived.assignment.arrivalConfirmed, true);
	await story.phase(dispatcher, incidentId, 'ON_SCENE');
	const early = await responder.post(`/v1/incidents/${incidentId}:submitScene`, {});
	assert.equal(early.status, 422, `an empty scene: ${early.bytes}`);
	assert.ok(early.body.errors.length > 0, 'names what is missing');

	await story.photograph(responder, incidentId);
	const parties = await story.addParties(responder, incidentId);
	const { reviewId } = await story.submitScene(responder, incidentId);
	const officer = await s.as('OFFICER');
	const made = await story.determine(officer, reviewId);
	for (const p of parties)
		story.ok(await responder.post(`/v1/determinations/${made.determinationId}/signatures`,
			{ partyId: p.partyId, strokes: story.strokes }));
	await story.lossSheets(responder, incidentId);
	await story.phase(dispatcher, incidentId, 'HANDED_OFF', 30000);

	// T1 of the two-vehicle split: 3000/5000 yuan, full/none.
	const pay = { PICC: 500000, CPIC: 10000 };
	for (const [org, fen] of Object.entries(pay)) {
		const insurer = await s.insurer(org);
		const list = story.ok(await insurer.get(`/v1/claims?incidentId=${incidentId}`)).items;
		assert.equal(list.length, 1, `${org} sees its own claim only`);
		const claim = story.ok(await insurer.get(`/v1/claims/${list[0].claimId}`));
		assert.equal(Number((claim.claim ?? claim).amountFen), fen, org);
		const wrong = await insurer.post(`/v1/claims/${list[0].claimId}:pay`, { paymentRef: 'P1' });
		assert.ok([409, 422].includes(wrong.status), 'paying before approving is refused');
		for (const [verb, body] of [['acknowledge', {}], ['approve', {}], ['pay', { paymentRef: `P-${org}` }]])
			story.ok(await insurer.post(`/v1/claims/${list[0].claimId}:${verb}`, body));
	}
	await story.phase(dispatcher, incidentId, 'CLOSED');
	story.ok(await responder.post(`/v1/assignments/${a.assignmentId}:clear`, {}));

	// The document opens as PDF, and its code verifies without sign-in.
	const pdf = await until('the final document', 30000, async () => {
		const r = await officer.get(`/v1/determinations/${made.determinationId}/pdf`);
		return r.status === 200 ? r : null;
	});
	assert.equal(pdf.bytes.subarray(0, 5).toString(), '%PDF-');
	const verified = story.ok(await s.nobody().get(`/verify/${made.verifyCode}`));
	assert.equal(verified.documentNo, made.documentNo);
	assert.equal(verified.valid, true);
	assert.ok(!JSON.stringify(verified).includes('张伟'), 'nothing personal in public');
	assert.equal(verified.pdfSha256, createHash('sha256').update(pdf.bytes).digest('hex'));

	// Everything was told live, in order, and is on the timeline.
	for (const name of ['IncidentReported', 'OfferMade', 'ResponderAssigned', 'ResponderArrived', 'SceneSubmitted',
		'DeterminationMade', 'DeterminationServed', 'ClaimsHandedOff', 'ClaimsSettled'])
		await stream.wait(name, 10000, (e) => e.json.type.endsWith(`.${name}`) &&
			e.json.data.incidentId === incidentId);
	const ids = stream.events.map((e) => e.json.id);
	assert.equal(new Set(ids).size, ids.length, 'no event twice');
	const timeline = story.ok(await dispatcher.get(`/v1/incidents/${incidentId}/timeline`));
	assert.ok(JSON.stringify(timeline).includes('ClaimsSettled'));

	// The same order again is the same case; with other content it is refused by name.
	const again = story.ok(await dispatcher.post('/v1/orders', story.order(no)));
	assert.equal(again.incidentId, incidentId);
	assert.equal(again.caseNo, caseNo);
	const other = await dispatcher.post('/v1/orders', story.order(no, { weather: '雨' }));
	assert.equal(other.status, 422);
	assert.deepEqual(other.body.errors.map((e) => e.pointer), ['/weather']);
	await stream.close();
});

test('originals come back bit for bit', { timeout: 60000 }, async () => {
	const responder = await story.onDuty(s, 1, { ...scene, lon: 108.99 });
	const dispatcher = await s.as('DISPATCHER');
	const { incidentId } = story.ok(await dispatcher.post('/v1/orders', story.order(story.orderNo(), {
		place: { text: '互助路', position: { ...scene, lon: 108.9901 } } })), 201);
	await story.acceptOffer(responder, incidentId);
	const bytes = story.stamped(story.photos()[0], `${incidentId} bits`);
	const path = `/v1/incidents/${incidentId}/items?slot=SCENE_FRONT`;
	const digest = createHash('sha256').update(bytes).digest('base64');
	const wrong = await responder.post(path, bytes, { 'content-type': 'image/jpeg',
		'content-digest': `sha-256=:${createHash('sha256').update('x').digest('base64')}:` });
	assert.equal(wrong.status, 400, 'a digest that does not fit');
	const item = story.ok(await responder.post(path, bytes, { 'content-type': 'image/jpeg',
		'content-digest': `sha-256=:${digest}:` }), 201);
	const repeat = story.ok(await responder.post(path, bytes, { 'content-type': 'image/jpeg' }));
	assert.equal(repeat.itemId, item.itemId, 'the same bytes again are the same item');
	const back = await responder.get(`/v1/items/${item.itemId}/original`);
	assert.equal(Buffer.compare(back.bytes, bytes), 0);
	for (const size of ['small', 'medium', 'large']) {
		const r = await responder.get(`/v1/items/${item.itemId}/renditions/${size}`);
		assert.equal(r.status, 200, size);
		assert.equal(r.bytes.readUInt16BE(0), 0xffd8);
	}
});
