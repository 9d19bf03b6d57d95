// run.mjs - Jingbao beside what it stands on, in one run on one machine: ratios, not absolute numbers.
//
//   node tests/bench/run.mjs [orders] [latency] [photos] [events] [roads] [decisions]     (all when none is named)
//
// JB_BIN: a release build's bin. JB_BENCH_SECONDS: length of each load (10). JB_BENCH_ROUNDS: 3, medians.
import { execFileSync, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { writeFileSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startStack, bin, root, services } from '../lib/stack.mjs';
import { until, signIn } from '../lib/http.mjs';
import * as story from '../lib/story.mjs';

const seconds = Number(process.env.JB_BENCH_SECONDS ?? 10);
const rounds = Number(process.env.JB_BENCH_ROUNDS ?? 3);
const here = join(root, 'tests', 'bench');
const quiet = { JB_LOG_LEVEL: 'warn' };
const median = (v) => [...v].sort((a, b) => a - b)[Math.floor(v.length / 2)];
const rank = (v, p) => [...v].sort((a, b) => a - b)[Math.max(0, Math.ceil(v.length * p) - 1)];
const results = [];

function report(what, ours, theirs, ratio, mark) {
	results.push({ what, ours, theirs, ratio, mark });
	console.log(`${what}: ${ours} against ${theirs}: ratio ${ratio} (mark ${mark})`);
}

async function run(program, args, env = {}) {
	const p = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
	let out = '', err = '';
	p.stdout.on('data', (d) => (out += d));
	p.stderr.on('data', (d) => (err += d));
	const code = await new Promise((ok) => p.on('exit', ok));
	if (code !== 0) throw new Error(`${program}: exit ${code}\n${err}${out}`);
	return out;
}

// ---- orders over HTTP against pgbench with the very statement intake runs ----

function uuid7(random) {
	return `(lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7' ||
		lpad(to_hex(${random} % 4096), 3, '0') || '8' || lpad(to_hex(${random}), 15, '0'))::uuid`;
}

function pgbenchScript() {
	const line = execFileSync(join(bin, 'jb-intake'), ['--statements'], { encoding: 'utf8' }).split('\n')
		.filter(Boolean).map((l) => JSON.parse(l)).find((s) => s.name === 'submit_order');
	const bytes = (n) => `'\\x${'5a'.repeat(n)}'::bytea`;
	const cell = '(:x / 3000 * 100000 + :y / 3000)';
	const cells = [-1, 0, 1].flatMap((dx) => [-1, 0, 1].map((dy) => `${cell} + ${dx * 100000 + dy}`));
	const args = [null, `('P' || to_hex(:a))`, uuid7(':b'), bytes(32), bytes(360), 'now()',
		`('JB20261121-' || :a)`, `'610103'::text`, `'RAPID'::text`, `'REPORTED'::text`, '1', `'{}'::text[]`,
		'(108.75 + :x / 1000000.0)::float8', '(34.12 + :y / 1000000.0)::float8', `${cell}::bigint`,
		`'南二环'::text`, `array['陕A' || :p]::text[]`, `('139' || :p)`, 'now()', `now() + interval '600 s'`, `''::text`,
		`array[${cells.join(', ')}]::bigint[]`, '92000::float8', uuid7(':c'),
		`'jingbao.v1.IncidentReported'::text`, `to_hex(:b)`, `'610103'::text`, bytes(420), `''::text`];
	if (line.in.length !== args.length - 1)
		throw new Error(`submit_order takes ${line.in.length} parameters, the bench knows ${args.length - 1}`);
	// pgbench sends its variables untyped.
	const sql = line.sql.replace(/\$(\d+)/g, (_, n) => args[Number(n)].replace(/:([abcxyp])\b/g, '(:$1)::bigint'));
	return `\\set a random(1, 9000000000000000000)\n\\set b random(1, 1000000000000000000)\n` +
		`\\set c random(1, 1000000000000000000)\n\\set x random(0, 400000)\n\\set y random(0, 300000)\n` +
		`\\set p random(10000000, 99999999)\n${sql.replace(/\s+/g, ' ')};\n`;
}

async function pgbench(s, clients) {
	const file = join(s.dir, 'submit.sql');
	writeFileSync(file, pgbenchScript());
	const out = await run(join(s.vars.STACK_PG_BIN, 'pgbench'), ['-n', '-M', 'prepared', '-c', String(clients),
		'-j', '2', '-T', String(seconds), '-f', file, '-h', s.vars.STACK_PG_HOST, '-p', s.vars.STACK_PG_PORT,
		'-U', 'postgres', 'jingbao'], { PGPASSFILE: s.vars.PGPASSFILE });
	return Number(out.match(/tps = ([\d.]+)/)[1]);
}

async function ordersOverHttp(s, connections) {
	const dispatcher = await s.as('DISPATCHER');
	const name = `${process.pid}${Date.now()}`;
	const from = process.hrtime.bigint();
	await run('wrk', ['-t', '2', '-c', String(connections), '-d', `${seconds}s`, '-s', join(here, 'orders.lua'),
		s.url, '--', dispatcher.token, name]);
	const took = Number(process.hrtime.bigint() - from) / 1e9;
	const taken = Number(s.sql(`select count(*) from intake.dispatch_order where order_no like 'B-${name}-%'`)[0][0]);
	return taken / took;
}

// CPU seconds so far by program, of this bench's processes: the machine is shared, and this is what noise
// moves least. Ours are those that name the stack's directory, and the children of those.
function cpu(dir) {
	const by = {}, ours = new Set();
	const known = new Map();
	for (const pid of readdirSync('/proc').filter((x) => /^\d+$/.test(x)))
		try {
			const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
			const f = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
			known.set(pid, { name: stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')), parent: f[1],
				used: (Number(f[11]) + Number(f[12])) / 100 });
			if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dir) || pid === String(process.pid)) ours.add(pid);
		} catch {
			// ended meanwhile
		}
	for (const [pid, p] of known)
		if (ours.has(pid) || ours.has(p.parent)) by[p.name] = (by[p.name] ?? 0) + p.used;
	return by;
}

