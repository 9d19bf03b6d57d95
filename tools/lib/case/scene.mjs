// scene.mjs - what the responder does: on duty, on the way, photos, papers.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { signIn, until } from './client.mjs';

const run = promisify(execFile);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const fix = (lon, lat, speedMps) => ({
  position: { lon, lat, datum: 'WGS84', accuracyM: 8 },
  fixAt: new Date().toISOString(), speedMps, courseDeg: 0 });

// Everyone signs in, goes on duty at his post and reports where he stands.
export async function startShift(base, accounts, posts) {
  const places = new Map(posts.map((p) => [p.code, p.position]));
  const start = async (account) => {
    const client = await signIn(base, account);
    await client.post('/v1/me:onDuty', { post: account.post });
    const p = places.get(account.post);
    await client.post('/v1/positions', { fixes: [fix(p.lon, p.lat, 0)] });
    client.at = { lon: p.lon, lat: p.lat };
    return client;
  };
  const crew = [];
  for (let i = 0; i < accounts.length; i += 4) {
    crew.push(...await Promise.all(accounts.slice(i, i + 4).map(start)));
  }
  return crew;
}

// Drives straight to the scene, a fix every 0.7 s.
export async function drive(responder, to, steps = 10) {
  const from = responder.at;
  for (let i = 1; i <= steps; i++) {
    const share = i / steps;
    const speed = i === steps ? 0 : 12;
    await sleep(700);
    await responder.post('/v1/positions', { fixes: [fix(from.lon + (to.lon - from.lon) * share,
      from.lat + (to.lat - from.lat) * share, speed)] });
  }
  responder.at = to;
}

// Takes a photo for every slot of the stage that is still asked for.
export async function takePhotos(responder, incidentId, stage, scene, program) {
  const folder = await mkdtemp(join(tmpdir(), 'jb-photos-'));
  let taken = 0;
  try {
    const list = await responder.get(`/v1/incidents/${incidentId}/checklist`);
    const wanted = list.slots.filter((s) => s.stage === stage && s.state !== 'PRESENT' &&
      (s.required || stage === 'LOSS'));
    for (const { slot } of wanted) {
      const file = join(folder, `${slot}.jpg`);
      await run(program, ['--slot', slot, '--lon', String(scene.lon), '--lat', String(scene.lat),
        '--seed', String((Date.now() + taken * 7919) % 4294967295),
        '--plate-a', scene.plates[0], '--plate-b', scene.plates[1], file]);
      const query = new URLSearchParams({ slot, capturedAt: new Date().toISOString(),
        lon: scene.lon, lat: scene.lat, datum: 'WGS84', accuracyM: 8 });
      const { item } = await responder.upload(`/v1/incidents/${incidentId}/items?${query}`,
        await readFile(file), 'image/jpeg');
      if (item.verdict === 'REJECTED') {
        throw new Error(`photo ${slot} was rejected: ${JSON.stringify(item.checks)}`);
      }
      taken++;
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return taken;
}

export async function checklistComplete(responder, incidentId) {
  return until('the checklist to be complete', 15, async () =>
    (await responder.get(`/v1/incidents/${incidentId}/checklist`)).complete);
}
