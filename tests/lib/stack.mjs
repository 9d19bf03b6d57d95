// stack.mjs - a whole Jingbao of its own for a test: database, bus, nine services, seeds; in a
// temporary directory, on free ports, ended by process id.
//
//   const s = await startStack();      s.url, s.accounts, s.as('DISPATCHER'), s.insurer('PICC')
//   s.kill('intake');  await s.start('intake');      s.killPostgres();  await s.infrastructure();
//   await s.stop();

import { spawn, execFileSync, execFile } from 'node:child_process';
import { mkdtempSync, rmSync, readFileSync, existsSync, openSync, closeSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Stream } from './sse.mjs';
import { signIn, clientToken, until, Caller } from './http.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const bin = process.env.JB_BIN ?? join(root, 'build', 'bin');
export const shared = process.env.JB_SHARED ?? join(root, '..', 'shared');
export const services = ['identity', 'intake', 'dispatch', 'evidence', 'liability', 'claims', 'oversight',
	'notify', 'gateway'];
const run = promisify(execFile);

// Where real material isn't there, a test that needs it says so by name.
export function sharedPath(...parts) {
	const p = join(shared, ...parts);
	return existsSync(p) ? p : null;
}

export class Stack {
	constructor(dir) {
		this.dir = dir;
		this.procs = new Map();
		this.callers = new Map();
		this.streams = new Set();
	}

	async infrastructure() {
		await run(join(root, 'tools', 'dev-stack'), ['up', this.dir], { env: this.env() });
		this.vars = Object.fromEntries(readFileSync(join(this.dir, 'env'), 'utf8').split('\n')
			.map((l) => l.match(/^(\w+)=(['"]?)(.*)\2$/)).filter(Boolean).map((m) => [m[1], m[3]]));
	}

	env(extra = {}) {
		return { ...process.env, JB_BIN: bin, ...this.settings, ...extra };
	}

	async start(name, extra = {}) {
		const log = openSync(join(this.dir, 'log', `${name}.log`), 'a');
		const p = spawn(join(bin, `jb-${name}`), ['--config', join(this.dir, 'etc', `${name}.conf`)],
			{ stdio: ['ignore', log, log, 'pipe'], env: this.env({ JB_READY_FD: '3', ...extra }) });
		closeSync(log);
		p.over = new Promise((ok) => p.on('exit', (code, signal) => ok({ code, signal })));
		this.procs.set(name, p);
		const ready = new Promise((ok) => p.stdio[3].on('data', () => ok('ready')));
		p.stdio[3].on('error', () => {});
		const first = await Promise.race([ready, p.over]);
		if (first !== 'ready')
			throw new Error(`${name} did not start: ${this.log(name).slice(-800)}`);
	}

	// Starts it again and again until it stays: what a supervisor does while its surroundings are away.
	async startPatiently(name, ms = 60000) {
		await until(`${name} to start`, ms, () => this.start(name).then(() => true, () => false));
	}

	log(name) {
		return readFileSync(join(this.dir, 'log', `${name}.log`), 'utf8');
	}

	async kill(name, signal = 'SIGKILL') {
		const p = this.procs.get(name);
		p.kill(signal);
		return p.over;
	}

	pid(file) {
		return parseInt(readFileSync(file, 'utf8'), 10);
	}

	natsPid() {
		return this.pid(this.vars.STACK_NATS_PID_FILE);
	}

	postgresPid() {
		return this.pid(join(this.vars.STACK_PG_DATA, 'postmaster.pid'));
	}

	// Rows as arrays of text; with the superuser, outside every service's role.
	sql(text) {
		const out = execFileSync(join(root, 'tools', 'dev-stack'),
			['psql', this.dir, '-At', '-F', '\t', '-c', text], { encoding: 'utf8', env: this.env() });
		return out.split('\n').filter(Boolean).map((l) => l.split('\t'));
	}

	jbctl(...args) {
		return run(join(bin, 'jbctl'), args,
			{ env: this.env({ JBCTL_CONFIG: join(this.dir, 'etc', 'jbctl.conf') }), maxBuffer: 1 << 26 });
	}

	account(role, nth = 0) {
		const a = this.accounts.accounts.filter((x) => (x.roles ?? [x.role]).includes(role))[nth];
		if (!a) throw new Error(`no account ${nth} with role ${role}`);
		return a;
	}

	async as(role, nth = 0) {
		const key = `${role} ${nth}`;
		if (!this.callers.has(key)) {
			const a = this.account(role, nth);
			this.callers.set(key, await signIn(this.url, a.username, a.password));
		}
		return this.callers.get(key);
	}

	async insurer(org) {
		const c = this.accounts.clients.find((x) => x.org === org);
		return clientToken(this.url, c.clientId, c.clientSecret);
	}

	nobody() {
		return new Caller(this.url);
	}

	// A live stream, closed with the stack at the latest: an open one would keep the test running.
	async stream(caller, query) {
		const stream = new Stream(caller, query);
		this.streams.add(stream);
		await stream.opened;
		return stream;
	}

	async stop() {
		for (const stream of this.streams) await stream.close();
		for (const name of ['gateway', ...services.filter((s) => s !== 'gateway')]) {
			const p = this.procs.get(name);
			if (!p || p.exitCode !== null || p.signalCode !== null) continue;
			p.kill('SIGTERM');
			const killer = setTimeout(() => p.kill('SIGKILL'), 25000);
			await p.over;
			clearTimeout(killer);
		}
		try {
			await run(join(root, 'tools', 'dev-stack'), ['down', this.dir]);
		} finally {
			this.beforeRemove?.();
			if (process.env.JB_KEEP) console.error(`kept: ${this.dir}`);
			else rmSync(this.dir, { recursive: true, force: true });
		}
	}
}

// settings: environment for all services, e.g. { JB_OFFER_SECONDS: '3' }.
export async function startStack({ settings = {}, only = services, seed = true, prepare } = {}) {
	const dir = mkdtempSync(join(tmpdir(), 'jb-test-'));
	chmodSync(dir, 0o755); // the database runs as another user when we are root
	const s = new Stack(dir);
	// Cheap passwords: dozens sign in at once, on two cores, with sanitizers.
	s.settings = { JB_LOG_LEVEL: 'info', JB_PASSWORD_OPS: '1', JB_PASSWORD_MEMORY_KIB: '64', ...settings };
	try {
		prepare?.(dir);
		await s.infrastructure();
		for (const name of only) await s.start(name);
		s.url = s.vars.STACK_API;
		if (seed) {
			await run(join(root, 'tools', 'dev-stack'), ['seed', dir], { env: s.env() });
			s.accounts = JSON.parse(readFileSync(join(dir, 'secrets', 'accounts.json'), 'utf8'));
		}
	} catch (e) {
		await s.stop().catch(() => {});
		throw e;
	}
	return s;
}
