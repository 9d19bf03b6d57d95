// sign_in.test.mjs - people, systems, phones and parties getting in over HTTP, and being put out again.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startStack } from '../lib/stack.mjs';
import { Caller, until } from '../lib/http.mjs';
import * as story from '../lib/story.mjs';

const scene = { lon: 108.935, lat: 34.238, datum: 'WGS84', accuracyM: 10 };
const PASSWORD = 'a password of one test';
let s, admin;

before(async () => {
	s = await startStack({ settings: { JB_SIGN_IN_ACCOUNT_FAILURES: '3', JB_SIGN_IN_WINDOW_SECONDS: '2' } });
	admin = await s.as('ADMIN');
}, { timeout: 180000 });
after(() => s?.stop());

let people = 0;
async function person(roles, more = {}) {
	const username = `e2e-${++people}`;
	const r = await admin.post('/v1/accounts', { username, password: PASSWORD, name: '张三', roles, ...more });
	story.ok(r, 201);
	assert.equal(r.headers.get('location'), `/v1/accounts/${username}`);
	return username;
}

const enter = (username, password = PASSWORD) => new Caller(s.url).post('/v1/session', { username, password });
const out = (caller, path = '/v1/session') => until('the session to end', 3000, async () => (await caller.get(path)).status === 401);

