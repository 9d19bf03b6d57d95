/* inspect.c - on a pool thread: the uploaded bytes to a worker, the renditions to the blob store.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "evidence/access.h"
#include "evidence/handlers.h"
#include "kit/geo.h"

/* Longitude, latitude and datum come together or not at all. */
static Pb__Code take_place(struct call *c, const Pb__AddItemRequest *in, struct inspected *p)
{
	bool lon = in->opt_lon_case == PB__ADD_ITEM_REQUEST__OPT_LON_LON;
	bool lat = in->opt_lat_case == PB__ADD_ITEM_REQUEST__OPT_LAT_LAT;
	bool datum = in->datum != PB__DATUM__VALUE__UNSPECIFIED;

	if (!lon && !lat && !datum)
		return PB__CODE__OK;
	if (!lon || !lat || !datum)
		return call_fail_field(c,
			!lon   ? "/lon"
			: !lat ? "/lat"
			       : "/datum",
			"required", "lon, lat and datum go together");
	if (!geo_to_wgs84((int)in->datum, (struct lonlat){ in->lon, in->lat }, &p->place))
		return call_fail_field(c, "/datum", "enum", "the datum is not known");
	p->has_place = true;
	return PB__CODE__OK;
}

static Pb__Code refuse_photo(struct call *c, enum photo_fault f)
{
	Pb__Code code = f == PHOTO_NOT_JPEG ? PB__CODE__UNSUPPORTED : PB__CODE__REFUSED;

	atomic_fetch_add(&evidence.refused, 1);
	code = call_fail(c, code, "%s", photo_fault_text(f));
	(void)call_fail_field(c, "", photo_fault_rule(f), "%s", photo_fault_text(f));
	return code;
}

static Pb__Code busy(struct call *c, const char *why)
{
	c->faults.retry_after_s = 2;
	return call_fail(c, PB__CODE__BUSY, "%s", why);
}

static Pb__Code keep_renditions(
	struct call *c, struct photo_rendition r[static PHOTO_SIZES], struct look *l)
{
	for (int i = 0; i < PHOTO_SIZES; i++) {
		if (!blob_put(&evidence.blobs, r[i].jpeg, r[i].len, l->rendition_sha256[i]))
			return busy(c, "the blob store can't take the photo's renditions now");
		l->rendition_bytes[i] = (int64_t)r[i].len;
	}
	return PB__CODE__OK;
}

static bool has_renditions(const struct look *l)
{
	return l->photo.fault == PHOTO_NONE || l->photo.fault == PHOTO_DAMAGED;
}

/* OK with a look that may be kept; else nothing is known of the photo, or it cost a worker. */
static Pb__Code look_anew(struct call *c, int fd, struct look *l)
{
	struct photo_rendition r[PHOTO_SIZES];
	enum photo_pool_end end = photo_pool_inspect(&evidence.pool, fd, &l->photo, r);
	Pb__Code e = PB__CODE__OK;

	if (end == PHOTO_POOL_NO_WORKER)
		e = busy(c, "no photo worker can be started now");
	else if (end == PHOTO_POOL_LOST)
		e = refuse_photo(c, PHOTO_UNDECODABLE);
	else if (has_renditions(l))
		e = keep_renditions(c, r, l);
	photo_renditions_free(r);
	return e;
}

static Pb__Code look_at(struct call *c, const char *sha256, int fd, struct look *l)
{
	if (!recent_take(&evidence.recent, sha256, l)) {
		Pb__Code e = look_anew(c, fd, l);
		if (e) {
			recent_drop(&evidence.recent, sha256);
			return e;
		}
		recent_put(&evidence.recent, sha256, l);
	}
	return has_renditions(l) ? PB__CODE__OK : refuse_photo(c, (enum photo_fault)l->photo.fault);
}

Pb__Code add_item_prepare(struct call *c, const Pb__AddItemRequest *in)
{
	struct inspected *p = ARENA_NEW(c->arena, struct inspected);

	if (!p)
		return call_fail(c, PB__CODE__TOO_LARGE, "the message needs too much memory");
	c->prepared = p;
	if (access_only_party(c) && strcmp(c->who.incident_id, in->incident_id) != 0)
		return call_fail(
			c, PB__CODE__NOT_FOUND, "there is no incident '%s'", in->incident_id);
	if (!*in->sha256)
		return call_fail(c, PB__CODE__INVALID, "a photo is uploaded as the request's body");
	Pb__Code e = take_place(c, in, p);
	if (e)
		return e;
	int fd = blob_open(&evidence.blobs, in->sha256, &p->size_bytes);
	if (fd < 0)
		return busy(c, errno == ENOENT ? "the uploaded bytes are not in the blob store"
					       : "the blob store can't be read now");
	if (p->size_bytes > evidence.max_bytes)
		e = call_fail(c, PB__CODE__TOO_LARGE, "a photo has at most %ld bytes",
			evidence.max_bytes);
	else
		e = look_at(c, in->sha256, fd, &p->look);
	close(fd);
	return e;
}
