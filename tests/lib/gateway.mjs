// gateway.mjs - the real gateway with a real nats-server and nothing behind it but what a test
// answers itself: for what concerns the edge alone.
//
//   const g = await startGateway({ JB_HEADER_MS: '500' });
//   g.peer.serve('jingbao.v1.Liability.VerifyDocument', (m) => Buffer.alloc(0));
//   g.identity({ 'token-1': { subject: '...', roles: [2] } });

import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { mkdtempSync, readFileSync, readdirSync, rmSync, openSync, closeSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const bin = process.env.JB_BIN ?? join(root, 'build', 'bin');

export const sleep = (ms) => new Promise((ok) => setTimeout(ok, ms));

export async function until(what, ms, test) {
	const end = Date.now() + ms;
	for (;;) {
		const v = await test();
		if (v) return v;
		if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
		await sleep(20);
	}
}

// ---- the few protobuf encodings a test needs ----

function varint(n) {
	const out = [];
	for (let v = BigInt(n); ; v >>= 7n) {
		if (v < 128n) return Buffer.from([...out, Number(v)]);
		out.push(Number(v & 127n) | 128);
	}
}
// fields: [number, value] with text and Buffers length-delimited, numbers as varints.
export function pack(...fields) {
	return Buffer.concat(fields.flatMap(([n, v]) => {
		if (typeof v === 'number' || typeof v === 'bigint') return [varint(n << 3), varint(v)];
		const b = Buffer.isBuffer(v) ? v : Buffer.from(v);
		return [varint((n << 3) | 2), varint(b.length), b];
	}));
}
export function unpack(buf) {
	const out = [];
	let at = 0;
	const next = () => {
		let v = 0n;
		for (let shift = 0n; ; shift += 7n) {
			const b = buf[at++];
			v |= BigInt(b & 127) << shift;
			if (b < 128) return v;
		}
	};
	while (at < buf.length) {
		const key = Number(next());
		if ((key & 7) === 0) out.push([key >> 3, next()]);
		else if ((key & 7) === 1) { out.push([key >> 3, buf.subarray(at, at + 8)]); at += 8; }
		else { const n = Number(next()); out.push([key >> 3, buf.subarray(at, at + n)]); at += n; }
	}
	return out;
}
export function double(v) {
	const b = Buffer.alloc(8);
	b.writeDoubleLE(v);
	return b;
}

// ---- a NATS client of a hundred lines ----

export class Peer {
	static async open(port) {
		const p = new Peer();
		p.port = port;
		p.socket = connect(port, '127.0.0.1');
		p.subs = new Map();
		p.next = 1;
		p.buffer = Buffer.alloc(0);
		p.pongs = [];
		await new Promise((ok, fail) => p.socket.once('connect', ok).once('error', fail));
		p.socket.on('data', (d) => p.#data(d));
		p.socket.on('error', () => {});
		p.socket.on('close', () => (p.closed = true));
		p.socket.write('CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n');
		await p.flush();
		return p;
	}

	close() {
		this.socket.destroy();
	}

	flush() {
		this.socket.write('PING\r\n');
		return new Promise((ok) => this.pongs.push(ok));
	}

	#data(d) {
		this.buffer = Buffer.concat([this.buffer, d]);
		for (;;) {
			const end = this.buffer.indexOf('\r\n');
			if (end < 0) return;
			const line = this.buffer.subarray(0, end).toString('latin1');
			const words = line.split(' ');
			if (words[0] === 'MSG' || words[0] === 'HMSG') {
				const total = Number(words.at(-1));
				if (this.buffer.length < end + 2 + total + 2) return;
				const head = words[0] === 'HMSG' ? Number(words.at(-2)) : 0;
				const all = this.buffer.subarray(end + 2, end + 2 + total);
				const fixed = words[0] === 'HMSG' ? 5 : 4;
				this.buffer = this.buffer.subarray(end + 2 + total + 2);
				this.#message({
					subject: words[1],
					reply: words.length === fixed + 1 ? words[3] : null,
					sid: Number(words[2]),
					headers: Object.fromEntries(all.subarray(0, head).toString().split('\r\n')
						.slice(1).filter(Boolean).map((l) => {
							const at = l.indexOf(':');
							return [l.slice(0, at), l.slice(at + 1).trim()];
						})),
					status: head ? all.subarray(0, head).toString().split('\r\n')[0] : '',
					body: Buffer.from(all.subarray(head)),
				});
				continue;
			}
			this.buffer = this.buffer.subarray(end + 2);
			if (words[0] === 'PING') this.socket.write('PONG\r\n');
			else if (words[0] === 'PONG') this.pongs.shift()?.();
		}
	}

	#message(m) {
		this.subs.get(m.sid)?.(m);
	}

	async subscribe(subject, on) {
		const sid = this.next++;
		this.subs.set(sid, on);
		this.socket.write(`SUB ${subject} ${sid}\r\n`);
		await this.flush();
		return sid;
	}

	unsubscribe(sid) {
		this.subs.delete(sid);
		this.socket.write(`UNSUB ${sid}\r\n`);
		return this.flush();
	}

	publish(subject, body = Buffer.alloc(0), headers = null, reply = '') {
		const data = Buffer.from(body);
		if (!headers) {
			this.socket.write(Buffer.concat([
				Buffer.from(`PUB ${subject} ${reply} ${data.length}\r\n`), data, Buffer.from('\r\n')]));
			return;
		}
		const head = Buffer.from('NATS/1.0\r\n' +
			Object.entries(headers).map(([k, v]) => `${k}: ${v}\r\n`).join('') + '\r\n');
		this.socket.write(Buffer.concat([
			Buffer.from(`HPUB ${subject} ${reply} ${head.length} ${head.length + data.length}\r\n`),
			head, data, Buffer.from('\r\n')]));
	}

	// on(m) gives the reply's body, or { headers, body }, or null for silence.
	serve(subject, on) {
		return this.subscribe(subject, async (m) => {
			const a = await on(m);
			if (!a || !m.reply) return;
			if (Buffer.isBuffer(a)) this.publish(m.reply, a);
			else this.publish(m.reply, a.body, a.headers);
		});
	}

	async request(subject, body, headers = null, ms = 5000) {
		const inbox = `_INBOX.test.${Math.random().toString(36).slice(2)}`;
		let sid;
		const answer = new Promise((ok, fail) => {
			const t = setTimeout(() => fail(new Error(`no reply on ${subject}`)), ms);
			this.subscribe(inbox, (m) => { clearTimeout(t); ok(m); }).then((n) => {
				sid = n;
				this.publish(subject, body, headers, inbox);
			});
		});
		const m = await answer;
		await this.unsubscribe(sid);
		return m;
	}

	async api(verb, config = '') {
		const m = await this.request(`$JS.API.${verb}`, config && JSON.stringify(config));
		return JSON.parse(m.body.toString());
	}
}

