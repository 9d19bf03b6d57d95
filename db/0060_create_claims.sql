-- claims: loss sheets, the split of the money, what each insurer was handed and told.

-- What claims knows of an incident, from events. Rows may start from any of them.
create table claims.case_file (
	incident_id uuid primary key,
	district text not null default '',
	responder_id text not null default '',
	report bytea,                  -- packed jingbao.v1.IncidentReported
	determination bytea,           -- packed jingbao.v1.DeterminationMade
	document_no text not null default '',
	document_sha256 text not null default '',
	served_at timestamptz,
	ended_as text not null default '' check (ended_as in ('', 'CANCELLED', 'MERGED', 'SELF_SETTLED')),
	-- Why the split can't be computed; a person has to act.
	blocked text not null default '',
	handed_off_at timestamptz,
	settled_at timestamptz,
	check (handed_off_at is null or served_at is not null),
	check (settled_at is null or handed_off_at is not null)
);
-- Determined and served, not handed off yet: looked at again and again.
create index case_file_waiting on claims.case_file (served_at)
	where served_at is not null and handed_off_at is null and blocked = '' and ended_as = '';

create table claims.party (
	incident_id uuid not null,
	party_id uuid not null,
	letter text not null,
	version bigint not null,
	insurer text not null default '',
	commercial_insurer text not null default '',
	doc bytea not null,            -- packed jingbao.v1.Party
	primary key (incident_id, party_id)
);

create table claims.photo (
	item_id uuid primary key,
	incident_id uuid not null,
	slot text not null,
	sha256 text not null,
	verdict text not null,
	captured_at timestamptz,
	added_at timestamptz not null
);
create index photo_incident on claims.photo (incident_id);

-- Versions of what a vehicle's damage costs; a row never changes.
create table claims.loss_sheet (
	sheet_id uuid primary key,
	incident_id uuid not null references claims.case_file,
	party_id uuid not null,
	version integer not null check (version > 0),
	total_fen bigint not null check (total_fen >= 0),
	digest text not null,          -- of what was given, to know a repeat
	doc bytea not null,            -- packed jingbao.v1.LossSheet
	assessed_by text not null,
	assessed_at timestamptz not null,
	unique (incident_id, party_id, version)
);

-- Compulsory-insurance limits in fen, by the date of the accident (Asia/Shanghai).
create table claims.ci_limit (
	version text primary key,
	effective_from date not null unique,
	property_liable_fen bigint not null check (property_liable_fen > 0),
	property_not_liable_fen bigint not null check (property_not_liable_fen > 0),
	medical_liable_fen bigint not null,
	medical_not_liable_fen bigint not null,
	death_liable_fen bigint not null,
	death_not_liable_fen bigint not null,
	basis text not null
);
insert into claims.ci_limit values
	('2008', '2008-02-01', 200000, 10000, 1000000, 100000, 11000000, 1100000,
		'机动车交通事故责任强制保险责任限额（2008年2月1日起）'),
	('2020', '2020-09-19', 200000, 10000, 1800000, 180000, 18000000, 1800000,
		'机动车交通事故责任强制保险责任限额（2020年9月19日零时起）');

create table claims.settlement (
	incident_id uuid not null references claims.case_file,
	version integer not null check (version > 0),
	limits_version text not null references claims.ci_limit,
	total_loss_fen bigint not null check (total_loss_fen >= 0),
	doc bytea not null,            -- packed jingbao.v1.Settlement
	computed_at timestamptz not null,
	primary key (incident_id, version)
);

-- The only moves a claim can make: forward.
create table claims.claim_move (
	from_state text not null,
	to_state text not null,
	primary key (from_state, to_state)
);
insert into claims.claim_move values
	('UNSPECIFIED', 'NOTIFIED'),
	('NOTIFIED', 'ACKNOWLEDGED'),
	('ACKNOWLEDGED', 'SURVEY_REQUESTED'),
	('ACKNOWLEDGED', 'DISPUTED'),
	('ACKNOWLEDGED', 'APPROVED'),
	('ACKNOWLEDGED', 'REJECTED'),
	('SURVEY_REQUESTED', 'DISPUTED'),
	('SURVEY_REQUESTED', 'APPROVED'),
	('SURVEY_REQUESTED', 'REJECTED'),
	('DISPUTED', 'APPROVED'),
	('DISPUTED', 'REJECTED'),
	('APPROVED', 'PAID');

