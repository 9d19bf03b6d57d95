// kill.test.mjs - a real day is replayed while each part in turn is killed -9 and started again. After
// it: no acknowledged order lost, nobody on two cases, no case stuck, no event missed by a stream that
// resumed.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join, dirname } from 'node:path';
import { startStack, services, bin, sharedPath } from '../lib/stack.mjs';
import { until } from '../lib/http.mjs';
import * as story from '../lib/story.mjs';

const demand = sharedPath('data', 'demand', 'nyc_manhattan_2017.csv') ??
	new URL('../data/demand.csv', import.meta.url).pathname;
let s;
before(async () => (s = await startStack()), { timeout: 120000 });
after(() => s?.stop()); // ends its streams too

function replay() {
	const p = spawn(join(bin, 'citysim'), ['replay', demand, '--accounts', join(s.dir, 'secrets/accounts.json'),
		'--url', s.url, '--photos', dirname(story.photos()[0]), '--speed', '900', '--limit', '40',
		'--minutes', '6'], { stdio: ['ignore', 'pipe', 'pipe'] });
	p.text = '';
	p.stdout.on('data', (d) => (p.text += d));
	p.stderr.on('data', (d) => (p.text += d));
	p.over = new Promise((ok) => p.on('exit', (code) => ok(code)));
	return p;
}

async function breakAndMend(part) {
	if (part === 'nats') {
		process.kill(s.natsPid(), 'SIGKILL');
		await s.infrastructure();
	} else if (part === 'postgres') {
		process.kill(s.postgresPid(), 'SIGKILL');
		await until('postgres to start again', 60000, () => s.infrastructure().then(() => true, () => false));
	} else {
		await s.kill(part);
		await s.startPatiently(part);
	}
}

test('each part is killed in the middle of a day', { timeout: 600000 }, async (t) => {
	const stream = await s.stream(await s.as('DISPATCHER'));
	const day = replay();
	await until('the day to be under way', 120000, () =>
		day.exitCode !== null || Number(s.sql(`select count(*) from intake.incident`)[0][0]) >= 3);
	for (const part of [...services, 'nats', 'postgres'])
		await t.test(`kill -9 ${part}`, async () => {
			const before = s.sql(`select count(*) from oversight.timeline`)[0][0];
			await breakAndMend(part);
			await until('the work to go on', 90000, () => {
				if (day.exitCode !== null) return true;
				try {
					return s.sql('select count(*) from oversight.timeline')[0][0] > before;
				} catch {
					return false;
				}
			});
		});
	assert.equal(await day.over, 0, day.text);

	await t.test('every acknowledged order ended', () => {
		assert.deepEqual(s.sql(`select order_no, phase from intake.incident where phase <> 'CLOSED'`), []);
		assert.equal(s.sql('select count(*) from intake.dispatch_order')[0][0], '40');
	});
	await t.test('nobody was ever on two cases', () => {
		assert.deepEqual(s.sql(`select a.responder_id from dispatch.assignment a join dispatch.assignment b
			on a.responder_id = b.responder_id and a.id < b.id
			and tstzrange(a.assigned_at, a.ended_at) && tstzrange(b.assigned_at, b.ended_at)`), []);
		assert.deepEqual(s.sql(`select a.incident_id from dispatch.assignment a join dispatch.assignment b
			on a.incident_id = b.incident_id and a.id < b.id
			and tstzrange(a.assigned_at, a.ended_at) && tstzrange(b.assigned_at, b.ended_at)`), []);
	});
	await t.test('every event was published, handled and seen', { timeout: 60000 }, async () => {
		const written = () => services.filter((x) => x !== 'gateway').flatMap((x) =>
			s.sql(`select id, type, sent_at is not null from ${x}.outbox`));
		await until('the outboxes to be empty', 30000, () => written().every((r) => r[2] === 't'));
		for (const x of services.filter((y) => y !== 'gateway'))
			assert.deepEqual(s.sql(`select type, reason from ${x}.dead_letter`), [], `dead letters of ${x}`);
		// What a dispatcher may see, as the contract declares it.
		const seen = () => new Set(stream.events.map((e) => e.json.id));
		const types = new Set(stream.events.map((e) => e.json.type));
		const due = written().filter((r) => types.has(r[1])).map((r) => r[0]);
		await until('the stream to catch up', 30000, () => due.every((id) => seen().has(id)));
		assert.ok(types.has('jingbao.v1.IncidentReported') && types.has('jingbao.v1.ClaimsSettled'));
		assert.ok(stream.connects > 1, 'the stream was cut at least once');
	});
	await stream.close();
});
