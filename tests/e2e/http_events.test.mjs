// http_events.test.mjs - GET /v1/events on the real gateway and nats-server: who sees what, resuming
// without gap or repeat over restarts of either, a stream made anew, tickets, ends.

import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { randomUUID } from 'node:crypto';
import { startGateway, pack, sleep, until, stream } from '../lib/gateway.mjs';
import { Stream } from '../lib/sse.mjs';

const DISPATCHER = 2, RESPONDER = 3, OFFICER = 4, INSURER = 7, ADMIN = 10, PARTY = 11;
const incident = randomUUID();
let g;
before(async () => {
	g = await startGateway({ JB_RING_EVENTS: '64', JB_HEARTBEAT_MS: '400', JB_STALL_MS: '1500' });
	await people();
});
after(() => g?.stop());

function people() {
	return g.identity({
		desk: { subject: 'd-1', roles: [DISPATCHER], session: 's-desk' },
		admin: { subject: 'a-1', roles: [ADMIN], session: 's-admin' },
		patrol: { subject: 'r-1', roles: [RESPONDER], session: 's-patrol' },
		other: { subject: 'r-2', roles: [RESPONDER], session: 's-other' },
		bound: { subject: 'o-1', roles: [OFFICER], districts: ['610113'], session: 's-bound' },
		party: { subject: 'p-1', roles: [PARTY], incident, session: 's-party' },
	});
}

let n = 0;
function event(type, body, { district = '610113', headers = {} } = {}) {
	const id = randomUUID();
	n++;
	return g.peer.request(`jingbao.v1.event.${district}.${type}`, body, {
		'ce-id': id, 'ce-type': `jingbao.v1.${type}`, 'ce-source': 'test', 'ce-specversion': '1.0',
		'ce-time': '2026-11-21T06:00:00Z', 'Nats-Msg-Id': id, ...headers,
	}).then((m) => {
		const ack = JSON.parse(m.body);
		assert.ok(!ack.error, JSON.stringify(ack));
		return { id, seq: ack.seq };
	});
}
// ItemAdded: seen by DISPATCHER, SUPERVISOR, AUDITOR, OFFICER, RESPONDER
const item = (slot, responder = 'r-1', inc = incident) =>
	event('ItemAdded', pack([1, randomUUID()], [2, inc], [3, '610113'], [4, slot], [9, responder]));
const open = (token, query = '') => new Stream({ url: g.url, token }, query);
// The stream's first words hold the id to resume from.
const begun = (s) => until('the stream', 10000, () => s.lastId);
const facts = (s) => s.events.filter((e) => e.name === 'message');
const slots = (s) => facts(s).map((e) => e.json.data.slot);

test('an event comes as one JSON object with an id to resume from', async () => {
	const s = open('desk');
	await s.opened;
	await begun(s);
	const sent = await item('front');
	const e = await s.wait('the event', 3000, (x) => x.json.data?.slot === 'front');
	assert.deepEqual(Object.keys(e.json), ['id', 'type', 'time', 'district', 'data']);
	assert.equal(e.json.id, sent.id);
	assert.equal(e.json.type, 'jingbao.v1.ItemAdded');
	assert.equal(e.json.district, '610113');
	assert.match(e.sseId, new RegExp(`^[0-9a-f]+-${sent.seq}$`));
	await s.close();
});

test('each sees what is his', async () => {
	const s = Object.fromEntries(['desk', 'admin', 'patrol', 'other', 'bound', 'party'].map((t) => [t, open(t)]));
	await Promise.all(Object.values(s).map((x) => begun(x)));
	await item('one');
	await event('ItemAdded', pack([1, randomUUID()], [2, randomUUID()], [3, '610104'], [4, 'two'], [9, 'r-2']), { district: '610104' });
	await event('AccountChanged', pack([1, 'r-1'], [2, 'zhang'], [4, '13800138000']), { district: '000000' });
	await item('last');
	await s.desk.wait('last', 3000, (e) => e.json.data?.slot === 'last');
	await sleep(150);
	assert.deepEqual(slots(s.desk), ['one', 'two', 'last']);
	assert.deepEqual(slots(s.patrol), ['one', 'last']);
	assert.deepEqual(slots(s.other), ['two']);
	assert.deepEqual(slots(s.bound), ['one', 'last']);
	assert.deepEqual(slots(s.party), []);
	const account = facts(s.admin).find((e) => e.json.type === 'jingbao.v1.AccountChanged');
	assert.equal(account.json.data.phone, '138****8000', 'always masked');
	assert.ok(!facts(s.desk).some((e) => /AccountChanged/.test(e.json.type)));
	await Promise.all(Object.values(s).map((x) => x.close()));
});

