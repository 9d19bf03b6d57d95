-- `jbctl dead-letters retry` makes a service forget that it has seen an event; the operator also
-- asks what the migrations are.
do $$
declare
	svc text;
begin
	foreach svc in array array['identity', 'intake', 'dispatch', 'evidence', 'liability',
			'claims', 'oversight', 'notify'] loop
		execute format('grant delete on %I.inbox to jb_ops', svc);
	end loop;
end
$$;
