/* SPDX-License-Identifier: Apache-2.0
 *
 * A decision of the compiler as an object, and its alternatives likewise: their profile and their row.
 */
#include "strata-profiler/strata-profile-items.h"

#include "model/item-private.h"

struct _StrataDecisionItem
{
  GObject parent_instance;
  StrataProfile *profile;
  const StrataProfileDecision *row;
};

struct _StrataAlternativeItem
{
  GObject parent_instance;
  StrataProfile *profile;
  const StrataProfileAlternative *row;
};

G_DEFINE_FINAL_TYPE (StrataDecisionItem, strata_decision_item, G_TYPE_OBJECT)
G_DEFINE_FINAL_TYPE (StrataAlternativeItem, strata_alternative_item, G_TYPE_OBJECT)

/* --- decisions --- */

enum
{
  DECISION_REASON = 1,
  DECISION_MEANING,
  DECISION_LAYER,
  DECISION_LAYER_NAME,
  DECISION_TILE,
  DECISION_VALUE,
  DECISION_TEXT,
  DECISION_N_ALTERNATIVES,
  N_DECISION_PROPERTIES,
};

static void
strata_decision_item_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  StrataDecisionItem *self = STRATA_DECISION_ITEM (object);
  const StrataProfileDecision *row = self->row;

  switch (id)
    {
    case DECISION_REASON:
      g_value_set_string (value, row->reason);
      break;
    case DECISION_MEANING:
      g_value_set_string (value, row->meaning);
      break;
    case DECISION_LAYER:
      g_value_set_int (value, row->layer);
      break;
    case DECISION_LAYER_NAME:
      g_value_set_string (value, row->layer >= 0 ? self->profile->rows->layers[row->layer].name : "");
      break;
    case DECISION_TILE:
      g_value_set_int (value, row->tile);
      break;
    case DECISION_VALUE:
      g_value_set_int64 (value, row->value);
      break;
    case DECISION_TEXT:
      g_value_set_string (value, row->text);
      break;
    case DECISION_N_ALTERNATIVES:
      g_value_set_int (value, row->n_alternatives);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    }
}

static void
strata_decision_item_finalize (GObject *object)
{
  g_clear_object (&STRATA_DECISION_ITEM (object)->profile);
  G_OBJECT_CLASS (strata_decision_item_parent_class)->finalize (object);
}

static void
strata_decision_item_class_init (StrataDecisionItemClass *klass)
{
  const StrataItemProperty properties[] = {
    { "reason", "Reason", "Stable name of the kind of decision", G_TYPE_STRING },
    { "meaning", "Meaning", "The reason as a phrase", G_TYPE_STRING },
    { "layer", "Layer", "Number of the layer; -1: the run", G_TYPE_INT },
    { "layer-name", "Layer", "Name of the layer; empty: the run", G_TYPE_STRING },
    { "tile", "Tile", "Number of the tile; -1: the whole layer", G_TYPE_INT },
    { "value", "Value", "What was chosen, in the reason's unit", G_TYPE_INT64 },
    { "text", "Text", "One sentence with the numbers that decided", G_TYPE_STRING },
    { "n-alternatives", "Alternatives", "Other ways that were tried or computed", G_TYPE_INT },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (properties) == N_DECISION_PROPERTIES - 1);
  G_OBJECT_CLASS (klass)->get_property = strata_decision_item_get_property;
  G_OBJECT_CLASS (klass)->finalize = strata_decision_item_finalize;
  strata_item_install (G_OBJECT_CLASS (klass), properties, G_N_ELEMENTS (properties));
}

static void
strata_decision_item_init (StrataDecisionItem *self)
{
}

const StrataProfileDecision *
strata_decision_item_get_row (StrataDecisionItem *self)
{
  g_return_val_if_fail (STRATA_IS_DECISION_ITEM (self), NULL);

  return self->row;
}

