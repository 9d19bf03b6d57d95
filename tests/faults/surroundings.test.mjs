// surroundings.test.mjs - what happens around the services: an emptied or deleted stream, a user
// without permission, a database that refuses, a full disk under NATS. Said plainly by /readyz,
// /metrics and jbctl doctor; recovered from by itself where that is possible.
import { test, before, after, afterEach } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { startStack } from '../lib/stack.mjs';
import { until } from '../lib/http.mjs';
import { natsRequest } from '../lib/nats.mjs';
import * as story from '../lib/story.mjs';

let s;
before(async () => (s = await startStack()), { timeout: 120000 });
after(() => s?.stop()); // ends its streams too

const ops = (subject, body) => natsRequest(s.vars.STACK_NATS_PORT, 'ops', s.vars.STACK_NATS_OPS_PASSWORD,
	subject, body);
const ready = async () => s.nobody().get('/readyz');
const doctor = async () => {
	const r = await s.jbctl('doctor').catch((e) => e);
	return `${r.stdout}\n${r.stderr}`;
};
const metrics = async () => (await fetch(`${s.vars.STACK_ADMIN}/metrics`)).text();

afterEach(async () => {
	await until('everything to be well again', 60000, async () => (await ready()).status === 200);
});

async function newOrder() {
	const dispatcher = await s.as('DISPATCHER');
	return story.ok(await dispatcher.patient('POST', '/v1/orders', story.order())).incidentId;
}

const known = (id, schema = 'oversight', table = 'timeline', more = "type like '%IncidentReported'") =>
	s.sql(`select 1 from ${schema}.${table} where incident_id = '${id}' and ${more} limit 1`).length > 0;

test('an emptied stream loses nothing', { timeout: 90000 }, async () => {
	const first = await newOrder();
	await until('oversight to hear of it', 15000, () => known(first));
	// Consumers stopped, so that what is purged was not handled yet.
	await s.kill('oversight', 'SIGTERM');
	const second = await newOrder();
	await until('the event to be published', 15000, () => s.sql(`select 1 from intake.outbox where key = '${second}'
		and sent_at is not null`).length > 0);
	const purged = JSON.parse(await ops('$JS.API.STREAM.PURGE.JINGBAO'));
	assert.ok(purged.success, JSON.stringify(purged));
	await s.start('oversight');
	await until('the purged event to come again', 30000, () => known(second));
	assert.equal(s.sql(`select count(*) from oversight.timeline where incident_id = '${first}'
		and type like '%IncidentReported'`)[0][0], '1', 'handled once though sent twice');
	assert.match(await metrics(), /jb_events_republished_total\{service="intake"\} [1-9]/);
});

test('a deleted stream is named, made again and filled', { timeout: 120000 }, async () => {
	await s.kill('claims', 'SIGTERM');
	const id = await newOrder();
	await until('publishing', 15000, () => s.sql(`select 1 from intake.outbox where key = '${id}'
		and sent_at is null`).length === 0);
	await ops('$JS.API.STREAM.DELETE.JINGBAO');
	await s.start('claims');
	const lost = await newOrder();
	const r = await until('readyz to say so', 30000, async () => {
		const x = await ready();
		return x.status === 503 && /stream|JINGBAO/.test(x.bytes) ? x : null;
	});
	assert.match(r.bytes.toString(), /JINGBAO/);
	assert.match(await doctor(), /JINGBAO/);
	await s.jbctl('events', 'rebuild');
	for (const x of [id, lost])
		await until('claims to know it', 30000, () => known(x, 'claims', 'case_file', 'true'));
	const stream = await s.stream(await s.as('DISPATCHER'));
	const after = await newOrder();
	await stream.wait('a live event', 15000, (e) => e.json.data.incidentId === after);
	await stream.close();
});

