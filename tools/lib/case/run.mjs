#!/usr/bin/env node
// quickstart-case - drives one case from the 122 order to the insurers' payment, over HTTP only, and
// prints each step with its time. Status 0 only when the incident is CLOSED.
//   environment: JB_API, JB_ACCOUNTS (accounts.json), JB_POSTS (posts.json), JB_SAMPLE_PHOTO, JB_OUT
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, signIn, until } from './client.mjs';
import { openInsurer, Receiver, settle } from './insurer.mjs';
import { drivers, strokes } from './people.mjs';
import { checklistComplete, drive, startShift, takePhotos } from './scene.mjs';

const { JB_API: api, JB_ACCOUNTS, JB_POSTS, JB_SAMPLE_PHOTO: camera, JB_OUT: out } = process.env;
const { accounts, clients } = JSON.parse(await readFile(JB_ACCOUNTS, 'utf8'));
const { posts } = JSON.parse(await readFile(JB_POSTS, 'utf8'));
const began = Date.now();
let before = began;

function step(text) {
  const now = Date.now();
  const total = ((now - began) / 1000).toFixed(1).padStart(6);
  console.log(`${total} s  +${((now - before) / 1000).toFixed(2).padStart(5)}  ${text}`);
  before = now;
}

const account = (name) => accounts.find((a) => a.username === name);
const yuan = (fen) => `${(fen / 100).toFixed(2)} yuan`;

// ---- people take their places ----
const receiver = new Receiver();
await receiver.open();
const insurers = await Promise.all(clients.filter((c) => ['PICC', 'CPIC'].includes(c.org))
  .map((c) => openInsurer(api, c, receiver)));
step(`insurers ${insurers.map((i) => i.org).join(' and ')} listen for webhooks at ${receiver.url}`);
const dispatcher = await signIn(api, account('dispatcher'));
const officer = await signIn(api, account('officer'));
const crew = await startShift(api, accounts.filter((a) => a.roles.includes('RESPONDER')), posts);
step(`${crew.length} responders are on duty at their posts`);

// ---- the order ----
const [first, second] = drivers();
const post = posts.find((p) => p.code === 'YT01') ?? posts[0];
const scene = { lon: post.position.lon + 0.0012, lat: post.position.lat - 0.0004,
  plates: [first.plate, second.plate] };
const order = await dispatcher.post('/v1/orders', {
  orderNo: `QS-${Date.now()}`, channel: 'PHONE_122', reportedAt: new Date().toISOString(),
  caller: { name: first.name, phone: first.phone },
  place: { text: `${post.name}东侧约100米`, road: '小寨东路', direction: '由东向西',
    position: { lon: scene.lon, lat: scene.lat, datum: 'WGS84', accuracyM: 20 } },
  description: '两车追尾，无人员伤亡，车辆可以移动', weather: '晴',
  vehicles: [first, second].map((d) => ({ plate: d.plate, plateType: d.plateType,
    kind: d.vehicleKind, movable: true })),
  casualties: { dead: 0, injured: 0 } });
const id = order.incidentId;
step(`order taken: case ${order.caseNo}, lane ${order.lane}, incident ${id}`);
const phase = async () => (await dispatcher.get(`/v1/incidents/${id}`)).incident.phase;

// ---- a responder goes ----
const offered = await new Promise((found, fail) => {
  dispatcher.events(`/v1/events?incident=${id}`, ({ type, data }) => {
    const name = String(type ?? data.type ?? '');
    const offer = data.data ?? data;
    if (!name.endsWith('OfferMade')) return false;
    found(offer);
    return true;
  }).catch(fail);
  until('an offer', 60, async () => false).catch(fail);
});
const responder = crew.find((c) => c.subject === offered.responderId);
step(`offered to ${responder.account.username}, ${Math.round(offered.distanceM ?? 0)} m away`);
const mine = await until('the offer on the phone', 10, async () =>
  (await responder.get('/v1/me/offers')).items?.find((o) => o.incidentId === id));
const { assignment } = await responder.post(`/v1/offers/${mine.offerId}:accept`);
step('accepted');
await responder.post(`/v1/assignments/${assignment.assignmentId}:depart`);
await drive(responder, scene);
step('on the way: 10 position reports');
const { assignment: there } = await responder.post(
  `/v1/assignments/${assignment.assignmentId}:arrive`,
  { position: { lon: scene.lon, lat: scene.lat, datum: 'WGS84', accuracyM: 8 } });
step(`at the scene; proofs: ${(there.proofs ?? []).join(', ')}`);

