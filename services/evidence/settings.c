/* settings.c - evidence's settings, counters, start and stop. */
#include <errno.h>
#include <string.h>
#include "evidence/handlers.h"
#include "evidence/store.h"

struct evidence evidence;

/* Numbers the photo limits take from the table, which knows only long. */
static long max_side, max_pixels, max_scans, memory_mb, quality, small_px, medium_px, large_px;

#define NUMBER(name, var, def, min, max, unit, help) \
	{ \
		name, CONFIG_INT, &(var), def, min, max, unit, help \
	}

const struct config_item evidence_config[] = {
	{ "blob_dir", CONFIG_TEXT, &evidence.blob_dir, NULL, 0, 0, NULL,
		"directory of the blob store, shared with the gateway" },
	{ "photo_worker", CONFIG_TEXT, &evidence.pool_config.program, "", 0, 0, NULL,
		"path of jb-evidence-photo; empty: beside this program" },
	NUMBER("photo_workers", evidence.pool_config.workers, "2", 1, PHOTO_WORKERS_MAX,
		"processes", "most photo workers at once; started on demand"),
	NUMBER("photo_idle_s", evidence.pool_config.idle_s, "15", 0, 86400, "s",
		"an idle worker is let go after"),
	NUMBER("photo_timeout_ms", evidence.pool_config.timeout_ms, "10000", 100, 25000, "ms",
		"a worker is killed when one photo takes longer"),
	NUMBER("photo_cpu_s", evidence.pool_config.cpu_s, "5", 1, 60, "s",
		"CPU time for one photo"),
	NUMBER("photo_address_mb", evidence.pool_config.address_mb, "640", 64, 8192, "MB",
		"address space of a worker"),
	NUMBER("photo_memory_mb", memory_mb, "192", 8, 4096, "MB", "the decoder's own memory"),
	NUMBER("photo_max_bytes", evidence.max_bytes, "15728640", 1024, 1 << 30, "bytes",
		"largest original"),
	NUMBER("photo_max_side", max_side, "16384", 64, 65500, "px", "longest side"),
	NUMBER("photo_max_pixels", max_pixels, "50000000", 4096, 1000000000, "px", "most pixels"),
	NUMBER("photo_max_scans", max_scans, "64", 1, 1000, NULL,
		"most scans of a progressive file"),
	NUMBER("photo_small_px", small_px, "256", 16, 1024, "px", "small rendition's longest side"),
	NUMBER("photo_medium_px", medium_px, "1024", 64, 4096, "px",
		"medium rendition's longest side"),
	NUMBER("photo_large_px", large_px, "1920", 1024, 8192, "px",
		"large rendition's longest side"),
	NUMBER("photo_quality", quality, "80", 1, 100, NULL, "JPEG quality of renditions"),
	NUMBER("photo_min_pixels", evidence.rules.min_pixels, "921600", 1, 100000000, "px",
		"PH01: fewer are rejected (1280x720)"),
	NUMBER("photo_min_side", evidence.rules.min_side, "720", 1, 65500, "px",
		"PH01: a shorter side is rejected"),
	NUMBER("photo_min_bytes", evidence.rules.min_bytes, "50000", 0, 10000000, "bytes",
		"PH01: smaller files are rejected"),
	NUMBER("photo_blur_reject", evidence.rules.blur_reject, "60", 0, 100000, NULL,
		"PH02: Laplacian variance below is rejected"),
	NUMBER("photo_blur_warn", evidence.rules.blur_warn, "100", 0, 100000, NULL,
		"PH02: Laplacian variance below is warned of"),
	NUMBER("photo_dark_below", evidence.rules.dark_below, "35", 0, 255, NULL,
		"PH03: mean luma below is rejected"),
	NUMBER("photo_bright_above", evidence.rules.bright_above, "225", 0, 255, NULL,
		"PH03: mean luma above is rejected"),
	NUMBER("photo_clipped_percent", evidence.rules.clipped_percent, "60", 1, 100, "%",
		"PH03: more clipped pixels are rejected"),
	NUMBER("photo_early_s", evidence.rules.early_s, "300", 0, 86400, "s",
		"PH07: taken earlier before the report is warned of"),
	NUMBER("photo_late_s", evidence.rules.late_s, "120", 0, 86400, "s",
		"PH07: taken later after the upload is warned of"),
	NUMBER("photo_place_m", evidence.rules.place_m, "200", 1, 1000000, "m",
		"PH08: farther from the incident, beyond its own uncertainty, is warned of"),
	{ 0 },
};

const struct metric evidence_metrics[] = {
	{ "jb_evidence_photos_looked_at_total", "photos a worker has looked at", false,
		&evidence.pool.looked_at },
	{ "jb_evidence_worker_starts_total", "photo workers started", false,
		&evidence.pool.starts },
	{ "jb_evidence_worker_crashes_total", "photo workers that died over a photo", false,
		&evidence.pool.crashes },
	{ "jb_evidence_worker_hangs_total", "photo workers killed for taking too long", false,
		&evidence.pool.hangs },
	{ "jb_evidence_items_accepted_total", "photos accepted", false, &evidence.accepted },
	{ "jb_evidence_items_warned_total", "photos accepted with a warning", false,
		&evidence.warned },
	{ "jb_evidence_items_rejected_total", "photos kept but rejected", false,
		&evidence.rejected },
	{ "jb_evidence_uploads_refused_total", "bodies that are no photo we take", false,
		&evidence.refused },
	{ 0 },
};

static bool sizes_ascend(void)
{
	return small_px <= medium_px && medium_px <= large_px;
}

Pb__Code evidence_start(struct call *c)
{
	evidence.pool_config.limits = (struct photo_limits){
		.max_side = (uint32_t)max_side,
		.max_pixels = (uint32_t)max_pixels,
		.max_scans = (uint32_t)max_scans,
		.memory_mb = (uint32_t)memory_mb,
		.sizes = { (uint32_t)small_px, (uint32_t)medium_px, (uint32_t)large_px },
		.quality = (uint32_t)quality,
	};
	if (!sizes_ascend())
		return call_fail(c, PB__CODE__INVALID,
			"photo_small_px, photo_medium_px and photo_large_px must ascend");
	if (!blob_store_open(&evidence.blobs, evidence.blob_dir))
		return call_fail(c, PB__CODE__INVALID, "blob_dir '%s': %s", evidence.blob_dir,
			strerror(errno));
	if (!photo_pool_start(&evidence.pool, &evidence.pool_config))
		return call_fail(c, PB__CODE__INVALID, "photo_worker: %s", strerror(errno));
	if (!photo_pool_probe(&evidence.pool))
		return call_fail(c, PB__CODE__INVALID,
			"photo_worker: '%s' doesn't start or can't lock itself in (seccomp)",
			evidence.pool.program);
	recent_init(&evidence.recent);
	return store_load_slots(c, &evidence.slots);
}

void evidence_stop(void)
{
	photo_pool_stop(&evidence.pool);
	recent_release(&evidence.recent);
	blob_store_close(&evidence.blobs);
}

Pb__Code reap_workers(struct call *c, bool *ret_more)
{
	(void)c;
	*ret_more = false;
	photo_pool_reap(&evidence.pool);
	return PB__CODE__OK;
}
