/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows over three or more spatial dimensions, by direct loops: the executors of planes hand over to these.
 */
#pragma once

#include "model/exec/exec.h"

gboolean strata_exec_conv_nd (const StrataExec *run, GError **error);
gboolean strata_exec_conv_transpose_nd (const StrataExec *run, GError **error);
/* MaxPool, AveragePool and LpPool */
gboolean strata_exec_pool_nd (const StrataExec *run, GError **error);
