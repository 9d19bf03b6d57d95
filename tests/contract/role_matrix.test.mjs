// role_matrix.test.mjs - every RPC against every role, from the contract itself: what is not declared
// is refused, over HTTP by the gateway and on the bus by the service.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startStack, bin, services } from '../lib/stack.mjs';
import { Caller, signIn } from '../lib/http.mjs';

const contract = process.env.JB_CONTRACT ?? join(bin, '..', 'gen', 'contract');
const methods = JSON.parse(readFileSync(join(contract, 'methods.json'), 'utf8'));
const onHttp = methods.filter((m) => m.http);
const ROLES = ['DISPATCHER', 'RESPONDER', 'OFFICER', 'BRIGADE', 'ASSESSOR', 'INSURER', 'SUPERVISOR', 'AUDITOR',
	'ADMIN', 'PARTY'];
const INSURERS = ['RESPONDER', 'ASSESSOR', 'INSURER'];
const PASSWORD = 'matrix password';
const ID = '01980000-0000-7000-8000-000000000001';

const started = process.env.JB_ONLY?.split(' ') ?? services; // a smaller set while developing

let s;
const callers = {};

before(async () => {
	s = await startStack({
		seed: false,
		only: started,
		settings: { JB_PASSWORD_MEMORY_KIB: '8192', JB_ANON_PER_S: '0' },
	});
	for (const role of ROLES.filter((r) => r !== 'PARTY')) {
		const username = `matrix-${role.toLowerCase()}`;
		await s.jbctl('call', 'Identity.CreateAccount', JSON.stringify({
			username, password: PASSWORD, name: role, roles: [role], org: INSURERS.includes(role) ? 'PICC' : '',
		}));
		callers[role] = await signIn(s.url, username, PASSWORD);
	}
	callers.PARTY = new Caller(s.url, partyToken());
});
after(() => s?.stop());

// A party has no account; his session comes from a link of a case.
function partyToken() {
	const token = 'jbp_' + randomBytes(32).toString('base64url');
	const hash = createHash('sha256').update(token).digest('hex');
	s.sql(`insert into identity.session (id, kind, token_hash, incident_id, party_id, due_at, expires_at)
		values (gen_random_uuid(), 'PARTY', '\\x${hash}', '${ID}', '${ID}', now() + interval '1 h', now() + interval '1 h')`);
	return token;
}

function request(m, caller) {
	const path = m.http.path.replace(/\{(\w+)\}/g, (_, name) => (/(^|_)id$/.test(name) ? ID : 'matrix-x1'));
	const bodyless = ['GET', 'DELETE'].includes(m.http.method);
	if (bodyless) return caller.call(m.http.method, path);
	if (m.http.kind === 'UPLOAD')
		return caller.call(m.http.method, path, new Uint8Array([0xff, 0xd8, 0xff]), { 'content-type': m.http.media });
	if (m.http.kind === 'FORM')
		return caller.call(m.http.method, path, 'x=1', { 'content-type': 'application/x-www-form-urlencoded' });
	return caller.call(m.http.method, path, {});
}

const open = (m) => m.roles.includes('ANYONE');
const label = (m) => `${m.service}.${m.name} (${m.http.method} ${m.http.path})`;

test('the contract is the whole one', () => {
	assert.ok(methods.length > 80, `${methods.length} RPCs`);
	for (const name of ['Identity', 'Intake', 'Dispatch', 'Evidence', 'Liability', 'Claims', 'Oversight', 'Notify'])
		assert.ok(methods.some((m) => m.service === name), `${name} has RPCs`);
});

test('without a token every RPC that is not open is 401', async () => {
	const wrong = [];
	for (const m of onHttp.filter((x) => !open(x))) {
		for (const c of [new Caller(s.url), new Caller(s.url, 'jbs_' + 'A'.repeat(43)), new Caller(s.url, 'nonsense')]) {
			const r = await request(m, c);
			if (r.status !== 401) wrong.push(`${label(m)}: ${r.status}`);
		}
	}
	assert.deepEqual(wrong, []);
});

for (const role of ROLES) {
	test(`${role} is refused with 403 what is not declared for it`, async () => {
		const wrong = [];
		for (const m of onHttp.filter((x) => !open(x) && !x.roles.includes(role))) {
			const r = await request(m, callers[role]);
			if (r.status !== 403) wrong.push(`${label(m)}: ${r.status} ${r.bytes.toString().slice(0, 120)}`);
			else if (r.headers.get('content-type') !== 'application/problem+json') wrong.push(`${label(m)}: no problem details`);
		}
		assert.deepEqual(wrong, []);
	});
}

test("a device's token is refused everything but position reports", async () => {
	const made = await callers.RESPONDER.post('/v1/devices', { label: 'matrix' });
	assert.equal(made.status, 201, made.bytes.toString());
	const device = new Caller(s.url, made.body.token);
	const wrong = [];
	for (const m of onHttp.filter((x) => !open(x))) {
		const r = await request(m, device);
		const good = m.service === 'Dispatch' && /^(ReportPositions|Track)/.test(m.name) ? r.status !== 403 && r.status !== 401
			: r.status === 403;
		if (!good) wrong.push(`${label(m)}: ${r.status}`);
	}
	assert.deepEqual(wrong, []);
	assert.equal((await device.get('/v1/events')).status, 403, 'the live stream');
});

// Last: what is declared is not refused by role. It may be refused for other reasons.
for (const role of ROLES) {
	test(`${role} is let in where it is declared`, async () => {
		const wrong = [];
		const mine = onHttp.filter((x) => x.roles.includes(role));
		const leaving = (m) => m.name === 'EndSession';
		for (const m of [...mine.filter((x) => !leaving(x)), ...mine.filter(leaving)]) {
			const r = await request(m, callers[role]);
			if ([401, 403, 500].includes(r.status)) wrong.push(`${label(m)}: ${r.status} ${r.bytes.toString().slice(0, 120)}`);
		}
		assert.ok(mine.length > 0);
		assert.deepEqual(wrong, []);
	});
}

// On the bus a caller with the right NATS user is still judged by the service itself.
test('each service refuses undeclared roles by itself', async () => {
	const hand = spawn(join(bin, 'drive'), [], {
		env: { ...process.env, DRIVE_URL: s.vars.STACK_NATS_URL, DRIVE_PASSWORD: s.vars.STACK_NATS_OPS_PASSWORD },
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	const waiting = new Map();
	await new Promise((ready) => createInterface({ input: hand.stdout }).on('line', (l) => {
		const a = JSON.parse(l);
		if (a.ready) ready();
		else waiting.get(a.n)?.(a);
	}));
	const ask = (n, line) => new Promise((done) => {
		waiting.set(n, done);
		hand.stdin.write(JSON.stringify({ n, ...line }) + '\n');
	});
	const wrong = [];
	let n = 0;
	for (const m of methods.filter((x) => !open(x) && started.includes(x.service.toLowerCase()))) {
		for (const role of [...ROLES, 'SYSTEM', null].filter((r) => !m.roles.includes(r))) {
			const a = await ask(++n, { rpc: `${m.service}.${m.name}`, in: {}, raw: true, roles: role ? [role] : [], subject: ID });
			if (a.code !== 'FORBIDDEN') wrong.push(`${m.service}.${m.name} as ${role}: ${a.code} ${a.text ?? ''}`);
		}
	}
	hand.stdin.end();
	assert.ok(n > 80 * started.length - 200, `${n} pairs`);
	assert.deepEqual(wrong, []);
});
