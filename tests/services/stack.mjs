// stack.mjs - a private stack with one service and a hand on its bus, for service tests.
import { spawn, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const bin = process.env.JB_BIN ?? join(root, 'build/bin')

export function uuid7() {
	const b = randomBytes(16)
	b.writeUIntBE(Date.now(), 0, 6)
	b[6] = (b[6] & 0x0f) | 0x70
	b[8] = (b[8] & 0x3f) | 0x80
	return b.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

// Waits for a condition, not a time; says what it waited for when that never came.
export async function until(what, check, ms = 15000) {
	const end = Date.now() + ms
	for (;;) {
		const v = await check()
		if (v) return v
		if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`)
		await new Promise((r) => setTimeout(r, 20))
	}
}

export class Stack {
	static async up(service, settings = {}) {
		const s = new Stack()
		s.dir = mkdtempSync(join(tmpdir(), `jb-${service}-`))
		execFileSync(join(root, 'tools/dev-stack'), ['up', s.dir], { stdio: ['ignore', 'ignore', 'inherit'] })
		s.env = Object.fromEntries(
			readFileSync(join(s.dir, 'env'), 'utf8')
				.split('\n')
				.map((l) => /^(\w+)=(.*)$/.exec(l))
				.filter(Boolean)
				.map((m) => [m[1], m[2].replace(/^['"]|['"]$/g, '')]),
		)
		s.service = service
		s.settings = settings
		s.calls = new Map()
		s.events = []
		s.n = 0
		await s.start()
		await s.drive()
		return s
	}

	async start() {
		const env = { ...process.env }
		for (const [k, v] of Object.entries(this.settings)) env[`JB_${k.toUpperCase()}`] = String(v)
		this.log = ''
		this.proc = spawn(join(bin, `jb-${this.service}`), ['--config', join(this.dir, `etc/${this.service}.conf`)], {
			env,
			stdio: ['ignore', 'ignore', 'pipe'],
		})
		this.proc.stderr.on('data', (d) => (this.log += d))
		await until(`jb-${this.service} to serve`, () => {
			if (this.proc.exitCode !== null) throw new Error(`jb-${this.service} ended:\n${this.log}`)
			return /msg="?(serving|ready)/.test(this.log)
		})
	}

	async stop(signal = 'SIGTERM') {
		const ended = new Promise((r) => this.proc.once('exit', (code) => r(code)))
		this.proc.kill(signal)
		return ended
	}

	async drive() {
		this.hand = spawn(join(bin, 'drive'), [], {
			env: { ...process.env, DRIVE_URL: this.env.STACK_NATS_URL, DRIVE_PASSWORD: this.env.STACK_NATS_OPS_PASSWORD },
			stdio: ['pipe', 'pipe', 'inherit'],
		})
		await new Promise((ready) => {
			createInterface({ input: this.hand.stdout }).on('line', (l) => {
				const m = JSON.parse(l)
				if (m.ready) return ready()
				if (m.event) return this.events.push(m)
				this.calls.get(m.n)?.(m)
				this.calls.delete(m.n)
			})
		})
	}

	send(line) {
		const n = ++this.n
		return new Promise((done) => {
			this.calls.set(n, done)
			this.hand.stdin.write(JSON.stringify({ n, ...line }) + '\n')
		})
	}

	// The whole answer: { code, out } or { code, text, errors }.
	rpc(name, who, input = {}) {
		return this.send({ rpc: name, in: input, ...who })
	}

	// What must succeed.
	async ok(name, who, input = {}) {
		const a = await this.rpc(name, who, input)
		if (a.code !== 'OK') throw new Error(`${name}: ${a.code} ${a.text} ${JSON.stringify(a.errors ?? [])}`)
		return a.out
	}

	async tell(event, input, id) {
		const a = await this.send({ event, in: input, id })
		if (a.code !== 'OK') throw new Error(`${event}: ${a.code} ${a.text}`)
	}

	seen(event, match = {}) {
		return this.events
			.filter((e) => e.event === event && Object.entries(match).every(([k, v]) => e.body[k] === v))
			.map((e) => e.body)
	}

	event(name, match = {}) {
		return until(`${name} ${JSON.stringify(match)}`, () => this.seen(name, match)[0])
	}

	// Rows as arrays of text, as the cluster's owner.
	sql(text) {
		const out = execFileSync(join(root, 'tools/dev-stack'), ['psql', this.dir, '-At', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-c', text], {
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 'pipe'],
		})
		return out.split('\n').filter(Boolean).map((l) => l.split('\t'))
	}

	async down() {
		this.hand?.stdin.end()
		if (this.proc?.exitCode === null) await this.stop()
		execFileSync(join(root, 'tools/dev-stack'), ['down', this.dir], { stdio: 'ignore' })
		rmSync(this.dir, { recursive: true, force: true })
	}
}
