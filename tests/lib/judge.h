/* SPDX-License-Identifier: Apache-2.0
 *
 * How the API judges a candidate, for tests and benches that call the compiler below it: a modelled run without bands.
 */
#pragma once

#include "compiler/pipeline.h"

/* For StrataEvaluator.judge; accuracy is not judged. */
gboolean judge_cb (const StrataImage *image, StrataJudgement *judgement, gpointer user_data, GError **error);
