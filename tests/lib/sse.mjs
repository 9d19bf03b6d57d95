// sse.mjs - an event stream that reconnects with Last-Event-ID and remembers all it saw.

export class Stream {
	constructor(caller, query = '') {
		this.caller = caller;
		this.query = query;
		this.events = [];          // { sseId, name, data }
		this.lastId = null;
		this.connects = 0;
		this.resyncs = 0;
		this.waiters = new Set();
		this.closed = false;
		this.opened = new Promise((ok) => (this.onOpen = ok));
		this.done = this.#run();
	}

	async #run() {
		while (!this.closed) {
			this.abort = new AbortController();
			try {
				await this.#read();
			} catch {
				// The connection went away: come back with the last id.
			}
			if (!this.closed) await new Promise((ok) => setTimeout(ok, 100));
		}
	}

	async #read() {
		const headers = { accept: 'text/event-stream', authorization: `Bearer ${this.caller.token}` };
		if (this.lastId) headers['last-event-id'] = this.lastId;
		const r = await fetch(`${this.caller.url}/v1/events${this.query}`,
			{ headers, signal: this.abort.signal });
		if (r.status !== 200) {
			this.refused = r.status;
			await r.body?.cancel();
			return;
		}
		this.connects++;
		this.onOpen();
		let text = '';
		const decoder = new TextDecoder();
		for await (const chunk of r.body) {
			text += decoder.decode(chunk, { stream: true });
			for (let cut; (cut = text.indexOf('\n\n')) >= 0; text = text.slice(cut + 2))
				this.#block(text.slice(0, cut));
		}
	}

	#block(block) {
		const e = { sseId: null, name: 'message', data: '' };
		for (const line of block.split('\n')) {
			if (line.startsWith('id:')) e.sseId = line.slice(3).trim();
			else if (line.startsWith('event:')) e.name = line.slice(6).trim();
			else if (line.startsWith('data:')) e.data += line.slice(5).trim();
		}
		if (e.sseId) this.lastId = e.sseId;
		if (e.name === 'resync') this.resyncs++;
		if (!e.data || e.name === 'resync') return;
		e.at = performance.now();
		e.json = JSON.parse(e.data);
		if (!e.json.type) return; // a word from the gateway, not an event
		this.events.push(e);
		for (const w of this.waiters) w();
	}

	// The first event, past or to come, that fits.
	async wait(what, ms, test) {
		const end = Date.now() + ms;
		for (;;) {
			const hit = this.events.find(test);
			if (hit) return hit;
			const left = end - Date.now();
			if (left <= 0) throw new Error(`no event in ${ms} ms: ${what}`);
			await new Promise((ok) => {
				const w = () => {
					clearTimeout(t);
					this.waiters.delete(w);
					ok();
				};
				const t = setTimeout(w, left);
				this.waiters.add(w);
			});
		}
	}

	async close() {
		this.closed = true;
		this.abort?.abort();
		await this.done;
	}
}