export function fault(code, name, text, extra = []) {
	return { headers: { 'Fault-Code': name }, body: pack([1, code], [2, text], ...extra) };
}

// ---- processes ----

function over(p) {
	return new Promise((ok) => p.on('exit', (code, signal) => ok({ code, signal })));
}

async function startNats(dir, port) {
	const conf = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', join(dir, 'store'),
		'--ports_file_dir', dir];
	const p = spawn('nats-server', conf, { stdio: 'ignore' });
	p.over = over(p);
	const file = await until('nats-server', 10000, () =>
		readdirSync(dir).find((f) => f === `nats-server_${p.pid}.ports`));
	await until('its ports', 5000, () => readFileSync(join(dir, file), 'utf8').includes('nats'));
	p.port = Number(JSON.parse(readFileSync(join(dir, file), 'utf8')).nats[0].match(/:(\d+)$/)[1]);
	return p;
}

export const stream = { name: 'JINGBAO', subjects: ['jingbao.v1.event.>'], retention: 'limits',
	storage: 'file', num_replicas: 1, discard: 'new', max_msgs: -1, max_bytes: -1, max_age: 0,
	max_consumers: -1, max_msg_size: -1, duplicate_window: 120000000000 };

export class Gateway {
	async startNats(port = -1) {
		this.nats = await startNats(this.dir, port);
		this.natsPort = this.nats.port;
		this.peer = await Peer.open(this.natsPort);
		await this.peer.api('STREAM.CREATE.JINGBAO', stream);
		await this.peer.api('STREAM.CREATE.JINGBAO_PROBE',
			{ ...stream, name: 'JINGBAO_PROBE', subjects: ['jingbao.v1.probe'], max_msgs: 8, discard: 'old' });
	}

