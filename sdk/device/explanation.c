/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataExplanation: decisions of the compiler as values; and the figures of layers and tiles that stand beside them.
 */
#include <math.h>

#include "device/program-private.h"
#include "program/work.h"

struct _StrataExplanation
{
  gatomicrefcount n_owners;
  StrataProgram *program; /* its list of decisions does not change once it is made */
  const StrataDecision *decision;
  const StrataAlternative *alternatives;
};

G_DEFINE_BOXED_TYPE (StrataExplanation, strata_explanation, strata_explanation_ref, strata_explanation_unref)

StrataExplanation *
strata_explanation_ref (StrataExplanation *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_ref_count_inc (&self->n_owners);
  return self;
}

void
strata_explanation_unref (StrataExplanation *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->n_owners))
    return;
  g_object_unref (self->program);
  g_free (self);
}

const char *
strata_explanation_get_reason (const StrataExplanation *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return strata_reason_code (self->decision->reason);
}

const char *
strata_explanation_get_meaning (const StrataExplanation *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return strata_reason_meaning (self->decision->reason);
}

int
strata_explanation_get_layer (const StrataExplanation *self)
{
  g_return_val_if_fail (self != NULL, -1);
  return self->decision->op;
}

int
strata_explanation_get_tile (const StrataExplanation *self)
{
  g_return_val_if_fail (self != NULL, -1);
  return self->decision->tile;
}

gint64
strata_explanation_get_value (const StrataExplanation *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->decision->value;
}

const char *
strata_explanation_get_text (const StrataExplanation *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->decision->text;
}

guint
strata_explanation_get_n_alternatives (const StrataExplanation *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return (guint) self->decision->n_alternatives;
}

const char *
strata_explanation_get_alternative_name (const StrataExplanation *self, guint alternative)
{
  g_return_val_if_fail (self != NULL && alternative < (guint) self->decision->n_alternatives, NULL);
  return self->alternatives[alternative].what;
}

const char *
strata_explanation_get_alternative_verdict (const StrataExplanation *self, guint alternative)
{
  g_return_val_if_fail (self != NULL && alternative < (guint) self->decision->n_alternatives, NULL);
  return self->alternatives[alternative].verdict;
}

double
strata_explanation_get_alternative_figure (const StrataExplanation *self, guint alternative, const char *name)
{
  const StrataAlternative *other;

  g_return_val_if_fail (self != NULL && alternative < (guint) self->decision->n_alternatives, (double) NAN);
  g_return_val_if_fail (name != NULL, (double) NAN);
  other = &self->alternatives[alternative];
  const struct
  {
    const char *name;
    gint64 value;
  } known[] = {
    { "latency_ps", other->latency_ps },
    { "interval_ps", other->interval_ps },
    { "energy_fj", other->energy_fj },
    { "arrays", other->n_arrays },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (name, known[i].name) && known[i].value >= 0)
      return (double) known[i].value;
  return (double) NAN;
}

GPtrArray *
strata_program_list_explanations (StrataProgram *self, GError **error)
{
  const StrataDecisions *decisions;
  GPtrArray *list;

  g_return_val_if_fail (STRATA_IS_PROGRAM (self), NULL);
  decisions = strata_program_get_decisions (self, NULL, error);
  if (decisions == NULL)
    return NULL;
  list = g_ptr_array_new_full (decisions->decisions->len, (GDestroyNotify) strata_explanation_unref);
  for (guint i = 0; i < decisions->decisions->len; i++)
    {
      StrataExplanation *explanation = g_new0 (StrataExplanation, 1);

      g_atomic_ref_count_init (&explanation->n_owners);
      explanation->program = g_object_ref (self);
      explanation->decision = &g_array_index (decisions->decisions, StrataDecision, i);
      explanation->alternatives =
        (const StrataAlternative *) (gpointer) decisions->alternatives->data + explanation->decision->first_alternative;
      g_ptr_array_add (list, explanation);
    }
  return list;
}

/* --- figures --- */

