/* datum.c - positions of an answer in the datum asked for. */
#include "gateway/answer.h"

#include <string.h>
#include "jingbao/v1/common.pb-c.h"
#include "kit/geo.h"
#include "kit/json.h"

int datum_asked(struct req *r)
{
	const char *name = param_get(r->target.params, r->target.n_params, "datum");
	int v = name ? enum_value(&pb__datum__value__descriptor, name) : PB__DATUM__VALUE__WGS84;

	if (v > PB__DATUM__VALUE__UNSPECIFIED)
		return v;
	fault_field(&r->faults, "/datum", "enum", "one of WGS84, GCJ02, BD09, CGCS2000");
	return -1;
}

static void convert(Pb__Position *p, int datum)
{
	struct lonlat at = { p->lon, p->lat }, wgs, out;

	if ((int)p->datum == datum || !geo_to_wgs84((int)p->datum, at, &wgs) ||
		!geo_from_wgs84(datum, wgs, &out))
		return;
	p->lon = out.lon;
	p->lat = out.lat;
	p->datum = (Pb__Datum__Value)datum;
}

/* Messages are not recursive (the contract forbids it), so the depth is bounded. */
void positions_convert(ProtobufCMessage *m, int datum)
{
	if (m->descriptor == &pb__position__descriptor) {
		convert((Pb__Position *)m, datum);
		return;
	}
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
		char *at = (char *)m + f->offset;
		const uint32_t *q =
			(const uint32_t *)(const void *)((char *)m + f->quantifier_offset);
		if (f->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		if (f->label == PROTOBUF_C_LABEL_REPEATED) {
			size_t n = *(const size_t *)(const void *)q;
			ProtobufCMessage **items = *(ProtobufCMessage ***)(void *)at;
			for (size_t k = 0; k < n; k++)
				positions_convert(items[k], datum);
			continue;
		}
		if ((f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && *q != f->id)
			continue;
		ProtobufCMessage *sub = *(ProtobufCMessage **)(void *)at;
		if (sub)
			positions_convert(sub, datum);
	}
}
