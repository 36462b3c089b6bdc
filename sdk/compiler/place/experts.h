/* SPDX-License-Identifier: Apache-2.0
 *
 * Which ops fire together, as sets that were drawn. Internal to place/.
 */
#pragma once

#include "compiler/place/model.h"

/* Teams and routes, and what of them each op has; tiles and ops of the model must be there. @options NULL: no teams */
void place_experts_init (PlaceModel *model, const StrataPlaceOptions *options);
void place_experts_finish (PlaceModel *model);
