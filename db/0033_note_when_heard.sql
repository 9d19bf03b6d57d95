-- When a responder's newest position came, by our clock: his own may be ahead.
alter table dispatch.responder add column heard_at timestamptz;
