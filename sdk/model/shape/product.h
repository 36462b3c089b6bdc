/* SPDX-License-Identifier: Apache-2.0
 *
 * Shapes of products, whatever the types: shared by float and integer operators.
 */
#pragma once

#include "model/shape/shapes.h"

/* Output of a convolution of input 0 by weights @weight with bias @bias (-1: none) */
gboolean strata_shape_convolved (StrataShape *shape, int weight, int bias, StrataDtype dtype, GError **error);
/* Output of numpy.matmul of inputs @left and @right */
gboolean strata_shape_multiplied (StrataShape *shape, int left, int right, StrataDtype dtype, GError **error);
