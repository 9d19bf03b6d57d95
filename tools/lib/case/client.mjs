// client.mjs - one signed-in user of the HTTP API: JSON calls, photos, and the live event stream.

export class Refused extends Error {
  constructor(method, path, status, body) {
    super(`${method} ${path}: status ${status} ${JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
  }
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export class Client {
  constructor(base, token = '') {
    this.base = base;
    this.token = token;
  }

  // A full queue (503) and a limit (429) say when to come back; anything else refused is thrown.
  async send(method, path, { body, type = 'application/json', accept = 'application/json' } = {}) {
    for (let tries = 0; ; tries++) {
      const headers = { accept };
      if (this.token) headers.authorization = `Bearer ${this.token}`;
      if (body !== undefined) headers['content-type'] = type;
      const answer = await fetch(this.base + path, { method, headers, body });
      if (![429, 503].includes(answer.status) || tries === 20) return answer;
      await answer.arrayBuffer();
      await sleep(1000 * Number(answer.headers.get('retry-after') || 1));
    }
  }

  async call(method, path, value) {
    const body = value === undefined ? undefined : JSON.stringify(value);
    const answer = await this.send(method, path, { body });
    const text = await answer.text();
    const reply = text ? JSON.parse(text) : {};
    if (!answer.ok) throw new Refused(method, path, answer.status, reply);
    return reply;
  }

  get(path) { return this.call('GET', path); }
  post(path, value = {}) { return this.call('POST', path, value); }
  put(path, value = {}) { return this.call('PUT', path, value); }

  async bytes(path) {
    const answer = await this.send('GET', path, { accept: '*/*' });
    if (!answer.ok) throw new Refused('GET', path, answer.status, await answer.text());
    return Buffer.from(await answer.arrayBuffer());
  }

  async upload(path, bytes, type) {
    const answer = await this.send('POST', path, { body: bytes, type });
    const reply = await answer.json();
    if (!answer.ok) throw new Refused('POST', path, answer.status, reply);
    return reply;
  }

  // Calls fn({id, type, data}) for each event until it returns true; resumes where it was cut.
  async events(path, fn) {
    let last = '';
    for (;;) {
      const headers = { accept: 'text/event-stream', authorization: `Bearer ${this.token}` };
      if (last) headers['last-event-id'] = last;
      try {
        const answer = await fetch(this.base + path, { headers });
        if (!answer.ok) throw new Refused('GET', path, answer.status, await answer.text());
        for await (const event of parse(answer.body)) {
          if (event.id) last = event.id;
          if (await fn(event)) return;
        }
      } catch (e) {
        if (e instanceof Refused && e.status < 500) throw e;
        await sleep(500);
      }
    }
  }
}

async function* parse(stream) {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
      const event = {};
      for (const line of text.slice(0, end).split('\n')) {
        const at = line.indexOf(':');
        if (at > 0) event[line.slice(0, at)] = line.slice(at + 1).trimStart();
      }
      if (event.data) yield { id: event.id, type: event.event, data: JSON.parse(event.data) };
    }
  }
}

export async function signIn(base, account) {
  const session = await new Client(base).post('/v1/session',
    { username: account.username, password: account.password });
  const client = new Client(base, session.token);
  client.subject = session.principal.subject;
  client.account = account;
  return client;
}

export async function signInClient(base, { clientId, clientSecret }) {
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId,
    client_secret: clientSecret });
  const answer = await new Client(base).send('POST', '/v1/oauth/token',
    { body: form.toString(), type: 'application/x-www-form-urlencoded' });
  const reply = await answer.json();
  if (!answer.ok) throw new Refused('POST', '/v1/oauth/token', answer.status, reply);
  return new Client(base, reply.access_token ?? reply.accessToken);
}

// Asks until the answer satisfies; dies naming what was waited for.
export async function until(what, seconds, ask) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what} in vain`);
    await sleep(150);
  }
}
