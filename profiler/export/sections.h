/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of a report as text cells, made once for the terminal and for the page.
 */
#pragma once

#include "strata-profiler/strata-profile-analysis.h"

typedef struct
{
  char *id, *title;   /* "layers", "Layers" */
  char *empty;        /* what to say where there are no rows */
  GPtrArray *columns; /* char *; a name that starts with '>' is a column of numbers, to the right */
  GPtrArray *cells;   /* char *, row by row */
  guint n_closing;    /* rows at the end that close a sum */
} StrataReportSection;

void strata_report_section_free (StrataReportSection *section);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataReportSection, strata_report_section_free)

/* NULL-terminated ids of all sections */
const char *const *strata_report_section_ids (void);
/* Refuses an unknown id with STRATA_PROFILE_ERROR_QUERY, naming the known ones. */
gboolean strata_report_section_check (const char *id, GError **error);
/* NULL for an unknown id. */
StrataReportSection *strata_report_section_new (StrataProfile *profile, const char *id) G_GNUC_WARN_UNUSED_RESULT;

guint strata_report_section_n_rows (const StrataReportSection *section);
