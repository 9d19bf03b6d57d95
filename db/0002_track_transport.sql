-- Where in the stream each event went, and which stream that was: so that a lost or emptied stream
-- is noticed and filled again from the outbox.
do $$
declare
	svc text;
begin
	foreach svc in array array['identity', 'intake', 'dispatch', 'evidence', 'liability',
			'claims', 'oversight', 'notify'] loop
		execute format('alter table %I.outbox add column stream_seq bigint', svc);
		execute format('create index outbox_sent on %I.outbox using brin (sent_at)', svc);
		execute format($f$
			create table %I.transport_state (
				id smallint primary key check (id = 1),
				stream_created bigint not null
			)$f$, svc);
	end loop;
end
$$;
