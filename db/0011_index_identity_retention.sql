-- What the purge looks for: ended sessions and sign-ins by age.
create index session_ended on identity.session (ended_at) where announced;
create index sign_in_at on identity.sign_in (at);
