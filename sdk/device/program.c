/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataProgram: an image and, once asked for, its modelled run.
 */
#include "device/program-private.h"

#include <math.h>

struct _StrataProgram
{
  GObject parent_instance;
  StrataImage *image;
  char hash[17];
  GMutex lock;
  StrataModelled *modelled;
  StrataFacts *facts;
  StrataDecisions *decisions;
  StrataProgrammingPlan *plan;
};

G_DEFINE_FINAL_TYPE (StrataProgram, strata_program, G_TYPE_OBJECT)

static void
strata_program_finalize (GObject *object)
{
  StrataProgram *self = STRATA_PROGRAM (object);

  strata_programming_plan_free (self->plan);
  strata_decisions_free (self->decisions);
  strata_facts_free (self->facts);
  strata_modelled_free (self->modelled);
  strata_image_free (self->image);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (strata_program_parent_class)->finalize (object);
}

static void
strata_program_class_init (StrataProgramClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = strata_program_finalize;
}

static void
strata_program_init (StrataProgram *self)
{
  g_mutex_init (&self->lock);
}

StrataProgram *
strata_program_new_from_image (StrataImage *image)
{
  StrataProgram *self = g_object_new (STRATA_TYPE_PROGRAM, NULL);

  self->image = image;
  g_snprintf (self->hash, sizeof self->hash, "%016" G_GINT64_MODIFIER "x", image->hash);
  return self;
}

const StrataImage *
strata_program_get_image (StrataProgram *self)
{
  return self->image;
}

const StrataModelled *
strata_program_get_modelled (StrataProgram *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->modelled == NULL)
    self->modelled = strata_model_run (self->image, self->image->limits.max_interval_ps, TRUE, cancellable, error);
  return self->modelled;
}

const StrataFacts *
strata_program_get_facts (StrataProgram *self, GCancellable *cancellable, GError **error)
{
  const StrataModelled *modelled = strata_program_get_modelled (self, cancellable, error);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (modelled != NULL && self->facts == NULL)
    self->facts = strata_facts_new (self->image, modelled);
  return self->facts;
}

const StrataDecisions *
strata_program_get_decisions (StrataProgram *self, GCancellable *cancellable, GError **error)
{
  const StrataFacts *facts = strata_program_get_facts (self, cancellable, error);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (facts != NULL && self->decisions == NULL)
    self->decisions = strata_explain (self->image, self->modelled, facts);
  return self->decisions;
}

const StrataProgrammingPlan *
strata_program_get_plan (StrataProgram *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->plan == NULL)
    self->plan = strata_programming_plan (self->image->tiles, self->image->placement, self->image->chip);
  return self->plan;
}

StrataProgram *
strata_program_load (const char *path, GError **error)
{
  StrataImage *image;

  g_return_val_if_fail (path != NULL, NULL);
  image = strata_image_load (path, error);
  return image == NULL ? NULL : strata_program_new_from_image (image);
}

gboolean
strata_program_save (StrataProgram *self, const char *path, GError **error)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  return strata_image_save (self->image, path, error);
}

GBytes *
strata_program_to_bytes (StrataProgram *self)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), NULL);
  return strata_image_encode (self->image);
}

const char *
strata_program_get_hash (StrataProgram *self)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), NULL);
  return self->hash;
}

const char *
strata_program_get_chip_name (StrataProgram *self)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), NULL);
  return self->image->chip->name;
}

const char *
strata_program_get_model_name (StrataProgram *self)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), NULL);
  return self->image->model_name;
}

const char *
strata_program_get_model_path (StrataProgram *self)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), NULL);
  return self->image->model_path;
}

const char *
strata_program_get_model_values (StrataProgram *self)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), NULL);
  return self->image->model_values;
}

const char *
strata_program_get_model_shapes (StrataProgram *self)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), NULL);
  return self->image->model_shapes;
}

gboolean
strata_program_is_calibrated (StrataProgram *self)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), FALSE);
  return self->image->graph->calibrated || self->image->graph->quantised_source;
}

StrataSampleOrigin
strata_program_get_sample_origin (StrataProgram *self, guint *n_given, guint *n_kept)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), STRATA_SAMPLE_ORIGIN_NONE);
  if (n_given != NULL)
    *n_given = (guint) self->image->n_given;
  if (n_kept != NULL)
    *n_kept = (guint) self->image->n_calibration;
  return self->image->sample_origin;
}

