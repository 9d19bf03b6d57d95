// bad_callers.test.mjs - callers who are not who they should be, ask for what is another's, or do things
// in the wrong order: tokens, cookies, other insurers, responders and parties, claim verbs.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { startStack } from '../lib/stack.mjs';
import { Caller, signIn, until } from '../lib/http.mjs';
import { refused, hidden, Watch } from '../lib/refusal.mjs';
import * as story from '../lib/story.mjs';

const place = (lon) => ({ lon, lat: 34.238, datum: 'WGS84', accuracyM: 10 });
let s, watch, dispatcher, officer;
const ours = {}, theirs = {}; // two cases: one handed off, one at the scene

before(async () => {
	s = await startStack({ settings: { JB_ANON_PER_S: '0', JB_LOG_LEVEL: 'warn', JB_SESSIONS_MS: '200' } });
	watch = new Watch(s);
	dispatcher = await s.as('DISPATCHER');
	officer = await s.as('OFFICER');
	await atTheScene(ours, 0, 108.935);
	await atTheScene(theirs, 1, 108.985);
	const { incidentId, responder } = ours;
	await story.photograph(responder, incidentId);
	ours.itemId = story.ok(await responder.get(`/v1/incidents/${incidentId}/items`)).items[0].itemId;
	ours.parties = await story.addParties(responder, incidentId);
	theirs.parties = await story.addParties(theirs.responder, theirs.incidentId);
	for (const k of [ours, theirs]) k.party = await partySession(k, 0);
	ours.reviewId = (await story.submitScene(responder, incidentId)).reviewId;
}, { timeout: 300000 });
after(() => s?.stop());

// One responder after the other, so that each offer finds the one who is free.
async function atTheScene(k, nth, lon) {
	k.responder = await story.onDuty(s, nth, place(lon));
	k.orderNo = story.orderNo();
	k.incidentId = story.ok(await dispatcher.post('/v1/orders', story.order(k.orderNo, { place: { text: '路口', position: place(lon) } })), 201).incidentId;
	k.assignmentId = (await story.acceptOffer(k.responder, k.incidentId, 30000)).assignmentId;
	story.ok(await k.responder.post(`/v1/assignments/${k.assignmentId}:arrive`, { position: place(lon) }));
	await story.phase(dispatcher, k.incidentId, 'ON_SCENE', 30000);
}

async function partySession(k, nth) {
	const link = await until('identity to know the party', 30000, async () => {
		const r = await k.responder.post(`/v1/incidents/${k.incidentId}/parties/${k.parties[nth].partyId}:link`, {});
		return r.status < 300 ? r.body : null;
	});
	k.link = link.path;
	return new Caller(s.url, story.ok(await s.nobody().post(link.path, {}), 201).token);
}

test('a token that is random, changed, stolen as stored, of another scheme or none at all is 401', async () => {
	const good = await signIn(s.url, s.account('DISPATCHER').username, s.account('DISPATCHER').password);
	const hash = s.sql('select encode(token_hash, \'hex\') from identity.session order by created_at desc limit 1')[0][0];
	const turned = good.token.slice(0, -1) + (good.token.at(-1) === 'A' ? 'B' : 'A');
	for (const token of [null, 'x', 'jbs_' + randomBytes(32).toString('base64url'), turned, good.token.toUpperCase(), good.token + 'A',
		good.token.slice(0, -1), hash, Buffer.from(hash, 'hex').toString('base64url'), 'jbs_' + Buffer.from(hash, 'hex').toString('base64url'),
		good.token.replace('jbs_', 'jbc_'), "' or 1=1 --", 'x'.repeat(3000)]) {
		const r = await new Caller(s.url, token).get('/v1/orders/1');
		refused(r, 401, [], String(token).slice(0, 40));
		assert.match(r.headers.get('www-authenticate'), /^Bearer/);
	}
	for (const authorization of [`Basic ${Buffer.from('admin:admin').toString('base64')}`, good.token, `Token ${good.token}`, 'Bearer', 'Bearer '])
		refused(await s.nobody().get('/v1/orders/1', { authorization }), 401, [], authorization.slice(0, 12));
	refused(await s.nobody().get(`/v1/gates?access_token=${good.token}`), [400, 401]);
	story.ok(await good.get('/v1/gates'));
});

