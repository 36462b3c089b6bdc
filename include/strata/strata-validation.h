/* SPDX-License-Identifier: Apache-2.0
 *
 * Published numbers against the model's.
 */
#pragma once

#include <glib-object.h>
#include <strata/strata-types.h>

G_BEGIN_DECLS

#define STRATA_TYPE_VALIDATION (strata_validation_get_type ())

/**
 * StrataValidation:
 *
 * One number that somebody measured, simulated or fitted, beside what the chip model gives for the same case. Immutable
 * and thread-safe.
 */
typedef struct _StrataValidation StrataValidation;

STRATA_API GType strata_validation_get_type (void);

/**
 * strata_validation_list_published:
 *
 * Computes the model's value for every published number that it is held against: chips, macros, converters, cells,
 * yield, heat. Blocks for up to a second. May be called from several threads.
 *
 * Returns: (transfer full) (element-type StrataValidation): the table
 */
STRATA_API GPtrArray *strata_validation_list_published (void);

/**
 * strata_validation_ref:
 * @self: a validation
 *
 * Returns: (transfer full): @self
 */
STRATA_API StrataValidation *strata_validation_ref (StrataValidation *self);

/**
 * strata_validation_unref:
 * @self: (transfer full): a validation
 *
 * Frees @self where nobody else holds it.
 */
STRATA_API void strata_validation_unref (StrataValidation *self);

/**
 * strata_validation_get_name:
 * @self: a validation
 *
 * Returns: (transfer none): short name of the row, stable between versions
 */
STRATA_API const char *strata_validation_get_name (const StrataValidation *self);

/**
 * strata_validation_get_subject:
 * @self: a validation
 *
 * Returns: (transfer none): the chip, circuit or simulator that the published number is of
 */
STRATA_API const char *strata_validation_get_subject (const StrataValidation *self);

/**
 * strata_validation_get_what:
 * @self: a validation
 *
 * Returns: (transfer none): the quantity, in words
 */
STRATA_API const char *strata_validation_get_what (const StrataValidation *self);

/**
 * strata_validation_get_unit:
 * @self: a validation
 *
 * Returns: (transfer none): unit of both values, as strata_quantity_to_text() takes it where it knows the unit
 */
STRATA_API const char *strata_validation_get_unit (const StrataValidation *self);

/**
 * strata_validation_get_source:
 * @self: a validation
 *
 * Returns: (transfer none): where the published number is from
 */
STRATA_API const char *strata_validation_get_source (const StrataValidation *self);

/**
 * strata_validation_get_kind:
 * @self: a validation
 *
 * Returns: what an agreement says
 */
STRATA_API StrataValidationKind strata_validation_get_kind (const StrataValidation *self);

/**
 * strata_validation_get_published:
 * @self: a validation
 *
 * Returns: the published value
 */
STRATA_API double strata_validation_get_published (const StrataValidation *self);

/**
 * strata_validation_get_ours:
 * @self: a validation
 *
 * Returns: the model's value; NaN where it could not be computed
 */
STRATA_API double strata_validation_get_ours (const StrataValidation *self);

/**
 * strata_validation_get_lowest:
 * @self: a validation
 *
 * Returns: the lowest value that counts as agreement
 */
STRATA_API double strata_validation_get_lowest (const StrataValidation *self);

/**
 * strata_validation_get_highest:
 * @self: a validation
 *
 * Returns: the highest value that counts as agreement
 */
STRATA_API double strata_validation_get_highest (const StrataValidation *self);

/**
 * strata_validation_get_deviation:
 * @self: a validation
 *
 * Returns: the model's value over the published one, less 1; NaN where it could not be computed
 */
STRATA_API double strata_validation_get_deviation (const StrataValidation *self);

/**
 * strata_validation_agrees:
 * @self: a validation
 *
 * Returns: whether the model's value lies within the tolerance
 */
STRATA_API gboolean strata_validation_agrees (const StrataValidation *self);

/**
 * strata_validation_get_known_miss:
 * @self: a validation
 *
 * Why the model's value is known to lie outside of the tolerance, which is not widened for it. The tests fail when such
 * a row agrees after all, and when any other does not.
 *
 * Returns: (transfer none) (nullable): the reason, or %NULL where the value has to agree
 */
STRATA_API const char *strata_validation_get_known_miss (const StrataValidation *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataValidation, strata_validation_unref)

G_END_DECLS
