-- Everything that happened, the clocks that run on a case, and who answered for a passed limit.

-- One row per event; what is shown is masked before it is stored. responder_id and insurer are those
-- the event itself names, so that scoped roles see their own and nothing else.
create table oversight.timeline (
	event_id uuid not null,
	recorded_at timestamptz not null,
	at timestamptz not null,
	type text not null,
	incident_id uuid,
	district text not null default '',
	responder_id text not null default '',
	insurer text not null default '',
	summary jsonb not null,
	primary key (event_id, recorded_at)
) partition by range (recorded_at);
create index timeline_incident on oversight.timeline (incident_id, recorded_at, event_id)
	where incident_id is not null;

-- Makes the month partitions from two months back to three ahead; older or later rows (a stream
-- rebuilt from far back, a clock gone wrong) go to the default one.
create table oversight.timeline_other partition of oversight.timeline default;
create function oversight.keep_timeline_partitions(at timestamptz) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
	month date;
	part text;
	first timestamptz;
	past timestamptz;
	made integer := 0;
begin
	for i in -2..3 loop
		month := (date_trunc('month', at at time zone 'UTC') + make_interval(months => i))::date;
		first := month::timestamp at time zone 'UTC';
		past := (month + interval '1 month')::timestamp at time zone 'UTC';
		part := 'timeline_' || to_char(month, 'YYYYMM');
		if to_regclass('oversight.' || part) is null and not exists (
			select from oversight.timeline_other o
			where o.recorded_at >= first and o.recorded_at < past) then
			execute format('create table oversight.%I partition of oversight.timeline '
				'for values from (%L) to (%L)', part, first, past);
			made := made + 1;
		end if;
	end loop;
	return made;
end
$$;
revoke all on function oversight.keep_timeline_partitions(timestamptz) from public;
grant execute on function oversight.keep_timeline_partitions(timestamptz) to jb_oversight;
select oversight.keep_timeline_partitions(now());

-- What a clock or a report needs of an incident.
create table oversight.incident (
	id uuid primary key,
	district text not null,
	lane text not null check (lane in ('RAPID', 'OFFICER', 'GENERAL')),
	accepted_at timestamptz not null,
	self_initiated boolean not null default false,
	responder_id uuid,
	left_how text not null default ''
		check (left_how in ('', 'CANCELLED', 'MERGED', 'TO_OFFICER', 'TO_GENERAL',
			'SELF_SETTLED', 'CLOSED'))
);
create index incident_accepted on oversight.incident (accepted_at);

-- A deadline is a column: next_at is when something is due (a warning, then the limit itself).
create table oversight.clock (
	incident_id uuid not null references oversight.incident (id),
	kind text not null check (kind in ('ARRIVAL', 'WHOLE_CASE')),
	started_at timestamptz not null,
	due_at timestamptz not null check (due_at > started_at),
	state text not null default 'RUNNING' check (state in ('RUNNING', 'STOPPED', 'CANCELLED')),
	ended_at timestamptz,
	warned_at timestamptz,
	escalated_at timestamptz,
	next_at timestamptz,
	primary key (incident_id, kind),
	check ((state = 'RUNNING') = (ended_at is null)),
	check (state = 'RUNNING' or next_at is null)
) with (fillfactor = 80);
create index clock_next on oversight.clock (next_at) where next_at is not null;

create table oversight.escalation (
	id uuid primary key,
	incident_id uuid not null,
	kind text not null,
	district text not null,
	due_at timestamptz not null,
	raised_at timestamptz not null,
	level integer not null default 1 check (level between 1 and 2),
	level_at timestamptz not null,
	next_level_at timestamptz,
	acknowledged_at timestamptz,
	acknowledged_by text not null default '',
	note text not null default '',
	unique (incident_id, kind),
	foreign key (incident_id, kind) references oversight.clock (incident_id, kind),
	check (acknowledged_at is null or (acknowledged_by <> '' and next_level_at is null))
);
create index escalation_next on oversight.escalation (next_level_at)
	where next_level_at is not null;
