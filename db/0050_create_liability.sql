-- liability: parties, the officers' reviews, determinations and how they were served.
-- What the law forbids is forbidden here too: only an officer who holds the review can write a
-- determination, its grades agree, and nothing of it changes afterwards.

-- What liability knows of an incident, from events. Rows may start from any of them.
create table liability.incident (
	incident_id uuid primary key,
	district text not null default '',
	case_no text not null default '',
	lane text not null default '',
	place text not null default '',
	weather text not null default '',
	description text not null default '',
	vehicles integer not null default 0,
	slight_injury boolean not null default false,
	reported_at timestamptz,
	responder_id text not null default '',
	assignment_id text not null default '',
	-- Why the remote flow is over ('' while it may go on): OFFICER_REQUESTED, TO_OFFICER, CANCELLED ...
	ended_by text not null default ''
);

-- Photos, a copy of what evidence told.
create table liability.item (
	item_id uuid primary key,
	incident_id uuid not null,
	slot text not null,
	verdict text not null check (verdict in ('ACCEPTED', 'WARNED', 'REJECTED')),
	retake boolean not null default false,
	added_at timestamptz not null
);
create index item_incident on liability.item (incident_id);

create table liability.party (
	party_id uuid primary key,
	incident_id uuid not null,
	letter text not null check (letter ~ '^[A-Z]$'),
	plate text not null default '',
	version integer not null default 1 check (version > 0),
	doc bytea not null, -- packed jingbao.v1.Party
	recorded_by text not null,
	recorded_at timestamptz not null,
	updated_at timestamptz not null,
	unique (incident_id, letter)
);
create unique index party_plate on liability.party (incident_id, plate) where plate <> '';

-- Every state a record was in before a correction.
create table liability.party_history (
	party_id uuid not null references liability.party,
	version integer not null,
	doc bytea not null,
	replaced_by text not null,
	replaced_role text not null,
	replaced_at timestamptz not null,
	primary key (party_id, version)
);

-- Texts people sign; a row never changes, a new version is a new row.
create table liability.statement (
	kind text not null check (kind in ('JOINT_APPLICATION', 'DOCUMENT_SIGNATURE')),
	version text not null,
	body text not null,
	effective_at timestamptz not null,
	primary key (kind, version)
);

-- A party's part in the joint application of order 146 art. 20.
create table liability.application (
	application_id uuid primary key,
	party_id uuid not null references liability.party,
	incident_id uuid not null,
	kind text not null default 'JOINT_APPLICATION' check (kind = 'JOINT_APPLICATION'),
	statement_version text not null,
	strokes text not null,
	image_sha256 text not null,
	signed_at timestamptz not null,
	recorded_by text not null,
	recorded_role text not null check (recorded_role in ('PARTY', 'RESPONDER')),
	recorded_at timestamptz not null,
	voided_at timestamptz,
	check (strokes <> '' or image_sha256 <> ''),
	foreign key (kind, statement_version) references liability.statement (kind, version)
);
create unique index application_live on liability.application (party_id) where voided_at is null;

create table liability.review (
	review_id uuid primary key,
	incident_id uuid not null,
	district text not null,
	state text not null check (state in ('QUEUED', 'TAKEN', 'RETAKE', 'TO_OFFICER', 'TO_GENERAL',
		'DETERMINED', 'WITHDRAWN')),
	responder_id text not null,
	submitted_at timestamptz not null,
	resubmitted_at timestamptz,
	officer_id text not null default '',
	officer_name text not null default '',
	taken_at timestamptz,
	lease_until timestamptz,
	reason text not null default '',
	retake_slots text[] not null default '{}',
	closed_at timestamptz,
	check ((state = 'TAKEN') = (lease_until is not null)),
	check (state <> 'TAKEN' or officer_id <> '')
);
create unique index review_live on liability.review (incident_id)
	where state in ('QUEUED', 'TAKEN', 'RETAKE', 'DETERMINED');
