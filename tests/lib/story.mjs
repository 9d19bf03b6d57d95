// story.mjs - the steps of a case, each one call or a few, as the real people would make them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { sharedPath, bin } from './stack.mjs';
import { until } from './http.mjs';

let serial = Date.now() % 1000000;
export const orderNo = () => `T-${process.pid}-${++serial}`;

export function order(no = orderNo(), more = {}) {
	return {
		orderNo: no,
		channel: 'PHONE_122',
		reportedAt: '2026-11-21T06:00:00Z',
		caller: { name: '王明', phone: '13912345678' },
		place: { text: '南二环与含光路十字', position: { lon: 108.935, lat: 34.238, datum: 'WGS84', accuracyM: 15 } },
		description: '两车追尾，无人受伤',
		vehicles: [
			{ plate: '陕A12345', plateType: '02', kind: '小型轿车', movable: true },
			{ plate: '陕AD12345', plateType: '52', kind: '小型轿车', movable: true },
		],
		casualties: { dead: 0, injured: 0 },
		weather: '晴',
		...more,
	};
}

export const strokes = '100,100 300,200;320,120 500,300';
export const slots = ['SCENE_FRONT', 'SCENE_REAR', 'CONTACT_DETAIL', 'PLATE_A', 'PLATE_B', 'DAMAGE_A',
	'DAMAGE_B'];

let drawn = null;

function draw() {
	const dir = mkdtempSync(join(tmpdir(), 'jb-photos-'));
	process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
	for (let seed = 1; seed <= 3; seed++)
		execFileSync(join(bin, 'sample-photo'), ['--slot', slots[seed - 1], '--lon', '108.935', '--lat', '34.238',
			'--seed', String(seed), join(dir, `${seed}.jpg`)],
		{ env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' } }); // fontconfig keeps what it found
	return dir;
}

// Real vehicle photos where they are, else drawn ones.
export function photos() {
	const dir = sharedPath('data', 'jpeg', 'vehicle') ?? (drawn ??= draw());
	return readdirSync(dir).filter((f) => f.endsWith('.jpg')).sort().map((f) => join(dir, f));
}

// The same picture in a file of its own: a comment segment after the start marker.
export function stamped(file, text) {
	const bytes = readFileSync(file);
	const note = Buffer.from(text);
	const head = Buffer.from([0xff, 0xd8, 0xff, 0xfe, (note.length + 2) >> 8, (note.length + 2) & 255]);
	return Buffer.concat([head, note, bytes.subarray(2)]);
}

export function ok(r, status = null) {
	const fine = status ? r.status === status : r.status >= 200 && r.status < 300;
	assert.ok(fine, `expected ${status ?? '2xx'}, got ${r.status}: ${r.bytes}`);
	return r.body;
}

// Puts one responder alone on duty where the position says; returns his caller.
export async function onDuty(stack, nth, position) {
	const r = await stack.as('RESPONDER', nth);
	const a = stack.account('RESPONDER', nth);
	ok(await r.patient('POST', '/v1/me:onDuty', { post: a.post ?? '', vehicle: '陕A0001警', recorder: 'REC-1' }));
	if (position)
		ok(await r.patient('POST', '/v1/positions', { fixes: [{ position, fixAt: new Date().toISOString() }] }));
	return r;
}

// The responder's open offer for the incident, accepted; returns the assignment.
export async function acceptOffer(responder, incidentId, ms = 10000) {
	const offer = await until('an offer', ms, async () => {
		const me = (await responder.get('/v1/me')).body;
		return me?.offer?.incidentId === incidentId ? me.offer : null;
	});
	return ok(await responder.post(`/v1/offers/${offer.offerId}:accept`, {})).assignment;
}

export async function photograph(responder, incidentId, names = slots) {
	const files = photos();
	let next = 0;
	for (const slot of names) {
		let verdict = 'REJECTED';
		for (let i = 0; i < files.length && verdict === 'REJECTED'; i++) {
			const bytes = stamped(files[next++ % files.length], `${incidentId} ${slot} ${i}`);
			const r = ok(await responder.patient('POST', `/v1/incidents/${incidentId}/items?slot=${slot}`,
				bytes, { 'content-type': 'image/jpeg' }));
			verdict = r.item.verdict;
		}
		assert.notEqual(verdict, 'REJECTED', `no photo was good enough for ${slot}`);
	}
}

const people = [
	{ name: '张伟', idNumber: '610103199001010016', phone: '13800000001', plate: '陕A12345', plateType: '02',
		insurer: 'PICC', policyNo: 'PDZA202661010000001', commercialInsurer: 'PICC' },
	{ name: '李华', idNumber: '610113198511234528', phone: '13800000002', plate: '陕AD12345', plateType: '52',
		insurer: 'CPIC', policyNo: 'PDZA202661010000002', commercialInsurer: 'CPIC' },
];

export async function addParties(responder, incidentId) {
	const parties = [];
	for (const p of people)
		parties.push(ok(await responder.post(`/v1/incidents/${incidentId}/parties`,
			{ ...p, licenceNo: p.idNumber, vehicleKind: '小型轿车', thirdPartyLimitFen: '100000000' })).party);
	const texts = ok(await responder.get('/v1/statements')).items;
	const version = texts.find((t) => t.kind === 'JOINT_APPLICATION').version;
	for (const p of parties)
		ok(await responder.post(`/v1/incidents/${incidentId}/parties/${p.partyId}:apply`,
			{ statementVersion: version, strokes }));
	return parties;
}

// Items reach liability by event, so a complete scene may be refused for a moment.
export async function submitScene(responder, incidentId) {
	let last;
	return until('the scene to be accepted', 15000, async () => {
		last = await responder.post(`/v1/incidents/${incidentId}:submitScene`, {});
		if (last.status >= 500 || last.status === 400) throw new Error(`${last.status} ${last.bytes}`);
		return last.status < 300 ? last.body : null;
	}).catch((e) => {
		throw new Error(`${e.message}: ${last?.status} ${last?.bytes}`);
	});
}

export async function determine(officer, reviewId, grades = ['FULL', 'NONE'], more = {}) {
	ok(await officer.post(`/v1/reviews/${reviewId}:take`, {}));
	const review = ok(await officer.get(`/v1/reviews/${reviewId}`));
	return ok(await officer.post(`/v1/reviews/${reviewId}:determine`, {
		scenario: 'S01',
		facts: '甲车行驶中未与前车保持安全距离，追尾乙车。',
		grades: review.parties.map((e, i) => ({ partyId: e.party.partyId, grade: grades[i] })),
		...more,
	}), 201);
}

export async function lossSheets(responder, incidentId, fen = [300000, 500000]) {
	for (const [i, letter] of ['A', 'B'].entries())
		ok(await responder.call('PUT', `/v1/incidents/${incidentId}/loss-sheets/${letter}`, {
			lines: [{ kind: 'PART', name: '前保险杠', unitPriceFen: String(fen[i]) }],
			ownerAgrees: true,
		}));
}

export async function phase(caller, incidentId, want, ms = 15000) {
	let seen;
	return until(`phase ${want}`, ms, async () => {
		seen = ok(await caller.get(`/v1/incidents/${incidentId}`)).incident;
		return seen.phase === want ? seen : null;
	}).catch((e) => {
		throw new Error(`${e.message}; it is ${seen?.phase}`);
	});
}
