-- Schemas, one per service, and what the kit needs in each: outbox, inbox, dead letters, repeats.
-- Roles are made by roles.sql before this runs.

do $$
declare
	svc text;
begin
	foreach svc in array array['identity', 'intake', 'dispatch', 'evidence', 'liability',
			'claims', 'oversight', 'notify'] loop
		execute format('create schema %I', svc);

		-- Events written in the same transaction as the change they tell of. Rows stay after
		-- they are sent (sent_at), so that a lost stream can be rebuilt from here.
		execute format($f$
			create table %I.outbox (
				seq bigint generated always as identity primary key,
				id uuid not null,
				type text not null,
				key text not null,
				district text not null,
				body bytea not null,
				trace text not null default '',
				recorded_at timestamptz not null default clock_timestamp(),
				sent_at timestamptz,
				generation integer not null default 0
			) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.01,
				autovacuum_vacuum_insert_scale_factor = 0.05,
				autovacuum_vacuum_cost_delay = 0)$f$, svc);
		execute format('create index outbox_unsent on %I.outbox (seq) where sent_at is null', svc);

		-- Events already handled.
		execute format($f$
			create table %I.inbox (
				id uuid primary key,
				handled_at timestamptz not null default now()
			) with (autovacuum_vacuum_insert_scale_factor = 0.05)$f$, svc);

		-- Events that can't be handled: kept whole, with the reason, until someone decides.
		execute format($f$
			create table %I.dead_letter (
				id uuid primary key,
				type text not null,
				subject text not null,
				body bytea not null,
				headers jsonb not null,
				reason text not null,
				failed_at timestamptz not null default now(),
				resolved_at timestamptz,
				resolution text
			)$f$, svc);

		-- First answers, by Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07).
		execute format($f$
			create table %I.repeat_answer (
				principal text not null,
				method text not null,
				key text not null,
				request_digest bytea not null,
				reply bytea not null,
				answered_at timestamptz not null default now(),
				primary key (principal, method, key)
			)$f$, svc);

		execute format('grant usage on schema %I to %I', svc, 'jb_' || svc);
		execute format('grant select, insert, update, delete on %1$I.outbox, %1$I.inbox, '
			'%1$I.dead_letter, %1$I.repeat_answer to %2$I', svc, 'jb_' || svc);
		execute format('alter default privileges in schema %I grant select, insert, update, '
			'delete on tables to %I', svc, 'jb_' || svc);
		execute format('alter default privileges in schema %I grant usage on sequences to %I',
			svc, 'jb_' || svc);

		-- The operator's tool reads the transport tables and republishes; nothing else.
		execute format('grant usage on schema %I to jb_ops', svc);
		execute format('grant select, update on %1$I.outbox, %1$I.dead_letter to jb_ops', svc);
		execute format('grant select on %I.inbox to jb_ops', svc);
	end loop;
end
$$;