test('a token that was signed out, has run out or whose account is locked is 401', { timeout: 60000 }, async () => {
	const { username, password } = s.account('AUDITOR');
	const out = await signIn(s.url, username, password);
	story.ok(await out.get('/v1/gates'));
	story.ok(await out.call('DELETE', '/v1/session'), 204);
	await until('the end to be known', 5000, async () => (await out.get('/v1/gates')).status === 401);
	refused(await out.call('DELETE', '/v1/session'), 401);

	const old = await signIn(s.url, username, password);
	story.ok(await old.get('/v1/gates'));
	s.sql(`update identity.session set due_at = now() - interval '1 s', expires_at = now() - interval '1 s'
		where token_hash = '\\x${createHash('sha256').update(old.token).digest('hex')}'`);
	await until('the token to have run out', 5000, async () => (await old.get('/v1/gates')).status === 401);
	refused(await old.get('/v1/gates'), 401);

	const locked = await signIn(s.url, username, password);
	const admin = await s.as('ADMIN');
	story.ok(await admin.post(`/v1/accounts/${username}:disable`, {}));
	await until('the lock to be known', 5000, async () => (await locked.get('/v1/gates')).status === 401);
	refused(await s.nobody().post('/v1/session', { username, password }), [401, 403]);
	story.ok(await admin.post(`/v1/accounts/${username}:enable`, {}));
	refused(await locked.get('/v1/gates'), 401, [], 'ended sessions stay ended');
});

test('passwords and client secrets that are wrong tell nothing', async () => {
	const { username } = s.account('SUPERVISOR');
	const wrong = refused(await s.nobody().post('/v1/session', { username, password: 'not this one' }), 401);
	const unknown = refused(await s.nobody().post('/v1/session', { username: 'nobody-at-all', password: 'not this one' }), 401);
	assert.equal(wrong.detail, unknown.detail);
	refused(await s.nobody().post('/v1/session', { username: ['a'], password: 'x' }), 400, ['/username']);
	const form = { 'content-type': 'application/x-www-form-urlencoded' };
	for (const [body, status] of [['grant_type=client_credentials&client_id=picc&client_secret=x', 401], ['grant_type=password&username=a&password=b', 400],
		['', 400], ['%zz', 400], ['grant_type=client_credentials&grant_type=client_credentials', 400]]) {
		const r = await s.nobody().post('/v1/oauth/token', body, form);
		assert.equal(r.status, status, `${body}: ${r.bytes}`);
		assert.ok(r.body.error, 'RFC 6749 5.2');
	}
});

test('a cookie changes nothing without the right Origin', async () => {
	const { username, password } = s.account('RESPONDER', 9);
	const made = await s.nobody().post('/v1/session', { username, password });
	const cookie = made.headers.get('set-cookie').split(';')[0];
	const send = (headers, path = '/v1/me:break') => s.nobody().post(path, {}, { cookie, ...headers });
	story.ok(await s.nobody().get('/v1/me', { cookie }));
	for (const headers of [{}, { origin: 'https://evil.example' }, { origin: 'null' }, { origin: `${s.url}.evil.example` },
		{ referer: `${s.url}/` }, { origin: '' }])
		refused(await send(headers), 403, [], JSON.stringify(headers));
	refused(await send({ origin: s.url }), 409, [], 'let in: off duty');
	refused(await s.nobody().get('/v1/me', { cookie: 'jb_session=nonsense' }), 401);
	refused(await s.nobody().get('/v1/me', { cookie: 'jb_session=' }), 401);
});

test('a device token and an opened link are good for one thing', async () => {
	const { token } = story.ok(await ours.responder.post('/v1/devices', { label: '测试机' }), 201);
	const device = new Caller(s.url, token);
	for (const path of ['/v1/me', `/v1/incidents/${ours.incidentId}`, '/v1/session', '/v1/events'])
		refused(await device.get(path), 403, [], path);
	story.ok(await device.post('/v1/positions', { fixes: [{ position: place(108.935), fixAt: new Date().toISOString() }] }));
	story.ok(await ours.party.get('/v1/session'));
	refused(await s.nobody().post(ours.link, {}), [401, 404, 409, 422], [], 'a link whose session is in use');
	refused(await s.nobody().post('/p/jbl_' + randomBytes(32).toString('base64url'), {}), [401, 404]);
	refused(await s.nobody().post('/p/%00', {}), 400);
});

