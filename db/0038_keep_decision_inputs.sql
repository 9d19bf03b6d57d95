-- What decisions were made from, so that they can be made again. One plan may hold several decisions.
create table dispatch.plan (
	id uuid primary key,
	at timestamptz not null,
	region text not null references dispatch.region (code),
	epoch bigint not null,
	digest bytea not null check (length(digest) = 32),
	inputs bytea not null
);
create index plan_at on dispatch.plan using brin (at);

alter table dispatch.decision add column plan_id uuid references dispatch.plan (id);
