// identity.test.mjs - jb-identity alone on a real database and bus: accounts, sessions, tokens, links.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { Stack, until, uuid7 } from './stack.mjs'

const SYSTEM = { roles: ['SYSTEM'], subject: 'test' }
const ANYONE = {}
const PASSWORD = 'correct horse 电池 staple'
let s

before(async () => {
	s = await Stack.up('identity', {
		sign_in_account_failures: 3,
		sign_in_address_failures: 8,
		sign_in_window_seconds: 2,
		password_memory_kib: 8192,
	})
})
after(() => s?.down())

let people = 0
async function person(roles = ['DISPATCHER'], more = {}) {
	const username = `p${++people}`
	const { account } = await s.ok('Identity.CreateAccount', SYSTEM, {
		username, password: PASSWORD, name: '王小明', roles, ...more,
	})
	return account
}

const signIn = (username, password = PASSWORD, address = '') =>
	s.rpc('Identity.CreateSession', { server: { client_address: address, user_agent: 'test' } }, { username, password })

async function session(account) {
	const a = await signIn(account.username)
	assert.equal(a.code, 'OK', a.text)
	const who = (await s.ok('Identity.Authenticate', SYSTEM, { token: a.out.token })).principal
	return { token: a.out.token, id: who.sessionId, who, as: { roles: who.roles, subject: who.subject }, own: { roles: who.roles, subject: who.subject, server: { session_id: who.sessionId } } }
}

const alive = async (token) => (await s.rpc('Identity.Authenticate', SYSTEM, { token })).code

test('an account is created once, without regard to case, and told of', async () => {
	const a = await person(['OFFICER', 'DISPATCHER'], { districts: ['610102'], phone: '13800138000' })
	assert.deepEqual(a.roles, ['DISPATCHER', 'OFFICER'])
	const told = await s.event('AccountChanged', { accountId: a.accountId })
	assert.equal(told.phone, '13800138000')
	assert.equal(told.version, 1)
	const again = await s.rpc('Identity.CreateAccount', SYSTEM, {
		username: a.username.toUpperCase(), password: PASSWORD, name: 'x', roles: ['OFFICER'],
	})
	assert.equal(again.code, 'CONFLICT')
})

test('fifty creations of one name at once make one account', async () => {
	const all = await Promise.all(
		Array.from({ length: 50 }, () =>
			s.rpc('Identity.CreateAccount', SYSTEM, { username: 'same-name', password: PASSWORD, name: 'x', roles: ['ADMIN'] })),
	)
	assert.equal(all.filter((a) => a.code === 'OK').length, 1)
	assert.equal(all.filter((a) => a.code === 'CONFLICT').length, 49)
})

test('what may not be given is refused by field', async () => {
	const base = { username: 'nobody', password: PASSWORD, name: 'x' }
	for (const role of ['PARTY', 'SYSTEM', 'ANYONE']) {
		const a = await s.rpc('Identity.CreateAccount', SYSTEM, { ...base, roles: [role] })
		assert.equal(a.code, 'INVALID')
		assert.equal(a.errors[0].pointer, '/roles')
	}
	const orgless = await s.rpc('Identity.CreateAccount', SYSTEM, { ...base, roles: ['INSURER'] })
	assert.equal(orgless.errors[0].pointer, '/org')
	const short = await s.rpc('Identity.CreateAccount', SYSTEM, { ...base, password: '1234567', roles: ['ADMIN'] })
	assert.equal(short.code, 'INVALID')
})

test('only SYSTEM and ADMIN may create accounts', async () => {
	for (const role of ['DISPATCHER', 'RESPONDER', 'OFFICER', 'SUPERVISOR', 'AUDITOR', 'PARTY'])
		assert.equal((await s.rpc('Identity.CreateAccount', { roles: [role], subject: uuid7() }, {
			username: 'nobody', password: PASSWORD, name: 'x', roles: ['ADMIN'],
		})).code, 'FORBIDDEN')
})

test('sign-in gives a token that says who it is; the database holds only its digest', async () => {
	const a = await person(['INSURER'], { org: 'PICC', districts: ['610102', '610103'] })
	const me = await session(a)
	assert.match(me.token, /^jbs_[A-Za-z0-9_-]{43}$/)
	assert.equal(me.who.subject, a.accountId)
	assert.equal(me.who.org, 'PICC')
	assert.deepEqual(me.who.districts, ['610102', '610103'])
	assert.deepEqual(me.who.methods, [])
	const dump = s.sql(`select row_to_json(x)::text from identity.session x where id = '${me.id}'`)[0][0]
	assert.ok(!dump.includes(me.token.slice(4)))
	const own = await s.ok('Identity.GetSession', me.own)
	assert.equal(own.principal.subject, a.accountId)
	assert.ok(Date.parse(own.expiresAt) > Date.now() + 23 * 3600e3)
})

