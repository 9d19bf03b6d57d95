-- Photos of papers are their holder's: a party sees its own, not the other side's.
alter table evidence.slot add column personal boolean not null default false;
update evidence.slot set personal = true
	where code in ('DRIVER_ID', 'LICENCE', 'VEH_LICENCE', 'POLICY', 'SIGNATURE');

-- Whether a declared slot of an incident's version shows papers.
create function evidence.slot_is_personal(version integer, slot text) returns boolean
language sql stable as $$
	select exists (select from evidence.slot s where s.version = $1 and s.personal
		and (s.code = $2 or (s.per_vehicle and s.code = left($2, -2))))
$$;
grant execute on function evidence.slot_is_personal to jb_evidence;