test("another responder's assignment and case are not there", { timeout: 120000 }, async () => {
	const stranger = await story.onDuty(s, 2, place(109.02)), other = theirs.responder;
	for (const r of [stranger, other]) {
		const { incidentId: i, assignmentId: a, parties: [p] } = ours;
		for (const verb of ['depart', 'arrive', 'clear']) refused(await r.post(`/v1/assignments/${a}:${verb}`, {}), 404, [], verb);
		refused(await r.post(`/v1/assignments/${a}:release`, { reason: '换人' }), 404);
		for (const path of [`/v1/assignments/${a}`, `/v1/incidents/${i}`, `/v1/incidents/${i}/items`, `/v1/items/${ours.itemId}`,
			`/v1/items/${ours.itemId}/original`, `/v1/items/${ours.itemId}/renditions/small`, `/v1/incidents/${i}/checklist`,
			`/v1/incidents/${i}/parties`, `/v1/incidents/${i}/loss-sheets`, `/v1/incidents/${i}/settlement`,
			`/v1/incidents/${i}/timeline`, `/v1/incidents/${i}/determination`])
			await hidden(r, 'GET', path);
		for (const [method, path, body] of [['POST', `/v1/incidents/${i}/parties`, { name: '张伟' }],
			['PATCH', `/v1/incidents/${i}/parties/${p.partyId}`, { name: '李' }],
			['POST', `/v1/incidents/${i}/parties/${p.partyId}:apply`, { statementVersion: '1', strokes: story.strokes }],
			['POST', `/v1/incidents/${i}/parties/${p.partyId}:link`, {}], ['POST', `/v1/incidents/${i}:submitScene`, {}],
			['POST', `/v1/incidents/${i}:selfSettle`, {}], ['POST', `/v1/incidents/${i}:requestOfficer`, {}],
			['PUT', `/v1/incidents/${i}/loss-sheets/A`, { lines: [] }]])
			await hidden(r, method, path, body);
		const photo = story.stamped(story.photos()[0], 'a stranger');
		refused(await r.post(`/v1/incidents/${i}/items?slot=SCENE_FRONT`, photo, { 'content-type': 'image/jpeg' }), 404);
	}
	// A party of one case under the path of the other.
	await hidden(other, 'PATCH', `/v1/incidents/${theirs.incidentId}/parties/${ours.parties[0].partyId}`, { name: '李' });
});

test("an offer is its responder's alone", { timeout: 120000 }, async () => {
	const order = story.order(undefined, { place: { text: '另一处', position: place(109.02) } });
	const { incidentId } = story.ok(await dispatcher.post('/v1/orders', order), 201);
	const third = await s.as('RESPONDER', 2);
	const offer = await until('the offer', 30000, async () => {
		const me = (await third.get('/v1/me')).body;
		return me?.offer?.incidentId === incidentId ? me.offer : null;
	});
	for (const r of [ours.responder, theirs.responder]) {
		refused(await r.post(`/v1/offers/${offer.offerId}:accept`, {}), 404);
		refused(await r.post(`/v1/offers/${offer.offerId}:decline`, { reason: '不去' }), 404);
	}
	story.ok(await dispatcher.post(`/v1/incidents/${incidentId}:cancel`, { reason: '误报' }));
	await until('the offer to be withdrawn', 15000, async () => !(await third.get('/v1/me')).body.offer);
	refused(await third.post(`/v1/offers/${offer.offerId}:accept`, {}), [404, 409, 422]);
});

test("a party sees his own case, and acts for himself alone", { timeout: 120000 }, async () => {
	const p = theirs.party, { incidentId: i, parties } = ours;
	for (const path of [`/v1/incidents/${i}`, `/v1/incidents/${i}/items`, `/v1/items/${ours.itemId}`, `/v1/items/${ours.itemId}/original`,
		`/v1/incidents/${i}/checklist`, `/v1/incidents/${i}/parties`, `/v1/incidents/${i}/timeline`, `/v1/incidents/${i}/determination`])
		await hidden(p, 'GET', path);
	refused(await p.post(`/v1/incidents/${i}:requestOfficer`, {}), 404);
	refused(await p.post(`/v1/incidents/${i}/items?slot=SCENE_FRONT`, story.stamped(story.photos()[0], 'a party'), { 'content-type': 'image/jpeg' }), 404);
	refused(await p.post(`/v1/incidents/${i}/parties/${parties[0].partyId}:apply`, { statementVersion: '1', strokes: story.strokes }), 404);
	const { version } = story.ok(await p.get('/v1/statements')).items.find((t) => t.kind === 'JOINT_APPLICATION');
	refused(await p.post(`/v1/incidents/${theirs.incidentId}/parties/${theirs.parties[1].partyId}:apply`,
		{ statementVersion: version, strokes: story.strokes }), [403, 404], [], 'for the other party');
	story.ok(await p.get(`/v1/incidents/${theirs.incidentId}`));
	const seen = JSON.stringify(story.ok(await p.get(`/v1/incidents/${theirs.incidentId}/parties`)));
	assert.ok(!seen.includes('610113198511234528') && !seen.includes('13800000002'), 'the other side is masked');
});

