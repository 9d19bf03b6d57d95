-- Positions in lots: what the newest fix says of speed and course, since when a phone is silent, and
-- the shifts a late report falls into.
alter table dispatch.responder
	add column if not exists fix_speed_mps real not null default 0,
	add column if not exists fix_course_deg real not null default 0,
	add column if not exists silent_at timestamptz;

create index shift_ended on dispatch.shift (responder_id, ended_at);

-- The track as a reader wants it: with what each fix is to the one before it. Kept out of the rows, so
-- that they are the same in whatever order fixes came.
create view dispatch.graded_track as
	select t.*, coalesce(
		dispatch.metres(lag(lon) over w, lag(lat) over w, lon, lat)
		> 70 * extract(epoch from fix_at - lag(fix_at) over w)::double precision
			+ 2 * accuracy_m, false) as jump
	from dispatch.track t
	window w as (partition by responder_id order by fix_at);
