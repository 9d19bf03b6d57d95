-- Regions: groups of districts planned by one process at a time, under a lease with an epoch.

create table dispatch.region (
	code text primary key check (code ~ '^[a-z0-9-]{1,32}$'),
	name text not null,
	-- Something changed that a plan should look at; null when nothing has.
	dirty_at timestamptz,
	planned_at timestamptz not null default now()
) with (fillfactor = 50);

-- Which district is whose, by version; the newest version counts. A district without a row is the city's.
create table dispatch.region_map (
	version integer not null,
	district text not null check (district ~ '^[0-9]{6}$'),
	region text not null references dispatch.region (code),
	primary key (version, district)
);
create table dispatch.region_version (
	version integer primary key,
	made_at timestamptz not null default now(),
	made_by text not null default ''
);
insert into dispatch.region (code, name) values ('city', '全市');
insert into dispatch.region_version (version) values (1);

create function dispatch.region_of(d text) returns text language sql stable as $$
	select coalesce((select m.region from dispatch.region_map m where m.district = d
		and m.version = (select max(version) from dispatch.region_version)), 'city')
$$;

-- The owner renews it; whoever takes it over raises the epoch. All by the database's clock.
create table dispatch.region_lease (
	region text primary key references dispatch.region (code),
	owner uuid,
	epoch bigint not null default 0,
	expires_at timestamptz not null default '-infinity'
) with (fillfactor = 50);
insert into dispatch.region_lease (region) values ('city');

-- Processes alive, so that the leases spread over them.
create table dispatch.process (
	id uuid primary key,
	host text not null,
	seen_at timestamptz not null,
	-- Its connection: gone from pg_stat_activity when the process is.
	pid integer not null,
	backend_start timestamptz not null
);

alter table dispatch.incident add column region text references dispatch.region (code);
update dispatch.incident set region = dispatch.region_of(district);
alter table dispatch.incident alter column region set not null;
alter table dispatch.incident alter column region set default 'city';
drop index dispatch.incident_open;
create index incident_open on dispatch.incident (region, accepted_at) where phase = 'OPEN';

-- home: his own region by his first district; region: who may send him now.
alter table dispatch.responder
	add column home text not null default 'city' references dispatch.region (code),
	add column region text not null default 'city' references dispatch.region (code);
update dispatch.responder set home = dispatch.region_of(coalesce(districts[1], '')),
	region = dispatch.region_of(coalesce(districts[1], ''));

-- A region's wish for another region's responder, and the answer.
create table dispatch.borrow (
	id uuid primary key,
	incident_id uuid not null references dispatch.incident (id),
	responder_id uuid not null references dispatch.responder (id),
	borrower text not null references dispatch.region (code),
	lender text not null references dispatch.region (code),
	asked_at timestamptz not null,
	asked_epoch bigint not null,
	answer text check (answer in ('GRANTED', 'REFUSED', 'LAPSED')),
	answered_at timestamptz,
	answered_epoch bigint,
	reason text not null default '',
	check ((answer is null) = (answered_at is null)),
	check (borrower <> lender)
);
create unique index borrow_asked_responder on dispatch.borrow (responder_id) where answer is null;
create unique index borrow_asked_incident on dispatch.borrow (incident_id) where answer is null;
create index borrow_incident on dispatch.borrow (incident_id, asked_at);