GListModel *
strata_profile_get_decision_model (StrataProfile *profile)
{
  GListStore *store;

  g_return_val_if_fail (STRATA_IS_PROFILE (profile), NULL);

  store = g_list_store_new (STRATA_TYPE_DECISION_ITEM);
  for (gsize i = 0; i < profile->rows->n_decisions; i++)
    {
      g_autoptr (StrataDecisionItem) item = g_object_new (STRATA_TYPE_DECISION_ITEM, NULL);

      item->profile = g_object_ref (profile);
      item->row = &profile->rows->decisions[i];
      g_list_store_append (store, item);
    }
  return G_LIST_MODEL (store);
}

/* --- alternatives --- */

enum
{
  ALTERNATIVE_WHAT = 1,
  ALTERNATIVE_LATENCY,
  ALTERNATIVE_INTERVAL,
  ALTERNATIVE_ENERGY,
  ALTERNATIVE_ARRAYS,
  ALTERNATIVE_VERDICT,
  N_ALTERNATIVE_PROPERTIES,
};

static void
strata_alternative_item_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  const StrataProfileAlternative *row = STRATA_ALTERNATIVE_ITEM (object)->row;

  switch (id)
    {
    case ALTERNATIVE_WHAT:
      g_value_set_string (value, row->what);
      break;
    case ALTERNATIVE_LATENCY:
      g_value_set_int64 (value, row->latency_ps);
      break;
    case ALTERNATIVE_INTERVAL:
      g_value_set_int64 (value, row->interval_ps);
      break;
    case ALTERNATIVE_ENERGY:
      g_value_set_int64 (value, row->energy_fj);
      break;
    case ALTERNATIVE_ARRAYS:
      g_value_set_int64 (value, row->n_arrays);
      break;
    case ALTERNATIVE_VERDICT:
      g_value_set_string (value, row->verdict);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    }
}

static void
strata_alternative_item_finalize (GObject *object)
{
  g_clear_object (&STRATA_ALTERNATIVE_ITEM (object)->profile);
  G_OBJECT_CLASS (strata_alternative_item_parent_class)->finalize (object);
}

static void
strata_alternative_item_class_init (StrataAlternativeItemClass *klass)
{
  const StrataItemProperty properties[] = {
    { "what", "What", "What it is", G_TYPE_STRING },
    { "latency-ps", "Latency", "Modelled latency; -1: not known", G_TYPE_INT64 },
    { "interval-ps", "Interval", "Modelled interval; -1: not known", G_TYPE_INT64 },
    { "energy-fj", "Energy", "Modelled energy of an inference; -1: not known", G_TYPE_INT64 },
    { "n-arrays", "Arrays", "Arrays it takes; -1: not known", G_TYPE_INT64 },
    { "verdict", "Verdict", "Why it was not taken", G_TYPE_STRING },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (properties) == N_ALTERNATIVE_PROPERTIES - 1);
  G_OBJECT_CLASS (klass)->get_property = strata_alternative_item_get_property;
  G_OBJECT_CLASS (klass)->finalize = strata_alternative_item_finalize;
  strata_item_install (G_OBJECT_CLASS (klass), properties, G_N_ELEMENTS (properties));
}

static void
strata_alternative_item_init (StrataAlternativeItem *self)
{
}

GListModel *
strata_decision_item_get_alternative_model (StrataDecisionItem *self)
{
  GListStore *store;

  g_return_val_if_fail (STRATA_IS_DECISION_ITEM (self), NULL);

  store = g_list_store_new (STRATA_TYPE_ALTERNATIVE_ITEM);
  for (int i = 0; i < self->row->n_alternatives; i++)
    {
      g_autoptr (StrataAlternativeItem) item = g_object_new (STRATA_TYPE_ALTERNATIVE_ITEM, NULL);

      item->profile = g_object_ref (self->profile);
      item->row = &self->row->alternatives[i];
      g_list_store_append (store, item);
    }
  return G_LIST_MODEL (store);
}