async function withCpu(s, what, count, work) {
	const before = cpu(s.dir), done = await work(), after = cpu(s.dir);
	const used = Object.entries(after).map(([n, v]) => [n, (v - (before[n] ?? 0)) * 1e6 / count(done)])
		.filter(([n, us]) => us > 3)
		.sort((a, b) => b[1] - a[1]);
	console.log(`  CPU us each, ${what}: ${used.reduce((sum, [, us]) => sum + us, 0).toFixed(0)} = ${used.map(([n, us]) => `${n} ${us.toFixed(0)}`).join(', ')}`);
	return done;
}

async function benchOrders() {
	for (const [what, only] of [['intake alone', ['identity', 'intake', 'gateway']], ['all services on', services]]) {
		const s = await startStack({ settings: quiet, only, seed: true });
		try {
			const ours = [], theirs = [];
			for (let i = 0; i < rounds; i++) {
				s.sql('checkpoint');
				theirs.push(await withCpu(s, 'pgbench', (tps) => tps * seconds, () => pgbench(s, 32)));
				s.sql('checkpoint');
				ours.push(await withCpu(s, 'over HTTP', (tps) => tps * seconds, () => ordersOverHttp(s, 64)));
			}
			const ratios = ours.map((v, i) => v / theirs[i]);
			report(`orders/s over HTTP, ${what}`, median(ours).toFixed(0),
				`pgbench -c 32 ${median(theirs).toFixed(0)}`, median(ratios).toFixed(2), '0.8');
		} finally {
			await s.stop();
		}
	}
}

// ---- order to offer, as a dispatcher's stream sees it ----