create index review_queue on liability.review (submitted_at, review_id)
	where state in ('QUEUED', 'TAKEN', 'RETAKE');

-- The catalogue of domain knowledge: versioned, never edited.
create table liability.scenario (
	code text not null check (code ~ '^S[0-9]{2}$'),
	version integer not null check (version > 0),
	key text not null,
	title text not null,
	usual text not null check (usual in ('FULL', 'FULL_OR_MAIN', 'FULL_OR_EQUAL', 'EQUAL', 'SECONDARY',
		'SHARED', 'NONE', 'DEPENDS', 'AGGRAVATING')),
	articles text[] not null,
	uncertain text[] not null default '{}', -- articles (or 'LOCAL') that do not settle it alone
	aggravating boolean not null default false,
	in_lane boolean not null default true,
	slots text[] not null default '{}',
	words text[] not null default '{}', -- in a caller's description they hint at it
	primary key (code, version),
	unique (key, version),
	check (uncertain <@ articles or uncertain = '{LOCAL}'),
	check (aggravating = (usual = 'AGGRAVATING'))
);
create table liability.scenario_version (
	version integer primary key,
	effective_at timestamptz not null
);

-- Who issues documents for a district, and the running number per unit and year.
create table liability.issuing_unit (
	district text not null,
	code text not null check (code ~ '^[0-9]{6}$'),
	name text not null,
	effective_at timestamptz not null,
	primary key (district, effective_at)
);
create table liability.document_series (
	unit text not null,
	year integer not null,
	last integer not null check (last > 0),
	primary key (unit, year)
);

create table liability.determination (
	determination_id uuid primary key,
	review_id uuid not null unique references liability.review,
	incident_id uuid not null unique,
	district text not null,
	unit text not null,
	year integer not null,
	number integer not null check (number > 0),
	document_no text not null unique,
	verify_code text not null unique check (length(verify_code) >= 16),
	scenario text not null,
	scenario_version integer not null,
	officer_id text not null check (officer_id <> ''),
	officer_name text not null,
	decided_role text not null check (decided_role = 'OFFICER'),
	decided_at timestamptz not null,
	doc bytea not null, -- packed jingbao.v1.Determination, as decided
	content_sha256 text not null,
	request_sha256 text not null,
	-- service; set once each
	signed_at timestamptz,
	draft_sha256 text not null default '',
	pdf_sha256 text not null default '',
	served_at timestamptz,
	unique (unit, year, number),
	foreign key (scenario, scenario_version) references liability.scenario (code, version),
	check (served_at is null or (pdf_sha256 <> '' and signed_at is not null))
);
create table liability.determination_party (
	determination_id uuid not null references liability.determination,
	party_id uuid not null references liability.party,
	letter text not null,
	plate text not null,
	grade text not null check (grade in ('FULL', 'MAIN', 'EQUAL', 'SECONDARY', 'NONE')),
	primary key (determination_id, party_id)
);
create table liability.signature (
	determination_id uuid not null,
	party_id uuid not null,
	refused boolean not null,
	officer_note text not null,
	strokes text not null,
	image_sha256 text not null,
	content_sha256 text not null, -- what was signed
	statement_version text not null,
	signed_at timestamptz not null,
	recorded_by text not null,
	recorded_role text not null check (recorded_role in ('PARTY', 'RESPONDER', 'OFFICER')),
	recorded_at timestamptz not null,
	primary key (determination_id, party_id),
	foreign key (determination_id, party_id) references liability.determination_party,
	-- A refusal is the officer's to note (order 146 art. 24); a signature is strokes or an image.
	check (case when refused then recorded_role = 'OFFICER' and officer_note <> ''
		else recorded_role <> 'OFFICER' and (strokes <> '' or image_sha256 <> '') end)
);