test('an officer who does not hold the review changes nothing', { timeout: 60000 }, async () => {
	const second = await s.as('OFFICER', 1), path = `/v1/reviews/${ours.reviewId}`;
	const decision = { scenario: 'S01', facts: '甲车追尾乙车，无人受伤。', grades: ours.parties.map((p) => ({ partyId: p.partyId, grade: 'EQUAL' })) };
	refused(await officer.post(`${path}:determine`, decision), 409, [], 'not taken yet');
	story.ok(await officer.post(`${path}:take`, {}));
	refused(await second.post(`${path}:take`, {}), 409);
	refused(await second.post(`${path}:determine`, decision), 409);
	refused(await second.post(`${path}:toGeneral`, { reason: '复杂' }), 409);
	for (const [more, pointer] of [[{ scenario: 'S99' }, '/scenario'], [{ grades: [] }, '/grades'], [{ grades: [{ partyId: ours.parties[0].partyId, grade: 'SOME' }] }, '/grades/0/grade'],
		[{ facts: '短' }, '/facts'], [{ facts: '甲车\u0001追尾乙车' }, '/facts'], [{ articles: ['L999-9'] }, '/articles/0'], [{ occurredAt: '2099-01-01T00:00:00Z' }, '/occurredAt']])
		refused(await officer.post(`${path}:determine`, { ...decision, ...more }), [400, 422], [pointer], JSON.stringify(more));
	for (const grades of [['FULL', 'FULL'], ['FULL', 'MAIN'], ['NONE', 'NONE'], ['EQUAL', 'SECONDARY'], ['UNKNOWN', 'NONE']])
		refused(await officer.post(`${path}:determine`, { ...decision, grades: decision.grades.map((g, i) => ({ ...g, grade: grades[i] })) }), 422, [], grades.join());
	const alien = { ...decision, grades: [decision.grades[0], { partyId: theirs.parties[0].partyId, grade: 'EQUAL' }] };
	refused(await officer.post(`${path}:determine`, alien), [400, 404, 422], [], 'a party of another case');
});

// A document that every reader's software stumbles over, and still is printed.
const facts = '甲车追尾乙车。Ω≈ç√∫˜µ≤≥÷ 田中さんにあげて下さい 😍👩🏽‍💻 ثم نفس سقطت Ṱ̺̺̕o͞ ̷i̲̬n̝̗v̟̜o̘̲k͔̈e ̱̹\u202e反\u202c <script>alert(1)</script> %s%n \\input{x}';

