-- notify: who can be reached about an incident, what is said, and every message with its attempts.

create table notify.incident (
	incident_id uuid primary key,
	district text not null default '',
	case_no text not null default ''
);

-- The caller and the parties, as far as they gave a mobile number.
create table notify.contact (
	incident_id uuid not null,
	who text not null, -- 'caller' or the party's id
	phone text not null check (phone <> ''),
	primary key (incident_id, who)
);

-- What is said; {name} is filled in. A row never changes, a new version is a new row.
create table notify.template (
	code text not null check (code ~ '^[A-Z_]+$'),
	version integer not null check (version > 0),
	body text not null,
	life interval not null, -- said later than this it would only confuse
	effective_at timestamptz not null,
	primary key (code, version)
);

create table notify.message (
	message_id uuid primary key,
	event_id uuid not null,
	recipient text not null,
	incident_id uuid not null,
	district text not null,
	phone text not null,
	template text not null,
	template_version integer not null,
	vars jsonb not null,
	body text not null default '', -- as sent, links taken out
	state text not null check (state in ('QUEUED', 'SENT', 'FAILED')),
	attempts integer not null default 0 check (attempts >= 0),
	due_at timestamptz not null,     -- next attempt
	expires_at timestamptz not null, -- not said after this
	lease uuid,                      -- who is sending it now
	lease_until timestamptz,
	provider text not null default '',
	last_error text not null default '',
	created_at timestamptz not null,
	settled_at timestamptz,
	unique (event_id, recipient),    -- never twice for the same event
	foreign key (template, template_version) references notify.template (code, version),
	check ((state = 'QUEUED') = (settled_at is null)),
	check ((lease is null) = (lease_until is null))
);
create index message_due on notify.message (due_at) where state = 'QUEUED';
create index message_lease on notify.message (lease) where lease is not null;
create index message_incident on notify.message (incident_id, created_at);

create table notify.attempt (
	message_id uuid not null references notify.message,
	number integer not null,
	at timestamptz not null,
	provider text not null,
	outcome text not null check (outcome in ('SENT', 'RETRY', 'REFUSED')),
	error text not null,
	primary key (message_id, number)
);

insert into notify.template (code, version, body, life, effective_at) values
('CASE_RECEIVED', 1,
 '【警保联动】您报告的交通事故已受理，案件号{caseNo}。快处人员预计{promised}前到达，请在确保安全的情况下拍照后将车辆移至不妨碍交通的地点，人员撤至路外。如有人受伤请立即拨打120。',
 '15 minutes', '2018-05-01 00:00+08'),
('CASE_RECEIVED_OFFICER', 1,
 '【警保联动】您报告的交通事故已受理，案件号{caseNo}，交通警察将到现场处理。请开启危险报警闪光灯并设置警告标志，人员撤至路外等候。如有人受伤请立即拨打120。',
 '15 minutes', '2018-05-01 00:00+08'),
('RESPONDER_ASSIGNED', 1,
 '【警保联动】案件{caseNo}：快处人员{responder}已接单，预计{eta}分钟内到达现场。您可随时要求交通警察到场，咨询电话{hotline}。',
 '15 minutes', '2018-05-01 00:00+08'),
('PARTY_LINK', 1,
 '【警保联动】案件{caseNo}：请在本人手机上打开链接，查看事故照片和认定书并签名：{link}（仅供您本人使用，请勿转发）。',
 '12 hours', '2018-05-01 00:00+08'),
('DETERMINATION_SERVED', 1,
 '【警保联动】案件{caseNo}：道路交通事故认定书（简易程序）第{documentNo}号已送达。如有异议，可自送达之日起三个工作日内提出书面复核申请。',
 '3 days', '2018-05-01 00:00+08'),
('CLAIMS_HANDED_OFF', 1,
 '【警保联动】案件{caseNo}：定损资料已移交保险公司（{insurers}），无需重复提交材料，保险公司将与您联系。',
 '3 days', '2018-05-01 00:00+08'),
('CLAIM_PAID', 1,
 '【警保联动】案件{caseNo}：保险公司（{insurer}）已完成赔付，请注意查收。如有疑问请联系保险公司。',
 '7 days', '2018-05-01 00:00+08');
