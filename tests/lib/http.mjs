// http.mjs - a caller of the public interface: JSON in and out, nothing thrown for refusals.

export class Caller {
	constructor(url, token = null) {
		this.url = url;
		this.token = token;
	}

	async call(method, path, body, headers = {}) {
		const h = { accept: 'application/json', ...headers };
		let data = body;
		if (this.token) h.authorization = `Bearer ${this.token}`;
		if (body !== undefined && !(body instanceof Uint8Array) && typeof body !== 'string') {
			data = JSON.stringify(body);
			h['content-type'] ??= 'application/json';
		}
		const r = await fetch(this.url + path, { method, headers: h, body: data, redirect: 'manual' });
		const bytes = Buffer.from(await r.arrayBuffer());
		const type = r.headers.get('content-type') ?? '';
		return {
			status: r.status,
			headers: r.headers,
			bytes,
			body: /json/.test(type) && bytes.length ? JSON.parse(bytes.toString()) : null,
		};
	}

	get(path, headers) {
		return this.call('GET', path, undefined, headers);
	}

	post(path, body, headers) {
		return this.call('POST', path, body, headers);
	}

	// Repeats while the service says "later"; every command may be repeated.
	async patient(method, path, body, headers, ms = 60000) {
		const until = Date.now() + ms;
		for (let wait = 50; ; wait = Math.min(wait * 2, 1000)) {
			let r = null;
			try {
				r = await this.call(method, path, body, headers);
			} catch (e) {
				r = { status: 0, error: e };
			}
			if (![0, 429, 502, 503, 504].includes(r.status) || Date.now() > until) return r;
			await new Promise((ok) => setTimeout(ok, wait));
		}
	}
}

export async function signIn(url, username, password) {
	const c = new Caller(url);
	const r = await c.patient('POST', '/v1/session', { username, password });
	if (r.status >= 300) throw new Error(`sign-in of ${username}: ${r.status} ${r.bytes}`);
	return new Caller(url, r.body.token);
}

export async function clientToken(url, id, secret) {
	const c = new Caller(url);
	const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: id,
		client_secret: secret });
	const r = await c.patient('POST', '/v1/oauth/token', form.toString(),
		{ 'content-type': 'application/x-www-form-urlencoded' });
	if (r.status >= 300) throw new Error(`token of ${id}: ${r.status} ${r.bytes}`);
	return new Caller(url, r.body.access_token);
}

// Waits on a condition, never for a time.
export async function until(what, ms, test) {
	const end = Date.now() + ms;
	for (let wait = 5; ; wait = Math.min(wait * 2, 250)) {
		const v = await test();
		if (v) return v;
		if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
		await new Promise((ok) => setTimeout(ok, wait));
	}
}
