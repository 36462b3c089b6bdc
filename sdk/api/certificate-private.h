/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates from what the pipeline reports.
 */
#pragma once

#include "compiler/search/report.h"
#include "strata/strata-certificate.h"

/* Takes @report. */
StrataCertificate *strata_certificate_new_from_report (StrataSearchReport *report) G_GNUC_WARN_UNUSED_RESULT;
