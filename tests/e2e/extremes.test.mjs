// extremes.test.mjs - a case of which every text, list and number is as long or large as the contract allows:
// what the door lets in, every room behind it must hold.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { startStack } from '../lib/stack.mjs';
import { until } from '../lib/http.mjs';
import { Watch } from '../lib/refusal.mjs';
import * as story from '../lib/story.mjs';

const place = { lon: 108.935123456789, lat: 34.238123456789, datum: 'WGS84', accuracyM: 99999.999999 };
let s, watch, dispatcher, responder, officer, receiver, told = [];

before(async () => {
	s = await startStack({ settings: { JB_ANON_PER_S: '0', JB_LOG_LEVEL: 'warn' } });
	watch = new Watch(s);
	dispatcher = await s.as('DISPATCHER');
	officer = await s.as('OFFICER');
	receiver = createServer((req, res) => {
		let body = '';
		req.on('data', (d) => (body += d));
		req.on('end', () => {
			told.push(JSON.parse(body));
			res.writeHead(204).end();
		});
	});
	await new Promise((ok) => receiver.listen(0, '127.0.0.1', ok));
}, { timeout: 240000 });
after(async () => {
	await s?.stop();
	receiver?.close();
});

// n characters of one, two, three and four bytes; the four-byte ones need two of UTF-16.
const filler = [...'a·陕😀é"\\\n路𠀀'];
const text = (n, start = '') => start + Array.from({ length: n - [...start].length }, (_, i) => filler[i % filler.length]).join('');
const line = (n, start) => text(n, start).replaceAll('\n', ' ');
const token = (n) => 'T'.repeat(n - 8) + String(Date.now()).slice(-8);

const order = () => ({
	orderNo: token(64), channel: 'PHONE_122', reportedAt: '2026-11-21T06:00:00.123456Z', caller: { name: text(64), phone: '+86 139 1234 5678' },
	place: { text: text(256), road: text(128), direction: text(64), position: place, uncertaintyM: 50000 }, description: text(2000), weather: text(32),
	vehicles: Array.from({ length: 20 }, (_, i) => ({ plate: `陕A${10000 + i}`, plateType: '02', kind: text(32), movable: true })),
	casualties: { dead: 0, injured: 0 },
});

