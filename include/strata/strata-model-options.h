/* SPDX-License-Identifier: Apache-2.0
 *
 * What a model file leaves open, decided when it is opened.
 */
#pragma once

#include <gio/gio.h>
#include <strata/strata-tensor.h>
#include <strata/strata-types.h>

G_BEGIN_DECLS

#define STRATA_TYPE_MODEL_OPTIONS (strata_model_options_get_type ())

/**
 * StrataModelOptions:
 *
 * Sizes of dimensions and values of inputs that a file leaves open. Not thread-safe while it is being filled; opening a
 * model copies what it needs.
 */
STRATA_API
G_DECLARE_FINAL_TYPE (StrataModelOptions, strata_model_options, STRATA, MODEL_OPTIONS, GObject)

/**
 * strata_model_options_new:
 *
 * Returns: (transfer full): options that decide nothing
 */
STRATA_API StrataModelOptions *strata_model_options_new (void) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_model_options_set_dimension:
 * @self: options
 * @name: a symbolic dimension, such as "sequence"
 * @size: its size, 0 to 2147483647
 *
 * Gives every open dimension of that name a size. A name that the model does not have makes opening fail.
 */
STRATA_API void strata_model_options_set_dimension (StrataModelOptions *self, const char *name, gint64 size);

/**
 * strata_model_options_set_shape:
 * @self: options
 * @input: the name of an input
 * @dims: (array length=n_dims): its whole shape
 * @n_dims: number of dimensions, 1 to 8
 *
 * Gives an input its shape; where it contradicts the model, opening fails.
 */
STRATA_API void
strata_model_options_set_shape (StrataModelOptions *self, const char *input, const gint64 *dims, guint n_dims);

/**
 * strata_model_options_set_text:
 * @self: options
 * @text: "NAME=64" for a dimension (or an input of one dimension), "INPUT=1x3x224x224" for an input's shape
 * @error: return location for a #GError
 *
 * Takes a size or shape as people write it. Fails with %STRATA_IMPORT_ERROR_SHAPE where the text is neither.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_model_options_set_text (StrataModelOptions *self, const char *text, GError **error);

/**
 * strata_model_options_set_value:
 * @self: options
 * @input: the name of an input
 * @tensor: its value
 *
 * Makes an input a constant of the model. What depends on it is decided when the model is opened: the branch of an If,
 * the shape that a Reshape reads. The opened model no longer has that input.
 */
STRATA_API void strata_model_options_set_value (StrataModelOptions *self, const char *input, StrataTensor *tensor);

/**
 * strata_model_options_set_numbers:
 * @self: options
 * @input: the name of an input, of any type and known shape
 * @numbers: (array length=n_numbers): what every element of it is, or what each is
 * @n_numbers: 1, or the number of its elements
 *
 * Makes an input a constant, as strata_model_options_set_value() does, without its type and shape being known. A number
 * that an integer type cannot hold makes opening fail, and so does a name that the model does not have.
 */
STRATA_API void
strata_model_options_set_numbers (StrataModelOptions *self, const char *input, const double *numbers, guint n_numbers);

/**
 * strata_model_options_set_number_text:
 * @self: options
 * @text: "INPUT=16000", or "INPUT=1,64" for one number per element
 * @error: return location for a #GError
 *
 * The same as people write it. Fails with %STRATA_IMPORT_ERROR_SHAPE where the text gives no finite numbers.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_model_options_set_number_text (StrataModelOptions *self, const char *text, GError **error);

/**
 * strata_model_options_add_example:
 * @self: options
 * @input: (nullable): the name of an input; %NULL: the one at @index
 * @index: place of the input in the file, where @input is %NULL
 * @tensor: a tensor that the model is going to be run with
 *
 * Open dimensions that nothing else decides take their size from the example. Where that is not enough, because a
 * branch or a shape depends on a value, integer and boolean examples of at most 64 elements become constants, as by
 * strata_model_options_set_value().
 */
STRATA_API void
strata_model_options_add_example (StrataModelOptions *self, const char *input, guint index, StrataTensor *tensor);

G_END_DECLS
