-- Orders, incidents, their phase and links; districts and brigades; the gate table's shape.

-- Every phase with its number in the contract (jingbao.v1.Phase) and whether work is still to be done.
create table intake.phase (
	name text primary key,
	number integer not null unique check (number between 1 and 127),
	open boolean not null
);
insert into intake.phase (name, number, open) values
	('REPORTED', 1, true), ('DISPATCHING', 2, true), ('EN_ROUTE', 3, true), ('ON_SCENE', 4, true),
	('UNDER_REVIEW', 5, true), ('DETERMINED', 6, true), ('LOSS_ASSESSED', 7, true),
	('HANDED_OFF', 8, true), ('SETTLED', 9, true), ('CLOSED', 10, false), ('TO_OFFICER', 11, true),
	('TO_GENERAL', 12, true), ('SELF_SETTLED', 13, true), ('CANCELLED', 14, false),
	('MERGED', 15, false);

-- Which cause moves which phase where: the same table as services/intake/phases.c, which is compared
-- with this one at every start. wire is fields 3 (from) and 4 (to) of IncidentPhaseChanged, so that
-- one statement can move a phase and tell of it without knowing the old one beforehand.
create table intake.phase_step (
	from_phase text not null references intake.phase,
	cause text not null,
	to_phase text not null references intake.phase check (to_phase <> from_phase),
	wire bytea not null,
	primary key (from_phase, cause)
);
insert into intake.phase_step (from_phase, cause, to_phase, wire)
select s.f, s.c, s.t, decode('18' || lpad(to_hex(a.number), 2, '0') || '20' ||
		lpad(to_hex(b.number), 2, '0'), 'hex')