test('wrong password and unknown name can not be told apart, by text or by time', async () => {
	const a = await person()
	const time = async (name) => {
		const t = []
		for (let i = 0; i < 2; i++) {
			const start = performance.now()
			const r = await signIn(name, 'not the password')
			t.push(performance.now() - start)
			assert.equal(r.code, 'UNAUTHENTICATED')
			assert.equal(r.text, 'wrong username or password')
		}
		return Math.min(...t)
	}
	const known = await time(a.username), unknown = await time('no-such-person')
	assert.ok(Math.max(known, unknown) / Math.min(known, unknown) < 3, `${known} ms against ${unknown} ms`)
	assert.equal(s.sql(`select count(*) from identity.sign_in where outcome = 'WRONG' and account_id = '${a.accountId}'`)[0][0], '2')
})

test('failures hold a name, known or not, even against the right password, for a while', async () => {
	const a = await person()
	for (const name of [a.username, 'never-existed']) {
		for (let i = 0; i < 3; i++) assert.equal((await signIn(name, 'wrong guess')).code, 'UNAUTHENTICATED')
		const held = await signIn(name)
		assert.equal(held.code, 'TOO_MANY')
		assert.ok(held.retryAfterS >= 1 && held.retryAfterS <= 2)
	}
	await until('the hold to end', async () => (await signIn(a.username)).code === 'OK', 5000)
})

test('failures hold an address across names', async () => {
	const a = await person()
	for (let i = 0; i < 8; i++) assert.equal((await signIn(`spray${i}`, 'Password1', '203.0.113.9')).code, 'UNAUTHENTICATED')
	assert.equal((await signIn(a.username, PASSWORD, '203.0.113.9')).code, 'TOO_MANY')
	assert.equal((await signIn(a.username, PASSWORD, '203.0.113.10')).code, 'OK')
})

test('a password is taken exactly as sent', async () => {
	const password = 'é'.normalize('NFC') + 'abcdefg '
	await s.ok('Identity.CreateAccount', SYSTEM, { username: 'exact', password, name: 'x', roles: ['ADMIN'] })
	assert.equal((await signIn('exact', password)).code, 'OK')
	assert.equal((await signIn('exact', password.normalize('NFD'))).code, 'UNAUTHENTICATED')
	assert.equal((await signIn('exact', password.trim())).code, 'UNAUTHENTICATED')
	assert.equal((await signIn('EXACT', password)).code, 'OK')
})

test('changing the password ends the other sessions and keeps this one', async () => {
	const a = await person()
	const here = await session(a), there = await session(a)
	const wrong = await s.rpc('Identity.ChangePassword', here.own, { username: a.username, password: 'not this', newPassword: 'another pass' })
	assert.equal(wrong.code, 'REFUSED')
	const r = await s.ok('Identity.ChangePassword', here.own, { username: a.username, password: PASSWORD, newPassword: 'another pass' })
	assert.equal(r.endedSessions, 1)
	assert.equal(await alive(here.token), 'OK')
	assert.equal(await alive(there.token), 'UNAUTHENTICATED')
	assert.equal((await s.event('SessionEnded', { sessionId: there.id })).reason, 'password_changed')
	assert.equal((await signIn(a.username)).code, 'UNAUTHENTICATED')
	assert.equal((await signIn(a.username, 'another pass')).code, 'OK')
})

test('nobody changes the password of another with it', async () => {
	const a = await person(), b = await person()
	const me = await session(a)
	const r = await s.rpc('Identity.ChangePassword', me.own, { username: b.username, password: PASSWORD, newPassword: 'another pass' })
	assert.equal(r.code, 'REFUSED')
	assert.equal((await signIn(b.username)).code, 'OK')
})

test('a disabled account is out at once and can not come back until enabled', async () => {
	const a = await person(['RESPONDER'], { org: 'CPIC' })
	const me = await session(a)
	const r = await s.ok('Identity.DisableAccount', SYSTEM, { username: a.username })
	assert.equal(r.endedSessions, 1)
	assert.equal(await alive(me.token), 'UNAUTHENTICATED')
	assert.equal((await s.event('SessionEnded', { sessionId: me.id })).reason, 'account_disabled')
	assert.equal((await s.event('AccountChanged', { accountId: a.accountId, disabled: true })).version, 2)
	assert.equal((await signIn(a.username)).text, 'wrong username or password')
	assert.equal((await s.ok('Identity.DisableAccount', SYSTEM, { username: a.username })).account.version, 2)
	await s.ok('Identity.EnableAccount', SYSTEM, { username: a.username })
	assert.equal((await signIn(a.username)).code, 'OK')
})

