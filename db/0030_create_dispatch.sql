-- Responders, their shifts, posts and positions; incidents of the rapid lane; offers, assignments
-- and the decisions behind them.
--
-- The rules that must hold whatever a program does are constraints here: a responder has at most
-- one open offer and one live assignment, and so has an incident.

-- Metres between two places, as services/kit/geo.c computes them (haversine, mean radius).
create function dispatch.metres(lon1 double precision, lat1 double precision,
	lon2 double precision, lat2 double precision) returns double precision
language sql immutable parallel safe as $$
	select 2 * 6371008.8 * asin(sqrt(least(1.0,
		sin(radians(lat2 - lat1) / 2) ^ 2
		+ cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ^ 2)))
$$;

-- A flat point for the nearest-neighbour index: degrees of longitude shrunk as at Xi'an's latitude
-- (cos 34.27 degrees), so that the index order is the order of distance near enough to pick the
-- candidates that are then measured exactly.
create function dispatch.flat(lon double precision, lat double precision) returns point
language sql immutable parallel safe as $$ select point(lon * 0.8264, lat) $$;

create table dispatch.post (
	code text primary key,
	name text not null,
	district text not null check (district ~ '^[0-9]{6}$'),
	lon double precision not null check (lon between -180 and 180),
	lat double precision not null check (lat between -90 and 90),
	closed boolean not null default false,
	changed_at timestamptz not null default now()
);

create table dispatch.responder (
	id uuid primary key,
	username text not null,
	name text not null,
	phone text not null default '',
	insurer text not null default '',
	districts text[] not null default '{}',
	disabled boolean not null default false,
	account_version bigint not null,
	status text not null default 'OFF_DUTY' check (status in
		('OFF_DUTY', 'AVAILABLE', 'OFFERED', 'EN_ROUTE', 'ON_SCENE', 'ON_BREAK')),
	status_at timestamptz not null default now(),
	incident_id uuid,
	post_code text references dispatch.post (code),
	vehicle text not null default '',
	recorder text not null default '',
	-- The newest fix by its own time, WGS-84.
	fix_lon double precision check (fix_lon between -180 and 180),
	fix_lat double precision check (fix_lat between -90 and 90),
	fix_accuracy_m double precision not null default 0,
	fix_doubtful boolean not null default false,
	fix_at timestamptz,
	-- Where to look for him: the newest fix, else his post.
	here point,
	check ((fix_at is null) = (fix_lon is null) and (fix_at is null) = (fix_lat is null)),
	check ((incident_id is not null) = (status in ('OFFERED', 'EN_ROUTE', 'ON_SCENE'))),
	check (not disabled or status in ('OFF_DUTY', 'ON_SCENE'))
) with (fillfactor = 70);
create index responder_available on dispatch.responder using gist (here)
	where status = 'AVAILABLE' and not disabled;
create index responder_username on dispatch.responder (username);

create table dispatch.shift (
	id uuid primary key,
	responder_id uuid not null references dispatch.responder (id),
	post_code text references dispatch.post (code),
	vehicle text not null default '',
	recorder text not null default '',
	started_at timestamptz not null,
	ended_at timestamptz check (ended_at >= started_at)
);
create unique index shift_open on dispatch.shift (responder_id) where ended_at is null;
create index shift_responder on dispatch.shift (responder_id, started_at desc);

create table dispatch.incident (
	id uuid primary key,
	district text not null,
	case_no text not null,
	lane text not null check (lane in ('RAPID', 'OFFICER', 'GENERAL')),
	place text not null default '',
	lon double precision not null check (lon between -180 and 180),
	lat double precision not null check (lat between -90 and 90),
	accepted_at timestamptz not null,
	promised_at timestamptz not null,
	state text not null check (state in ('WAITING', 'OFFERED', 'ASSIGNED', 'SERVED', 'ENDED')),
	state_at timestamptz not null,
	end_reason text not null default '',
	next_try_at timestamptz not null,
	warned_nobody_at timestamptz,
	warned_risk_at timestamptz,
	check (lane = 'RAPID' or state = 'ENDED')
) with (fillfactor = 70);
create index incident_waiting on dispatch.incident (next_try_at) where state = 'WAITING';