gboolean
strata_program_has_weights (StrataProgram *self)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), FALSE);
  return !self->image->graph->weightless;
}

guint
strata_program_get_n_layers (StrataProgram *self)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), 0);
  return (guint) self->image->graph->n_ops;
}

const char *
strata_program_get_layer_name (StrataProgram *self, guint layer)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), NULL);
  g_return_val_if_fail (layer < (guint) self->image->graph->n_ops, NULL);
  return self->image->graph->ops[layer].name;
}

const char *
strata_program_get_layer_kind (StrataProgram *self, guint layer)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), NULL);
  g_return_val_if_fail (layer < (guint) self->image->graph->n_ops, NULL);
  return strata_qop_name (self->image->graph->ops[layer].kind);
}

const char *
strata_program_get_layer_op (StrataProgram *self, guint layer)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), NULL);
  g_return_val_if_fail (layer < (guint) self->image->graph->n_ops, NULL);
  return self->image->graph->ops[layer].onnx != NULL ? self->image->graph->ops[layer].onnx : "";
}

guint
strata_program_get_layer_n_tiles (StrataProgram *self, guint layer)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), 0);
  g_return_val_if_fail (layer < (guint) self->image->graph->n_ops, 0);
  return (guint) (self->image->tiles->op_first[layer + 1] - self->image->tiles->op_first[layer]);
}

guint
strata_program_get_n_tiles (StrataProgram *self)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), 0);
  return (guint) self->image->tiles->n_tiles;
}

void
strata_program_get_tile_site (StrataProgram *self, guint tile, guint *layer, int *stack, int *tier)
{
  g_return_if_fail (STRATA_IS_PROGRAM (self));
  g_return_if_fail (tile < (guint) self->image->tiles->n_tiles);
  if (layer != NULL)
    *layer = (guint) self->image->tiles->tiles[tile].op;
  if (stack != NULL)
    *stack = self->image->placement->site[tile].stack;
  if (tier != NULL)
    *tier = self->image->placement->site[tile].tier;
}

guint
strata_program_get_n_row_copies (StrataProgram *self)
{
  int most = 1;

  g_return_val_if_fail (STRATA_IS_PROGRAM (self), 1);
  for (int i = 0; i < self->image->tiles->n_tiles; i++)
    most = MAX (most, self->image->tiles->tiles[i].n_row_copies);
  return (guint) most;
}

guint
strata_program_get_n_reads (StrataProgram *self)
{
  int most = 1;

  g_return_val_if_fail (STRATA_IS_PROGRAM (self), 1);
  for (int i = 0; i < self->image->graph->n_ops; i++)
    most = MAX (most, self->image->graph->ops[i].n_reads);
  return (guint) most;
}

double
strata_program_get_output_step (StrataProgram *self, guint index)
{
  const StrataQGraph *graph;
  const StrataQTensor *output;

  g_return_val_if_fail (STRATA_IS_PROGRAM (self), 0);
  graph = self->image->graph;
  g_return_val_if_fail (index < (guint) graph->n_outputs, 0);
  output = &graph->tensors[graph->outputs[index]];
  if (output->format == STRATA_FORMAT_F32 && output->producer >= 0
      && graph->ops[output->producer].kind == STRATA_QOP_DEQUANTISE)
    output = &graph->tensors[graph->ops[output->producer].inputs[0]];
  return output->format == STRATA_FORMAT_F32 ? 0 : output->scale;
}

/* Figures that need no simulation come first. */
static const char *const figure_names[] = { "arrays_required",
                                            "arrays_used",
                                            "arrays_total",
                                            "n_macs",
                                            "n_parameters",
                                            "lower_bound_ps",
                                            "interval_bound_ps",
                                            "critical_path_ps",
                                            "sram_peak_bytes",
                                            "latency_ps",
                                            "interval_ps",
                                            "host_ps",
                                            "energy_fj",
                                            "dynamic_fj",
                                            "static_mw",
                                            "power_mw",
                                            "junction_c",
                                            "skin_c",
                                            "peak_power_mw",
                                            "unit_interval_ps",
                                            "pace_ps",
                                            "active_stacks",
                                            "place_total_ps",
                                            "place_bound_ps",
#define STRATA_PLACE_TERM(id, name, meaning) "place_" name "_ps",
#include "program/place-terms.def"
#undef STRATA_PLACE_TERM
                                            NULL };