from (values
	('REPORTED', 'OfferMade', 'DISPATCHING'),
	('REPORTED', 'ResponderAssigned', 'EN_ROUTE'),
	('REPORTED', 'ResponderArrived', 'ON_SCENE'),
	('REPORTED', 'SceneSubmitted', 'UNDER_REVIEW'),
	('REPORTED', 'DeterminationMade', 'DETERMINED'),
	('REPORTED', 'SettlementComputed', 'LOSS_ASSESSED'),
	('REPORTED', 'ClaimsHandedOff', 'HANDED_OFF'),
	('REPORTED', 'ClaimsSettled', 'SETTLED'),
	('DISPATCHING', 'ResponderAssigned', 'EN_ROUTE'),
	('DISPATCHING', 'ResponderArrived', 'ON_SCENE'),
	('DISPATCHING', 'SceneSubmitted', 'UNDER_REVIEW'),
	('DISPATCHING', 'DeterminationMade', 'DETERMINED'),
	('DISPATCHING', 'SettlementComputed', 'LOSS_ASSESSED'),
	('DISPATCHING', 'ClaimsHandedOff', 'HANDED_OFF'),
	('DISPATCHING', 'ClaimsSettled', 'SETTLED'),
	('EN_ROUTE', 'ResponderArrived', 'ON_SCENE'),
	('EN_ROUTE', 'SceneSubmitted', 'UNDER_REVIEW'),
	('EN_ROUTE', 'DeterminationMade', 'DETERMINED'),
	('EN_ROUTE', 'SettlementComputed', 'LOSS_ASSESSED'),
	('EN_ROUTE', 'ClaimsHandedOff', 'HANDED_OFF'),
	('EN_ROUTE', 'ClaimsSettled', 'SETTLED'),
	('ON_SCENE', 'SceneSubmitted', 'UNDER_REVIEW'),
	('ON_SCENE', 'DeterminationMade', 'DETERMINED'),
	('ON_SCENE', 'SettlementComputed', 'LOSS_ASSESSED'),
	('ON_SCENE', 'ClaimsHandedOff', 'HANDED_OFF'),
	('ON_SCENE', 'ClaimsSettled', 'SETTLED'),
	('UNDER_REVIEW', 'DeterminationMade', 'DETERMINED'),
	('UNDER_REVIEW', 'SettlementComputed', 'LOSS_ASSESSED'),
	('UNDER_REVIEW', 'ClaimsHandedOff', 'HANDED_OFF'),
	('UNDER_REVIEW', 'ClaimsSettled', 'SETTLED'),
	('DETERMINED', 'SettlementComputed', 'LOSS_ASSESSED'),
	('DETERMINED', 'ClaimsHandedOff', 'HANDED_OFF'),
	('DETERMINED', 'ClaimsSettled', 'SETTLED'),
	('LOSS_ASSESSED', 'ClaimsHandedOff', 'HANDED_OFF'),
	('LOSS_ASSESSED', 'ClaimsSettled', 'SETTLED'),
	('HANDED_OFF', 'ClaimsSettled', 'SETTLED'),
	-- back to another responder, back for more photos
	('EN_ROUTE', 'AssignmentReleased', 'DISPATCHING'),
	('ON_SCENE', 'AssignmentReleased', 'DISPATCHING'),
	('UNDER_REVIEW', 'ReviewRetake', 'ON_SCENE'),
	-- out of the rapid lane: by the reviewing officer, by amended facts, by anyone's request
	('REPORTED', 'ReviewToOfficer', 'TO_OFFICER'),
	('DISPATCHING', 'ReviewToOfficer', 'TO_OFFICER'),
	('EN_ROUTE', 'ReviewToOfficer', 'TO_OFFICER'),
	('ON_SCENE', 'ReviewToOfficer', 'TO_OFFICER'),
	('UNDER_REVIEW', 'ReviewToOfficer', 'TO_OFFICER'),
	('REPORTED', 'ReviewToGeneral', 'TO_GENERAL'),
	('DISPATCHING', 'ReviewToGeneral', 'TO_GENERAL'),
	('EN_ROUTE', 'ReviewToGeneral', 'TO_GENERAL'),
	('ON_SCENE', 'ReviewToGeneral', 'TO_GENERAL'),
	('UNDER_REVIEW', 'ReviewToGeneral', 'TO_GENERAL'),
	('TO_OFFICER', 'ReviewToGeneral', 'TO_GENERAL'),
	('REPORTED', 'laneOfficer', 'TO_OFFICER'),
	('DISPATCHING', 'laneOfficer', 'TO_OFFICER'),
	('EN_ROUTE', 'laneOfficer', 'TO_OFFICER'),
	('ON_SCENE', 'laneOfficer', 'TO_OFFICER'),
	('UNDER_REVIEW', 'laneOfficer', 'TO_OFFICER'),
	('REPORTED', 'laneGeneral', 'TO_GENERAL'),
	('DISPATCHING', 'laneGeneral', 'TO_GENERAL'),
	('EN_ROUTE', 'laneGeneral', 'TO_GENERAL'),
	('ON_SCENE', 'laneGeneral', 'TO_GENERAL'),
	('UNDER_REVIEW', 'laneGeneral', 'TO_GENERAL'),
	('TO_OFFICER', 'laneGeneral', 'TO_GENERAL'),
	('REPORTED', 'requestOfficer', 'TO_OFFICER'),
	('DISPATCHING', 'requestOfficer', 'TO_OFFICER'),
	('EN_ROUTE', 'requestOfficer', 'TO_OFFICER'),
	('ON_SCENE', 'requestOfficer', 'TO_OFFICER'),
	('UNDER_REVIEW', 'requestOfficer', 'TO_OFFICER'),
	('DETERMINED', 'requestOfficer', 'TO_OFFICER'),
	('LOSS_ASSESSED', 'requestOfficer', 'TO_OFFICER'),
	('SELF_SETTLED', 'requestOfficer', 'TO_OFFICER'),
	('CANCELLED', 'requestOfficer', 'TO_OFFICER'),
	-- by hand
	('REPORTED', 'selfSettle', 'SELF_SETTLED'),
	('DISPATCHING', 'selfSettle', 'SELF_SETTLED'),
	('EN_ROUTE', 'selfSettle', 'SELF_SETTLED'),
	('ON_SCENE', 'selfSettle', 'SELF_SETTLED'),
	('UNDER_REVIEW', 'selfSettle', 'SELF_SETTLED'),
	('TO_OFFICER', 'selfSettle', 'SELF_SETTLED'),
	('REPORTED', 'cancel', 'CANCELLED'),
	('DISPATCHING', 'cancel', 'CANCELLED'),
	('EN_ROUTE', 'cancel', 'CANCELLED'),
	('ON_SCENE', 'cancel', 'CANCELLED'),
	('UNDER_REVIEW', 'cancel', 'CANCELLED'),
	('TO_OFFICER', 'cancel', 'CANCELLED'),
	('TO_GENERAL', 'cancel', 'CANCELLED'),
	('REPORTED', 'merge', 'MERGED'),
	('DISPATCHING', 'merge', 'MERGED'),
	('EN_ROUTE', 'merge', 'MERGED'),
	('ON_SCENE', 'merge', 'MERGED'),
	('TO_OFFICER', 'merge', 'MERGED'),
	('MERGED', 'unmerge', 'REPORTED'),
	('CANCELLED', 'reopen', 'REPORTED'),
	('SELF_SETTLED', 'reopen', 'REPORTED'),
	('CLOSED', 'reopen', 'UNDER_REVIEW'),
	('SETTLED', 'close', 'CLOSED'),
	('TO_OFFICER', 'close', 'CLOSED'),
	('TO_GENERAL', 'close', 'CLOSED'),
	('SELF_SETTLED', 'close', 'CLOSED')
) s (f, c, t)
join intake.phase a on a.name = s.f
join intake.phase b on b.name = s.t;

-- Case numbers are handed out in blocks of 4096; gaps are fine, repeats are not.
create sequence intake.case_block;

