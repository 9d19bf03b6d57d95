-- Evidence: photos of an incident, what was found about them, and which are still missing.

-- What a photo can be declared to show. A new edition is a new version with all its rows; an
-- incident keeps the version it began with.
create table evidence.slot (
	version integer not null check (version > 0),
	code text not null check (code ~ '^[A-Z][A-Z_]{1,30}$'),
	title text not null,
	hint text not null,
	per_vehicle boolean not null, -- taken once per vehicle: code_A, code_B ...
	needed text not null check (needed in ('ALWAYS', 'FACILITY', 'OPTIONAL')),
	stage text not null check (stage in ('SCENE', 'LOSS')),
	position integer not null,
	primary key (version, code),
	unique (version, position)
);

-- Other services' facts, from their events.
create table evidence.incident (
	id uuid primary key,
	district text not null check (district ~ '^[0-9]{6}$'),
	case_no text not null,
	lon double precision not null, -- WGS-84
	lat double precision not null,
	uncertainty_m double precision not null,
	reported_at timestamptz not null,
	vehicles integer not null check (vehicles >= 0),
	facility boolean not null, -- a road facility was hit (gate X12)
	slot_version integer not null,
	closed_as text check (closed_as in ('CANCELLED', 'MERGED', 'CLOSED'))
);
create table evidence.assignment (
	incident_id uuid not null,
	responder_id text not null,
	assigned_at timestamptz not null,
	primary key (incident_id, responder_id)
);
create table evidence.incident_vehicle (
	incident_id uuid not null,
	letter text not null,
	primary key (incident_id, letter)
);
create table evidence.incident_insurer (
	incident_id uuid not null,
	insurer text not null,
	primary key (incident_id, insurer)
);

-- Items are never deleted and their findings never change; a rejected photo stays with its reasons.
create table evidence.item (
	id uuid primary key,
	incident_id uuid not null references evidence.incident,
	slot text not null check (slot ~ '^[A-Z][A-Z_]{1,32}$'),
	sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
	size_bytes bigint not null check (size_bytes > 0),
	verdict text not null check (verdict in ('ACCEPTED', 'WARNED', 'REJECTED')),
	findings jsonb not null,
	added_by text not null,
	responder_id text not null,
	at timestamptz not null,
	captured_at timestamptz,
	device_id text not null,
	lon double precision, -- as the app told, WGS-84
	lat double precision,
	accuracy_m double precision not null,
	taken_at timestamptz,
	taken_how text not null check (taken_how in ('UNKNOWN', 'LOCAL_ASSUMED', 'OFFSET_GIVEN')),
	exif_lon double precision,
	exif_lat double precision,
	camera text not null,
	width integer not null check (width > 0),
	height integer not null check (height > 0),
	sharpness double precision not null,
	mean_luma double precision not null,
	clipped double precision not null,
	rendition_sha256 text[] not null check (cardinality(rendition_sha256) = 3),
	rendition_bytes bigint[] not null check (cardinality(rendition_bytes) = 3),
	rendition_width bigint[] not null check (cardinality(rendition_width) = 3),
	rendition_height bigint[] not null check (cardinality(rendition_height) = 3),
	duplicate_of uuid references evidence.item,
	retake_at timestamptz,
	retake_by text,
	retake_x double precision check (retake_x between 0 and 1),
	retake_y double precision check (retake_y between 0 and 1),
	retake_note text,
	check (duplicate_of is null or verdict = 'REJECTED'),
	check ((taken_at is null) = (taken_how = 'UNKNOWN')),
	check ((lon is null) = (lat is null) and (exif_lon is null) = (exif_lat is null)),
	check (num_nulls(retake_at, retake_by, retake_x, retake_y, retake_note) in (0, 5)),
	-- The same bytes for the same slot are one item, and count for one slot of a case only.
	unique (incident_id, slot, sha256)
);
create unique index item_bytes_once on evidence.item (incident_id, sha256)
	where duplicate_of is null;
