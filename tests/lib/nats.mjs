// nats.mjs - just enough of the NATS text protocol for a test to ask the server something as the
// operator: one request, one reply.
import { connect } from 'node:net';

export function natsRequest(port, user, password, subject, body = '', ms = 5000) {
	return new Promise((ok, fail) => {
		const inbox = `_INBOX.ops.${process.pid}${Math.random().toString(36).slice(2)}`;
		const socket = connect(port, '127.0.0.1');
		const timer = setTimeout(() => done(new Error(`no reply on ${subject} in ${ms} ms`)), ms);
		let text = '';
		const done = (e, v) => {
			clearTimeout(timer);
			socket.destroy();
			e ? fail(e) : ok(v);
		};
		socket.on('error', (e) => done(e));
		socket.on('data', (d) => {
			text += d.toString('latin1');
			if (text.includes('PING\r\n')) socket.write('PONG\r\n');
			const err = text.match(/-ERR '([^']*)'/);
			if (err) return done(new Error(err[1]));
			const head = text.match(/H?MSG \S+ \S+ (?:\d+ )?(\d+)\r\n/);
			if (!head) return;
			const start = head.index + head[0].length;
			const len = Number(head[1]);
			if (text.length >= start + len)
				done(null, Buffer.from(text.slice(start, start + len), 'latin1').toString());
		});
		const hello = JSON.stringify({ verbose: false, pedantic: false, user, pass: password,
			headers: true, no_responders: true });
		socket.write(`CONNECT ${hello}\r\nSUB ${inbox} 1\r\n` +
			`PUB ${subject} ${inbox} ${Buffer.byteLength(body)}\r\n${body}\r\n`);
	});
}