test('the largest case the contract allows goes from order to payment', { timeout: 300000 }, async () => {
	const insurers = { PICC: await s.insurer('PICC'), CPIC: await s.insurer('CPIC') };
	for (const c of Object.values(insurers))
		story.ok(await c.call('PUT', `/v1/webhook-endpoints/${token(64)}`, { url: `http://127.0.0.1:${receiver.address().port}/${'h'.repeat(980)}` }));
	responder = await story.onDuty(s, 0, place);
	const asked = order();
	const { incidentId } = story.ok(await dispatcher.post('/v1/orders', asked), 201);
	const { incident } = story.ok(await dispatcher.get(`/v1/orders/${asked.orderNo}`));
	for (const k of ['description', 'weather', 'vehicles', 'caller']) assert.deepEqual(incident[k], asked[k], k);
	assert.equal(incident.place.text, asked.place.text);
	assert.deepEqual(incident.place.position, place, 'a position comes back to the last digit');
	if (incident.lane !== 'RAPID') assert.fail(`lane ${incident.lane}: ${JSON.stringify(incident.gates)}`);
	const { assignmentId } = await story.acceptOffer(responder, incidentId, 30000);
	const fixes = Array.from({ length: 1000 }, (_, i) => ({ position: place, fixAt: new Date(Date.now() - i * 1000).toISOString(), speedMps: 200, courseDeg: 360 }));
	assert.equal(story.ok(await responder.post('/v1/positions', { fixes })).results.length, 1000);
	story.ok(await responder.post(`/v1/assignments/${assignmentId}:arrive`, { position: place }));
	await story.phase(dispatcher, incidentId, 'ON_SCENE', 30000);
	// An order of twenty vehicles asks for the photos of the parties there are.
	const parties = [];
	for (const [i, org] of ['PICC', 'CPIC'].entries())
		parties.push(story.ok(await responder.post(`/v1/incidents/${incidentId}/parties`, { name: text(64, '张'), idNumber: ['610103199001010016', '610113198511234528'][i],
			licenceNo: 'L'.repeat(20), phone: `1380000000${i}`, plate: ['陕A12345', '陕AD12345'][i], plateType: ['02', '52'][i], vehicleKind: text(32), vin: '11111111111111111',
			insurer: org, policyNo: token(64), commercialInsurer: org, commercialPolicyNo: token(64), thirdPartyLimitFen: '100000000000' }), 201).party);
	const { slots } = story.ok(await responder.get(`/v1/incidents/${incidentId}/checklist`));
	await story.photograph(responder, incidentId, slots.filter((x) => x.required).map((x) => x.slot));
	const strokes = Array.from({ length: 1200 }, (_, i) => `${i % 1000},${i % 400}`).join(' ').slice(0, 20000).replace(/[\s,]*\d*$/, '').replace(/ \d+$/, '');
	const { version } = story.ok(await responder.get('/v1/statements')).items.find((x) => x.kind === 'JOINT_APPLICATION');
	for (const p of parties)
		story.ok(await responder.post(`/v1/incidents/${incidentId}/parties/${p.partyId}:apply`, { statementVersion: version, strokes }));
	const { reviewId } = await story.submitScene(responder, incidentId);
	const articles = Array.from({ length: 12 }, (_, i) => line(200, `《第${i}部法律》第1条`));
	const facts = text(2000);
	const made = await story.determine(officer, reviewId, ['FULL', 'NONE'], { facts, articles, place: text(256), weather: text(32) });
	for (const p of parties)
		story.ok(await responder.post(`/v1/determinations/${made.determinationId}/signatures`, { partyId: p.partyId, strokes }));
	assert.equal(story.ok(await officer.get(`/v1/determinations/${made.determinationId}`)).determination.facts, facts);
	for (const [i, letter] of ['A', 'B'].entries())
		story.ok(await responder.call('PUT', `/v1/incidents/${incidentId}/loss-sheets/${letter}`, { ownerAgrees: true, note: text(512), place: text(128),
			repairShop: text(128), priceSource: text(64), lines: Array.from({ length: 200 }, (_, n) => ({ kind: 'PART', name: text(128), position: text(64),
				partNo: token(64), quantity: 1.001, unitPriceFen: n === 0 && i === 0 ? '10000000' : '100' })) }));
	await story.phase(dispatcher, incidentId, 'HANDED_OFF', 60000);
	for (const [org, c] of Object.entries(insurers)) {
		const [{ claimId }] = story.ok(await c.get(`/v1/claims?incidentId=${incidentId}`)).items;
		const { claim } = story.ok(await c.get(`/v1/claims/${claimId}`));
		assert.equal(claim.lossSheets.flatMap((x) => x.lines).length, 400, org);
		await until(`${org} to be told`, 30000, () => told.some((e) => JSON.stringify(e).includes(claimId)));
		for (const [verb, body] of [['acknowledge', { insurerRef: token(64) }], ['approve', {}], ['pay', { paymentRef: token(64) }]])
			story.ok(await c.post(`/v1/claims/${claimId}:${verb}`, body));
	}
	await story.phase(dispatcher, incidentId, 'CLOSED', 60000);
	const pdf = await until('the document', 60000, async () => {
		const r = await officer.get(`/v1/determinations/${made.determinationId}/pdf`);
		return r.status === 200 && story.ok(await s.nobody().get(`/verify/${made.verifyCode}`)).valid ? r : null;
	});
	assert.equal(pdf.bytes.subarray(0, 5).toString(), '%PDF-');
	story.ok(await dispatcher.get(`/v1/incidents/${incidentId}/timeline?pageSize=500`));
	assert.deepEqual((await s.jbctl('dead-letters')).stdout.split('\n').filter((l) => l.includes(incidentId)), []);
});

test('every service is the process it was, and ready', { timeout: 60000 }, () => watch.still());
