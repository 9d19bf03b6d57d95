// regions.test.mjs - several dispatch processes share a city: killing or stopping the owner of a region moves it
// and loses no offer, assignment or clock; a former owner can't write; responders are borrowed across borders.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Stack, uuid7, until } from '../services/stack.mjs';

const BELL = { lon: 108.9423, lat: 34.261 };
const ADMIN = { roles: ['ADMIN'], subject: uuid7() };
const DISPATCHER = { roles: ['DISPATCHER'], subject: uuid7() };
const as = (id) => ({ roles: ['RESPONDER'], subject: id });
const at = (lon, lat, accuracyM = 5) => ({ lon, lat, datum: 'WGS84', accuracyM });
const near = (i) => at(BELL.lon + i * 0.01, BELL.lat);
const soon = (ms) => new Date(Date.now() + ms).toISOString();
const pause = (ms) => new Promise((r) => setTimeout(r, ms));
let s;
let serial = 0;
const procs = new Map(); // name -> process; 'one' is the stack's own

async function start(name) {
	const p = spawn(join(process.env.JB_BIN, 'jb-dispatch'), ['--config', join(s.dir, 'etc/dispatch.conf')], {
		env: { ...process.env, JB_OFFER_SECONDS: '4', JB_REASK_SECONDS: '1', JB_RETRY_SECONDS: '1' },
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	p.log = '';
	p.stderr.on('data', (d) => (p.log += d));
	p.over = new Promise((ok) => p.on('exit', (code) => ok(code)));
	procs.set(name, p);
	await until(`${name} to serve`, () => {
		if (p.exitCode !== null) throw new Error(p.log);
		return /msg="?serving/.test(p.log);
	});
	return p;
}

async function end(p, signal = 'SIGTERM') {
	p.kill(signal);
	p.kill('SIGCONT');
	await p.over;
}

async function onDuty(position, district) {
	const id = uuid7();
	await s.tell('AccountChanged', {
		accountId: id, username: `g${++serial}`, name: '张巡', phone: '13800138000', roles: ['RESPONDER'], org: 'PICC',
		version: 1, at: soon(0), ...(district ? { districts: [district] } : {}),
	});
	await until('the responder to be known', async () => (await s.rpc('Dispatch.GetMe', as(id))).code === 'OK');
	await s.ok('Dispatch.GoOnDuty', as(id), {});
	await s.ok('Dispatch.ReportPositions', as(id), { fixes: [{ position, fixAt: soon(0) }] });
	return id;
}

async function report(place = BELL, district = '610103') {
	const id = uuid7();
	await s.tell('IncidentReported', {
		incidentId: id, district, caseNo: `C${++serial}`, orderNo: `O${serial}`, lane: 'RAPID',
		place: { text: '钟楼', position: at(place.lon, place.lat) }, lon: place.lon, lat: place.lat,
		reportedAt: soon(0), acceptedAt: soon(0), promisedArrivalAt: soon(600000), channel: 'PHONE_122',
	});
	return id;
}

const lease = (region = 'city') => {
	const [r] = s.sql(`select l.owner, l.epoch, l.expires_at > now(), p.pid from dispatch.region_lease l
		left join dispatch.process p on p.id = l.owner where l.region = '${region}'`);
	return { owner: r[0], epoch: Number(r[1]), held: r[2] === 't', backend: Number(r[3]) };
};

// Which of our processes is the owner: its database session says so.
function ownerOf(region = 'city') {
	const id = lease(region).owner;
	return [...procs].find(([, p]) => p.exitCode === null && p.signalCode === null && p.id === id);
}

async function learnIds() {
	for (const [, p] of procs) {
		if (p.id || p.exitCode !== null || p.signalCode !== null) continue;
		const known = [...procs.values()].map((x) => x.id);
		p.id = await until('the process to be seen', () =>
			s.sql('select id from dispatch.process order by seen_at desc').map((r) => r[0]).find((id) => !known.includes(id)));
	}
}

async function everyoneHome() {
	for (const [id, d] of s.sql("select id, district from dispatch.incident where phase <> 'ENDED'"))
		await s.tell('IncidentPhaseChanged', { incidentId: id, district: d, from: 'DISPATCHING', to: 'CANCELLED', cause: 'test', at: soon(0) });
	await until('all incidents to end', () => !s.sql("select 1 from dispatch.incident where phase <> 'ENDED'").length, 30000);
	for (const [id] of s.sql("select id from dispatch.responder where status <> 'OFF_DUTY'"))
		await until('him to go', async () => (await s.rpc('Dispatch.GoOffDuty', as(id))).code === 'OK');
}

before(async () => {
	s = await Stack.up('dispatch', { offer_seconds: 4, reask_seconds: 1, retry_seconds: 1 });
	s.proc.over = new Promise((ok) => s.proc.on('exit', (code) => ok(code)));
	procs.set('one', s.proc);
	await learnIds();
	await start('two');
	await learnIds();
}, { timeout: 60000 });
after(async () => {
	for (const p of procs.values()) if (p.exitCode === null && p.signalCode === null) await end(p);
	if (s) s.proc = null; // ended above, perhaps by a signal
	await s?.down();
});

test('two processes: one owns the city, both answer, both are well', async () => {
	const owner = lease();
	assert.ok(owner.held);
	await pause(1500);
	assert.equal(lease().epoch, owner.epoch, 'renewed, not taken again');
	const a = await onDuty(near(1));
	const incident = await report();
	await s.event('OfferMade', { incidentId: incident, responderId: a });
	for (let i = 0; i < 40; i++) await s.ok('Dispatch.GetMe', as(a));
	const { items } = await s.ok('Dispatch.ListRegions', ADMIN);
	assert.deepEqual(items.map((r) => [r.code, r.owner]), [['city', owner.owner]]);
	await everyoneHome();
});

test('kill -9 of the owner moves the region within 5 s, with its offers and clocks', { timeout: 60000 }, async () => {
	const a = await onDuty(near(1)), b = await onDuty(near(2)), c = await onDuty(near(3));
	const taken = await report();
	const first = await s.event('OfferMade', { incidentId: taken, responderId: a });
	await s.ok('Dispatch.AcceptOffer', as(a), { offerId: first.offerId });
	const waiting = await report(near(2));
	const open = await s.event('OfferMade', { incidentId: waiting });
	const before = lease();
	const [name, p] = ownerOf();
	p.kill('SIGKILL');
	const killed = Date.now();
	await until('another owner', () => lease().held && lease().owner !== before.owner, 5000);
	assert.ok(Date.now() - killed < 5000);
	assert.ok(lease().epoch > before.epoch);
	// The offer lapses when it should and goes on; the assignment stands.
	assert.equal((await s.event('OfferEnded', { offerId: open.offerId })).outcome, 'EXPIRED');
	await until('the next offer', () => s.seen('OfferMade', { incidentId: waiting }).length > 1);
	assert.equal((await s.ok('Dispatch.GetMe', as(a))).assignment.incidentId, taken);
	const fresh = await report(near(4));
	await s.event('OfferMade', { incidentId: fresh });
	await everyoneHome();
	await start(name);
	await learnIds();
	assert.ok(b && c);
});

test('an owner stopped for 30 s can not write when it goes on', { timeout: 120000 }, async () => {
	const a = await onDuty(near(1));
	const incident = await report();
	const offer = await s.event('OfferMade', { incidentId: incident, responderId: a });
	const before = lease();
	const [, p] = ownerOf();
	p.kill('SIGSTOP');
	const stopped = Date.now();
	await until('another owner', () => lease().held && lease().owner !== before.owner, 10000);
	const taken = lease();
	// The new owner does the region's work meanwhile.
	assert.equal((await s.event('OfferEnded', { offerId: offer.offerId })).outcome, 'EXPIRED');
	const fresh = await report(near(4));
	await until('a fresh incident to be known', () => s.sql(`select 1 from dispatch.incident where id = '${fresh}'`).length, 25000);
	const b = await onDutyPatiently(near(4.2));
	await until('it to be offered', () => s.seen('OfferMade', { incidentId: fresh }).length > 0, 15000);
	await pause(Math.max(0, 30000 - (Date.now() - stopped)));
	const offers = () => s.sql(`select count(*) from dispatch.decision d join dispatch.plan p on p.id = d.plan_id where p.epoch = ${before.epoch} and p.at > to_timestamp(${stopped / 1000} + 1)`)[0][0];
	p.kill('SIGCONT');
	await pause(3000);
	assert.equal(offers(), '0', 'nothing under the old epoch');
	assert.deepEqual([lease().owner, lease().epoch], [taken.owner, taken.epoch]);
	// It has gone to stand by, and serves requests again.
	assert.equal(p.exitCode, null);
	for (let i = 0; i < 20; i++) await s.ok('Dispatch.GetMe', as(a));
	assert.deepEqual(s.sql('select type, reason from dispatch.dead_letter'), []);
	assert.ok(b);
	await everyoneHome();
});

// While a stopped process still holds its place in the queue group some requests get no answer.
async function onDutyPatiently(position) {
	for (;;)
		try {
			return await Promise.race([onDuty(position), pause(20000).then(() => { throw new Error('no answer') })]);
		} catch (e) {
			if (!/no answer|BUSY|waited/.test(e.message)) throw e;
		}
}

test('the database itself refuses a write under another epoch', () => {
	const { owner, epoch } = lease();
	const held = (o, e) => s.sql(`select count(*) from dispatch.region_lease where region = 'city' and owner = '${o}' and epoch = ${e}`)[0][0];
	assert.equal(held(owner, epoch), '1');
	assert.equal(held(owner, epoch - 1), '0');
	assert.equal(held(uuid7(), epoch), '0');
});

test('regions are divided between processes, and people are borrowed across the border', { timeout: 90000 }, async () => {
	const bad = async (items, rule) => {
		const r = await s.rpc('Dispatch.PutRegions', ADMIN, { items });
		assert.equal(r.code, 'INVALID');
		assert.equal(r.errors[0].rule, rule);
	};
	await bad([{ code: 'A', name: 'x', districts: ['610103'] }], 'format');
	await bad([{ code: 'a', name: 'x', districts: [] }], 'required');
	await bad([{ code: 'a', name: 'x', districts: ['610103'] }, { code: 'b', name: 'y', districts: ['610103'] }], 'unique');
	assert.equal((await s.rpc('Dispatch.PutRegions', DISPATCHER, { items: [{ code: 'a', name: 'x', districts: ['610103'] }] })).code, 'FORBIDDEN');
	await s.ok('Dispatch.PutRegions', ADMIN, { items: [
		{ code: 'east', name: '东', districts: ['610111', '610112'] }, { code: 'west', name: '西', districts: ['610103', '610104'] },
	] });
	await until('both to own some', () => new Set(s.sql("select owner from dispatch.region_lease where expires_at > now()").map((r) => r[0])).size === 2, 15000);
	// Two of the west are free, none of the east: one is lent, and goes home when he is done.
	const w1 = await onDuty(near(1), '610103'), w2 = await onDuty(near(2), '610103');
	const incident = await report(near(1.5), '610111');
	const offer = await s.event('OfferMade', { incidentId: incident });
	assert.ok([w1, w2].includes(offer.responderId));
	assert.deepEqual(s.sql(`select borrower, lender, answer from dispatch.borrow where incident_id = '${incident}'`), [['east', 'west', 'GRANTED']]);
	assert.equal(s.sql(`select region from dispatch.responder where id = '${offer.responderId}'`)[0][0], 'east');
	const { assignment } = await s.ok('Dispatch.AcceptOffer', as(offer.responderId), { offerId: offer.offerId });
	await s.ok('Dispatch.Arrive', as(offer.responderId), { assignmentId: assignment.assignmentId });
	await s.ok('Dispatch.Clear', as(offer.responderId), { assignmentId: assignment.assignmentId });
	assert.equal(s.sql(`select region from dispatch.responder where id = '${offer.responderId}'`)[0][0], 'west');
	// The last one free is needed at home: refused, and said so.
	await s.ok('Dispatch.GoOffDuty', as(w1));
	const second = await report(near(1.5), '610111');
	const w = await s.event('DispatchWarning', { incidentId: second, kind: 'borrow_refused' });
	assert.match(w.text, /west.*needed_at_home/);
	assert.equal(s.seen('OfferMade', { incidentId: second }).length, 0);
	await everyoneHome();
	await s.ok('Dispatch.PutRegions', ADMIN, { items: [{ code: 'city', name: '全市' }] });
});

test('a day of orders while owners are killed in turn: each is served once', { timeout: 180000 }, async () => {
	const crew = [];
	for (let i = 0; i < 8; i++) crew.push(await onDuty(near(i)));
	const incidents = [];
	let stop = false;
	const work = (async () => {
		while (!stop) {
			for (const id of crew) {
				const me = await s.rpc('Dispatch.GetMe', as(id));
				if (me.code !== 'OK') continue;
				const { offer, assignment: a } = me.out;
				if (offer) await s.rpc('Dispatch.AcceptOffer', as(id), { offerId: offer.offerId });
				else if (a && !a.arrivedAt) await s.rpc('Dispatch.Arrive', as(id), { assignmentId: a.assignmentId });
				else if (a) await s.rpc('Dispatch.Clear', as(id), { assignmentId: a.assignmentId });
			}
			await pause(20);
		}
	})();
	for (let round = 0; round < 3; round++) {
		for (let i = 0; i < 15; i++) incidents.push(await report(near(i % 9)));
		await pause(700);
		const found = ownerOf();
		if (found) {
			await end(found[1], 'SIGKILL');
			await start(found[0]);
			await learnIds();
		}
	}
	await until('all to be served', () => s.sql(`select 1 from dispatch.incident where id in (${incidents.map((i) => `'${i}'`).join(',')}) and state <> 'SERVED'`).length === 0
		&& s.sql('select count(*) from dispatch.incident where id in (' + incidents.map((i) => `'${i}'`).join(',') + ')')[0][0] === '45', 90000);
	stop = true;
	await work;
	assert.deepEqual(s.sql(`select incident_id from dispatch.assignment where how = 'CLEARED' and lead group by incident_id having count(*) > 1`), []);
	assert.deepEqual(s.sql('select type, reason from dispatch.dead_letter'), []);
	assert.deepEqual(s.sql(`select a.responder_id from dispatch.assignment a join dispatch.assignment b on a.responder_id = b.responder_id
		and a.id < b.id and tstzrange(a.assigned_at, a.ended_at) && tstzrange(b.assigned_at, b.ended_at)`), []);
	await everyoneHome();
});