static const char *const layer_figures[] = {
  "rows",         "columns",       "groups",   "positions",      "arrays",     "copies",   "row_copies",   "reads",
  "slices",       "utilisation",   "macs",     "start_ps",       "end_ps",     "span_ps",  "work_ps",      "energy_fj",
  "energy_share", "tier_switches", "snr_db",   "effective_bits", "thermal_db", "cells_db", "converter_db", "lasting_db",
  "rounding_db",  "noise_share",   "adc_bits", "sound_adc_bits", "drowned_fj", NULL
};

const char *const *
strata_program_list_layer_figures (void)
{
  return layer_figures;
}

static int
most_row_copies (const StrataTileSet *tiles, int layer)
{
  int most = 0;

  for (int i = tiles->op_first[layer]; i < tiles->op_first[layer + 1]; i++)
    most = MAX (most, tiles->tiles[i].n_row_copies);
  return most;
}

/* Arrays that hold tiles of @layer: those of its own, and shared ones, once each */
static int
count_arrays (const StrataTileSet *tiles, int layer)
{
  int n = 0;

  for (int i = tiles->op_first[layer]; i < tiles->op_first[layer + 1]; i++)
    {
      int array = strata_tile_set_array (tiles, i), before = MAX (array, tiles->op_first[layer]);

      while (before < i && strata_tile_set_array (tiles, before) != array)
        before++;
      n += before == i ? strata_tile_n_tiers (&tiles->tiles[i]) : 0;
    }
  return n;
}

/* What image and chip say; NaN where the layer has no matrix. */
static gboolean
get_mapped_figure (const StrataImage *image, int layer, const char *name, double *value)
{
  const StrataQOp *op = &image->graph->ops[layer];
  const StrataQTensor *out = &image->graph->tensors[op->output];
  gboolean analog = op->kind == STRATA_QOP_MVM, matrix = analog || op->kind == STRATA_QOP_MAC;
  double none = (double) NAN, n_positions = (double) out->height * out->width;
  const struct
  {
    const char *name;
    double value;
  } known[] = {
    { "rows", matrix ? op->k : none },
    { "columns", matrix ? op->n : none },
    { "groups", matrix ? MAX (1, op->window.groups) : none },
    { "positions", n_positions },
    { "arrays", count_arrays (image->tiles, layer) },
    { "copies", analog ? strata_work_n_copies (image->tiles, layer) : none },
    { "row_copies", analog ? most_row_copies (image->tiles, layer) : none },
    { "reads", analog ? MAX (1, op->n_reads) : none },
    { "slices", analog ? op->n_slices : none },
    { "utilisation", analog ? strata_tile_set_op_utilisation (image->tiles, layer, image->chip) : none },
    { "macs", matrix ? (double) op->n * op->k * n_positions : none },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (name, known[i].name))
      {
        *value = known[i].value;
        return TRUE;
      }
  return FALSE;
}

/* What the compiler reckoned with; NaN where it had no calibration samples */
static gboolean
get_noise_figure (const StrataImage *image, int layer, const char *name, double *value)
{
  const StrataNoiseFigures none = { layer, -1, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, -1, -1, NAN };
  const StrataNoiseFigures *found = strata_decisions_find_noise (image->decisions, layer);
  const StrataNoiseFigures *f = found != NULL ? found : &none;
  const struct
  {
    const char *name;
    double value;
  } known[] = {
    { "snr_db", f->snr_db },
    { "effective_bits", f->effective_bits },
    { "thermal_db", f->thermal_db },
    { "cells_db", f->cells_db },
    { "converter_db", f->converter_db },
    { "lasting_db", f->lasting_db },
    { "rounding_db", f->rounding_db },
    { "noise_share", f->share },
    { "adc_bits", f->adc_bits > 0 ? f->adc_bits : (double) NAN },
    { "sound_adc_bits", f->adc_bits > 0 ? f->sound_bits : (double) NAN },
    { "drowned_fj", f->drowned_fj },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (name, known[i].name))
      {
        *value = isinf (known[i].value) ? (double) NAN : known[i].value;
        return TRUE;
      }
  return FALSE;
}