test('an update names the version it saw', async () => {
	const a = await person()
	const change = { username: a.username, name: '李四', roles: ['SUPERVISOR'], version: 1 }
	assert.equal((await s.ok('Identity.UpdateAccount', SYSTEM, change)).account.version, 2)
	assert.equal((await s.rpc('Identity.UpdateAccount', SYSTEM, change)).code, 'CONFLICT')
	assert.equal((await s.rpc('Identity.UpdateAccount', SYSTEM, { ...change, username: 'no-one-here' })).code, 'NOT_FOUND')
	const keyed = { ...SYSTEM, key: 'k-1' }
	const first = await s.ok('Identity.UpdateAccount', keyed, { ...change, version: 2 })
	assert.deepEqual(await s.ok('Identity.UpdateAccount', keyed, { ...change, version: 2 }), first)
	assert.equal((await s.rpc('Identity.UpdateAccount', keyed, { ...change, version: 3 })).code, 'REFUSED')
})

test('sessions are listed and ended by their owner and by an administrator only', async () => {
	const a = await person(), b = await person(), boss = await person(['ADMIN'])
	const one = await session(a), two = await session(a), other = await session(b), admin = await session(boss)
	const list = await s.ok('Identity.ListSessions', one.own, {})
	assert.deepEqual(list.items.map((i) => [i.sessionId, i.current]), [[two.id, false], [one.id, true]])
	assert.equal((await s.rpc('Identity.ListSessions', one.own, { subject: b.accountId })).code, 'NOT_FOUND')
	assert.equal((await s.ok('Identity.ListSessions', admin.own, { subject: b.accountId })).items.length, 1)
	assert.equal((await s.rpc('Identity.RevokeSession', one.as, { id: other.id })).code, 'NOT_FOUND')
	assert.equal(await alive(other.token), 'OK')
	await s.ok('Identity.RevokeSession', one.as, { id: two.id })
	assert.equal(await alive(two.token), 'UNAUTHENTICATED')
	await s.ok('Identity.RevokeSession', admin.as, { id: other.id })
	assert.equal((await s.event('SessionEnded', { sessionId: other.id })).reason, 'ended_by_admin')
	await s.ok('Identity.EndSession', one.own, {})
	await s.ok('Identity.EndSession', one.own, {})
	assert.equal(await alive(one.token), 'UNAUTHENTICATED')
	const page = await s.ok('Identity.ListSessions', admin.own, { pageSize: 2 })
	assert.equal(page.items.length, 2)
	const next = await s.ok('Identity.ListSessions', admin.own, { pageSize: 2, cursor: page.nextCursor })
	assert.ok(next.items[0].sessionId < page.items[1].sessionId)
})

test('sessions run out, unused or in any case, and that is told', async () => {
	const me = await session(await person())
	s.sql(`update identity.session set due_at = now() - interval '1 second' where id = '${me.id}'`)
	assert.equal(await alive(me.token), 'UNAUTHENTICATED')
	assert.equal((await s.event('SessionEnded', { sessionId: me.id })).reason, 'expired')
})

test('use moves the idle limit on, never past the end', async () => {
	const me = await session(await person())
	s.sql(`update identity.session set last_used_at = now() - interval '2 minutes',
		due_at = now() + interval '1 minute', expires_at = now() + interval '3 hours' where id = '${me.id}'`)
	assert.equal(await alive(me.token), 'OK')
	const [[capped]] = s.sql(`select due_at = expires_at from identity.session where id = '${me.id}'`)
	assert.equal(capped, 't')
})

