/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataModelOptions: a list of shapes and one of values, and the two tries that examples take.
 */
#include "api/model-options.h"

#include <math.h>
#include <string.h>

#include "device/tensor-private.h"
#include "model/arch/transformer.h"

#define MAX_EXAMPLE_ELEMENTS 64
#define MAX_NUMBERS 4096

typedef struct
{
  char *input; /* NULL: by @index */
  guint index;
  StrataTensor *tensor;
} Given;

typedef struct
{
  char *input;
  double *values;
  guint n;
} Numbers;

struct _StrataModelOptions
{
  GObject parent_instance;
  GArray *shapes;   /* StrataShapeBinding, names owned */
  GArray *values;   /* Given */
  GArray *numbers;  /* Numbers */
  GArray *examples; /* Given */
};

G_DEFINE_FINAL_TYPE (StrataModelOptions, strata_model_options, G_TYPE_OBJECT)

static void
clear_shape (gpointer data)
{
  g_free ((char *) ((StrataShapeBinding *) data)->name);
}

static void
clear_given (gpointer data)
{
  Given *given = data;

  g_clear_pointer (&given->input, g_free);
  g_clear_object (&given->tensor);
}

static void
clear_numbers (gpointer data)
{
  Numbers *numbers = data;

  g_clear_pointer (&numbers->input, g_free);
  g_clear_pointer (&numbers->values, g_free);
}

static void
strata_model_options_finalize (GObject *object)
{
  StrataModelOptions *self = STRATA_MODEL_OPTIONS (object);

  g_array_unref (self->shapes);
  g_array_unref (self->values);
  g_array_unref (self->numbers);
  g_array_unref (self->examples);
  G_OBJECT_CLASS (strata_model_options_parent_class)->finalize (object);
}

static void
strata_model_options_class_init (StrataModelOptionsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = strata_model_options_finalize;
}

static void
strata_model_options_init (StrataModelOptions *self)
{
  self->shapes = g_array_new (FALSE, TRUE, sizeof (StrataShapeBinding));
  g_array_set_clear_func (self->shapes, clear_shape);
  self->values = g_array_new (FALSE, TRUE, sizeof (Given));
  g_array_set_clear_func (self->values, clear_given);
  self->numbers = g_array_new (FALSE, TRUE, sizeof (Numbers));
  g_array_set_clear_func (self->numbers, clear_numbers);
  self->examples = g_array_new (FALSE, TRUE, sizeof (Given));
  g_array_set_clear_func (self->examples, clear_given);
}

StrataModelOptions *
strata_model_options_new (void)
{
  return g_object_new (STRATA_TYPE_MODEL_OPTIONS, NULL);
}

static void
add_shape (StrataModelOptions *self, const char *name, const gint64 *dims, guint n_dims, gboolean is_hint)
{
  StrataShapeBinding shape = { .name = g_strdup (name), .n_dims = (int) n_dims, .is_hint = is_hint };

  memcpy (shape.dims, dims, sizeof *dims * MAX (n_dims, 1));
  g_array_append_val (self->shapes, shape);
}

void
strata_model_options_set_dimension (StrataModelOptions *self, const char *name, gint64 size)
{
  g_return_if_fail (STRATA_IS_MODEL_OPTIONS (self));
  g_return_if_fail (name != NULL && size >= 0 && size <= G_MAXINT32);
  add_shape (self, name, &size, 0, FALSE);
}

void
strata_model_options_set_shape (StrataModelOptions *self, const char *input, const gint64 *dims, guint n_dims)
{
  g_return_if_fail (STRATA_IS_MODEL_OPTIONS (self));
  g_return_if_fail (input != NULL && dims != NULL && n_dims >= 1 && n_dims <= STRATA_MAX_DIMS);
  add_shape (self, input, dims, n_dims, FALSE);
}

/* "1x3x224x224" */
static gboolean
parse_dims (const char *text, gint64 *dims, guint *n_dims)
{
  g_auto (GStrv) parts = g_strsplit (text, "x", -1);

  *n_dims = g_strv_length (parts);
  if (*n_dims == 0 || *n_dims > STRATA_MAX_DIMS)
    return FALSE;
  for (guint i = 0; i < *n_dims; i++)
    if (!g_ascii_string_to_signed (parts[i], 10, 0, G_MAXINT32, &dims[i], NULL))
      return FALSE;
  return TRUE;
}