-- PDFs to be made; the deadline is the row.
create table liability.rendering (
	determination_id uuid not null references liability.determination,
	kind text not null check (kind in ('DRAFT', 'FINAL')),
	due_at timestamptz not null,
	attempts integer not null default 0,
	last_error text not null default '',
	done_at timestamptz,
	primary key (determination_id, kind)
);
create index rendering_due on liability.rendering (due_at) where done_at is null;

-- Who was handed a document in full.
create table liability.document_view (
	determination_id uuid not null,
	subject text not null,
	sha256 text not null,
	at timestamptz not null
);
create index document_view_determination on liability.document_view (determination_id);

-- Only the officer who holds the review decides; afterwards only service moves on, once each.
create function liability.determination_guard() returns trigger language plpgsql as $$
begin
	if tg_op = 'DELETE' then
		raise exception 'a determination is never deleted' using errcode = 'restrict_violation';
	end if;
	if tg_op = 'INSERT' then
		if not exists (select from liability.review r where r.review_id = new.review_id
				and r.incident_id = new.incident_id and r.state = 'TAKEN'
				and r.officer_id = new.officer_id and r.lease_until > new.decided_at) then
			raise exception 'only the officer who holds the review may decide it'
				using errcode = 'check_violation';
		end if;
		return new;
	end if;
	if (to_jsonb(old) - '{signed_at,draft_sha256,pdf_sha256,served_at}'::text[])
			is distinct from (to_jsonb(new) - '{signed_at,draft_sha256,pdf_sha256,served_at}'::text[])
			or (old.signed_at is not null and new.signed_at is distinct from old.signed_at)
			or (old.draft_sha256 <> '' and new.draft_sha256 <> old.draft_sha256)
			or (old.pdf_sha256 <> '' and new.pdf_sha256 <> old.pdf_sha256)
			or (old.served_at is not null and new.served_at is distinct from old.served_at) then
		raise exception 'a determination does not change' using errcode = 'restrict_violation';
	end if;
	return new;
end
$$;
create trigger determination_guard before insert or update or delete on liability.determination
	for each row execute function liability.determination_guard();

create function liability.keep() returns trigger language plpgsql as $$
begin
	raise exception '% keeps what was written', tg_table_name using errcode = 'restrict_violation';
end
$$;
create trigger determination_party_keep before update or delete on liability.determination_party
	for each row execute function liability.keep();
create trigger signature_keep before update or delete on liability.signature
	for each row execute function liability.keep();
create trigger party_history_keep before update or delete on liability.party_history
	for each row execute function liability.keep();
create trigger statement_keep before update or delete on liability.statement
	for each row execute function liability.keep();

-- The consistency of order 146 art. 60, looked at when the transaction ends. The same table is in
-- services/liability/grades.c.
create function liability.grades_agree() returns trigger language plpgsql as $$
declare
	n integer; n_full integer; n_main integer; n_equal integer; n_secondary integer; n_none integer;
	n_parties integer;
begin
	select count(*), count(*) filter (where grade = 'FULL'), count(*) filter (where grade = 'MAIN'),
		count(*) filter (where grade = 'EQUAL'), count(*) filter (where grade = 'SECONDARY'),
		count(*) filter (where grade = 'NONE')
		into n, n_full, n_main, n_equal, n_secondary, n_none
		from liability.determination_party where determination_id = new.determination_id;
	select count(*) into n_parties from liability.party where incident_id = new.incident_id;
	if n <> n_parties or n = 0 then
		raise exception 'every party has one grade' using errcode = 'check_violation';
	end if;
	if not (n_none = n or (n_full = 1 and n_none = n - 1)
			or (n_main >= 1 and n_secondary >= 1 and n_full = 0 and n_equal = 0)
			or (n_equal >= 2 and n_full = 0 and n_main = 0 and n_secondary = 0)) then
		raise exception 'grades do not agree' using errcode = 'check_violation';
	end if;
	return null;
end
$$;
create constraint trigger grades_agree after insert on liability.determination
	deferrable initially deferred for each row execute function liability.grades_agree();