create table intake.incident (
	id uuid primary key,
	case_no text not null unique check (case_no ~ '^JB[0-9]{8}-[0-9]{7,}$'),
	order_no text not null,
	district text not null check (district ~ '^[0-9]{6}$'),
	lane text not null check (lane in ('RAPID', 'OFFICER', 'GENERAL')),
	first_lane text not null check (first_lane in ('RAPID', 'OFFICER', 'GENERAL')),
	phase text not null,
	phase_cause text not null default 'reported',
	phase_at timestamptz not null,
	version integer not null default 1 check (version > 0),
	gate_version integer not null,
	gates text[] not null default '{}',
	first_gates text[] not null default '{}',
	lon double precision not null check (lon between -180 and 180),
	lat double precision not null check (lat between -90 and 90),
	cell bigint not null,
	place text not null,
	plates text[] not null default '{}',
	phone text not null default '',
	reported_at timestamptz not null,
	accepted_at timestamptz not null,
	promised_at timestamptz,
	responder_id text not null default '',
	responder_name text not null default '',
	insurer text not null default '',
	assigned_at timestamptz,
	offered_to text not null default '',
	officer_requested boolean not null default false,
	merged_into uuid references intake.incident check (merged_into <> id),
	end_reason text not null default '',
	check ((phase = 'MERGED') = (merged_into is not null)),
	check (lane <> 'RAPID' or promised_at is not null),
	check (version > 1 or phase = case lane when 'RAPID' then 'REPORTED'
		when 'OFFICER' then 'TO_OFFICER' else 'TO_GENERAL' end),
	-- A lane only ever becomes stricter.
	check (array_position(array['RAPID', 'OFFICER', 'GENERAL'], lane) >=
		array_position(array['RAPID', 'OFFICER', 'GENERAL'], first_lane))
) with (fillfactor = 70);
-- Near-by search for duplicates; neither column ever changes, so phase updates stay in the heap.
create index incident_near on intake.incident (cell, reported_at);

create function intake.check_phase_step() returns trigger language plpgsql as $$
begin
	if not exists (select from intake.phase_step s where s.from_phase = old.phase
			and s.to_phase = new.phase and s.cause = new.phase_cause) then
		raise exception 'no step from % to % by %', old.phase, new.phase, new.phase_cause
			using errcode = 'check_violation';
	end if;
	return new;
end
$$;
create trigger incident_phase_step before update of phase on intake.incident
	for each row when (old.phase is distinct from new.phase)
	execute function intake.check_phase_step();

create table intake.dispatch_order (
	order_no text primary key check (order_no <> ''),
	incident_id uuid not null unique references intake.incident,
	digest bytea not null check (length(digest) = 32),
	first bytea not null,       -- SubmitOrderRequest as it came
	current bytea,              -- as amended; null while never amended
	duplicates jsonb not null,  -- what was near when it came
	accepted_at timestamptz not null
);

create table intake.order_amendment (
	id bigint generated always as identity primary key,
	order_no text not null references intake.dispatch_order,
	before bytea not null,
	fields text[] not null,
	amended_by text not null,
	amended_at timestamptz not null
);
create index order_amendment_order on intake.order_amendment (order_no);

-- Merges and their undoing; one live merge per incident.
create table intake.incident_link (
	id bigint generated always as identity primary key,
	incident_id uuid not null references intake.incident,
	into_id uuid not null references intake.incident check (into_id <> incident_id),
	merged_by text not null,
	merged_at timestamptz not null,
	unmerged_by text,
	unmerged_at timestamptz,
	check ((unmerged_by is null) = (unmerged_at is null))
);
create unique index incident_link_live on intake.incident_link (incident_id)
	where unmerged_at is null;
create index incident_link_into on intake.incident_link (into_id) where unmerged_at is null;

create table intake.brigade (
	code text primary key check (code ~ '^[A-Z0-9-]+$'),
	name text not null
);

create table intake.district (
	code text primary key check (code ~ '^[0-9]{6}$'),
	name text not null,
	brigade_code text references intake.brigade,
	geometry jsonb,             -- GeoJSON Polygon or MultiPolygon, WGS-84; null: not loaded yet
	version integer not null default 1,
	changed_at timestamptz not null default clock_timestamp()
);

-- The gate table, by version: rows of a version are never changed, a new version is inserted.
create table intake.gate_version (
	version integer primary key check (version > 0),
	effective_from timestamptz not null unique,
	note text not null
);
create table intake.gate_rule (
	version integer not null references intake.gate_version,
	code text not null check (code ~ '^X[0-9]{2}$'),
	level text not null check (level in ('G', 'O', 'C')),
	fact text not null check (fact ~ '^[A-Z][A-Z_]+$'),
	at_least bigint not null default 1 check (at_least > 0),
	title text not null check (title <> ''),
	basis text not null check (basis <> ''),
	primary key (version, code, fact, level)
);

revoke insert, update, delete on intake.phase, intake.phase_step, intake.gate_version,
	intake.gate_rule, intake.brigade from jb_intake;