	// wait false: does not wait for NATS to be there, only for the ports to be open.
	async start(extra = {}, wait = true) {
		const ports = join(this.dir, 'ports');
		rmSync(ports, { force: true });
		const log = openSync(join(this.dir, 'log'), 'a');
		this.process = spawn(join(bin, 'jb-gateway'), [], {
			stdio: ['ignore', log, log, 'pipe'],
			env: { ...process.env, JB_PORT: String(this.port ?? 0), JB_ADMIN_PORT: '0',
				JB_PORTS_FILE: ports, JB_BLOB_DIR: join(this.dir, 'blobs'), JB_READY_FD: '3',
				JB_NATS_URL: `nats://127.0.0.1:${this.natsPort}`, JB_ANON_PER_S: '0',
				JB_SERVICES: 'identity', ...this.settings, ...extra },
		});
		closeSync(log);
		this.process.over = over(this.process);
		const ready = new Promise((ok) => this.process.stdio[3].on('data', () => ok(true)));
		const open = until('open ports', 15000, () => existsSync(ports) || this.process.exitCode !== null);
		if (await Promise.race([wait ? ready : open.then(() => true), this.process.over, sleep(15000)]) !== true)
			throw new Error(`the gateway did not start: ${this.log()}`);
		await open;
		const text = readFileSync(ports, 'utf8');
		this.port = Number(text.match(/^port=(\d+)/m)[1]);
		this.admin = Number(text.match(/^admin_port=(\d+)/m)[1]);
		this.url = `http://127.0.0.1:${this.port}`;
	}

	log() {
		const f = join(this.dir, 'log');
		return existsSync(f) ? readFileSync(f, 'utf8') : '';
	}

	// Who the tokens are; asked counts how often the gateway asked.
	async identity(who) {
		this.asked = 0;
		this.who = who;
		await this.peer.serve('jingbao.v1.Identity.Authenticate', (m) => {
			this.asked++;
			const p = this.who[unpack(m.body).find(([n]) => n === 1)?.[1].toString()];
			if (!p) return fault(3, 'UNAUTHENTICATED', 'unknown token');
			return pack([1, pack([1, p.subject ?? 's'], [2, p.name ?? ''],
				...p.roles.map((r) => [3, r]), [4, p.org ?? ''],
				...(p.districts ?? []).map((d) => [5, d]), [6, p.incident ?? ''],
				[8, p.session ?? 'session-1'])]);
		});
	}

	async end(p, signal) {
		if (!p || p.exitCode !== null || p.signalCode !== null) return p?.over;
		p.kill(signal);
		const killer = setTimeout(() => p.kill('SIGKILL'), 20000);
		const r = await p.over;
		clearTimeout(killer);
		return r;
	}

	async stop() {
		const r = await this.end(this.process, 'SIGTERM');
		this.peer?.close();
		await this.end(this.nats, 'SIGKILL');
		const text = this.log();
		rmSync(this.dir, { recursive: true, force: true });
		if (/(Address|Leak|Thread)Sanitizer|runtime error/.test(text)) throw new Error(text.slice(-6000));
		if (r && r.code !== 0) throw new Error(`the gateway ended with ${JSON.stringify(r)}: ${text.slice(-3000)}`);
	}
}

export async function startGateway(settings = {}) {
	const g = new Gateway();
	g.dir = mkdtempSync(join(tmpdir(), 'jb-gateway-'));
	g.settings = settings;
	try {
		await g.startNats();
		await g.start();
	} catch (e) {
		await g.stop().catch(() => {});
		throw e;
	}
	return g;
}

// Sends bytes (one string, or pieces with pauses) and gives all that came back until the other end
// closes or it has been quiet for `quiet` ms.
export function raw(port, pieces, { quiet = 400, ms = 15000 } = {}) {
	return new Promise((ok) => {
		const s = connect(port, '127.0.0.1');
		const began = Date.now();
		let text = '', closed = false, idle;
		const done = () => {
			clearTimeout(idle);
			clearTimeout(last);
			s.destroy();
			ok({ text, closed, ms: Date.now() - began,
				statuses: [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((m) => Number(m[1])) });
		};
		const last = setTimeout(done, ms);
		const rest = () => { clearTimeout(idle); idle = setTimeout(done, quiet); };
		s.on('data', (d) => { text += d.toString('latin1'); rest(); });
		s.on('close', () => { closed = true; done(); });
		s.on('error', () => {});
		s.on('connect', async () => {
			for (const p of [pieces].flat()) {
				if (typeof p === 'number') await sleep(p);
				else if (!closed) s.write(Buffer.from(p, 'latin1'));
			}
			rest();
		});
	});
}
