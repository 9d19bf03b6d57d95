-- Login roles, one per service; run by the cluster's owner before the migrations, again harmless.
-- Passwords are set by the installer (tools/lib/db.sh) from var/secrets, never here.
do $$
declare
	r text;
begin
	foreach r in array array['identity', 'intake', 'dispatch', 'evidence', 'liability', 'claims',
			'oversight', 'notify', 'ops'] loop
		if not exists (select from pg_roles where rolname = 'jb_' || r) then
			execute format('create role %I login', 'jb_' || r);
		end if;
		execute format('alter role %I set statement_timeout = ''2s''', 'jb_' || r);
		execute format('alter role %I set lock_timeout = ''500ms''', 'jb_' || r);
		execute format('alter role %I set idle_in_transaction_session_timeout = ''10s''',
			'jb_' || r);
		execute format('alter role %I set search_path = %I', 'jb_' || r, r);
		execute format('alter role %I set timezone = ''UTC''', 'jb_' || r);
	end loop;
	-- A transaction left open by a stopped process holds its region: it must not for long.
	alter role jb_dispatch set idle_in_transaction_session_timeout = '3s';
	alter role jb_ops set statement_timeout = '60s';
end
$$;
revoke create on schema public from public;