gboolean
strata_model_options_set_text (StrataModelOptions *self, const char *text, GError **error)
{
  const char *equals;
  g_autofree char *name = NULL;
  gint64 dims[STRATA_MAX_DIMS];
  guint n_dims;

  g_return_val_if_fail (STRATA_IS_MODEL_OPTIONS (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);
  equals = strrchr (text, '=');
  if (equals == NULL || equals == text || !parse_dims (equals + 1, dims, &n_dims))
    {
      g_set_error (
        error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_SHAPE,
        "\"%s\" gives no size; a dimension is written as sequence=64, an input's shape as image=1x3x224x224, "
        "each size from 0 to 2147483647, at most %d of them",
        text, STRATA_MAX_DIMS);
      return FALSE;
    }
  name = g_strndup (text, (gsize) (equals - text));
  add_shape (self, name, dims, n_dims == 1 ? 0 : n_dims, FALSE);
  return TRUE;
}

void
strata_model_options_set_value (StrataModelOptions *self, const char *input, StrataTensor *tensor)
{
  Given given = { g_strdup (input), 0, tensor };

  g_return_if_fail (STRATA_IS_MODEL_OPTIONS (self));
  g_return_if_fail (input != NULL && STRATA_IS_TENSOR (tensor));
  g_object_ref (tensor);
  g_array_append_val (self->values, given);
}

void
strata_model_options_set_numbers (StrataModelOptions *self, const char *input, const double *values, guint n_values)
{
  Numbers numbers = { g_strdup (input), g_memdup2 (values, sizeof *values * n_values), n_values };

  g_return_if_fail (STRATA_IS_MODEL_OPTIONS (self));
  g_return_if_fail (input != NULL && values != NULL && n_values >= 1 && n_values <= G_MAXINT32);
  g_array_append_val (self->numbers, numbers);
}

/* "1,64" */
static GArray *
parse_numbers (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, ",", MAX_NUMBERS + 1);
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (double));

  for (char **part = parts; *part != NULL; part++)
    {
      char *end = NULL;
      double number = g_ascii_strtod (*part, &end);

      if (end == *part || *end != '\0' || !isfinite (number))
        return NULL;
      g_array_append_val (numbers, number);
    }
  return numbers->len == 0 || numbers->len > MAX_NUMBERS ? NULL : g_steal_pointer (&numbers);
}

gboolean
strata_model_options_set_number_text (StrataModelOptions *self, const char *text, GError **error)
{
  const char *equals;
  g_autofree char *name = NULL;
  g_autoptr (GArray) numbers = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL_OPTIONS (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);
  equals = strrchr (text, '=');
  numbers = equals == NULL || equals == text ? NULL : parse_numbers (equals + 1);
  if (numbers == NULL)
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_SHAPE,
                   "\"%s\" gives no value; an input's is written as rate=16000, or shape=1,64 with one number per "
                   "element, at most %d of them",
                   text, MAX_NUMBERS);
      return FALSE;
    }
  name = g_strndup (text, (gsize) (equals - text));
  strata_model_options_set_numbers (self, name, (const double *) (gpointer) numbers->data, numbers->len);
  return TRUE;
}

void
strata_model_options_add_example (StrataModelOptions *self, const char *input, guint index, StrataTensor *tensor)
{
  Given given = { g_strdup (input), index, tensor };

  g_return_if_fail (STRATA_IS_MODEL_OPTIONS (self));
  g_return_if_fail (STRATA_IS_TENSOR (tensor));
  g_object_ref (tensor);
  g_array_append_val (self->examples, given);
}