test('a browser signs in with a cookie and out again', async () => {
	const username = await person(['DISPATCHER']);
	const r = await enter(username);
	assert.equal(r.status, 201);
	const cookie = r.headers.get('set-cookie');
	assert.match(cookie, /^jb_session=jbs_[\w-]{43};/);
	for (const part of [/HttpOnly/i, /SameSite=Strict/i, /Path=\//i]) assert.match(cookie, part);
	const browser = { cookie: cookie.split(';')[0] };
	const me = await s.nobody().get('/v1/session', browser);
	assert.equal(me.body.principal.name, '张三');
	assert.ok(!me.bytes.includes('jbs_'));
	const gone = await s.nobody().call('DELETE', '/v1/session', undefined, { ...browser, 'x-requested-with': 'test' });
	assert.equal(gone.status, 204);
	assert.equal((await s.nobody().get('/v1/session', browser)).status, 401);
});

test('guessing is held with 429 and the time to wait', async () => {
	const username = await person(['OFFICER']);
	for (let i = 0; i < 3; i++) assert.equal((await enter(username, 'a wild guess')).status, 401);
	const held = await enter(username);
	assert.equal(held.status, 429);
	assert.ok(Number(held.headers.get('retry-after')) >= 1);
	await until('the hold to end', 5000, async () => (await enter(username)).status === 201);
});

test('whoever is disabled is out within seconds, though the gateway remembers tokens', async () => {
	const username = await person(['SUPERVISOR']);
	const caller = new Caller(s.url, (await enter(username)).body.token);
	story.ok(await caller.get('/v1/session'));
	story.ok(await admin.post(`/v1/accounts/${username}:disable`, {}));
	await out(caller);
	assert.equal((await enter(username)).status, 401);
});

test('a changed password puts the other devices out', async () => {
	const username = await person(['AUDITOR']);
	const [here, there] = [new Caller(s.url, (await enter(username)).body.token), new Caller(s.url, (await enter(username)).body.token)];
	story.ok(await there.get('/v1/session'));
	const r = story.ok(await here.post('/v1/session:changePassword', { username, password: PASSWORD, newPassword: 'quite another one' }));
	assert.equal(r.endedSessions, 1);
	await out(there);
	story.ok(await here.get('/v1/session'));
});

test('a system gets a token by client credentials, in the form or by Basic', async () => {
	const made = story.ok(await admin.post('/v1/clients', { clientId: 'e2e-ins', name: 'test', roles: ['INSURER'], org: 'CPIC' }), 201);
	const ask = (body, headers = {}) => s.nobody().call('POST', '/v1/oauth/token', new URLSearchParams(body).toString(),
		{ 'content-type': 'application/x-www-form-urlencoded', ...headers });
	const basic = { authorization: 'Basic ' + Buffer.from(`e2e-ins:${made.clientSecret}`).toString('base64') };
	for (const r of [await ask({ grant_type: 'client_credentials', client_id: 'e2e-ins', client_secret: made.clientSecret }),
		await ask({ grant_type: 'client_credentials' }, basic)]) {
		assert.equal(r.status, 200, r.bytes.toString());
		assert.deepEqual([r.body.token_type, r.body.expires_in], ['Bearer', 3600]);
		assert.equal(r.headers.get('cache-control'), 'no-store');
		const who = story.ok(await new Caller(s.url, r.body.access_token).get('/v1/session')).principal;
		assert.deepEqual([who.subject, who.org, who.roles], ['e2e-ins', 'CPIC', ['INSURER']]);
	}
	const wrong = await ask({ grant_type: 'client_credentials', client_id: 'e2e-ins', client_secret: 'jbk_no' });
	assert.deepEqual([wrong.status, wrong.body.error], [401, 'invalid_client']);
	const other = await ask({ grant_type: 'password' }, basic);
	assert.deepEqual([other.status, other.body.error], [400, 'unsupported_grant_type']);
});

// What notify would have sent by SMS.
function spooled(phone) {
	const dir = join(s.dir, 'spool');
	return readdirSync(dir).filter((f) => f.endsWith('.json')).map((f) => JSON.parse(readFileSync(join(dir, f), 'utf8')))
		.filter((m) => m.to === phone);
}

test('a party reaches his own case by the link in the message, and no other', { timeout: 60000 }, async () => {
	const dispatcher = await s.as('DISPATCHER');
	const responder = await story.onDuty(s, 0, scene);
	const { incidentId } = story.ok(await dispatcher.post('/v1/orders', story.order()), 201);
	const elsewhere = story.ok(await dispatcher.post('/v1/orders', story.order(undefined, {
		place: { text: '长安路', position: { lon: 108.95, lat: 34.21, datum: 'WGS84' } }, vehicles: [] })), 201);
	const { assignmentId } = await story.acceptOffer(responder, incidentId);
	story.ok(await responder.post(`/v1/assignments/${assignmentId}:arrive`, { position: scene }));
	await story.phase(dispatcher, incidentId, 'ON_SCENE');
	const [party] = await story.addParties(responder, incidentId);

	const token = await until('the message with the link', 10000, () =>
		spooled('13800000001').map((m) => /\/p\/(jbl_[\w-]+)/.exec(m.text)?.[1]).find(Boolean));
	const opened = await s.nobody().post(`/p/${token}`, {});
	assert.equal(opened.status, 201, opened.bytes.toString());
	assert.match(opened.headers.get('set-cookie'), /^jb_session=jbp_/);
	const me = new Caller(s.url, opened.body.token);
	assert.equal(story.ok(await me.get('/v1/session')).principal.partyId, party.partyId);
	assert.equal(story.ok(await me.get(`/v1/incidents/${incidentId}`)).incident.incidentId, incidentId);
	assert.equal((await me.get(`/v1/incidents/${elsewhere.incidentId}`)).status, 404);
	assert.equal((await me.get('/v1/responders')).status, 403);
	assert.equal((await s.nobody().post(`/p/${token}`, {})).status, 404, 'a used link is dead');

	const qr = story.ok(await responder.post(`/v1/incidents/${incidentId}/parties/${party.partyId}:link`, {}), 201);
	story.ok(await s.nobody().post(qr.path, {}), 201);
	const stranger = await s.as('RESPONDER', 1);
	assert.equal((await stranger.post(`/v1/incidents/${incidentId}/parties/${party.partyId}:link`, {})).status, 404);
});

test('no log of any service holds a password, a token or a number', () => {
	for (const name of s.procs.keys()) {
		const log = s.log(name);
		for (const secret of [PASSWORD, 'jbs_', 'jbl_', 'jbp_', 'jbk_', 'jbc_', '13800000001', '610102199003074514'])
			assert.ok(!log.includes(secret), `${name}'s log holds ${secret}`);
	}
});