create sequence claims.change_seq;
create table claims.claim (
	claim_id uuid primary key,
	claim_no text not null unique,
	incident_id uuid not null references claims.case_file,
	district text not null,
	case_no text not null,
	insurer text not null check (insurer <> ''),
	state text not null check (state in ('NOTIFIED', 'ACKNOWLEDGED', 'SURVEY_REQUESTED',
		'DISPUTED', 'APPROVED', 'PAID', 'REJECTED')),
	version integer not null default 1 check (version > 0),
	amount_fen bigint not null check (amount_fen >= 0),
	insurer_ref text not null default '',
	payment_ref text not null default '',
	paid_fen bigint not null default 0,
	created_at timestamptz not null,
	changed_at timestamptz not null,
	change_seq bigint not null default nextval('claims.change_seq'),
	unique (incident_id, insurer),
	check (state <> 'PAID' or (paid_fen = amount_fen and payment_ref <> ''))
);
create index claim_changed on claims.claim (insurer, change_seq);
create index claim_change_seq on claims.claim (change_seq);

create table claims.claim_step (
	claim_id uuid not null references claims.claim,
	seq integer not null,
	from_state text not null,
	to_state text not null,
	stepped_at timestamptz not null,
	by_subject text not null,
	note text not null default '',
	primary key (claim_id, seq),
	foreign key (from_state, to_state) references claims.claim_move
);

-- A claim's state can't be written but by a move the table above allows.
create function claims.check_claim_move() returns trigger language plpgsql as $$
begin
	if new.state <> old.state and not exists (select from claims.claim_move
			where from_state = old.state and to_state = new.state) then
		raise exception 'a claim cannot go from % to %', old.state, new.state
			using errcode = 'JB422';
	end if;
	return new;
end
$$;
create trigger claim_move before update of state on claims.claim
	for each row execute function claims.check_claim_move();

create table claims.webhook_endpoint (
	insurer text not null check (insurer <> ''),
	endpoint_id text not null,
	url text not null,
	disabled boolean not null default false,
	disabled_reason text not null default '',
	secret text not null check (secret like 'whsec\_%'),
	previous_secret text not null default '',
	previous_until timestamptz,
	secret_made_at timestamptz not null,
	created_at timestamptz not null,
	changed_at timestamptz not null,
	primary key (insurer, endpoint_id)
);

-- What an insurer is told, word for word, so that every attempt sends the same bytes.
create table claims.notice (
	notice_id uuid primary key,
	claim_id uuid not null references claims.claim,
	insurer text not null,
	type text not null,
	body text not null,
	noted_at timestamptz not null
);
create index notice_claim on claims.notice (claim_id);

create table claims.delivery (
	delivery_id uuid primary key,
	insurer text not null,
	endpoint_id text not null,
	notice_id uuid not null references claims.notice,
	state text not null default 'WAITING' check (state in ('WAITING', 'DELIVERED', 'FAILED')),
	attempts integer not null default 0,
	next_attempt_at timestamptz not null,
	leased_until timestamptz,
	last_status integer not null default 0,
	last_error text not null default '',
	created_at timestamptz not null,
	delivered_at timestamptz,
	unique (notice_id, insurer, endpoint_id),
	foreign key (insurer, endpoint_id) references claims.webhook_endpoint,
	check ((state = 'DELIVERED') = (delivered_at is not null))
);
create index delivery_due on claims.delivery (next_attempt_at) where state = 'WAITING';
create index delivery_endpoint on claims.delivery (insurer, endpoint_id, delivery_id desc);
