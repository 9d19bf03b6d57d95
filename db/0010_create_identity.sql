-- Accounts, API clients, sessions, party links, and the record of sign-ins.

-- One random salt of this installation; passwords are salted with it and the username.
create table identity.site (
	one boolean primary key default true check (one),
	salt bytea not null check (octet_length(salt) = 32)
);
insert into identity.site (salt)
	values (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));

create function identity.roles_fit(roles text[], org text) returns boolean
language sql immutable as $$
	select cardinality(roles) > 0
		and roles <@ array['DISPATCHER', 'RESPONDER', 'OFFICER', 'BRIGADE', 'ASSESSOR', 'INSURER',
			'SUPERVISOR', 'AUDITOR', 'ADMIN']
		and (org <> '' or not roles && array['RESPONDER', 'ASSESSOR', 'INSURER'])
$$;

create table identity.account (
	id uuid primary key,
	username text not null unique check (username ~ '^[a-z0-9._:-]{2,64}$'),
	name text not null,
	phone text not null default '',
	roles text[] not null,
	org text not null default '',
	districts text[] not null default '{}',
	kdf text not null, -- parameters of the hash: argon2id:<ops>:<KiB>
	password_hash bytea not null check (octet_length(password_hash) = 32),
	disabled boolean not null default false,
	version integer not null default 1,
	created_at timestamptz not null default now(),
	password_changed_at timestamptz not null default now(),
	last_sign_in_at timestamptz,
	check (identity.roles_fit(roles, org))
);

create table identity.api_client (
	id text primary key check (id ~ '^[a-z0-9._:-]{2,64}$'),
	name text not null,
	roles text[] not null,
	org text not null default '',
	districts text[] not null default '{}',
	secret_hash bytea not null check (octet_length(secret_hash) = 32),
	disabled boolean not null default false,
	created_at timestamptz not null default now(),
	check (identity.roles_fit(roles, org))
);

-- Every bearer token is a session; only its SHA-256 is kept. It lives until due_at, which use moves
-- on by idle_s but never past expires_at.
create table identity.session (
	id uuid primary key,
	kind text not null check (kind in ('PERSON', 'CLIENT', 'DEVICE', 'PARTY')),
	token_hash bytea not null unique check (octet_length(token_hash) = 32),
	account_id uuid references identity.account,
	client_id text references identity.api_client,
	incident_id uuid,
	party_id uuid,
	label text not null default '',
	client_address text not null default '',
	user_agent text not null default '',
	idle_s integer not null default 0, -- 0: no idle limit
	created_at timestamptz not null default now(),
	last_used_at timestamptz,
	due_at timestamptz not null,
	expires_at timestamptz not null,
	ended_at timestamptz,
	end_reason text,
	announced boolean not null default false, -- SessionEnded is in the outbox
	check ((kind in ('PERSON', 'DEVICE')) = (account_id is not null)),
	check ((kind = 'CLIENT') = (client_id is not null)),
	check ((kind = 'PARTY') = (party_id is not null)),
	check ((party_id is null) = (incident_id is null)),
	check ((ended_at is null) = (end_reason is null)),
	check (due_at <= expires_at)
) with (fillfactor = 80);
create index session_of_account on identity.session (account_id) where ended_at is null;
create index session_of_client on identity.session (client_id) where ended_at is null;
create index session_of_party on identity.session (party_id) where ended_at is null;
create index session_due on identity.session (due_at) where ended_at is null;
create index session_unannounced on identity.session (ended_at)
	where ended_at is not null and not announced;

-- Failed sign-ins within a window, by account name and by address; keys are digests, since what is
-- typed as a name may be a password.
create table identity.throttle (
	key bytea primary key,
	failures integer not null,
	until timestamptz not null
);
create index throttle_until on identity.throttle (until);

-- Who signed in or tried to.
create table identity.sign_in (
	seq bigint generated always as identity primary key,
	at timestamptz not null default clock_timestamp(),
	kind text not null,
	outcome text not null check (outcome in ('OK', 'WRONG', 'BLOCKED')),
	account_id uuid, -- null: no such account
	client_id text,
	session_id uuid,
	client_address text not null default ''
);
create index sign_in_of_account on identity.sign_in (account_id, at);

-- What is known of incidents' people, from events: enough to issue and guard links.
create table identity.party (
	party_id uuid primary key,
	incident_id uuid not null,
	district text not null,
	letter text not null,
	phone_digest bytea not null -- keyed; empty without a phone
);
create table identity.case_responder (
	incident_id uuid not null,
	responder_id uuid not null,
	primary key (incident_id, responder_id)
);

-- One-time links. Opening makes the session of the same id.
create table identity.party_link (
	id uuid primary key,
	party_id uuid not null references identity.party,
	token_hash bytea not null unique check (octet_length(token_hash) = 32),
	issued_by text not null,
	issued_at timestamptz not null default now(),
	expires_at timestamptz not null,
	opened_at timestamptz,
	revoked_at timestamptz,
	check (opened_at is null or revoked_at is null)
);
create unique index party_link_one_unopened on identity.party_link (party_id)
	where opened_at is null and revoked_at is null;
