// http_edge.test.mjs - what the gateway alone answers for: JSON in and out, problem details, signing
// in, cookies, forms, uploads, downloads, readiness, draining. Services are played by the test.

import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startGateway, raw, pack, unpack, double, fault, sleep, until } from '../lib/gateway.mjs';

const DISPATCHER = 2, RESPONDER = 3, AUDITOR = 9, ADMIN = 10;
const id = '01890a5d-ac96-774b-bcce-b302099a8057';
let g;
let seen = {};
before(async () => {
	g = await startGateway({ JB_SESSIONS_MS: '3000' });
	await g.identity({
		boss: { subject: 'a-1', name: '王 主任', roles: [ADMIN], session: 's-boss' },
		desk: { subject: 'd-1', roles: [DISPATCHER], session: 's-desk' },
		audit: { subject: 'u-1', roles: [AUDITOR], session: 's-audit' },
		patrol: { subject: 'r-1', roles: [RESPONDER], org: 'PICC', districts: ['610113', '610104'], session: 's-patrol' },
	});
	const keep = (name, body) => g.peer.serve(`jingbao.v1.${name}`, async (m) => {
		seen[name] = m;
		return typeof body === 'function' ? body(m) : body;
	});
	await keep('Identity.CreateSession', pack([1, 'the-token'], [2, BigInt(Date.now() + 3600e3) * 1000n]));
	await keep('Identity.EndSession', Buffer.alloc(0));
	await keep('Identity.IssueToken', (m) => unpack(m.body).some(([n, v]) => n === 3 && v.toString() === 'wrong')
		? fault(3, 'UNAUTHENTICATED', 'unknown client') : pack([1, 'tok'], [2, 'Bearer'], [3, 3600]));
	await keep('Identity.GetAccount', pack([1, pack([1, id], [2, 'ab'], [4, '13800138000'])]));
	await keep('Identity.CreateAccount', pack([1, pack([1, id], [2, 'zhang/san']) ]));
	await keep('Identity.ListAccounts', Buffer.alloc(0));
	await keep('Identity.SetPassword', fault(7, 'REFUSED', 'the password is on the list of known ones',
		[[3, pack([1, '/newPassword'], [2, 'known'], [3, 'choose another'])]]));
	await keep('Evidence.AddItem', pack([1, id]));
	await keep('Liability.VerifyDocument', fault(10, 'BUSY', 'later', [[4, 7]]));
});
after(() => g?.stop());

async function call(method, path, { token, body, headers = {} } = {}) {
	const h = { ...headers };
	if (token) h.authorization = `Bearer ${token}`;
	if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)) {
		body = JSON.stringify(body);
		h['content-type'] ??= 'application/json';
	}
	const r = await fetch(g.url + path, { method, headers: h, body, redirect: 'manual' });
	const bytes = Buffer.from(await r.arrayBuffer());
	const json = /json/.test(r.headers.get('content-type') ?? '') && bytes.length ? JSON.parse(bytes) : null;
	return { status: r.status, headers: r.headers, bytes, json };
}

test('a problem says what, where and which request', async () => {
	const r = await call('GET', '/v1/nothing', { headers: { 'x-request-id': 'abc.1' } });
	assert.equal(r.status, 404);
	assert.match(r.headers.get('content-type'), /^application\/problem\+json/);
	assert.deepEqual(Object.keys(r.json), ['type', 'title', 'status', 'detail', 'instance', 'requestId']);
	assert.equal(r.json.requestId, 'abc.1');
	assert.equal(r.headers.get('x-request-id'), 'abc.1');
	assert.equal(r.headers.get('x-content-type-options'), 'nosniff');
	assert.equal(r.headers.get('cache-control'), 'no-store');
	assert.match(r.headers.get('content-security-policy'), /default-src 'none'/);
});