const char *const *
strata_program_list_figures (void)
{
  return figure_names;
}

static gboolean
get_static_figure (const StrataImage *image, const char *name, double *value)
{
  const struct
  {
    const char *name;
    gint64 value;
  } known[] = {
    { "arrays_required", image->tiles->arrays_required },
    { "arrays_used", strata_tile_set_n_arrays (image->tiles) },
    { "arrays_total", strata_chip_arrays (image->chip) },
    { "n_macs", image->n_macs },
    { "n_parameters", image->n_parameters },
    { "lower_bound_ps", image->schedule->lower_bound_ps },
    { "interval_bound_ps", image->schedule->interval_bound_ps },
    { "critical_path_ps", image->schedule->critical_path_ps },
    { "sram_peak_bytes", image->schedule->sram_peak_bytes },
    { "pace_ps", image->pace_ps },
    { "active_stacks", image->schedule->max_active_stacks },
    { "place_total_ps", image->placement->total_ps },
    { "place_bound_ps", image->placement->total_bound_ps },
#define STRATA_PLACE_TERM(id, name, meaning) { "place_" name "_ps", image->placement->cost_ps[STRATA_PLACE_TERM_##id] },
#include "program/place-terms.def"
#undef STRATA_PLACE_TERM
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (name, known[i].name))
      {
        *value = (double) known[i].value;
        return TRUE;
      }
  return FALSE;
}

static double
get_modelled_figure (const StrataModelled *modelled, const char *name, StrataBand band)
{
  double unavailable = (double) NAN;
  const struct
  {
    const char *name;
    double value;
  } known[] = {
    { "latency_ps", (double) modelled->latency_ps[band] },
    { "interval_ps", (double) modelled->interval_ps[band] },
    { "unit_interval_ps", (double) modelled->unit_interval_ps[band] },
    { "peak_power_mw", band == STRATA_BAND_NOMINAL ? modelled->peak_mw : unavailable },
    { "host_ps", band == STRATA_BAND_NOMINAL ? (double) modelled->host_ps : unavailable },
    { "energy_fj", (double) modelled->energy_fj[band] },
    { "dynamic_fj", (double) modelled->dynamic_fj[band] },
    { "static_mw", strata_modelled_steady (modelled, band, modelled->static_mw[band]) },
    { "power_mw", strata_modelled_steady (modelled, band, modelled->power_mw[band]) },
    { "junction_c",
      band == STRATA_BAND_NOMINAL ? strata_modelled_steady (modelled, band, modelled->junction_c) : unavailable },
    { "skin_c", band == STRATA_BAND_NOMINAL ? strata_modelled_steady (modelled, band, modelled->skin_c) : unavailable },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (name, known[i].name))
      return known[i].value;
  return unavailable;
}

double
strata_program_get_figure (StrataProgram *self, const char *name, StrataBand band)
{
  const StrataModelled *modelled;
  double value;

  g_return_val_if_fail (STRATA_IS_PROGRAM (self), (double) NAN);
  g_return_val_if_fail (name != NULL && (guint) band < STRATA_N_BANDS, (double) NAN);
  if (get_static_figure (self->image, name, &value))
    return value;
  if (!g_strv_contains (figure_names, name))
    return (double) NAN;
  modelled = strata_program_get_modelled (self, NULL, NULL);
  return modelled == NULL ? (double) NAN : get_modelled_figure (modelled, name, band);
}

gboolean
strata_program_get_array_temperatures (StrataProgram *self, double *coolest_c, double *hottest_c, GError **error)
{
  const StrataModelled *modelled;
  double coolest, hottest;

  g_return_val_if_fail (STRATA_IS_PROGRAM (self), FALSE);
  modelled = strata_program_get_modelled (self, NULL, error);
  if (modelled == NULL || !strata_modelled_array_range (self->image, modelled, &coolest, &hottest, error))
    return FALSE;
  if (coolest_c != NULL)
    *coolest_c = coolest;
  if (hottest_c != NULL)
    *hottest_c = hottest;
  return TRUE;
}

char *
strata_program_disassemble (StrataProgram *self)
{
  g_return_val_if_fail (STRATA_IS_PROGRAM (self), NULL);
  return strata_image_disassemble (self->image);
}
