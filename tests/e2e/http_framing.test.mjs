// http_framing.test.mjs - what a hostile client may try with the bytes of HTTP itself, against the
// real gateway: two lengths, a length and chunks, folds, slow headers, slow bodies.
//
// Every refused request must end its connection and must not let the rest be read as another request:
// the bytes after it ask for /healthz, which then must not be answered.

import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { startGateway, raw, pack, until } from '../lib/gateway.mjs';

let g;
let verified = 0;
before(async () => {
	g = await startGateway({ JB_HEADER_MS: '700', JB_BODY_MS: '900', JB_FIRST_LINE_MS: '600' });
	await g.peer.serve('jingbao.v1.Liability.VerifyDocument', () => { verified++; return Buffer.alloc(0); });
	await g.peer.serve('jingbao.v1.Identity.CreateSession', () => pack([1, 'a-token'], [2, 99]));
});
after(() => g?.stop());

const smuggled = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';
const post = (headers, body = '') =>
	`POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n${body}`;
const json = '{"username":"ab","password":"password1"}';

// [name, bytes, statuses that are right]
const attacks = [
	['a length and chunks', post('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`), [400]],
	['chunks and a length', post('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', `0\r\n\r\n${smuggled}`), [400]],
	['two lengths, short first', post('Content-Length: 0\r\nContent-Length: 38\r\n', smuggled), [400]],
	['two lengths, long first', post('Content-Length: 38\r\nContent-Length: 0\r\n', smuggled), [400]],
	['two equal lengths', post(`Content-Length: ${json.length}\r\nContent-Length: ${json.length}\r\n`, json + smuggled), [400]],
	['a list of lengths', post('Content-Length: 4, 4\r\n', `abcd${smuggled}`), [400]],
	['a signed length', post('Content-Length: +4\r\n', `abcd${smuggled}`), [400]],
	['a negative length', post('Content-Length: -1\r\n', smuggled), [400]],
	['a hexadecimal length', post('Content-Length: 0x4\r\n', `abcd${smuggled}`), [400]],
	['a length past 64 bits', post('Content-Length: 18446744073709551620\r\n', `abcd${smuggled}`), [400, 413]],
	['a space before the colon', post('Content-Length : 38\r\n', smuggled), [400]],
	['an unknown encoding', post('Transfer-Encoding: xchunked\r\n', smuggled), [400]],
	['identity', post('Transfer-Encoding: identity\r\n', smuggled), [400]],
	['gzip, chunked', post('Transfer-Encoding: gzip, chunked\r\n', `0\r\n\r\n${smuggled}`), [400]],
	['two encodings', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`), [400]],
	['HTTP/1.0 with chunks', `POST /v1/session HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`, [400]],
	['a bare CR in a value', `GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: b\rX-C: d\r\n\r\n`, [400]],
	['two hosts', 'GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', [400]],
	['no host', 'GET /healthz HTTP/1.1\r\n\r\n', [400]],
	['a host with a path', 'GET /healthz HTTP/1.1\r\nHost: x/y\r\n\r\n', [400]],
	['a fold that hides a length', post('X-A: b\r\n Content-Length: 38\r\n', smuggled), [400]],
	['a negative chunk', post('Transfer-Encoding: chunked\r\n', `-1\r\n${smuggled}`), [400]],
	['a chunk past 64 bits', post('Transfer-Encoding: chunked\r\n', `fffffffffffffffff\r\n${smuggled}`), [400, 413]],
	['a chunk without its end', post('Transfer-Encoding: chunked\r\n', `4\r\n{"a"GARBAGE\r\n0\r\n\r\n`), [400]],
	['a hundred and one headers', `GET /healthz HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(100)}\r\n`, [431]],
	['100 KB of header', `GET /healthz HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(100000)}\r\n\r\n`, [431]],
	['a target of 40 KB', `GET /${'a'.repeat(40000)} HTTP/1.1\r\nHost: x\r\n\r\n`, [414, 431]],
	['an unknown expectation', post('Expect: 200-ok\r\nContent-Length: 2\r\n', '{}'), [417]],
	['TRACE', 'TRACE /healthz HTTP/1.1\r\nHost: x\r\n\r\n', [405]],
	['CONNECT', 'CONNECT /healthz HTTP/1.1\r\nHost: x\r\n\r\n', [405]],
	['an unknown method', 'BREW /healthz HTTP/1.1\r\nHost: x\r\n\r\n', [501]],
	['a NUL in the path', 'GET /healthz%00x HTTP/1.1\r\nHost: x\r\n\r\n', [400]],
	['a NUL in the query', 'GET /v1/events?incident=%00 HTTP/1.1\r\nHost: x\r\n\r\n', [400]],
	['a broken escape', 'GET /verify/%zz HTTP/1.1\r\nHost: x\r\n\r\n', [400]],
	['an encoded slash', 'GET /verify/a%2fb HTTP/1.1\r\nHost: x\r\n\r\n', [400]],
	['overlong UTF-8', 'GET /verify/%c0%af HTTP/1.1\r\nHost: x\r\n\r\n', [400]],
	['two Authorizations', 'GET /v1/session HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n', [400]],
	['two idempotency keys', post('Idempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Length: 2\r\n', '{}'), [400]],
];

for (const [name, bytes, right] of attacks) {
	test(name, async () => {
		const r = await raw(g.port, bytes);
		assert.ok(right.includes(r.statuses[0]), `${name}: ${r.text.slice(0, 300) || 'nothing'}`);
		assert.ok(!r.text.includes('"status":"ok"'), `the rest was served: ${r.text}`);
	});
}

test('the framing refusals closed their connections', async () => {
	const r = await raw(g.port, post('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`),
		{ quiet: 3000 });
	assert.ok(r.closed && r.ms < 2500, JSON.stringify(r));
	assert.deepEqual(r.statuses, [400]);
});

