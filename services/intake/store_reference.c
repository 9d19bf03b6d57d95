/* store_reference.c - SQL of what changes rarely: case number blocks, gates, phases, districts. */
#include "intake/store.h"

const struct db_stmt stmt_case_block = {
	"case_block",
	"select nextval('intake.case_block')",
	.out = { DB_I64 },
};

Pb__Code store_case_block(struct call *c, int64_t *ret_block)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &stmt_case_block, &r, DB_NONE);

	if (!e)
		*ret_block = db_get_i64(&r, 0, 0);
	return e;
}

/* Changes whenever loaded data are out of date. */
const struct db_stmt stmt_reference_stamp = {
	"reference_stamp",
	"select concat_ws(' ', (select max(changed_at) from intake.district),"
	" (select sum(version) from intake.district), (select max(version) from "
	"intake.gate_version))",
	.out = { DB_TEXT },
};
const struct db_stmt stmt_load_gates = {
	"load_gates",
	"select v.version, v.effective_from, r.code, r.level, r.fact, r.at_least, r.title, r.basis"
	" from intake.gate_version v join intake.gate_rule r using (version)"
	" order by v.effective_from, r.code, r.fact, r.level",
	.out = { DB_I32, DB_TIME, DB_TEXT, DB_TEXT, DB_TEXT, DB_I64, DB_TEXT, DB_TEXT },
};
const struct db_stmt stmt_load_phases = {
	"load_phases",
	"select name, number, open from intake.phase",
	.out = { DB_TEXT, DB_I32, DB_BOOL },
};
const struct db_stmt stmt_load_phase_steps = {
	"load_phase_steps",
	"select from_phase, cause, to_phase, wire from intake.phase_step",
	.out = { DB_TEXT, DB_TEXT, DB_TEXT, DB_BYTES },
};
const struct db_stmt stmt_load_areas = {
	"load_areas",
	"select jsonb_build_object('type', 'FeatureCollection', 'features', jsonb_agg("
	" jsonb_build_object('type', 'Feature', 'properties', jsonb_build_object('code', code,"
	" 'name', name), 'geometry', geometry) order by code))"
	" from intake.district where geometry is not null having count(*) > 0",
	.out = { DB_JSON },
};
const struct db_stmt stmt_load_districts = {
	"load_districts",
	"select d.code, d.name, coalesce(b.code, ''), coalesce(b.name, ''), d.version"
	" from intake.district d left join intake.brigade b on b.code = d.brigade_code order by 1",
	.out = { DB_TEXT, DB_TEXT, DB_TEXT, DB_TEXT, DB_I32 },
};

/* Counts only what is new or different, so that loading the same file again changes nothing. */
const struct db_stmt stmt_import_districts = {
	"import_districts",
	"with given as (select f -> 'properties' ->> $2 as code, f -> 'properties' ->> $3 as name,"
	"   f -> 'geometry' as geometry from jsonb_array_elements($1::jsonb -> 'features') f),"
	" put as (insert into intake.district as d (code, name, geometry)"
	"   select code, coalesce(nullif(name, ''), code), geometry from given"
	"   on conflict (code) do update set name = excluded.name, geometry = excluded.geometry,"
	"   version = d.version + 1, changed_at = clock_timestamp()"
	"   where (d.name, d.geometry) is distinct from (excluded.name, excluded.geometry)"
	"   returning code)"
	" select count(*) from put",
	.in = { DB_JSON, DB_TEXT, DB_TEXT },
	.out = { DB_I64 },
};

Pb__Code store_import_districts(struct call *c, const char *geojson, const char *code_property,
	const char *name_property, uint32_t *ret_changed)
{
	struct db_rows r;
	Pb__Code e = db_run(c, &stmt_import_districts, &r,
		DB_ARGS(db_json(geojson), db_text(code_property), db_text(name_property)));

	if (!e)
		*ret_changed = (uint32_t)db_get_i64(&r, 0, 0);
	return e;
}
