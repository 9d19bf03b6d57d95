// insurer.mjs - the insurers' side: a small HTTP receiver of webhooks that checks each signature
// (Standard Webhooks 1.0, v1), and the claims clerk who acknowledges, approves and pays.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { signInClient, until } from './client.mjs';

const MAX_AGE_S = 300;

export function signatureFits(secret, headers, body) {
  const id = headers['webhook-id'], at = headers['webhook-timestamp'];
  if (!id || !at || Math.abs(Date.now() / 1000 - Number(at)) > MAX_AGE_S) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const want = createHmac('sha256', key).update(`${id}.${at}.`).update(body).digest();
  return (headers['webhook-signature'] ?? '').split(' ').some((s) => {
    const [version, value] = s.split(',');
    const have = Buffer.from(value ?? '', 'base64');
    return version === 'v1' && have.length === want.length && timingSafeEqual(have, want);
  });
}

export class Receiver {
  constructor() {
    this.secrets = new Map();   // path -> secret
    this.notices = [];          // {path, type, body}
    this.forged = 0;
  }

  async open() {
    this.server = createServer((req, res) => {
      const chunks = [];
      req.on('data', (c) => chunks.push(c));
      req.on('end', () => res.writeHead(this.take(req, Buffer.concat(chunks))).end());
    });
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
  }

  take(req, body) {
    const secret = this.secrets.get(req.url);
    if (!secret || !signatureFits(secret, req.headers, body)) {
      this.forged++;
      return 401;
    }
    this.notices.push({ path: req.url, body: JSON.parse(body) });
    return 204;
  }

  close() {
    this.server.closeAllConnections?.();
    this.server.close();
  }
}

// Signs an insurer's system in and tells it where its webhooks go.
export async function openInsurer(base, credentials, receiver) {
  const client = await signInClient(base, credentials);
  const path = `/hooks/${credentials.org}`;
  const put = (more) => client.put('/v1/webhook-endpoints/quickstart',
    { url: receiver.url + path, ...more });
  let { endpoint } = await put({});
  if (!endpoint.secret) ({ endpoint } = await put({ rotateSecret: true }));
  receiver.secrets.set(path, endpoint.secret);
  return { org: credentials.org, client, path };
}

// Takes the insurer's claim of an incident through to payment; answers what was paid in fen.
export async function settle(insurer, receiver, incidentId) {
  const { client, org } = insurer;
  await until(`the webhook to ${org}`, 60,
    () => receiver.notices.find((n) => n.path === insurer.path &&
      JSON.stringify(n.body).includes(incidentId)));
  const claim = await until(`the claim of ${org}`, 20, async () =>
    (await client.get(`/v1/claims?incidentId=${incidentId}`)).items?.[0]);
  const path = `/v1/claims/${claim.claimId}`;
  await client.post(`${path}:acknowledge`, { insurerRef: `${org}-${Date.now()}` });
  await client.post(`${path}:approve`, { amountFen: claim.amountFen ?? '0' });
  const paid = await client.post(`${path}:pay`, { paymentRef: `PAY-${org}-${Date.now()}` });
  return Number(paid.claim.paidFen ?? claim.amountFen ?? 0);
}