for (const [name, bytes] of [
	['a tab in the request line', 'GET\t/healthz\tHTTP/1.1\r\nHost: x\r\n\r\n'],
	['a space in the target', 'GET /heal thz HTTP/1.1\r\nHost: x\r\n\r\n'],
	['not HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n'],
	['two thousand headers', `GET /healthz HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(2000)}\r\n`],
]) {
	test(`${name} is not served`, async () => {
		const r = await raw(g.port, bytes, { quiet: 1500 });
		assert.ok(!r.statuses.some((s) => s < 400), r.text.slice(0, 200));
	});
}

test('requests sent together are answered in order', async () => {
	const r = await raw(g.port,
		'GET /verify/AAAA1111 HTTP/1.1\r\nHost: x\r\nX-Request-Id: one\r\n\r\n' +
		'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: two\r\n\r\n' +
		post(`X-Request-Id: three\r\nContent-Length: ${json.length}\r\n`, json));
	assert.deepEqual(r.statuses, [200, 200, 201], r.text);
	const ids = [...r.text.matchAll(/^X-Request-Id: (\w+)/gm)].map((m) => m[1]);
	assert.deepEqual(ids, ['one', 'two', 'three']);
});

test('a body in chunks is as good as one with a length', async () => {
	const r = await raw(g.port, post('Transfer-Encoding: chunked\r\n',
		`5\r\n${json.slice(0, 5)}\r\n${(json.length - 5).toString(16)}\r\n${json.slice(5)}\r\n0\r\n\r\n`));
	assert.deepEqual(r.statuses, [201], r.text);
});

test('a request line in pieces finds its daemon', async () => {
	const r = await raw(g.port, ['GET /hea', 100, 'lthz HTTP/1.1\r\nHo', 100, 'st: x\r\n\r\n']);
	assert.deepEqual(r.statuses, [200], r.text);
});

test('an absolute target is understood', async () => {
	const r = await raw(g.port, 'GET http://x/healthz HTTP/1.1\r\nHost: x\r\n\r\n');
	assert.deepEqual(r.statuses, [200], r.text);
});

test('who says nothing is cut', async () => {
	const r = await raw(g.port, [''], { quiet: 5000 });
	assert.ok(r.closed && r.ms < 2000, `${r.ms} ms`);
});

test('headers dripped one a second are cut by the clock, not by silence', async () => {
	const drip = ['GET /healthz HTTP/1.1\r\n'];
	for (let i = 0; i < 12; i++) drip.push(200, `X-${i}: y\r\n`);
	const r = await raw(g.port, drip, { quiet: 3000 });
	assert.ok(r.closed && r.ms < 2000, `${r.ms} ms ${r.text}`);
});

test('a body dripped byte by byte is cut by the clock', async () => {
	const drip = [post('Content-Length: 60\r\n')];
	for (let i = 0; i < 20; i++) drip.push(200, 'x');
	const r = await raw(g.port, drip, { quiet: 3000 });
	assert.ok(r.closed && r.ms < 2500, `${r.ms} ms`);
});

test('so is the body of a request refused after its token was looked at', async () => {
	const drip = ['POST /v1/accounts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n' +
		'Content-Type: application/json\r\nContent-Length: 60\r\n\r\n'];
	for (let i = 0; i < 20; i++) drip.push(200, 'x');
	const r = await raw(g.port, drip, { quiet: 3000 });
	assert.ok(r.closed && r.ms < 2500, `${r.ms} ms`);
});

test('an idle connection is closed', async () => {
	const r = await raw(g.port, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n', { quiet: 4000 });
	assert.deepEqual(r.statuses, [200]);
	assert.ok(r.closed && r.ms < 2500, `${r.ms} ms`);
});

test('a body over the limit is refused by its length and by counting', async () => {
	const declared = await raw(g.port, post('Content-Length: 70000\r\n', 'x'.repeat(70000)));
	assert.equal(declared.statuses[0], 413, declared.text.slice(0, 200));
	const counted = await raw(g.port, post('Transfer-Encoding: chunked\r\n',
		`11170\r\n${'x'.repeat(70000)}\r\n0\r\n\r\n`));
	assert.equal(counted.statuses[0], 413, counted.text.slice(0, 200));
});

test('100-continue: refused before the body, or asked for it', async () => {
	const no = await raw(g.port, post('Expect: 100-continue\r\nContent-Length: 70000\r\n'));
	assert.deepEqual(no.statuses, [413]);
	const yes = await raw(g.port, [post(`Expect: 100-continue\r\nContent-Length: ${json.length}\r\n`), 200, json]);
	assert.deepEqual(yes.statuses, [100, 201], yes.text);
});

test('two hundred clients that go away while they wait leave nothing behind', async () => {
	const sid = await g.peer.serve('jingbao.v1.Oversight.Nobody', () => null);
	await g.peer.unsubscribe(sid);
	await Promise.all(Array.from({ length: 200 }, () =>
		raw(g.port, 'GET /verify/GONE1234 HTTP/1.1\r\nHost: x\r\n\r\n', { quiet: 0, ms: 30 })));
	await until('no connections left', 5000, async () => {
		const text = await (await fetch(`http://127.0.0.1:${g.admin}/metrics`)).text();
		return /^jb_http_inflight 0$/m.test(text) && /^jb_http_connections [0-2]$/m.test(text) &&
			/^jb_http_stray_resumes_total 0$/m.test(text);
	});
	assert.ok(verified > 0);
});
