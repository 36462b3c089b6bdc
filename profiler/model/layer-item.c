/* SPDX-License-Identifier: Apache-2.0
 *
 * A layer as an object: its profile and its row.
 */
#include "strata-profiler/strata-profile-items.h"

#include <math.h>

#include "model/item-private.h"

struct _StrataLayerItem
{
  GObject parent_instance;
  StrataProfile *profile;
  const StrataProfileLayer *row;
};

G_DEFINE_FINAL_TYPE (StrataLayerItem, strata_layer_item, G_TYPE_OBJECT)

enum
{
  LAYER_ID = 1,
  LAYER_NAME,
  LAYER_OP,
  LAYER_KIND,
  LAYER_STAGE,
  LAYER_N_MACS,
  LAYER_N_WEIGHTS,
  LAYER_N_TILES,
  LAYER_N_STACKS,
  LAYER_N_COPIES,
  LAYER_N_EVENTS,
  LAYER_START,
  LAYER_END,
  LAYER_SPAN,
  LAYER_BUSY,
  LAYER_ENERGY,
  LAYER_ENERGY_OPTIMISTIC,
  LAYER_ENERGY_CONSERVATIVE,
  LAYER_ENERGY_SHARE,
  LAYER_UTILISATION,
  LAYER_SNR,
  LAYER_CLIP,
  LAYER_N_FINDINGS,
  N_LAYER_PROPERTIES,
};

static gboolean
get_layer_text (const StrataProfileLayer *row, guint id, GValue *value)
{
  const char *texts[] = { row->name, row->op, row->kind, row->stage };

  if (id < LAYER_NAME || id > LAYER_STAGE)
    return FALSE;
  g_value_set_string (value, texts[id - LAYER_NAME]);
  return TRUE;
}

static gboolean
get_layer_number (StrataLayerItem *self, guint id, GValue *value)
{
  const StrataProfileLayer *row = self->row;
  gint64 total = strata_profile_get_energy_fj (self->profile);

  switch (id)
    {
    case LAYER_ENERGY_SHARE:
      g_value_set_double (value, total > 0 ? (double) row->energy_fj[STRATA_BAND_NOMINAL] / (double) total : NAN);
      return TRUE;
    case LAYER_UTILISATION:
      g_value_set_double (value, row->utilisation);
      return TRUE;
    case LAYER_SNR:
      g_value_set_double (value, row->snr_db);
      return TRUE;
    case LAYER_CLIP:
      g_value_set_double (value, row->clip_fraction);
      return TRUE;
    default:
      return FALSE;
    }
}

static gint64
get_layer_integer (const StrataProfileLayer *row, guint id)
{
  switch (id)
    {
    case LAYER_N_MACS:
      return row->n_macs;
    case LAYER_N_WEIGHTS:
      return row->n_weights;
    case LAYER_N_EVENTS:
      return row->n_events;
    case LAYER_START:
      return row->start_ps;
    case LAYER_END:
      return row->end_ps;
    case LAYER_SPAN:
      return row->start_ps < 0 ? -1 : row->end_ps - row->start_ps;
    case LAYER_BUSY:
      return row->busy_ps;
    case LAYER_ENERGY:
    case LAYER_ENERGY_OPTIMISTIC:
    case LAYER_ENERGY_CONSERVATIVE:
      return row->energy_fj[id - LAYER_ENERGY];
    default:
      return -1;
    }
}

static int
get_layer_count (const StrataProfileLayer *row, guint id)
{
  switch (id)
    {
    case LAYER_ID:
      return row->id;
    case LAYER_N_TILES:
      return row->n_tiles;
    case LAYER_N_STACKS:
      return row->n_stacks;
    case LAYER_N_COPIES:
      return row->n_copies;
    case LAYER_N_FINDINGS:
      return row->n_findings;
    default:
      return -1;
    }
}

static void
strata_layer_item_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  StrataLayerItem *self = STRATA_LAYER_ITEM (object);

  if (get_layer_text (self->row, id, value) || get_layer_number (self, id, value))
    return;
  if (G_VALUE_HOLDS_INT64 (value))
    g_value_set_int64 (value, get_layer_integer (self->row, id));
  else if (G_VALUE_HOLDS_INT (value))
    g_value_set_int (value, get_layer_count (self->row, id));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
}

