/* SPDX-License-Identifier: Apache-2.0
 *
 * Sections of a container: each is written and read in one file, so that a new field of an artefact has one place. What
 * is read is known to lie inside its section, no more; the artefacts' checks follow in image-decode.c. Internal to
 * program/.
 */
#pragma once

#include "base/hash.h"
#include "program/bytes.h"
#include "program/container.h"
#include "program/image.h"

/* FALSE, with *@error: "section XXXX: @reason; compile the model again" */
gboolean strata_section_refuse (StrataSection section, const char *reason, GError **error);
/* To be called last on a section: everything was there, and nothing else. */
gboolean strata_section_close (StrataSection section, const StrataReader *reader, GError **error);

/* section-graph.c. The weights section: its bytes, or, where only its hash is wanted, what was hashed of it instead of
 * a copy */
typedef struct
{
  GByteArray *bytes; /* NULL: hashed */
  StrataHasher *hasher;
  guint64 length;
} StrataWeightsWriter;

void strata_put_graph (GByteArray *bytes, StrataWeightsWriter *weights, const StrataImage *image);
/* About what the weights section takes */
gsize strata_weights_size (const StrataQGraph *graph);

/* section-schedule.c */
void strata_put_tiles (GByteArray *bytes, const StrataImage *image);
void strata_put_placement (GByteArray *bytes, const StrataImage *image);
void strata_put_schedule (GByteArray *bytes, const StrataImage *image);

/* section-decisions.c */
void strata_put_decisions (GByteArray *bytes, const StrataImage *image);

/* section-context.c */
void strata_put_chip (GByteArray *bytes, const StrataImage *image);
void strata_put_limits (GByteArray *bytes, const StrataImage *image);
void strata_put_calibration (GByteArray *bytes, const StrataImage *image);
void strata_put_meta (GByteArray *bytes, const StrataImage *image);

/* The same from @reader, at the start of its section, into @image, which has what each refers to: tiles the graph, a
 * schedule the chip, samples and decisions the graph and the tiles. After an error @image may hold a part of it. */
gboolean strata_get_graph (StrataReader reader, StrataReader weights, StrataImage *image, GError **error);
gboolean strata_get_tiles (StrataReader reader, StrataImage *image, GError **error);
gboolean strata_get_placement (StrataReader reader, StrataImage *image, GError **error);
gboolean strata_get_schedule (StrataReader reader, StrataImage *image, GError **error);
gboolean strata_get_decisions (StrataReader reader, StrataImage *image, GError **error);
gboolean strata_get_chip (StrataReader reader, StrataImage *image, GError **error);
gboolean strata_get_limits (StrataReader reader, StrataImage *image, GError **error);
gboolean strata_get_calibration (StrataReader reader, StrataImage *image, GError **error);
gboolean strata_get_meta (StrataReader reader, StrataImage *image, GError **error);