/* What was given, as set_text takes it */
static char *
shapes_text (StrataModelOptions *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < self->shapes->len; i++)
    {
      const StrataShapeBinding *shape = &g_array_index (self->shapes, StrataShapeBinding, i);

      g_string_append_printf (text, "%s%s=", i == 0 ? "" : "\n", shape->name);
      for (int d = 0; d < MAX (shape->n_dims, 1); d++)
        g_string_append_printf (text, "%s%" G_GINT64_FORMAT, d == 0 ? "" : "x", shape->dims[d]);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* Options in the importer's form. Arrays view tensors, names are borrowed. */
typedef struct
{
  GArray *shapes, *values; /* StrataShapeBinding, StrataBinding */
  GPtrArray *arrays;
} Bindings;

static void
add_value (Bindings *bindings, const char *name, StrataTensor *tensor, gboolean is_hint)
{
  StrataArray *view = g_new0 (StrataArray, 1);
  StrataBinding binding = { .name = name, .array = view, .is_hint = is_hint };

  strata_tensor_view (tensor, view);
  g_ptr_array_add (bindings->arrays, view);
  g_array_append_val (bindings->values, binding);
}

static void
add_hint (Bindings *bindings, const char *name, StrataTensor *tensor)
{
  StrataShapeBinding shape = { .name = name, .is_hint = TRUE };
  guint n_dims;
  const gint64 *dims = strata_tensor_get_shape (tensor, &n_dims);

  if (n_dims == 0)
    return;
  shape.n_dims = (int) n_dims;
  memcpy (shape.dims, dims, sizeof *dims * n_dims);
  g_array_append_val (bindings->shapes, shape);
}

static gboolean
may_be_constant (StrataTensor *tensor)
{
  StrataDtype dtype = strata_tensor_get_dtype (tensor);

  return dtype != STRATA_DTYPE_F16 && dtype != STRATA_DTYPE_F32 && dtype != STRATA_DTYPE_F64
         && strata_tensor_get_n_elements (tensor) <= MAX_EXAMPLE_ELEMENTS;
}

static StrataGraph *
load_once (StrataModelOptions *self,
           const char *path,
           const char *const *names,
           gboolean with_values,
           GArray **fills,
           GCancellable *cancellable,
           GError **error)
{
  g_autoptr (GArray) shapes = g_array_new (FALSE, TRUE, sizeof (StrataShapeBinding));
  g_autoptr (GArray) values = g_array_new (FALSE, TRUE, sizeof (StrataBinding));
  g_autoptr (GPtrArray) arrays = g_ptr_array_new_with_free_func (g_free);
  Bindings bindings = { shapes, values, arrays };
  StrataImportOptions options;
  guint n_names = names == NULL ? 0 : g_strv_length ((char **) names);

  g_array_append_vals (shapes, self->shapes->data, self->shapes->len);
  for (guint i = 0; i < self->values->len; i++)
    add_value (&bindings, g_array_index (self->values, Given, i).input, g_array_index (self->values, Given, i).tensor,
               FALSE);
  for (guint i = 0; i < self->numbers->len; i++)
    {
      const Numbers *numbers = &g_array_index (self->numbers, Numbers, i);
      StrataBinding binding = { .name = numbers->input, .numbers = numbers->values, .n_numbers = (int) numbers->n };

      g_array_append_val (values, binding);
    }
  for (guint i = 0; i < self->examples->len; i++)
    {
      const Given *given = &g_array_index (self->examples, Given, i);
      const char *name = given->input != NULL ? given->input : given->index < n_names ? names[given->index] : NULL;

      if (name == NULL)
        continue;
      if (with_values && may_be_constant (given->tensor))
        add_value (&bindings, name, given->tensor, TRUE);
      add_hint (&bindings, name, given->tensor);
    }
  options = (StrataImportOptions){ (const StrataBinding *) (void *) values->data, (int) values->len,
                                   (const StrataShapeBinding *) (void *) shapes->data, (int) shapes->len };
  return strata_graph_load (path, &options, fills, cancellable, error);
}

/* An example that is named must be for an input of the model. */
static gboolean
check_names (StrataModelOptions *self, const char *path, const char *const *names, GError **error)
{
  for (guint i = 0; i < self->examples->len; i++)
    {
      const Given *given = &g_array_index (self->examples, Given, i);
      g_autofree char *list = NULL;

      if (given->input == NULL || g_strv_contains (names, given->input))
        continue;
      list = g_strjoinv (", ", (char **) names);
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_SHAPE, "%s: no such input: %s; it has %s", path,
                   given->input, list);
      return FALSE;
    }
  return TRUE;
}

StrataGraph *
strata_model_options_load (
  StrataModelOptions *self, const char *path, GArray **fills, GCancellable *cancellable, GError **error)
{
  g_auto (GStrv) names = NULL;
  g_autoptr (GError) first = NULL;
  StrataGraph *graph;

  if (self == NULL)
    return strata_graph_load (path, NULL, fills, cancellable, error);
  if (self->examples->len > 0)
    {
      StrataImportOptions options = { .shapes = (const StrataShapeBinding *) (void *) self->shapes->data,
                                      .n_shapes = (int) self->shapes->len };

      names = strata_graph_input_names (path, &options, error);
      if (names == NULL || (*names != NULL && !check_names (self, path, (const char *const *) names, error)))
        return NULL;
    }
  graph = load_once (self, path, (const char *const *) names, FALSE, fills, cancellable, &first);
  if (graph == NULL && self->examples->len > 0
      && (g_error_matches (first, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED)
          || g_error_matches (first, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_SHAPE)))
    graph = load_once (self, path, (const char *const *) names, TRUE, fills, cancellable, NULL);
  if (graph == NULL)
    g_propagate_error (error, g_steal_pointer (&first));
  else if (self->shapes->len > 0)
    {
      g_autofree char *text = shapes_text (self);

      graph->shapes = strata_arena_strdup (graph->arena, text);
    }
  return graph;
}