static void
strata_layer_item_finalize (GObject *object)
{
  g_clear_object (&STRATA_LAYER_ITEM (object)->profile);
  G_OBJECT_CLASS (strata_layer_item_parent_class)->finalize (object);
}

static void
strata_layer_item_class_init (StrataLayerItemClass *klass)
{
  const StrataItemProperty properties[] = {
    { "id", "Number", "Number in the order of execution", G_TYPE_INT },
    { "name", "Layer", "Name of the ONNX node", G_TYPE_STRING },
    { "op", "Operator", "ONNX operator", G_TYPE_STRING },
    { "kind", "Kind", "What executes it", G_TYPE_STRING },
    { "stage", "Stage", "Stage of the network", G_TYPE_STRING },
    { "n-macs", "MACs", "Multiply-accumulates per inference", G_TYPE_INT64 },
    { "n-weights", "Weights", "Number of weights", G_TYPE_INT64 },
    { "n-tiles", "Tiles", "Arrays that hold it", G_TYPE_INT },
    { "n-stacks", "Stacks", "Stacks that hold it", G_TYPE_INT },
    { "n-copies", "Copies", "Copies of its matrix", G_TYPE_INT },
    { "n-events", "Events", "Bursts executed", G_TYPE_INT64 },
    { "start-ps", "Start", "First start, in picoseconds; -1: no events", G_TYPE_INT64 },
    { "end-ps", "End", "Last end, in picoseconds; -1: no events", G_TYPE_INT64 },
    { "span-ps", "Span", "From first start to last end, in picoseconds; -1: no events", G_TYPE_INT64 },
    { "busy-ps", "Busy", "Sum over all units, in picoseconds", G_TYPE_INT64 },
    { "energy-fj", "Energy", "Nominal, in femtojoules", G_TYPE_INT64 },
    { "energy-optimistic-fj", "Energy, optimistic", "In femtojoules", G_TYPE_INT64 },
    { "energy-conservative-fj", "Energy, conservative", "In femtojoules", G_TYPE_INT64 },
    { "energy-share", "Share of energy", "Of the run, 0 to 1", G_TYPE_DOUBLE },
    { "utilisation", "Utilisation", "Used cells of its arrays, 0 to 1", G_TYPE_DOUBLE },
    { "snr-db", "SNR", "Signal to noise in decibels", G_TYPE_DOUBLE },
    { "clip-fraction", "Clipped", "Conversions that clipped, 0 to 1", G_TYPE_DOUBLE },
    { "n-findings", "Findings", "Findings about it", G_TYPE_INT },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (properties) == N_LAYER_PROPERTIES - 1);
  G_OBJECT_CLASS (klass)->get_property = strata_layer_item_get_property;
  G_OBJECT_CLASS (klass)->finalize = strata_layer_item_finalize;
  strata_item_install (G_OBJECT_CLASS (klass), properties, G_N_ELEMENTS (properties));
}

static void
strata_layer_item_init (StrataLayerItem *self)
{
}

const StrataProfileLayer *
strata_layer_item_get_row (StrataLayerItem *self)
{
  g_return_val_if_fail (STRATA_IS_LAYER_ITEM (self), NULL);

  return self->row;
}

gint64
strata_layer_item_get_component_fj (StrataLayerItem *self, const char *component, guint band)
{
  g_return_val_if_fail (STRATA_IS_LAYER_ITEM (self), -1);
  g_return_val_if_fail (component != NULL, -1);

  for (int i = 0; band < STRATA_N_BANDS && i < STRATA_N_COMPONENTS; i++)
    if (g_str_equal (strata_component_name (i), component))
      return self->row->component_fj[band][i];
  return -1;
}

GListModel *
strata_profile_get_layer_model (StrataProfile *profile)
{
  GListStore *store;

  g_return_val_if_fail (STRATA_IS_PROFILE (profile), NULL);

  store = g_list_store_new (STRATA_TYPE_LAYER_ITEM);
  for (gsize i = 0; i < profile->rows->n_layers; i++)
    {
      g_autoptr (StrataLayerItem) item = g_object_new (STRATA_TYPE_LAYER_ITEM, NULL);

      item->profile = g_object_ref (profile);
      item->row = &profile->rows->layers[i];
      g_list_store_append (store, item);
    }
  return G_LIST_MODEL (store);
}