create index item_by_bytes on evidence.item (sha256);
create index item_by_incident on evidence.item (incident_id, id desc);

-- Only a retake request may change an item.
create function evidence.item_is_kept() returns trigger language plpgsql as $$
begin
	if tg_op = 'DELETE' or (to_jsonb(new) - '{retake_at,retake_by,retake_x,retake_y,retake_note}'::text[])
			is distinct from (to_jsonb(old) - '{retake_at,retake_by,retake_x,retake_y,retake_note}'::text[]) then
		raise exception 'an item is never changed or deleted' using errcode = 'JB409';
	end if;
	return new;
end
$$;
create trigger item_is_kept before update or delete on evidence.item
	for each row execute function evidence.item_is_kept();

insert into evidence.slot (version, code, title, hint, per_vehicle, needed, stage, position) values
	(1, 'SCENE_FRONT', '现场前方全景', '距前车3至5米拍摄，拍全双方车辆、号牌和车道线', false, 'ALWAYS', 'SCENE', 10),
	(1, 'SCENE_REAR', '现场后方全景', '距后车3至5米拍摄，拍全双方车辆、号牌和车道线', false, 'ALWAYS', 'SCENE', 20),
	(1, 'CONTACT_DETAIL', '碰撞部位细目', '正对碰撞部位近距离拍摄，能看清接触点和痕迹', false, 'ALWAYS', 'SCENE', 30),
	(1, 'PLATE', '号牌', '正对号牌拍摄，字符清晰完整', true, 'ALWAYS', 'SCENE', 40),
	(1, 'DAMAGE', '车损', '拍清受损部位及其在车身上的位置', true, 'ALWAYS', 'SCENE', 50),
	(1, 'FACILITY', '受损设施', '拍清受损道路设施及其位置', false, 'FACILITY', 'SCENE', 60),
	(1, 'SCENE_SIDE', '现场侧面', '侧面对准前轮拍摄，带固定参照物', false, 'OPTIONAL', 'SCENE', 70),
	(1, 'CONTACT_OVERVIEW', '碰撞部位概览', '拍全双方车辆的接触部位', false, 'OPTIONAL', 'SCENE', 80),
	(1, 'SIGNAL_LIGHT', '信号灯', '路口事故须拍：事发路口信号灯状态', false, 'OPTIONAL', 'SCENE', 90),
	(1, 'ROAD_MARKING', '标线', '变道、压线事故须拍：能辨认实线或虚线', false, 'OPTIONAL', 'SCENE', 100),
	(1, 'SIGN', '标志', '逆行、禁令、让行事故须拍：交通标志', false, 'OPTIONAL', 'SCENE', 110),
	(1, 'SKID', '制动痕迹', '拍全制动痕迹的起点和终点', false, 'OPTIONAL', 'SCENE', 120),
	(1, 'DEBRIS', '散落物', '散落物与车辆的相对位置，带参照物', false, 'OPTIONAL', 'SCENE', 130),
	(1, 'DRIVERS_TOGETHER', '双方驾驶人合影', '双方驾驶人与车辆同框', false, 'OPTIONAL', 'SCENE', 140),
	(1, 'DRIVER_ID', '驾驶人身份证', '证件平放拍摄，四角完整、无反光', true, 'OPTIONAL', 'SCENE', 150),
	(1, 'LICENCE', '驾驶证', '证件平放拍摄，四角完整、无反光', true, 'OPTIONAL', 'SCENE', 160),
	(1, 'VEH_LICENCE', '行驶证', '证件平放拍摄，四角完整、无反光', true, 'OPTIONAL', 'SCENE', 170),
	(1, 'POLICY', '保险凭证', '交强险或商业险保单，保单号清晰', true, 'OPTIONAL', 'SCENE', 180),
	(1, 'SIGNATURE', '签字文书', '签字后的文书全页', true, 'OPTIONAL', 'SCENE', 190),
	(1, 'VIN', '车架号', '车架号17位字符清晰完整', true, 'ALWAYS', 'LOSS', 200);