// ---- evidence and papers ----
const parties = [];
for (const d of [first, second]) {
  parties.push(await until('the incident to be known for papers', 15, () =>
    responder.post(`/v1/incidents/${id}/parties`, d).catch((e) => {
      if ([404, 409].includes(e.status)) return null;
      throw e;
    })));
}
step(`parties ${parties.map((p) => p.letter).join(' and ')} on record`);
const photos = await until('the incident to be known for photos', 15, () =>
  takePhotos(responder, id, 'SCENE', scene, camera).catch((e) => {
    if (e.status === 404) return null;
    throw e;
  }));
await checklistComplete(responder, id);
step(`${photos} photos taken, checked and accepted`);
const statements = (await responder.get('/v1/statements')).items;
const version = statements.find((s) => s.kind === 'JOINT_APPLICATION').version;
for (const p of parties) {
  await responder.post(`/v1/incidents/${id}/parties/${p.partyId}:apply`,
    { statementVersion: version, strokes: strokes() });
}
step('both parties asked for a remote determination');
const review = await until('the scene to be complete', 15, () =>
  responder.post(`/v1/incidents/${id}:submitScene`).catch((e) => {
    if ([409, 422].includes(e.status)) return null;
    throw e;
  }));
step('scene handed to the officers');

// ---- the officer decides, the parties sign ----
await officer.post(`/v1/reviews/${review.reviewId}:take`);
const decided = await officer.post(`/v1/reviews/${review.reviewId}:determine`, {
  scenario: 'S01', facts: `${first.name}驾驶${first.plate}小型轿车追尾前方${second.name}驾驶的${second.plate}小型轿车，造成两车受损。`,
  grades: [{ partyId: parties[0].partyId, grade: 'FULL' },
    { partyId: parties[1].partyId, grade: 'NONE' }] });
step(`officer decided: document ${decided.documentNo}`);
for (const p of parties) {
  const { path } = await responder.post(`/v1/incidents/${id}/parties/${p.partyId}:link`);
  const session = await new Client(api).post(path);
  const party = new Client(api, session.token);
  await until('the document to be readable', 15, () =>
    party.post(`/v1/determinations/${decided.determinationId}/signatures`,
      { partyId: p.partyId, strokes: strokes() }).catch((e) => {
      if ([404, 409].includes(e.status)) return null;
      throw e;
    }));
}
step('both parties signed by their links');
const served = await until('the document to be served', 30, async () => {
  const { determination } = await officer.get(`/v1/determinations/${decided.determinationId}`);
  return determination.state === 'SERVED' ? determination : null;
});
const pdf = join(out, `${decided.documentNo.replace(/[^0-9A-Za-z]+/g, '-')}.pdf`);
await writeFile(pdf, await officer.bytes(`/v1/determinations/${decided.determinationId}/pdf`));
step('document served');

// ---- loss, insurers, payment ----
await takePhotos(responder, id, 'LOSS', scene, camera);
const sheets = [
  [{ kind: 'PART', name: '前保险杠', unitPriceFen: '86000' }, { kind: 'LABOUR', name: '拆装', unitPriceFen: '20000' },
    { kind: 'PAINT', name: '前保险杠喷漆', unitPriceFen: '45000' }],
  [{ kind: 'PART', name: '后保险杠', unitPriceFen: '92000' }, { kind: 'LABOUR', name: '钣金', unitPriceFen: '30000' },
    { kind: 'PAINT', name: '后保险杠喷漆', unitPriceFen: '45000' }]];
for (const [i, lines] of sheets.entries()) {
  await responder.put(`/v1/incidents/${id}/loss-sheets/${parties[i].letter}`,
    { lines, place: '现场', ownerAgrees: true });
}
step('loss of both vehicles assessed');
await responder.post(`/v1/assignments/${assignment.assignmentId}:clear`);
const paid = await until('the hand-off to the insurers', 60, async () => {
  const now = await phase();
  return ['HANDED_OFF', 'SETTLED', 'CLOSED'].includes(now) ? now : null;
});
step(`phase ${paid}; webhooks are on their way`);
const concerned = [];
for (const insurer of insurers) {
  const { items } = await insurer.client.get(`/v1/claims?incidentId=${id}`);
  if (items?.length) concerned.push(insurer);
}
for (const insurer of concerned) {
  step(`${insurer.org} checked the signature, acknowledged, approved and paid ` +
    yuan(await settle(insurer, receiver, id)));
}
await until('the claims to be settled', 30, async () => ['SETTLED', 'CLOSED'].includes(await phase()));
if (await phase() !== 'CLOSED') {
  await officer.post(`/v1/incidents/${id}:close`).catch((e) => {
    if (e.status !== 409) throw e;
  });
}
await until('the case to close', 15, async () => await phase() === 'CLOSED');
receiver.close();
step(`CLOSED. Document: ${pdf}`);
console.log(`       check it: ${served.verifyUrl}`);
process.exit(0);
