// footprint.mjs - idle memory (proportional set size) of the nine services together, and how long each
// takes from exec to ready. Marks: 60 MB, 500 ms.
//
//   JB_BIN=build/bin node tests/bench/footprint.mjs
import { readFileSync } from 'node:fs';
import { startStack, services } from '../lib/stack.mjs';
import { until } from '../lib/http.mjs';

const pssKb = (pid) => Number(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+)/m)[1]);
const s = await startStack({ only: [], seed: false });
try {
	const took = {};
	for (const name of services) {
		const at = performance.now();
		await s.start(name);
		took[name] = performance.now() - at;
	}
	s.url = s.vars.STACK_API;
	await until('the system to be ready', 30000, async () => (await s.nobody().get('/readyz')).status === 200);
	let sum = 0;
	for (const name of services) {
		const kb = pssKb(s.procs.get(name).pid);
		sum += kb;
		console.log(`${name}: ${(kb / 1024).toFixed(1)} MB, ready after ${took[name].toFixed(0)} ms`);
	}
	console.log(`together ${(sum / 1024).toFixed(1)} MB (mark 60), slowest start ${Math.max(...Object.values(took)).toFixed(0)} ms (mark 500)`);
} finally {
	await s.stop();
}
