// schema.mjs - values made from a JSON Schema, values spoilt, and values checked against it; the part
// of JSON Schema 2020-12 that our OpenAPI document uses.

export class Dice {
	constructor(seed) {
		this.s = seed >>> 0;
	}
	next() { // mulberry32
		let t = (this.s += 0x6d2b79f5);
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	}
	below(n) { return Math.floor(this.next() * n); }
	pick(list) { return list[this.below(list.length)]; }
	chance(p) { return this.next() < p; }
}

export function resolve(doc, schema) {
	while (schema?.$ref) schema = schema.$ref.slice(2).split('/').reduce((o, k) => o[k], doc);
	return schema;
}

// Text that matches a pattern of classes, literals and counts, without groups.
export function fromPattern(pattern, dice) {
	const branch = dice.pick(pattern.split('|').filter((b) => b !== '^$') || ['']);
	let out = '';
	const re = /\[((?:\\.|[^\]])+)\]|\\(.)|([^\^$])/g;
	const src = branch.replace(/^\^|\$$/g, '');
	for (let i = 0; i < src.length;) {
		re.lastIndex = i;
		const m = re.exec(src);
		if (!m) break;
		i = re.lastIndex;
		let lo = 1, hi = 1;
		const q = /^(\{(\d+)(?:,(\d+))?\}|[+*?])/.exec(src.slice(i));
		if (q) {
			i += q[0].length;
			[lo, hi] = q[2] ? [+q[2], +(q[3] ?? q[2])] : { '+': [1, 8], '*': [0, 8], '?': [0, 1] }[q[0]];
		}
		const letters = m[1] ? [...m[1].matchAll(/(.)-(.)|(.)/g)].flatMap((c) => (c[3] ? [c[3]]
			: Array.from({ length: c[2].charCodeAt(0) - c[1].charCodeAt(0) + 1 },
				(_, k) => String.fromCharCode(c[1].charCodeAt(0) + k)))) : [m[2] ?? m[3]];
		for (let n = lo + dice.below(hi - lo + 1); n > 0; n--) out += dice.pick(letters);
	}
	return out;
}

const KNOWN = {
	phone: ['13912345678', '02985012345'], plate: ['陕A12345', '陕AD12345', '京A88888'], plateType: ['02', '52'],
	idNumber: ['610102199001011234', 'P1234567'], district: ['610102', '610113'], vin: ['LSVAU2180N2123456'],
	insurer: ['PICC', 'CPIC'], org: ['PICC', ''], name: ['王小明', 'a'], cursor: [''],
};

// pool: values seen in answers, by member name, so that calls meet real things.
export function make(doc, schema, dice, pool, name = '', depth = 0) {
	schema = resolve(doc, schema);
	if (schema.const !== undefined) return schema.const;
	if (schema.enum) return dice.pick(schema.enum);
	if (schema.anyOf) return make(doc, dice.pick(schema.anyOf), dice, pool, name, depth);
	const seen = pool.get(name);
	if (seen?.length && dice.chance(0.7)) return dice.pick(seen);
	const type = Array.isArray(schema.type) ? dice.pick(schema.type) : schema.type;
	if (type === 'object') {
		const o = {};
		for (const [k, v] of Object.entries(schema.properties ?? {}))
			if (schema.required?.includes(k) || (depth < 6 && dice.chance(0.5))) o[k] = make(doc, v, dice, pool, k, depth + 1);
		for (const rule of schema.allOf ?? []) // oneofs: not both
			if (rule.not?.required?.every((k) => k in o)) delete o[rule.not.required[0]];
		return o;
	}
	if (type === 'array')
		return Array.from({ length: (schema.minItems ?? 0) + dice.below(3) },
			() => make(doc, schema.items, dice, pool, name.replace(/s$/, ''), depth + 1));
	if (type === 'integer' || type === 'number') {
		const lo = schema.minimum ?? -1000, hi = schema.maximum ?? 1000;
		const v = dice.pick([lo, hi, lo + dice.next() * (hi - lo), 0, 1]);
		return type === 'integer' ? Math.trunc(v) : v;
	}
	if (type === 'boolean') return dice.chance(0.5);
	return text(schema, dice, name);
}

