-- What responders' own trips teach about the speed of roads, and the factors learned from them.

-- Driven against expected time of a trip, by district ('' where none is known) and hour. Expected is
-- by the road graph without anything learned.
create table dispatch.trip_speed (
	assignment_id uuid not null references dispatch.assignment (id) on delete cascade,
	district text not null check (district ~ '^([0-9]{6})?$'),
	hour smallint not null check (hour between 0 and 23),
	arrived_at timestamptz not null,
	expected_s double precision not null check (expected_s > 0),
	observed_s double precision not null check (observed_s > 0),
	primary key (assignment_id, district, hour)
);
create index trip_speed_arrived on dispatch.trip_speed (arrived_at);

-- Trips that were looked at, with what came of it.
create table dispatch.trip_read (
	assignment_id uuid primary key references dispatch.assignment (id) on delete cascade,
	arrived_at timestamptz not null,
	read_at timestamptz not null,
	stretches integer not null check (stretches >= 0),
	graph text not null
);
create index trip_read_arrived on dispatch.trip_read (arrived_at);
create index assignment_arrived on dispatch.assignment (arrived_at) where arrived_at is not null;

-- How much longer than by the graph one drives there then. trips: what that rests on.
create table dispatch.speed_factor (
	district text not null check (district ~ '^([0-9]{6})?$'),
	hour smallint not null check (hour between 0 and 23),
	factor double precision not null check (factor between 0.4 and 3),
	trips double precision not null check (trips >= 0),
	primary key (district, hour)
);
-- One row: the last fit, and the spread of trips by hour.
create table dispatch.speed_fit (
	one boolean primary key default true check (one),
	fitted_at timestamptz not null,
	samples integer not null,
	newest_at timestamptz not null,
	graph text not null,
	sigma jsonb not null check (jsonb_array_length(sigma) = 24)
);
