// http_life.test.mjs - the gateway's own life: starting before NATS, stopping with streams open, two
// signals, origins of other sites, streams that arrive at the wrong daemon, many streams at once.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { randomUUID } from 'node:crypto';
import { startGateway, raw, pack, sleep, until } from '../lib/gateway.mjs';
import { Stream } from '../lib/sse.mjs';

async function withGateway(settings, body) {
	const g = await startGateway(settings);
	try {
		await g.identity({ desk: { subject: 'd-1', roles: [2], session: 's-1' } });
		await body(g);
	} finally {
		await g.stop();
	}
}

const publish = (g, slot) => {
	const id = randomUUID();
	return g.peer.request('jingbao.v1.event.610113.ItemAdded',
		pack([1, id], [2, randomUUID()], [3, '610113'], [4, slot]),
		{ 'ce-id': id, 'ce-type': 'jingbao.v1.ItemAdded', 'ce-time': '2026-11-21T06:00:00Z', 'Nats-Msg-Id': id });
};

test('started before NATS: says so, then serves; a stream opened meanwhile begins', () =>
	withGateway({ JB_SERVICES: ' ', JB_READY_CACHE_MS: '100' }, async (g) => {
		await g.end(g.process, 'SIGTERM');
		await g.end(g.nats, 'SIGKILL');
		await g.start({}, false);
		assert.equal((await fetch(`${g.url}/healthz`)).status, 200);
		const r = await fetch(`${g.url}/readyz`);
		assert.equal(r.status, 503);
		assert.equal((await r.json()).checks.nats.ok, false);
		assert.equal((await fetch(`${g.url}/verify/ABCD1234`)).status, 503);
		g.peer.close();
		await g.startNats(g.natsPort);
		await until('ready', 10000, async () => (await fetch(`${g.url}/readyz`)).status === 200);
	}));

test('a wrong setting is said and ends the start', () =>
	withGateway({}, async (g) => {
		await assert.rejects(async () => {
			const other = Object.create(g, {});
			other.settings = { JB_BLOB_DIR: '/proc/nowhere' };
			await other.start();
		}, /nowhere/);
	}));

test('a stop ends streams with their last chunk and answers stuck requests in time', () =>
	withGateway({ JB_DRAIN_MS: '3000' }, async (g) => {
		await g.peer.serve('jingbao.v1.Liability.VerifyDocument', () => null);
		const streams = Array.from({ length: 50 }, () => raw(g.port,
			'GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer desk\r\n\r\n', { quiet: 20000, ms: 20000 }));
		await until('the streams', 5000, async () => /jb_stream_clients 50/.test(
			await (await fetch(`http://127.0.0.1:${g.admin}/metrics`)).text()));
		const stuck = Array.from({ length: 20 }, () => fetch(`${g.url}/verify/ABCD1234`).then((r) => r.status));
		await sleep(200);
		const began = Date.now();
		assert.deepEqual(await g.end(g.process, 'SIGTERM'), { code: 0, signal: null });
		assert.ok(Date.now() - began < 9000, `${Date.now() - began} ms`);
		assert.deepEqual(await Promise.all(stuck), Array(20).fill(503));
		for (const s of await Promise.all(streams)) {
			assert.match(s.text, /event: end/);
			assert.match(s.text, /\r\n0\r\n\r\n$/);
		}
	}));

test('a second signal ends at once', () =>
	withGateway({ JB_DRAIN_MS: '10000' }, async (g) => {
		await g.peer.serve('jingbao.v1.Liability.VerifyDocument', () => null);
		const lost = fetch(`${g.url}/verify/ABCD1234`).catch(() => 'lost');
		await sleep(200);
		g.process.kill('SIGTERM');
		await sleep(300);
		g.process.kill('SIGTERM');
		assert.deepEqual(await g.process.over, { code: 3, signal: null });
		assert.equal(await lost, 'lost');
		await g.start();
	}));

test('other origins: none by default, those listed with credentials', () =>
	withGateway({ JB_CORS_ORIGINS: 'https://console.example https://b.example' }, async (g) => {
		const ask = (origin) => fetch(`${g.url}/v1/session`, { method: 'OPTIONS',
			headers: { origin, 'access-control-request-method': 'POST' } });
		const yes = await ask('https://console.example');
		assert.equal(yes.status, 204);
		assert.equal(yes.headers.get('access-control-allow-origin'), 'https://console.example');
		assert.match(yes.headers.get('access-control-allow-methods'), /POST/);
		assert.equal(yes.headers.get('vary'), 'Origin');
		for (const origin of ['https://evil.example', 'https://b.example.evil', 'https://b.exampl', 'null'])
			assert.equal((await ask(origin)).headers.get('access-control-allow-origin'), null, origin);
	}));

test('a stream that comes by keep-alive is served, or sent to its own daemon', () =>
	withGateway({ JB_STRAYS: '1' }, async (g) => {
		const both = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n' +
			'GET /v1/events?types=ItemAdded HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer desk\r\n\r\n';
		const first = connect(g.port, '127.0.0.1');
		let text = '';
		first.on('data', (d) => (text += d));
		first.write(both);
		await until('the first to be served', 5000, () => text.includes('event: hello'));
		const second = await raw(g.port, both);
		assert.deepEqual(second.statuses, [200, 307], second.text);
		assert.match(second.text, /Location: \/v1\/events\?types=ItemAdded/);
		first.destroy();
	}));

test('behind a proxy the client is who the proxy says', () =>
	withGateway({ JB_TRUST_FORWARDED: 'true', JB_ANON_PER_S: '1', JB_ANON_BURST: '1' }, async (g) => {
		const from = async (a) => (await fetch(`${g.url}/openapi.json`, { headers: { 'x-forwarded-for': a } })).status;
		assert.equal(await from('192.0.2.1'), 200);
		assert.equal(await from('192.0.2.1'), 429);
		assert.equal(await from('192.0.2.2'), 200);
		assert.equal(await from('192.0.2.9, 192.0.2.1'), 429);
	}));

test('a thousand streams', () =>
	withGateway({}, async (g) => {
		const all = [];
		for (let i = 0; i < 1000; i++) {
			const s = connect(g.port, '127.0.0.1');
			s.seen = 0;
			s.on('data', (d) => (s.seen += (d.toString().match(/"slot":"all-/g) ?? []).length));
			s.on('error', () => {});
			s.write('GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer desk\r\n\r\n');
			all.push(s);
			if (i % 100 === 99) await sleep(20);
		}
		await until('the streams', 15000, async () => /jb_stream_clients 1000/.test(
			await (await fetch(`http://127.0.0.1:${g.admin}/metrics`)).text()));
		for (let i = 0; i < 10; i++) await publish(g, `all-${i}`);
		await until('all to have all', 15000, () => all.every((s) => s.seen === 10));
		for (const s of all) s.destroy();
		const late = new Stream({ url: g.url, token: 'desk' });
		await until('a late one', 5000, () => late.lastId);
		await publish(g, 'late');
		await late.wait('late', 5000, (e) => e.json.data?.slot === 'late');
		await late.close();
		await until('the dead to be found', 40000, async () => /jb_stream_clients [01]$/m.test(
			await (await fetch(`http://127.0.0.1:${g.admin}/metrics`)).text()));
	}));