double
strata_program_get_layer_figure (StrataProgram *self, guint layer, const char *name)
{
  const StrataFacts *facts;
  const StrataLayerFacts *own;
  double value, none = (double) NAN, dynamic_fj;

  g_return_val_if_fail (STRATA_IS_PROGRAM (self), (double) NAN);
  g_return_val_if_fail (layer < (guint) strata_program_get_image (self)->graph->n_ops && name != NULL, (double) NAN);
  if (get_mapped_figure (strata_program_get_image (self), (int) layer, name, &value)
      || get_noise_figure (strata_program_get_image (self), (int) layer, name, &value))
    return value;
  facts = g_strv_contains (layer_figures, name) ? strata_program_get_facts (self, NULL, NULL) : NULL;
  if (facts == NULL)
    return none;
  own = &facts->layers[layer];
  if (g_str_has_prefix (name, "energy") || g_str_equal (name, "tier_switches"))
    {
      dynamic_fj = (double) strata_program_get_modelled (self, NULL, NULL)->dynamic_fj[STRATA_BAND_NOMINAL];
      return g_str_equal (name, "energy_fj")       ? (double) own->energy_fj
             : g_str_equal (name, "tier_switches") ? (double) own->n_switches
             : dynamic_fj > 0                      ? (double) own->energy_fj / dynamic_fj
                                                   : none;
    }
  if (own->start_ps < 0)
    return none;
  return g_str_equal (name, "start_ps")  ? (double) own->start_ps
         : g_str_equal (name, "end_ps")  ? (double) own->end_ps
         : g_str_equal (name, "span_ps") ? (double) (own->end_ps - own->start_ps)
                                         : (double) own->floor_ps;
}

gint64
strata_program_get_overlap_ps (StrataProgram *self, guint layer, guint other)
{
  const StrataFacts *facts;
  guint n;

  g_return_val_if_fail (STRATA_IS_PROGRAM (self), 0);
  n = strata_program_get_n_layers (self);
  g_return_val_if_fail (layer < n && other < n, 0);
  facts = strata_program_get_facts (self, NULL, NULL);
  return facts == NULL ? 0 : strata_facts_overlap_ps (facts, (int) layer, (int) other);
}

void
strata_program_get_tile_block (StrataProgram *self, guint tile, int *row, int *n_rows, int *column, int *n_columns)
{
  const StrataTile *block;

  g_return_if_fail (STRATA_IS_PROGRAM (self));
  g_return_if_fail (tile < strata_program_get_n_tiles (self));
  block = &strata_program_get_image (self)->tiles->tiles[tile];
  if (row != NULL)
    *row = strata_tile_first_row (block, &strata_program_get_image (self)->graph->ops[block->op]);
  if (n_rows != NULL)
    *n_rows = block->n_rows;
  if (column != NULL)
    *column = block->col0;
  if (n_columns != NULL)
    *n_columns = block->n_cols;
}

double
strata_program_get_tile_figure (StrataProgram *self, guint tile, const char *name)
{
  const StrataImage *image;
  const StrataFacts *facts;
  const StrataTile *block;
  gint64 rival_ps;
  int n_rivals, stack;

  g_return_val_if_fail (STRATA_IS_PROGRAM (self), (double) NAN);
  g_return_val_if_fail (tile < strata_program_get_n_tiles (self) && name != NULL, (double) NAN);
  image = strata_program_get_image (self);
  block = &image->tiles->tiles[tile];
  stack = image->placement->site[tile].stack;
  facts = strata_program_get_facts (self, NULL, NULL);
  if (facts == NULL)
    return (double) NAN;
  rival_ps = strata_facts_contention_ps (image, facts, (int) tile, stack, &n_rivals);
  const struct
  {
    const char *name;
    double value;
  } known[] = {
    { "copy", block->copy },
    { "row_copies", block->n_row_copies },
    { "array", strata_tile_set_array (image->tiles, (int) tile) },
    { "utilisation", strata_tile_utilisation (block, image->chip) },
    { "hops", facts->stack_hops[stack] },
    { "work_ps", (double) facts->tile_busy_ps[tile] },
    { "rivals", n_rivals },
    { "rival_ps", (double) rival_ps },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (name, known[i].name))
      return known[i].value;
  return (double) NAN;
}