test('filters: types and incident', async () => {
	const s = open('desk', `?types=ItemAdded,OrderTaken&incident=${incident}`.replace(',OrderTaken', ''));
	await begun(s);
	await item('else', 'r-1', randomUUID());
	await event('RetakeRequested', pack([1, randomUUID()], [2, incident], [4, 'retake']));
	await item('mine');
	await s.wait('mine', 3000, (e) => e.json.data?.slot === 'mine');
	assert.deepEqual(slots(s), ['mine']);
	await s.close();
	for (const q of ['?types=Nonsense', '?incident=1', '?token=desk']) {
		const r = await fetch(`${g.url}/v1/events${q}`, { headers: { authorization: 'Bearer desk' } });
		assert.equal(r.status, 400, q);
	}
});

// Many events while the reader is away, more than the ring holds.
test('resuming after an absence longer than the ring: no gap, no repeat', async () => {
	const s = open('desk');
	await begun(s);
	await item('begin');
	const first = await s.wait('begin', 3000, (e) => e.json.data?.slot === 'begin');
	await s.close();
	for (let i = 0; i < 300; i++) await item(`away-${i}`);
	const text = await read('desk', first.sseId, (t) => t.includes('"away-299"'));
	const got = [...text.matchAll(/"slot":"(away-\d+)"/g)].map((m) => m[1]);
	assert.deepEqual(got, Array.from({ length: 300 }, (_, i) => `away-${i}`));
});

// The raw text of a stream from an id on, until it satisfies.
function read(token, lastId, enough, ms = 10000) {
	return new Promise((ok, fail) => {
		let text = '';
		const abort = new AbortController();
		const timer = setTimeout(() => { abort.abort(); fail(new Error(`not in ${ms} ms: ${text.slice(-500)}`)); }, ms);
		fetch(`${g.url}/v1/events`, { signal: abort.signal,
			headers: { authorization: `Bearer ${token}`, ...(lastId ? { 'last-event-id': lastId } : {}) } })
			.then(async (r) => {
				for await (const c of r.body) {
					text += Buffer.from(c).toString();
					if (enough(text)) { clearTimeout(timer); abort.abort(); ok(text); return; }
				}
				clearTimeout(timer);
				ok(text);
			}).catch((e) => { clearTimeout(timer); fail(e); });
	});
}

test('nats-server killed and restarted: the same streams go on', async () => {
	const s = open('desk');
	await begun(s);
	await item('before');
	await s.wait('before', 3000, (e) => e.json.data?.slot === 'before');
	await g.end(g.nats, 'SIGKILL');
	await sleep(300);
	g.peer.close();
	await g.startNats(g.natsPort);
	await people();
	for (let i = 0; i < 50; i++) await item(`after-${i}`);
	await s.wait('the last', 15000, (e) => e.json.data?.slot === 'after-49');
	assert.deepEqual(slots(s), ['before', ...Array.from({ length: 50 }, (_, i) => `after-${i}`)]);
	assert.equal(s.connects, 1);
	await s.close();
});

test('the gateway restarted: the client comes back with its id', async () => {
	const s = open('desk');
	await begun(s);
	await item('old');
	await s.wait('old', 3000, (e) => e.json.data?.slot === 'old');
	await g.end(g.process, 'SIGTERM');
	for (let i = 0; i < 30; i++) await item(`down-${i}`);
	await g.start();
	for (let i = 0; i < 30; i++) await item(`up-${i}`);
	await s.wait('the last', 10000, (e) => e.json.data?.slot === 'up-29');
	assert.deepEqual(slots(s), ['old', ...Array.from({ length: 30 }, (_, i) => `down-${i}`),
		...Array.from({ length: 30 }, (_, i) => `up-${i}`)]);
	assert.ok(s.connects >= 2);
	assert.equal(s.resyncs, 0);
	await s.close();
});

