-- Whoever is under way may be nearer to a fresh incident than anybody free: one look finds both.
drop index dispatch.responder_available;
create index responder_available on dispatch.responder using gist (here)
	where status in ('AVAILABLE', 'EN_ROUTE') and not disabled;
