-- What a dispatcher's hand needs: several responders on one incident, holds, queues, undo; and offers
-- that replace a responder under way only when they are accepted.

-- What is wanted, and what there is; the state follows from them and can't disagree.
alter table dispatch.incident
	add column phase text not null default 'OPEN' check (phase in ('OPEN', 'SERVED', 'ENDED')),
	add column wanted integer not null default 1 check (wanted between 1 and 4),
	add column n_live integer not null default 0 check (n_live >= 0),
	add column n_open integer not null default 0 check (n_open >= 0),
	add column swaps integer not null default 0,
	add column hold_until timestamptz,
	add column hold_reason text not null default '',
	add column held_by text not null default '',
	add column warned_remote_at timestamptz;
update dispatch.incident set
	phase = case when state in ('SERVED', 'ENDED') then state else 'OPEN' end,
	n_live = (state = 'ASSIGNED')::integer,
	n_open = (state = 'OFFERED')::integer;
alter table dispatch.incident drop column state;
alter table dispatch.incident
	add column state text not null generated always as (case
		when phase <> 'OPEN' then phase
		when n_live >= wanted then 'ASSIGNED'
		when n_live + n_open >= wanted then 'OFFERED'
		else 'WAITING' end) stored,
	add check (lane = 'RAPID' or phase = 'ENDED');
create index incident_waiting on dispatch.incident (next_try_at) where state = 'WAITING';
create index incident_open on dispatch.incident (accepted_at) where phase = 'OPEN';

-- The first responder leads; the others support him.
alter table dispatch.assignment
	add column lead boolean not null default true,
	add column ended_by text not null default '',
	-- What the incident was before it was assigned by hand, for an undo.
	add column was jsonb,
	drop constraint assignment_how_check,
	add check (how in ('CLEARED', 'RELEASED', 'CANCELLED', 'REPLACED', 'UNDONE'));
drop index dispatch.assignment_live_incident;
create unique index assignment_live_lead on dispatch.assignment (incident_id)
	where ended_at is null and lead;
create index assignment_live on dispatch.assignment (incident_id) where ended_at is null;

-- replaces_id: this assignment ends when the offer is accepted. leaves_id: the assignment the responder
-- has now and would leave; agreed_at: he said yes and drives on until somebody takes that over.
alter table dispatch.offer
	add column lead boolean not null default true,
	add column replaces_id uuid references dispatch.assignment (id),
	add column leaves_id uuid references dispatch.assignment (id),
	add column agreed_at timestamptz,
	add check (agreed_at is null or leaves_id is not null or outcome is not null);
drop index dispatch.offer_open_incident;
create unique index offer_open_lead on dispatch.offer (incident_id)
	where outcome is null and lead and replaces_id is null;
create unique index offer_open_replaces on dispatch.offer (replaces_id) where outcome is null;
create index offer_open on dispatch.offer (incident_id) where outcome is null;
create index offer_leaves on dispatch.offer (leaves_id) where outcome is null;

alter table dispatch.responder add column trip_swaps integer not null default 0;

-- Incidents kept for a responder who is at work elsewhere, in the order they will be his.
create table dispatch.queued (
	incident_id uuid primary key references dispatch.incident (id),
	responder_id uuid not null references dispatch.responder (id),
	place bigint not null,
	queued_at timestamptz not null,
	queued_by text not null,
	bypass_reason text not null default '',
	unique (responder_id, place)
);

alter table dispatch.decision
	alter column incident_id drop not null,
	alter column chosen_id drop not null,
	drop constraint decision_kind_check,
	add check (kind in ('OFFER', 'HAND_OVER', 'BY_HAND', 'SELF_INITIATED', 'QUEUED', 'REMOTE',
		'REPOST'));