test('a client gets tokens by its secret', async () => {
	const made = await s.ok('Identity.CreateClient', SYSTEM, { clientId: 'picc-claims', name: 'PICC', roles: ['INSURER'], org: 'PICC' })
	assert.match(made.clientSecret, /^jbk_/)
	const ask = { grantType: 'client_credentials', clientId: 'picc-claims', clientSecret: made.clientSecret }
	const t = await s.ok('Identity.IssueToken', ANYONE, ask)
	assert.equal(t.tokenType, 'Bearer')
	assert.equal(t.expiresIn, 3600)
	const who = (await s.ok('Identity.Authenticate', SYSTEM, { token: t.accessToken })).principal
	assert.equal(who.subject, 'picc-claims')
	assert.equal(who.org, 'PICC')
	assert.equal((await s.rpc('Identity.IssueToken', ANYONE, { ...ask, clientSecret: 'jbk_x' })).code, 'UNAUTHENTICATED')
	assert.equal((await s.rpc('Identity.IssueToken', ANYONE, { ...ask, clientId: 'who-is-this' })).code, 'UNAUTHENTICATED')
	assert.equal((await s.rpc('Identity.IssueToken', ANYONE, { ...ask, grantType: 'password' })).errors[0].rule, 'unsupported_grant_type')
	assert.equal((await s.rpc('Identity.CreateClient', SYSTEM, { clientId: 'PICC-claims', name: 'x', roles: ['INSURER'], org: 'PICC' })).code, 'CONFLICT')
	assert.equal((await s.ok('Identity.DisableClient', SYSTEM, { clientId: 'picc-claims' })).endedSessions, 1)
	assert.equal(await alive(t.accessToken), 'UNAUTHENTICATED')
	assert.equal((await s.rpc('Identity.IssueToken', ANYONE, ask)).code, 'UNAUTHENTICATED')
})

test("a device's token is a responder's and good for positions alone", async () => {
	const a = await person(['RESPONDER'], { org: 'PICC' }), desk = await person(['OFFICER'])
	const me = await session(a)
	const d = await s.ok('Identity.IssueDeviceToken', me.as, { label: 'phone' })
	const who = (await s.ok('Identity.Authenticate', SYSTEM, { token: d.token })).principal
	assert.equal(who.subject, a.accountId)
	assert.deepEqual(who.methods, ['Dispatch.ReportPositions', 'Dispatch.TrackOsmand', 'Dispatch.TrackOsmandQuery', 'Dispatch.TrackOwntracks'])
	assert.equal((await s.rpc('Identity.IssueDeviceToken', me.as, { label: 'x', username: desk.username })).code, 'NOT_FOUND')
	assert.equal((await s.rpc('Identity.IssueDeviceToken', SYSTEM, { label: 'x', username: desk.username })).code, 'NOT_FOUND')
	assert.equal((await s.rpc('Identity.IssueDeviceToken', SYSTEM, { label: 'x', username: a.username })).code, 'OK')
	await s.ok('Identity.RevokeSession', me.as, { id: d.sessionId })
	assert.equal(await alive(d.token), 'UNAUTHENTICATED')
})

async function party(more = {}) {
	const p = { incidentId: uuid7(), partyId: uuid7(), phone: '13912345678', letter: 'A', ...more }
	p.record = (phone = p.phone, version = 1) => s.tell('PartyRecorded', {
		incidentId: p.incidentId, district: '610102', version,
		party: { partyId: p.partyId, letter: p.letter, phone, name: '张三' },
	})
	await p.record()
	return p
}

const links = (p) => s.seen('PartyLinkIssued', { partyId: p.partyId })

test('a party with a phone gets a link; it opens once and makes a session of his case', async () => {
	const p = await party()
	const link = await s.event('PartyLinkIssued', { partyId: p.partyId })
	assert.match(link.token, /^jbl_/)
	assert.equal(link.phone, p.phone)
	const open = await s.ok('Identity.OpenPartyLink', ANYONE, { token: link.token })
	assert.equal(open.principal.incidentId, p.incidentId)
	const who = (await s.ok('Identity.Authenticate', SYSTEM, { token: open.token })).principal
	assert.deepEqual([who.roles, who.incidentId, who.partyId, who.subject], [['PARTY'], p.incidentId, p.partyId, p.partyId])
	const again = await s.rpc('Identity.OpenPartyLink', ANYONE, { token: link.token })
	assert.equal(again.code, 'NOT_FOUND', 'used: the link is dead')
	assert.equal(await alive(open.token), 'OK')
})

test('opened twice before use, the newer session token counts', async () => {
	const p = await party()
	const { token } = await s.event('PartyLinkIssued', { partyId: p.partyId })
	const opened = await Promise.all(Array.from({ length: 10 }, () => s.ok('Identity.OpenPartyLink', ANYONE, { token })))
	const good = await Promise.all(opened.map((o) => alive(o.token)))
	assert.equal(good.filter((c) => c === 'OK').length, 1)
})