test('a stream made anew: resync, then all it holds', async () => {
	const s = open('desk');
	await begun(s);
	const old = s.lastId;
	await g.peer.api('STREAM.DELETE.JINGBAO');
	await g.peer.api('STREAM.CREATE.JINGBAO', stream);
	for (let i = 0; i < 5; i++) await item(`new-${i}`);
	await s.wait('the last', 15000, (e) => e.json.data?.slot === 'new-4');
	assert.equal(s.resyncs, 1);
	assert.deepEqual(slots(s).filter((x) => /^new/.test(x)), ['new-0', 'new-1', 'new-2', 'new-3', 'new-4']);
	await s.close();
	const text = await read('desk', old, (t) => t.includes('"new-4"'));
	assert.match(text, /^event: resync$/m);
	assert.deepEqual([...text.matchAll(/"slot":"(new-\d)"/g)].map((m) => m[1]),
		['new-0', 'new-1', 'new-2', 'new-3', 'new-4']);
});

test('a stream emptied under a sleeping reader is said', async () => {
	const text1 = await read('desk', null, (t) => t.includes('event: hello'));
	const id = text1.match(/^id: (\S+)$/m)[1];
	await item('lost');
	await g.peer.api('STREAM.PURGE.JINGBAO');
	await item('kept');
	const text = await read('desk', id, (t) => t.includes('"kept"'));
	assert.ok(text.includes('"kept"'));
});

test('an id that is none of ours starts over', async () => {
	for (const id of ['17', 'nonsense', 'ffff-3']) {
		const text = await read('desk', id, (t) => t.includes('event: resync'));
		assert.match(text, /event: resync/);
	}
});

test('a ticket opens one stream, once', async () => {
	const r = await fetch(`${g.url}/v1/stream-tickets`, { method: 'POST', headers: { authorization: 'Bearer patrol' } });
	assert.equal(r.status, 201);
	const { ticket, expiresAt } = await r.json();
	assert.ok(Date.parse(expiresAt) - Date.now() < 31000);
	const abort = new AbortController();
	const s = await fetch(`${g.url}/v1/events?ticket=${ticket}`, { signal: abort.signal });
	assert.equal(s.status, 200);
	assert.equal(s.headers.get('content-type'), 'text/event-stream');
	const twice = await fetch(`${g.url}/v1/events?ticket=${ticket}`);
	assert.equal(twice.status, 401);
	abort.abort();
	assert.equal((await fetch(`${g.url}/v1/stream-tickets`, { method: 'POST' })).status, 401);
	assert.equal((await fetch(`${g.url}/v1/events`)).status, 401);
});

test('the end of a session ends its streams', async () => {
	g.who.leaver = { subject: 'd-9', roles: [DISPATCHER], session: 's-leaver' };
	const done = read('leaver', null, () => false, 8000);
	await until('the stream', 3000, async () => /jb_stream_clients [1-9]/.test(
		await (await fetch(`http://127.0.0.1:${g.admin}/metrics`)).text()));
	await sleep(200);
	delete g.who.leaver;
	await event('SessionEnded', pack([1, 's-leaver'], [3, 'signed_out']), { district: '000000' });
	const text = await done;
	assert.match(text, /event: end\n/);
});

test('a quiet stream beats, and its id moves on', async () => {
	const text = await read('party', null, (t) => (t.match(/: beat/g) ?? []).length >= 3);
	assert.match(text, /: beat\nid: [0-9a-f]+-\d+\n/);
});

test('who does not read is cut; the others go on', async () => {
	const s = open('desk');
	await begun(s);
	const deaf = connect(g.port, '127.0.0.1');
	let closed = false;
	deaf.on('close', () => (closed = true));
	deaf.on('error', () => {});
	deaf.pause();
	deaf.write('GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer desk\r\n\r\n');
	await sleep(300);
	const long = 'x'.repeat(60000);
	for (let i = 0; i < 200; i++)
		await event('RetakeRequested', pack([1, randomUUID()], [2, incident], [4, `fat-${i}`], [7, long]));
	await s.wait('the last', 10000, (e) => e.json.data?.slot === 'fat-199');
	await until('the deaf one to be cut', 10000, async () =>
		/jb_stream_slow_total [1-9]/.test(await (await fetch(`http://127.0.0.1:${g.admin}/metrics`)).text()));
	deaf.resume();
	await until('it to see that', 10000, () => closed);
	await s.close();
});

test('a hundred clients see every event once', async () => {
	const all = Array.from({ length: 100 }, () => open('desk'));
	await Promise.all(all.map((s) => begun(s)));
	for (let i = 0; i < 50; i++) await item(`many-${i}`);
	await Promise.all(all.map((s) => s.wait('the last', 15000, (e) => e.json.data?.slot === 'many-49')));
	for (const s of all)
		assert.deepEqual(slots(s), Array.from({ length: 50 }, (_, i) => `many-${i}`));
	await Promise.all(all.map((s) => s.close()));
});
