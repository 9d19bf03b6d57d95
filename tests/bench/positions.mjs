// positions.mjs - positions: the index in memory beside Redis and PostGIS on the same data, and reports over
// HTTP beside their generator, to the track and to a board.
//
//   node tests/bench/positions.mjs [index] [ingest]     (both when none is named)
//
// JB_BIN: a release build's bin. JB_BENCH_SECONDS: length of each load (10). Debian's redis-server and
// postgresql-15-postgis-3 are wanted for `index`; what isn't there is left out and said.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack, bin } from '../lib/stack.mjs';
import { until } from '../lib/http.mjs';

const seconds = Number(process.env.JB_BENCH_SECONDS ?? 10), rounds = Number(process.env.JB_BENCH_ROUNDS ?? 3);

async function run(program, args, env = {}) {
	const p = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
	let out = '';
	p.stdout.on('data', (d) => (out += d));
	const code = await new Promise((ok) => p.on('exit', ok));
	if (code !== 0) throw new Error(`${program}: exit ${code}\n${out}`);
	return out;
}

// ---- reports over HTTP ----

// Responders on duty since an hour ago, each with a session; made in the tables, since signing in takes a while
// for thousands and is not what is measured.
function people(s, n, file) {
	const all = Array.from({ length: n }, () => 'jbs_' + randomBytes(32).toString('base64url'));
	const hashes = all.map((t) => `'\\x${createHash('sha256').update(t).digest('hex')}'::bytea`);
	for (let i = 0; i < n; i += 200)
		s.sql(`with p as (select gen_random_uuid() as id, h, left(encode(h, 'hex'), 16) as n from unnest(array[${hashes.slice(i, i + 200).join(',')}]) h),
			a as (insert into identity.account (id, username, name, roles, org, kdf, password_hash)
				select id, 'bench-' || n, '测', '{RESPONDER}', 'PICC', 'argon2id:1:64', h from p)
			insert into dispatch.responder (id, username, name, account_version, status) select id, 'bench-' || n, '测', 1, 'AVAILABLE' from p`);
	s.sql(`insert into dispatch.shift (id, responder_id, started_at) select gen_random_uuid(), id, now() - interval '1 hour'
		from dispatch.responder r where username like 'bench-%';
		insert into identity.session (id, kind, token_hash, account_id, due_at, expires_at) select gen_random_uuid(), 'PERSON', password_hash, id,
		now() + interval '1 day', now() + interval '1 day' from identity.account where username like 'bench-%'`);
	writeFileSync(file, all.join('\n'));
}

async function live(s) {
	const text = await (await fetch(`${s.vars.STACK_ADMIN}/metrics`)).text();
	return Number(text.match(/^jb_live_events_total (\d+)/m)?.[1] ?? 0);
}

async function ingest(what, n, rate, batch) {
	const s = await startStack({ settings: { JB_LOG_LEVEL: 'warn' }, only: ['identity', 'intake', 'dispatch', 'gateway'] });
	try {
		const file = join(s.dir, 'tokens');
		people(s, n, file);
		const board = await s.as('DISPATCHER');
		const count = () => Number(s.sql('select count(*) from dispatch.track')[0][0]);
		const before = count();
		const args = [new URL(s.url).port, board.token, file, String(rate), String(batch)];
		await run(join(bin, 'bench-ingest'), [...args, '2']); // warm
		const from = count(), liveFrom = await live(s);
		const r = JSON.parse(await run(join(bin, 'bench-ingest'), [...args, String(seconds)]));
		const kept = count() - from, told = (await live(s)) - liveFrom;
		console.log(`${what}: ${r.perSecond}/s sent for ${seconds} s in requests of ${batch}; answered stored ${r.stored}, in the track ${kept}, ` +
			`sent ${r.sent}: lost ${r.stored - kept}, refused requests ${r.refused}, behind schedule ${r.late}`);
		console.log(`  answers p50 ${r.answerP50Ms} ms, p99 ${r.answerP99Ms} ms; fix to board (SSE) p50 ${r.boardP50Ms} ms, p99 ${r.boardP99Ms} ms, ` +
			`worst ${r.boardMaxMs} ms; ${told} told live, ${r.shown} shown, of ${r.answers} reports`);
	} finally {
		await s.stop();
	}
}

// ---- the index ----

async function index() {
	const dir = mkdtempSync(join(tmpdir(), 'jb-bench-'));
	const socket = join(dir, 'redis.sock');
	let redis = null, s = null;
	const args = [];
	try {
		if (existsSync('/usr/bin/redis-server')) {
			redis = spawn('/usr/bin/redis-server', ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', dir],
				{ stdio: 'ignore' });
			await until('redis', 5000, () => existsSync(socket));
			args.push('--redis', socket);
		} else {
			console.log('redis-server is not installed: left out');
		}
		s = await startStack({ only: [], seed: false });
		try {
			s.sql('create extension postgis');
			args.push('--pg', `host=${s.vars.STACK_PG_HOST} port=${s.vars.STACK_PG_PORT} user=postgres dbname=jingbao`);
		} catch {
			console.log('postgis is not installed: left out');
		}
		for (let i = 0; i < rounds; i++)
			process.stdout.write(await run(join(bin, 'bench-positions'), args, { PGPASSFILE: s.vars.PGPASSFILE }));
	} finally {
		redis?.kill();
		await s?.stop();
		rmSync(dir, { recursive: true, force: true });
	}
}

const wanted = process.argv.slice(2);
const does = (name) => !wanted.length || wanted.includes(name);
if (does('index')) await index();
if (does('ingest')) {
	await ingest('20,000 positions/s in batches', 400, 20000, 50);
	await ingest('2,000 positions/s, one by one', 2000, 2000, 1);
}