// On a nats-server of its own, since no user of ours may talk to itself.
async function floor(s) {
	const port = await new Promise((ok) => {
		const probe = createServer().listen(0, '127.0.0.1', () => {
			const { port } = probe.address();
			probe.close(() => ok(port));
		});
	});
	const bus = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
	s.sql('create table if not exists bench_floor (id bigint, body bytea)');
	try {
		return await until('the floor', 20000, () => run(join(bin, 'bench-floor'),
			[`nats://127.0.0.1:${port}`, '', '', s.vars.STACK_DB_ADMIN, '2000'],
			{ PGPASSFILE: s.vars.PGPASSFILE }).then(JSON.parse, () => null));
	} finally {
		bus.kill();
	}
}

// More responders than the seed has: each is offered one case at a time.
async function manOnDuty(s, n) {
	const admin = await s.as('ADMIN');
	const one = async (i) => {
		const username = `bench${i}`, password = `bench-password-${i}`;
		story.ok(await admin.post('/v1/accounts', { username, password, name: `测${i}`, roles: ['RESPONDER'], org: 'PICC' }));
		const r = await signIn(s.url, username, password);
		await until('dispatch to know him', 20000, async () => (await r.post('/v1/me:onDuty', {})).status === 200);
		story.ok(await r.post('/v1/positions', { fixes: [{ fixAt: new Date().toISOString(), position: {
			lon: 108.85 + Math.random() * 0.18, lat: 34.2 + Math.random() * 0.12, datum: 'WGS84' } }] }));
	};
	for (let i = 0; i < n; i += 8) await Promise.all(Array.from({ length: 8 }, (_, k) => one(i + k)));
}

async function benchLatency() {
	const s = await startStack({ settings: { ...quiet, JB_OFFER_SECONDS: '600' } });
	try {
		const dispatcher = await s.as('DISPATCHER');
		await manOnDuty(s, 400);
		const rate = Number(process.env.JB_BENCH_RATE ?? 100), ours = [], floors = [], slow = [];
		for (let i = 0; i < rounds; i++) {
			const r = await withCpu(s, 'order to offer to cancelled', (done) => done.sent, async () =>
				JSON.parse(await run(join(bin, 'bench-offers'), [new URL(s.url).port, dispatcher.token,
					String(rate), String(seconds), `${process.pid}${i}`])));
			if (r.offered !== r.sent || r.refused || r.cancelsRefused)
				throw new Error(`not every order was offered: ${JSON.stringify(r)}`);
			ours.push(r.p50Ms);
			slow.push(r.p99Ms);
			floors.push((await floor(s)).floorMs);
		}
		const f = median(floors);
		report(`order to offer at ${rate}/s, p50`, `${median(ours).toFixed(2)} ms`, `floor ${f.toFixed(2)} ms`,
			(median(ours) / f).toFixed(1), '4');
		report('order to offer, p99', `${median(slow).toFixed(2)} ms`, `floor ${f.toFixed(2)} ms`,
			(median(slow) / f).toFixed(1), '-');
	} finally {
		await s.stop();
	}
}

// ---- events through one durable consumer ----

async function benchEvents() {
	const s = await startStack({ settings: quiet, only: ['identity', 'intake', 'oversight', 'gateway'] });
	try {
		const rates = [];
		for (let i = 0; i < rounds; i++) {
			await s.kill('oversight', 'SIGTERM');
			await ordersOverHttp(s, 64);
			await until('all to be published', 120000, () =>
				s.sql('select 1 from intake.outbox where sent_at is null limit 1').length === 0);
			const count = () => Number(s.sql('select count(*) from oversight.inbox')[0][0]);
			const before = count();
			const due = Number(s.sql('select count(*) from intake.outbox')[0][0]) +
				Number(s.sql('select count(*) from identity.outbox')[0][0]);
			await s.start('oversight');
			await until('the first', 20000, () => count() > before);
			const first = count(), from = process.hrtime.bigint();
			await withCpu(s, 'event', () => due - first, () => until('the last', 300000, () => count() >= due));
			rates.push((due - first) / (Number(process.hrtime.bigint() - from) / 1e9));
		}
		report('events/s through one durable consumer (oversight)', median(rates).toFixed(0), 'the mark',
			(median(rates) / 10000).toFixed(2), '10000/s');
	} finally {
		await s.stop();
	}
}