test('a NATS user without permission is named', { timeout: 60000 }, async () => {
	await s.kill('notify', 'SIGTERM');
	// Another service's user: it may not answer for notify.
	const secret = execFileSync('cat', [join(s.dir, 'secrets', 'nats.claims')], { encoding: 'utf8' });
	const wrong = s.start('notify', { JB_NATS_USER: 'claims', JB_NATS_PASSWORD: secret });
	await wrong.catch(() => {}); // refusing to start with a message is as good
	if (s.procs.get('notify').exitCode === null) {
		const r = await until('readyz to say so', 20000, async () => {
			const x = await ready();
			return x.status === 503 ? x : null;
		});
		assert.match(r.bytes.toString(), /notify/);
		assert.match(await doctor(), /notify/);
		await s.kill('notify', 'SIGTERM');
	}
	assert.match(s.log('notify'), /ermission/);
	await s.start('notify');
});

test('a database that refuses is said, and come back to', { timeout: 120000 }, async () => {
	const dispatcher = await s.as('DISPATCHER');
	const stream = await s.stream(dispatcher);
	process.kill(s.postgresPid(), 'SIGINT'); // fast shutdown: sessions are ended
	const pid = s.postgresPid();
	await until('postgres to be gone', 20000, () => {
		try {
			process.kill(pid, 0);
			return false;
		} catch {
			return true;
		}
	});
	const refused = await dispatcher.post('/v1/orders', story.order());
	assert.equal(refused.status, 503, `${refused.bytes}`);
	assert.ok(refused.headers.get('retry-after'), 'says when to come again');
	const r = await until('readyz to say so', 20000, async () => {
		const x = await ready();
		return x.status === 503 && /database/.test(x.bytes) ? x : null;
	});
	assert.ok(r);
	assert.match(await metrics(), /jb_database_down_seconds\{service="intake"\} (0\.)?[0-9]*[1-9]/);
	assert.match(await doctor(), /PostgreSQL|database/);
	await until('postgres to start', 60000, () => s.infrastructure().then(() => true, () => false));
	const id = await newOrder();
	await stream.wait('its event', 30000, (e) => e.json.data.incidentId === id);
	await stream.close();
});

test('a full disk under NATS', { timeout: 180000 }, async (t) => {
	const store = join(s.vars.STACK_NATS_STORE ?? join(s.dir, 'nats'));
	if (process.getuid() !== 0) return t.skip('needs root to mount a small file system');
	if (!existsSync(store)) throw new Error(`no ${store}`);
	// A second stack whose NATS directory is a small file system of its own.
	await s.stop();
	const small = await startStackOnSmallDisk();
	if (!small) return t.skip('mounting a tmpfs is not allowed here');
	try {
		const dispatcher = await s.as('DISPATCHER');
		const first = story.ok(await dispatcher.patient('POST', '/v1/orders', story.order())).incidentId;
		await until('its event', 15000, () => known(first));
		const free = statfsSync(small);
		writeFileSync(join(small, 'filler'), Buffer.alloc(Number(free.bavail) * Number(free.bsize)));
		// JetStream writes until it can't: enough events to need new blocks.
		const ids = [];
		await until('readyz to say so', 90000, async () => {
			ids.push(story.ok(await dispatcher.patient('POST', '/v1/orders', story.order())).incidentId);
			const x = await ready();
			return x.status === 503 && /jetstream|publish/i.test(x.bytes);
		});
		assert.match(await doctor(), /disk|space|JetStream/);
		rmSync(join(small, 'filler'));
		process.kill(s.natsPid(), 'SIGKILL'); // 2.9 never recovers by itself
		await s.infrastructure();
		await until('every order to be known', 60000, () => ids.every((id) => known(id)));
	} finally {
		s.beforeRemove = () => execFileSync('umount', ['-l', small]);
		await s.stop();
		s = await startStack();
	}
});

async function startStackOnSmallDisk() {
	let mounted = null;
	s = await startStack({ prepare(dir) {
		const at = join(dir, 'nats');
		mkdirSync(at, { recursive: true });
		try {
			execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=777', 'tmpfs', at]);
			mounted = at;
		} catch {
			mounted = null;
		}
	} });
	return mounted;
}