test('claims move forward only, by their insurer only', { timeout: 180000 }, async () => {
	const { responder, incidentId } = ours;
	const made = await story.determine(officer, ours.reviewId, ['FULL', 'NONE'], { facts });
	for (const p of ours.parties)
		story.ok(await responder.post(`/v1/determinations/${made.determinationId}/signatures`, { partyId: p.partyId, strokes: story.strokes }));
	refused(await officer.post(`/v1/reviews/${ours.reviewId}:determine`, { scenario: 'S01', facts: '再来一次的认定。',
		grades: ours.parties.map((p) => ({ partyId: p.partyId, grade: 'EQUAL' })) }), [409, 422], [], 'decided twice');
	await story.lossSheets(responder, incidentId);
	await story.phase(dispatcher, incidentId, 'HANDED_OFF', 60000);
	const claimOf = async (c) => story.ok(await c.get(`/v1/claims?incidentId=${incidentId}`)).items;
	const [picc, cpic, paic] = await Promise.all(['PICC', 'CPIC', 'PAIC'].map((org) => s.insurer(org)));
	const [[{ claimId, amountFen }], [mine], none] = await Promise.all([picc, cpic, paic].map(claimOf));
	assert.deepEqual(none, []);
	assert.notEqual(mine.claimId, claimId);
	const verbs = [['acknowledge', {}], ['approve', {}], ['pay', { paymentRef: 'P1' }], ['reject', { reason: '不赔' }],
		['dispute', { reason: '异议' }], ['requestSurvey', { reason: '查勘' }]];
	for (const stranger of [cpic, paic]) {
		refused(await stranger.get(`/v1/claims/${claimId}`), 404);
		for (const [verb, body] of verbs) refused(await stranger.post(`/v1/claims/${claimId}:${verb}`, body), 404, [], verb);
	}
	for (const path of ['items', 'loss-sheets', 'settlement', 'timeline'])
		await hidden(paic, 'GET', `/v1/incidents/${incidentId}/${path}`);
	refused(await paic.get(`/v1/items/${ours.itemId}/original`), 404);
	const go = (verb, body = {}) => picc.post(`/v1/claims/${claimId}:${verb}`, body);
	refused(await go('pay', { paymentRef: 'P1' }), [409, 422], [], 'paid before approved');
	story.ok(await go('acknowledge'));
	story.ok(await go('acknowledge'), 200);
	refused(await go('pay', { paymentRef: 'P1' }), [409, 422]);
	refused(await go('approve', { amountFen: String(Number(amountFen) + 1) }), [409, 422], [], 'another amount');
	refused(await go('approve', { amountFen: '-1' }), 400, ['/amountFen']);
	refused(await go('reject', {}), 400, [['/reason', 'required']]);
	story.ok(await go('approve', { amountFen }));
	refused(await go('dispute', { reason: '异议' }), [409, 422]);
	refused(await go('pay', { paymentRef: '../..' }), 400, ['/paymentRef']);
	refused(await go('pay', { paymentRef: 'P1', paidFen: '1' }), [409, 422]);
	story.ok(await go('pay', { paymentRef: 'P1' }));
	story.ok(await go('pay', { paymentRef: 'P1' }), 200);
	for (const [verb, body] of [['reject', { reason: '不赔' }], ['dispute', { reason: '异议' }], ['requestSurvey', { reason: '查勘' }],
		['pay', { paymentRef: 'P2' }]])
		refused(await go(verb, body), [409, 422], [], `${verb} after payment`);
	assert.equal(story.ok(await picc.get(`/v1/claims/${claimId}`)).claim.state, 'PAID');
	const pdf = await until('the document', 60000, async () => {
		const r = await officer.get(`/v1/determinations/${made.determinationId}/pdf`);
		return r.status === 200 ? r : null;
	});
	assert.equal(pdf.bytes.subarray(0, 5).toString(), '%PDF-');
	assert.equal(story.ok(await officer.get(`/v1/determinations/${made.determinationId}`)).determination.facts, facts);
	for (const path of [`/v1/determinations/${made.determinationId}`, `/v1/determinations/${made.determinationId}/pdf`]) {
		refused(await theirs.responder.get(path), 404, [], path);
		refused(await theirs.party.get(path), 404, [], path);
		story.ok(await ours.party.get(path));
	}
	refused(await theirs.party.post(`/v1/determinations/${made.determinationId}/signatures`, { partyId: ours.parties[0].partyId, strokes: story.strokes }), 404);
});

test('webhook addresses and endpoints of others', { timeout: 60000 }, async () => {
	const [picc, cpic] = await Promise.all(['PICC', 'CPIC'].map((org) => s.insurer(org)));
	for (const url of ['', 'ftp://x/', 'file:///etc/passwd', 'http://', 'http://user:pw@host/', 'javascript:alert(1)', 'http://a b/', 7, 'gopher://x'])
		refused(await picc.call('PUT', '/v1/webhook-endpoints/main', { url }), 400, ['/url'], String(url));
	story.ok(await picc.call('PUT', '/v1/webhook-endpoints/main', { url: 'http://127.0.0.1:9/hook', disabled: true }));
	refused(await cpic.get('/v1/webhook-endpoints/main'), 404);
	refused(await cpic.get('/v1/webhook-endpoints/main/deliveries'), 404);
	refused(await cpic.post(`/v1/webhook-endpoints/main/deliveries/${ours.incidentId}:replay`, {}), 404);
});

test('every service is the process it was, and ready', { timeout: 60000 }, () => watch.still());
