// refusal.mjs - what every refusal must be, and a watch over the processes that gave it.
import assert from 'node:assert/strict';
import { until } from './http.mjs';

// A refusal with this status (or one of these) as problem details. faults: JSON pointers that must be
// named, or [pointer, rule]; every fault named must have its rule and say what to do.
export function refused(r, status, faults = [], what = '') {
	const told = `${what} ${r.status} ${r.bytes.toString().slice(0, 600)}`;
	assert.ok([status].flat().includes(r.status), `expected ${status}: ${told}`);
	assert.match(r.headers.get('content-type') ?? '', /^application\/problem\+json/, told);
	assert.equal(r.body.status, r.status, told);
	for (const k of ['type', 'title', 'detail', 'requestId'])
		assert.ok(typeof r.body[k] === 'string' && r.body[k], `${k}: ${told}`);
	for (const e of r.body.errors ?? []) {
		assert.ok(typeof e.pointer === 'string' && e.rule && e.detail, `a fault without its parts: ${told}`);
		assert.ok(e.pointer === '' || e.pointer.startsWith('/'), `no JSON pointer: ${told}`);
	}
	for (const f of faults) {
		const [pointer, rule] = [f].flat();
		assert.ok(r.body.errors?.some((e) => e.pointer === pointer && (!rule || e.rule === rule)),
			`${pointer} ${rule ?? ''} is not named: ${told}`);
	}
	return r.body;
}

// What the caller may not see is 404. A service that can't tell yet whether the id is news on its way
// says "ask again" for the id's first half minute; then it must be 404.
export async function hidden(caller, method, path, body, headers) {
	const r = await caller.patient(method, path, body, headers, 35000);
	return refused(r, 404, [], `${method} ${path}`);
}

// Remembers the processes of a stack; still() fails unless every one is the same, alive and ready.
export class Watch {
	constructor(stack) {
		this.stack = stack;
		this.pids = new Map([...stack.procs].map(([name, p]) => [name, p.pid]));
	}

	async still() {
		for (const [name, pid] of this.pids) {
			const p = this.stack.procs.get(name);
			assert.ok(p.pid === pid && p.exitCode === null && p.signalCode === null,
				`${name} is not the process it was: ${this.stack.log(name).slice(-2000)}`);
			assert.doesNotMatch(this.stack.log(name), /AddressSanitizer|LeakSanitizer|runtime error:/, name);
		}
		await until('readiness', 15000, async () => (await this.stack.nobody().get('/readyz')).status === 200);
	}
}