test('a link dies after its time, and its grace', async () => {
	const p = await party(), q = await party()
	const a = await s.event('PartyLinkIssued', { partyId: p.partyId }), b = await s.event('PartyLinkIssued', { partyId: q.partyId })
	s.sql(`update identity.party_link set expires_at = now() where party_id = '${p.partyId}'`)
	assert.equal((await s.rpc('Identity.OpenPartyLink', ANYONE, { token: a.token })).code, 'NOT_FOUND')
	await s.ok('Identity.OpenPartyLink', ANYONE, { token: b.token })
	s.sql(`update identity.party_link set opened_at = now() - interval '2 minutes' where party_id = '${q.partyId}'`)
	assert.equal((await s.rpc('Identity.OpenPartyLink', ANYONE, { token: b.token })).code, 'NOT_FOUND')
})

test('the same phone gets no second link; another phone does, and the first link dies', async () => {
	const p = await party()
	const first = await s.event('PartyLinkIssued', { partyId: p.partyId })
	await p.record(p.phone, 2)
	await p.record('13712345678', 3)
	await until('the second link', () => links(p).length > 1)
	assert.equal(links(p).length, 2)
	assert.equal((await s.rpc('Identity.OpenPartyLink', ANYONE, { token: first.token })).code, 'NOT_FOUND')
	assert.equal((await s.rpc('Identity.OpenPartyLink', ANYONE, { token: links(p)[1].token })).code, 'OK')
})

test('the responder on the case may show a link; others may not', async () => {
	const p = await party({ phone: '' })
	const responder = { roles: ['RESPONDER'], subject: uuid7() }
	const ask = { incidentId: p.incidentId, partyId: p.partyId }
	await until('identity to know the party', async () =>
		(await s.rpc('Identity.RequestPartyLink', responder, ask)).code === 'NOT_FOUND')
	assert.equal(links(p).length, 0, 'no phone, no message')
	const on = { incidentId: p.incidentId, district: '610102', responderId: responder.subject, assignmentId: uuid7() }
	await s.tell('ResponderAssigned', on)
	const link = await until('the link', async () => {
		const r = await s.rpc('Identity.RequestPartyLink', responder, ask)
		return r.code === 'OK' && r.out
	})
	assert.match(link.path, /^\/p\/jbl_/)
	const open = await s.ok('Identity.OpenPartyLink', ANYONE, { token: link.path.slice(3) })
	assert.equal(open.principal.partyId, p.partyId)
	assert.equal((await s.rpc('Identity.RequestPartyLink', { roles: ['OFFICER'], subject: uuid7(), districts: '610103' }, ask)).code, 'NOT_FOUND')
	assert.equal((await s.rpc('Identity.RequestPartyLink', { roles: ['OFFICER'], subject: uuid7(), districts: '610103 610102' }, ask)).code, 'OK')
	await s.tell('AssignmentEnded', { ...on, how: 'CLEARED' })
	await until('the responder to be off the case', async () =>
		(await s.rpc('Identity.RequestPartyLink', responder, ask)).code === 'NOT_FOUND')
})

test('what is past its keeping is purged; the rest stays', async () => {
	const old = await session(await person()), live = await session(await person())
	s.sql(`update identity.session set ended_at = now() - interval '91 days', end_reason = 'expired', announced = true where id = '${old.id}'`)
	s.sql(`update identity.sign_in set at = now() - interval '91 days' where session_id = '${old.id}'`)
	s.sql(`insert into identity.sign_in (kind, outcome, at) select 'PERSON', 'WRONG', now() - interval '100 days' from generate_series(1, 2500)`)
	await s.stop()
	await s.start()
	await until('the purge', () => s.sql(`select count(*) from identity.sign_in where at < now() - interval '90 days'`)[0][0] === '0', 70000)
	assert.equal(s.sql(`select count(*) from identity.session where id = '${old.id}'`)[0][0], '0')
	assert.equal(await alive(live.token), 'OK')
})

test('tokens that are none are refused without the database', async () => {
	for (const token of ['x', 'jbs_short', 'jbk_' + 'a'.repeat(43), 'jbs_' + '!'.repeat(43)])
		assert.equal((await s.rpc('Identity.Authenticate', SYSTEM, { token })).code, 'UNAUTHENTICATED')
	assert.equal((await s.rpc('Identity.Authenticate', { roles: ['ADMIN'], subject: uuid7() }, { token: 'x' })).code, 'FORBIDDEN')
})

test('sessions outlive a kill -9, and no secret was logged', async () => {
	const a = await person()
	const me = await session(a)
	await s.stop('SIGKILL')
	const log = s.log
	await s.start()
	assert.equal(await alive(me.token), 'OK')
	for (const secret of [PASSWORD, me.token, 'jbl_', 'jbs_', 'jbk_', '13912345678', '13800138000'])
		assert.ok(!log.includes(secret), `the log holds ${secret}`)
})