function text(schema, dice, name) {
	if (schema.format === 'date-time') return new Date(Date.now() - dice.below(7 * 86400e3)).toISOString();
	if (schema.format === 'uuid') return '01980000-0000-7000-8000-' + fromPattern('[0-9a-f]{12}', dice);
	if (schema.contentEncoding === 'base64') return Buffer.from('some bytes').toString('base64');
	if (KNOWN[name]) return dice.pick(KNOWN[name]);
	if (schema.pattern) return fromPattern(schema.pattern, dice).slice(0, schema.maxLength ?? 500);
	const n = Math.min(schema.maxLength ?? 40, Math.max(schema.minLength ?? 0, dice.pick([1, 8, 8, 8, schema.maxLength ?? 40])));
	return Array.from({ length: n }, () => dice.pick([...'abcXYZ 019陕é😀-_.:'])).join('').slice(0, n);
}

const NASTY = [null, true, -1, 0, 1e308, -1e-308, 2 ** 53, 4294967296, '', ' ', '\u0000', 'a'.repeat(600), '9223372036854775808',
	'-9223372036854775809', '2026-13-45T99:99:99Z', "';--", '../../etc/passwd', '%00', '\ud800', '\u202e', [], {}, [[]], [null],
	{ x: 1 }, 'NaN', '1e5', 'UNSPECIFIED', '😀'.repeat(200)];

// One place of the value made wrong.
export function spoil(value, dice) {
	const places = [];
	const walk = (v) => {
		if (v && typeof v === 'object') for (const k of Object.keys(v)) { places.push([v, k]); walk(v[k]); }
	};
	const copy = structuredClone(value);
	walk(copy);
	if (!places.length || dice.chance(0.1)) return dice.chance(0.5) ? { ...(copy ?? {}), surprise: 1 } : dice.pick(NASTY);
	const [o, k] = dice.pick(places);
	if (dice.chance(0.2)) delete o[k];
	else o[k] = dice.pick(NASTY);
	return copy;
}

// What is wrong with a value; '' when nothing is. Members that the schema doesn't name are wrong.
export function complaint(doc, schema, v, at = '') {
	schema = resolve(doc, schema);
	if (!schema || Object.keys(schema).length === 0) return '';
	if (schema.const !== undefined && v !== schema.const) return `${at}: ${JSON.stringify(v)} is not ${schema.const}`;
	if (schema.enum && !schema.enum.includes(v)) return `${at}: ${JSON.stringify(v)} is not listed`;
	if (schema.anyOf) return schema.anyOf.some((x) => !complaint(doc, x, v, at)) ? '' : `${at}: fits none`;
	const is = v === null ? 'null' : Array.isArray(v) ? 'array' : typeof v;
	const types = [schema.type].flat();
	if (schema.type && !types.some((t) => t === is || (t === 'integer' && Number.isInteger(v)) || (t === 'number' && is === 'number')))
		return `${at}: ${is} where ${types} is declared`;
	if (is === 'string' && schema.pattern && !new RegExp(schema.pattern, 'u').test(v)) return `${at}: '${v}' against ${schema.pattern}`;
	if (is === 'string' && schema.format === 'date-time' && !/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(v)) return `${at}: '${v}' is no time`;
	if (is === 'array') return v.map((x, i) => complaint(doc, schema.items, x, `${at}/${i}`)).find(Boolean) ?? '';
	if (is !== 'object') return '';
	for (const k of schema.required ?? []) if (!(k in v)) return `${at}: no '${k}'`;
	for (const [k, x] of Object.entries(v)) {
		if (!schema.properties) continue;
		if (!schema.properties[k]) return `${at}: undeclared member '${k}'`;
		const wrong = complaint(doc, schema.properties[k], x, `${at}/${k}`);
		if (wrong) return wrong;
	}
	return '';
}