-- Why an incident was offered or given to whom: everything needed to compute it again.
create table dispatch.decision (
	id uuid primary key,
	incident_id uuid not null references dispatch.incident (id),
	at timestamptz not null,
	kind text not null check (kind in ('OFFER', 'BY_HAND', 'SELF_INITIATED')),
	policy text not null,
	policy_version integer not null,
	chosen_id uuid not null references dispatch.responder (id),
	candidates jsonb not null,
	bypass_reason text not null default ''
);
create index decision_incident on dispatch.decision (incident_id, at);

create table dispatch.offer (
	id uuid primary key,
	incident_id uuid not null references dispatch.incident (id),
	responder_id uuid not null references dispatch.responder (id),
	decision_id uuid not null references dispatch.decision (id),
	made_at timestamptz not null,
	expires_at timestamptz not null check (expires_at > made_at),
	eta_s double precision not null check (eta_s >= 0),
	distance_m double precision not null check (distance_m >= 0),
	outcome text check (outcome in ('ACCEPTED', 'DECLINED', 'EXPIRED', 'WITHDRAWN')),
	ended_at timestamptz,
	reason text not null default '',
	check ((outcome is null) = (ended_at is null))
) with (fillfactor = 85);
create unique index offer_open_incident on dispatch.offer (incident_id) where outcome is null;
create unique index offer_open_responder on dispatch.offer (responder_id) where outcome is null;
create index offer_due on dispatch.offer (expires_at) where outcome is null;
create index offer_incident on dispatch.offer (incident_id, made_at);

create table dispatch.assignment (
	id uuid primary key,
	incident_id uuid not null references dispatch.incident (id),
	responder_id uuid not null references dispatch.responder (id),
	offer_id uuid unique references dispatch.offer (id),
	by_hand boolean not null default false,
	bypass_reason text not null default '',
	assigned_by text not null default '',
	assigned_at timestamptz not null,
	eta_s double precision not null default 0,
	departed_at timestamptz,
	arrived_at timestamptz,
	proofs text[] not null default '{}',
	arrival_lon double precision,
	arrival_lat double precision,
	arrival_accuracy_m double precision,
	arrival_distance_m double precision,
	arrival_confirmed boolean not null default false,
	ended_at timestamptz,
	how text check (how in ('CLEARED', 'RELEASED', 'CANCELLED')),
	end_reason text not null default '',
	check ((how is null) = (ended_at is null)),
	check (arrived_at is null or cardinality(proofs) > 0),
	check (not arrival_confirmed or cardinality(proofs) > 1),
	check (how <> 'CLEARED' or arrived_at is not null)
) with (fillfactor = 70);
create unique index assignment_live_incident on dispatch.assignment (incident_id)
	where ended_at is null;
create unique index assignment_live_responder on dispatch.assignment (responder_id)
	where ended_at is null;
create index assignment_incident on dispatch.assignment (incident_id, assigned_at);
create index assignment_responder on dispatch.assignment (responder_id, assigned_at desc);

-- Every fix kept, as given and in WGS-84. One partition a month, made ahead by the service.
create table dispatch.track (
	responder_id uuid not null,
	fix_at timestamptz not null,
	received_at timestamptz not null,
	lon double precision not null,
	lat double precision not null,
	given_lon double precision not null,
	given_lat double precision not null,
	datum text not null check (datum in ('WGS84', 'GCJ02', 'BD09', 'CGCS2000')),
	accuracy_m real not null,
	speed_mps real not null,
	course_deg real not null,
	flags text[] not null default '{}',
	primary key (responder_id, fix_at)
) partition by range (fix_at);

-- Makes the month partitions from two months back to three ahead; owned by the migrating role, so
-- that the service needs no right to create tables.
create function dispatch.keep_track_partitions(at timestamptz) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
	month date;
	part text;
	made integer := 0;
begin
	for i in -2..3 loop
		month := (date_trunc('month', at at time zone 'UTC') + make_interval(months => i))::date;
		part := 'track_' || to_char(month, 'YYYYMM');
		if to_regclass('dispatch.' || part) is null then
			execute format('create table dispatch.%I partition of dispatch.track '
				'for values from (%L) to (%L)', part,
				month::timestamp at time zone 'UTC',
				(month + interval '1 month')::timestamp at time zone 'UTC');
			made := made + 1;
		end if;
	end loop;
	return made;
end
$$;
revoke all on function dispatch.keep_track_partitions(timestamptz) from public;
grant execute on function dispatch.keep_track_partitions(timestamptz) to jb_dispatch;
select dispatch.keep_track_partitions(now());