test('ids that are not sound are replaced', async () => {
	const r = await call('GET', '/healthz', { headers: { 'x-request-id': 'a b"c', traceparent: '00-0-0-0' } });
	assert.match(r.headers.get('x-request-id'), /^[0-9a-f-]{36}$/);
	assert.match(r.headers.get('traceparent'), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
});

test('trace and caller travel over the bus', async () => {
	const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
	const r = await call('GET', '/v1/accounts/ab', { token: 'boss', headers: { traceparent: trace, 'x-request-id': 'q1' } });
	assert.equal(r.status, 200, r.bytes.toString());
	const h = seen['Identity.GetAccount'].headers;
	assert.equal(h.Traceparent, trace);
	assert.equal(h['Request-Id'], 'q1');
	assert.equal(h['Jb-Subject'], 'a-1');
	assert.equal(decodeURIComponent(h['Jb-Name']), '王 主任');
	assert.equal(h['Jb-Roles'], String(1 << ADMIN));
	assert.ok(Math.abs(Number(h['Jb-Deadline']) - Date.now()) < 10000);
	assert.equal(r.json.account.phone, '13800138000', 'ADMIN is answered in full');
	const masked = await call('GET', '/v1/accounts/ab', { token: 'audit' });
	assert.equal(masked.json.account.phone, '138****8000', 'AUDITOR is not');
});

test('a wrong method names the right ones', async () => {
	const r = await call('DELETE', '/v1/accounts/ab', { token: 'boss' });
	assert.equal(r.status, 405);
	assert.match(r.headers.get('allow'), /GET, HEAD/);
	const o = await call('OPTIONS', '/v1/accounts/ab');
	assert.equal(o.status, 204);
	assert.match(o.headers.get('allow'), /PUT/);
	assert.equal(o.headers.get('access-control-allow-origin'), null);
});

test('401 without a token, 401 with a bad one, 403 for the wrong role', async () => {
	const none = await call('GET', '/v1/accounts/ab');
	assert.equal(none.status, 401);
	assert.equal(none.headers.get('www-authenticate'), 'Bearer realm="jingbao"');
	const bad = await call('GET', '/v1/accounts/ab', { token: 'stolen' });
	assert.equal(bad.status, 401);
	assert.match(bad.headers.get('www-authenticate'), /invalid_token/);
	const role = await call('GET', '/v1/accounts/ab', { token: 'desk' });
	assert.equal(role.status, 403);
	const weird = await call('GET', '/v1/accounts/ab', { token: 'x'.repeat(3000) });
	assert.equal(weird.status, 401);
});

test('a refusal keeps the connection: the next request goes on', async () => {
	const get = await raw(g.port, 'GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
	assert.deepEqual(get.statuses, [404, 200], get.text);
	const r = await raw(g.port,
		'POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}' +
		'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
	assert.deepEqual(r.statuses, [401, 200], r.text);
});

test('a token is asked about once in a while, and forgotten when its session ends', async () => {
	await call('GET', '/v1/accounts', { token: 'boss' });
	const asked = g.asked;
	for (let i = 0; i < 5; i++) await call('GET', '/v1/accounts', { token: 'boss' });
	assert.equal(g.asked, asked);
	g.who.gone = { subject: 'x', roles: [ADMIN], session: 's-gone' };
	assert.equal((await call('GET', '/v1/accounts', { token: 'gone' })).status, 200);
	delete g.who.gone;
	assert.equal((await call('GET', '/v1/accounts', { token: 'gone' })).status, 200, 'still believed');
	g.peer.publish('jingbao.v1.event.000000.SessionEnded', pack([1, 's-gone'], [3, 'signed_out']),
		{ 'ce-id': id, 'ce-type': 'jingbao.v1.SessionEnded', 'ce-time': '2026-11-21T00:00:00Z', 'Nats-Msg-Id': id });
	await until('the end to be known', 3000, async () =>
		(await call('GET', '/v1/accounts', { token: 'gone' })).status === 401);
});

test('lists are there when empty', async () => {
	const r = await call('GET', '/v1/accounts', { token: 'boss' });
	assert.deepEqual(r.json.items, []);
});

test('created: 201 and where', async () => {
	const r = await call('POST', '/v1/accounts', { token: 'boss', headers: { 'idempotency-key': '"k-1"' },
		body: { username: 'zhang.san', password: 'long enough', name: '张三', roles: ['DISPATCHER'] } });
	assert.equal(r.status, 201, r.bytes.toString());
	assert.equal(r.headers.get('location'), '/v1/accounts/zhang%2Fsan');
	assert.equal(seen['Identity.CreateAccount'].headers['Idempotency-Key'], 'k-1');
});

test('bad JSON of every kind is a 400 that points at it', async () => {
	const bad = async (body, pointer, headers) => {
		const r = await call('POST', '/v1/accounts', { token: 'boss', body,
			headers: { 'content-type': 'application/json', ...headers } });
		assert.equal(r.status, 400, `${body}: ${r.status} ${r.bytes}`);
		if (pointer) assert.ok(r.json.errors?.some((e) => e.pointer === pointer), `${pointer}: ${r.bytes}`);
	};
	await bad('{');
	await bad('[]');
	await bad('"x"');
	await bad('{"a":1}', '/a');
	await bad('{"username":1}', '/username');
	await bad('{"username":"ab","username":"cd"}');
	await bad('{"roles":["KING"]}', '/roles/0');
	await bad(Buffer.from('{"name":"\xff\xfe"}', 'latin1'));
	await bad('['.repeat(5000));
	await bad(`{"name":${'['.repeat(1000)}1${']'.repeat(1000)}}`);
	await bad('{}', '/username');
	const q = await call('POST', '/v1/accounts?username=ab', { token: 'boss', body: {} });
	assert.equal(q.status, 400);
	assert.ok(q.json.errors.some((e) => e.pointer === '/username' && e.rule === 'unknown'), q.bytes.toString());
	const unknown = await call('GET', '/v1/accounts?nonsense=1', { token: 'boss' });
	assert.equal(unknown.status, 400);
	assert.equal(unknown.json.errors[0].pointer, '/nonsense');
	const twice = await call('GET', '/v1/accounts?pageSize=1&pageSize=2', { token: 'boss' });
	assert.equal(twice.status, 400);
	const word = await call('GET', '/v1/accounts?pageSize=many', { token: 'boss' });
	assert.equal(word.json.errors[0].pointer, '/pageSize');
});

test('what the server fills is refused from callers', async () => {
	const r = await call('POST', '/v1/session', { body: { username: 'ab', password: 'pw', clientAddress: '1.2.3.4' } });
	assert.equal(r.status, 400);
	assert.equal(r.json.errors[0].pointer, '/clientAddress');
});

test('the media type must be right', async () => {
	for (const type of ['text/plain', 'application/xml', 'application/json; charset=gbk', 'application/jsonx'])
		assert.equal((await call('POST', '/v1/session', { body: '{}', headers: { 'content-type': type } })).status, 415, type);
	assert.equal((await call('POST', '/v1/session', { body: '{}',
		headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } })).status, 415);
});

test('ten megabytes of JSON are refused, and the answer is read', async () => {
	const r = await call('POST', '/v1/session', { body: '['.repeat(10 << 20), headers: { 'content-type': 'application/json' } });
	assert.equal(r.status, 413);
});

test('signing in sets a cookie; a cookie alone changes nothing from another site', async () => {
	const r = await call('POST', '/v1/session', { body: { username: 'ab', password: 'pw' }, headers: { 'user-agent': 'test é' } });
	assert.equal(r.status, 201, r.bytes.toString());
	assert.match(r.headers.get('set-cookie'), /^jb_session=the-token; Path=\/; HttpOnly; SameSite=Strict; Max-Age=3\d\d\d$/);
	assert.equal(r.json.token, 'the-token');
	const sent = unpack(seen['Identity.CreateSession'].body);
	assert.equal(sent.find(([n]) => n === 3)[1].toString(), '127.0.0.1');
	g.who['the-token'] = { subject: 'a-1', roles: [ADMIN], session: 's-cookie' };
	const cookie = 'jb_session=the-token';
	assert.equal((await call('GET', '/v1/accounts', { headers: { cookie } })).status, 200);
	assert.equal((await call('DELETE', '/v1/session', { headers: { cookie } })).status, 403);
	assert.equal((await call('DELETE', '/v1/session', { headers: { cookie, origin: 'https://evil.example' } })).status, 403);
	assert.equal((await call('DELETE', '/v1/session', { headers: { cookie, origin: 'null' } })).status, 403);
	const out = await call('DELETE', '/v1/session', { headers: { cookie, origin: `http://127.0.0.1:${g.port}` } });
	assert.equal(out.status, 204, out.bytes.toString());
	assert.match(out.headers.get('set-cookie'), /Max-Age=0/);
	assert.equal(unpack(seen['Identity.EndSession'].body).find(([n]) => n === 1)[1].toString(), 's-cookie');
	assert.equal((await call('DELETE', '/v1/session', { headers: { cookie, 'x-requested-with': 'app' } })).status, 204);
});

test('OAuth 2 client credentials: both ways, and its own errors', async () => {
	const form = { 'content-type': 'application/x-www-form-urlencoded' };
	const body = await call('POST', '/v1/oauth/token', { headers: form,
		body: 'grant_type=client_credentials&client_id=picc&client_secret=s%26t' });
	assert.equal(body.status, 200, body.bytes.toString());
	assert.deepEqual(body.json, { access_token: 'tok', token_type: 'Bearer', expires_in: 3600 });
	assert.equal(body.headers.get('cache-control'), 'no-store');
	assert.equal(unpack(seen['Identity.IssueToken'].body).find(([n]) => n === 3)[1].toString(), 's&t');
	const basic = await call('POST', '/v1/oauth/token', { body: 'grant_type=client_credentials',
		headers: { ...form, authorization: 'Basic ' + Buffer.from('picc:a%3Ab').toString('base64') } });
	assert.equal(basic.status, 200, basic.bytes.toString());
	assert.equal(unpack(seen['Identity.IssueToken'].body).find(([n]) => n === 3)[1].toString(), 'a:b');
	const wrong = await call('POST', '/v1/oauth/token', { headers: form,
		body: 'grant_type=client_credentials&client_id=picc&client_secret=wrong' });
	assert.equal(wrong.status, 401);
	assert.equal(wrong.json.error, 'invalid_client');
	const less = await call('POST', '/v1/oauth/token', { headers: form, body: 'client_id=picc' });
	assert.equal(less.status, 400);
	assert.ok(less.json.error);
});

test('a service may refuse with fields, or be busy for a while', async () => {
	const r = await call('POST', '/v1/accounts/ab:setPassword', { token: 'boss', body: { newPassword: 'password1' } });
	assert.equal(r.status, 422);
	assert.deepEqual(r.json.errors, [{ pointer: '/newPassword', rule: 'known', detail: 'choose another' }]);
	const busy = await call('GET', '/verify/ABCD1234');
	assert.equal(busy.status, 503);
	assert.equal(busy.headers.get('retry-after'), '7');
	const nobody = await call('GET', '/v1/responders', { token: 'desk' });
	assert.equal(nobody.status, 503);
	assert.match(nobody.json.detail, /not running/);
	assert.ok(nobody.headers.get('retry-after'));
});

// ---- photos ----

const photo = Buffer.from(Array.from({ length: 100000 }, (_, i) => (i * 7919) & 255));
const sha = createHash('sha256').update(photo).digest();
const blobPath = () => join(g.dir, 'blobs', sha.toString('hex').slice(0, 2), sha.toString('hex').slice(2));
const tmp = () => readdirSync(join(g.dir, 'blobs', 'tmp'));
const items = `/v1/incidents/${id}/items?slot=front`;
const up = (body, headers = {}, token = 'patrol') => call('POST', items, { token, body, headers: { 'content-type': 'image/jpeg', ...headers } });

test('an upload goes to the blob store and its digest over the bus', async () => {
	const r = await up(photo, { 'content-digest': `sha-256=:${sha.toString('base64')}:` });
	assert.equal(r.status, 201, r.bytes.toString());
	assert.equal(r.headers.get('location'), `/v1/items/${id}`);
	const m = unpack(seen['Evidence.AddItem'].body);
	assert.ok(m.some(([, v]) => v.toString() === sha.toString('hex')));
	assert.ok(m.some(([, v]) => v === BigInt(photo.length)));
	assert.ok(existsSync(blobPath()));
	assert.equal(seen['Evidence.AddItem'].headers['Jb-Districts'], '610113 610104');
	assert.deepEqual(tmp(), []);
});

test('an upload that is not what its digest says leaves nothing', async () => {
	const other = Buffer.concat([photo, Buffer.from('x')]);
	const r = await up(other, { 'repr-digest': `sha-256=:${sha.toString('base64')}:` });
	assert.equal(r.status, 400);
	const broken = await up(other, { 'content-digest': 'sha-256=:zzz:' });
	assert.equal(broken.status, 400);
	const hex = createHash('sha256').update(other).digest('hex');
	assert.ok(!existsSync(join(g.dir, 'blobs', hex.slice(0, 2), hex.slice(2))));
	assert.deepEqual(tmp(), []);
});

test('an upload cut half-way leaves nothing', async () => {
	await new Promise((ok) => {
		const s = connect(g.port, '127.0.0.1', () => {
			s.write(`POST ${items} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer patrol\r\n` +
				`Content-Type: image/jpeg\r\nContent-Length: ${photo.length + 5}\r\n\r\n`);
			s.write(photo.subarray(0, 50000), () => setTimeout(() => { s.resetAndDestroy(); ok(); }, 200));
		});
		s.on('error', () => {});
	});
	await until('the temporary file to go', 3000, () => tmp().length === 0);
});

test('an upload is refused before its bytes are kept', async () => {
	assert.equal((await up(Buffer.alloc(17 << 20))).status, 413);
	assert.equal((await up(photo, { 'content-type': 'image/png' })).status, 415);
	assert.equal((await up(photo, {}, 'desk')).status, 403);
	assert.equal((await up(photo, {}, 'nobody')).status, 401);
	assert.equal((await up(Buffer.alloc(0))).status, 400);
	const noslot = await call('POST', `/v1/incidents/${id}/items`, { token: 'patrol', body: photo, headers: { 'content-type': 'image/jpeg' } });
	assert.equal(noslot.status, 400);
	const mine = await call('POST', `${items}&sha256=${'0'.repeat(64)}`, { token: 'patrol', body: photo, headers: { 'content-type': 'image/jpeg' } });
	assert.equal(mine.status, 400);
	assert.deepEqual(tmp(), []);
});

test('a download: whole, not changed, in part', async () => {
	const hex = sha.toString('hex');
	mkdirSync(join(g.dir, 'blobs', hex.slice(0, 2)), { recursive: true });
	writeFileSync(blobPath(), photo);
	await g.peer.serve('jingbao.v1.Evidence.GetItemOriginal', () =>
		pack([1, hex], [2, 'image/jpeg'], [3, '现场"1.jpg'], [4, photo.length]));
	const path = `/v1/items/${id}/original`;
	const r = await call('GET', path, { token: 'patrol' });
	assert.equal(r.status, 200, r.bytes.toString().slice(0, 200));
	assert.ok(r.bytes.equals(photo));
	assert.equal(r.headers.get('etag'), `"${hex}"`);
	assert.equal(r.headers.get('content-type'), 'image/jpeg');
	assert.ok(!/[^\x20-\x7e]/.test(r.headers.get('content-disposition')));
	assert.match(r.headers.get('content-disposition'), /filename\*=UTF-8''/);
	const same = await call('GET', path, { token: 'patrol', headers: { 'if-none-match': `"${hex}"` } });
	assert.equal(same.status, 304);
	const part = await call('GET', path, { token: 'patrol', headers: { range: 'bytes=10-19' } });
	assert.equal(part.status, 206);
	assert.equal(part.headers.get('content-range'), `bytes 10-19/${photo.length}`);
	assert.ok(part.bytes.equals(photo.subarray(10, 20)));
	const tail = await call('GET', path, { token: 'patrol', headers: { range: 'bytes=-5' } });
	assert.ok(tail.bytes.equals(photo.subarray(-5)));
	const past = await call('GET', path, { token: 'patrol', headers: { range: `bytes=${photo.length}-` } });
	assert.equal(past.status, 416);
	const head = await call('HEAD', path, { token: 'patrol' });
	assert.equal(head.headers.get('content-length'), String(photo.length));
});

test('positions are answered in the datum asked for', async () => {
	await g.peer.serve('jingbao.v1.Dispatch.ListPosts', () => {
		const p = Buffer.concat([Buffer.from([0x09]), double(108.94), Buffer.from([0x11]), double(34.26), Buffer.from([0x18, 1])]);
		return pack([1, pack([1, 'P1'], [2, '北门'], [4, p])]);
	});
	const find = (o) => o && typeof o === 'object' ? ('lon' in o ? o : Object.values(o).map(find).find(Boolean)) : null;
	const wgs = find((await call('GET', '/v1/posts', { token: 'desk' })).json);
	if (!wgs) return assert.fail('no position in the answer: the message has changed');
	assert.equal(wgs.datum, 'WGS84');
	const gcj = find((await call('GET', '/v1/posts?datum=GCJ02', { token: 'desk' })).json);
	assert.equal(gcj.datum, 'GCJ02');
	assert.ok(Math.abs(gcj.lon - wgs.lon) > 0.001 && Math.abs(gcj.lon - wgs.lon) < 0.02);
	assert.equal((await call('GET', '/v1/posts?datum=MARS', { token: 'desk' })).status, 400);
});

test('the OpenAPI document is served once', async () => {
	const r = await call('GET', '/openapi.json');
	assert.equal(r.json.openapi.slice(0, 3), '3.1');
	const again = await call('GET', '/openapi.json', { headers: { 'if-none-match': r.headers.get('etag') } });
	assert.equal(again.status, 304);
	assert.equal(again.bytes.length, 0);
});

test('readiness says what is wrong; counters are not public', async () => {
	const r = await call('GET', '/readyz');
	assert.equal(r.status, 503);
	assert.equal(r.json.checks.jetstream.ok, true, r.bytes.toString());
	assert.deepEqual(r.json.services.identity, { ready: false, reasons: ['not running'] });
	const sid = await g.peer.serve('jingbao.v1.health.identity', () => Buffer.from('{"ready":true,"reasons":[]}'));
	await until('ready', 5000, async () => (await call('GET', '/readyz')).status === 200);
	await g.peer.api('STREAM.DELETE.JINGBAO_PROBE');
	await until('jetstream to be missed', 5000, async () => {
		const x = await call('GET', '/readyz');
		return x.status === 503 && /JINGBAO_PROBE/.test(x.json.checks.jetstream.why);
	});
	await g.peer.unsubscribe(sid);
	assert.equal((await call('GET', '/metrics')).status, 404);
	await g.peer.serve('jingbao.v1.stats.identity', () => Buffer.from(
		'# HELP jb_http_late x\n# TYPE jb_http_late counter\njb_http_late{service="identity"} 1\n'));
	const m = await (await fetch(`http://127.0.0.1:${g.admin}/metrics`)).text();
	assert.match(m, /jb_http_late\{service="identity"\} 1/);
	const types = [...m.matchAll(/^# TYPE (\S+)/gm)].map((x) => x[1]);
	assert.equal(new Set(types).size, types.length);
});

test('too many requests from nobody: 429', async () => {
	const h = await startGateway({ JB_ANON_PER_S: '1', JB_ANON_BURST: '5' });
	try {
		const statuses = [];
		for (let i = 0; i < 8; i++) statuses.push((await fetch(`${h.url}/openapi.json`)).status);
		assert.equal(statuses.filter((s) => s === 200).length, 5);
		const r = await fetch(`${h.url}/openapi.json`);
		assert.equal(r.status, 429);
		assert.ok(Number(r.headers.get('retry-after')) >= 1);
	} finally {
		await h.stop();
	}
});

test('a stop answers what is under way and refuses what is new', async () => {
	const h = await startGateway();
	await h.peer.serve('jingbao.v1.Liability.VerifyDocument', async () => { await sleep(700); return Buffer.alloc(0); });
	const under = Array.from({ length: 20 }, () => fetch(`${h.url}/verify/ABCD1234`).then((r) => r.status));
	await sleep(200);
	const gone = h.end(h.process, 'SIGTERM');
	await sleep(150);
	await assert.rejects(fetch(`${h.url}/healthz`));
	assert.deepEqual(await Promise.all(under), Array(20).fill(200));
	assert.deepEqual(await gone, { code: 0, signal: null });
	await h.stop();
});