// ---- photos ----

async function benchPhotos() {
	const program = join(bin, 'bench-photos');
	if (!existsSync(program)) throw new Error(`${program} is not built`);
	const out = await run(join(here, 'photos', 'run.sh'), [dirname(bin), String(seconds)]);
	for (const [, which, ours, threaded, forked, ratio] of out.matchAll(
		/^(.*):\nphotos: .*ours ([\d.]+)\/s; vipsthumbnail ([\d.]+)\/s threaded, ([\d.]+)\/s.*ratio ([\d.]+)$/gm))
		report(`photos/s, ${which}`, ours, `vipsthumbnail ${Math.max(threaded, forked)}`, ratio, '1.5');
}

// ---- times of all responders to one incident, beside the textbook's Dijkstra ----

async function benchRoads() {
	const data = join(process.env.JB_SHARED ?? join(root, '..', 'shared'), 'data', 'xian', 'roads');
	const program = join(bin, 'bench-roads');
	if (!existsSync(program)) throw new Error(`${program} is not built`);
	if (!existsSync(data)) return console.log(`roads: no graph under ${data}, left out`);
	for (const n of [100, 300]) {
		const out = await run(program, [join(data, 'xian_core_nodes.csv'), join(data, 'xian_core_edges.csv'), String(n)]);
		const us = (what) => Number(out.match(new RegExp(`^${what}.*?median +([\\d.]+) us`, 'm'))[1]);
		const plain = us('plain'), fresh = us(`${n} responders to one incident, new`);
		report(`times of ${n} responders to a new incident, median`, `${(fresh / 1000).toFixed(2)} ms`,
			`plain Dijkstra ${(plain / 1000).toFixed(2)} ms`, (fresh / plain).toFixed(2), 'under 1 ms');
		report(`the same, asked again`, `${(us(`${n} responders to one incident, again`) / 1000).toFixed(3)} ms`,
			`plain Dijkstra ${(plain / 1000).toFixed(2)} ms`,
			(us(`${n} responders to one incident, again`) / plain).toFixed(3), '-');
		const table = us(`${n} moved responders x ${n} known incidents`);
		report(`times of ${n} moved responders to each of ${n} known incidents`, `${(table / 1000).toFixed(2)} ms`,
			`${n} plain Dijkstras ${(plain * n / 1000).toFixed(0)} ms`, (table / plain / n).toFixed(3), '-');
	}
}

// ---- one decision over the whole assignment, beside the textbook's Hungarian method ----

async function benchDecisions() {
	const program = join(bin, 'bench-decisions');
	if (!existsSync(program)) throw new Error(`${program} is not built`);
	for (const [incidents, units, mark] of [[30, 100, 'p99 under 2 ms'], [300, 300, 'p99 under 20 ms']]) {
		const out = await run(program, [String(incidents), String(units)]);
		for (const [, kind, p99, hungarian, ratio] of out.matchAll(
			/^(\w+) .*p99 +([\d.]+) us.*hungarian +([\d.]+) us; ratio ([\d.]+)$/gm))
			report(`decision over ${incidents} incidents x ${units} units, ${kind}, p99 of CPU time`,
				`${(p99 / 1000).toFixed(2)} ms`, `Hungarian alone ${(hungarian / 1000).toFixed(2)} ms`, ratio, mark);
	}
}

const parts = { orders: benchOrders, latency: benchLatency, photos: benchPhotos, events: benchEvents, roads: benchRoads, decisions: benchDecisions };
const wanted = process.argv.slice(2);
for (const name of wanted.length ? wanted : Object.keys(parts)) {
	if (!parts[name]) throw new Error(`no bench '${name}'; there are ${Object.keys(parts).join(', ')}`);
	await parts[name]();
}
console.log('\nwhat | ours | beside | ratio | mark');
for (const r of results) console.log([r.what, r.ours, r.theirs, r.ratio, r.mark].join(' | '));
