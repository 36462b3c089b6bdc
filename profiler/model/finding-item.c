/* SPDX-License-Identifier: Apache-2.0
 *
 * A finding as an object: its profile and its row.
 */
#include "strata-profiler/strata-profile-items.h"

#include "model/item-private.h"

struct _StrataFindingItem
{
  GObject parent_instance;
  StrataProfile *profile;
  const StrataProfileFinding *row;
};

G_DEFINE_FINAL_TYPE (StrataFindingItem, strata_finding_item, G_TYPE_OBJECT)

enum
{
  FINDING_RULE = 1,
  FINDING_SEVERITY,
  FINDING_LAYER,
  FINDING_LAYER_NAME,
  FINDING_EVIDENCE,
  FINDING_ACTION,
  FINDING_GAIN,
  FINDING_GAIN_OF,
  N_FINDING_PROPERTIES,
};

static void
strata_finding_item_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  StrataFindingItem *self = STRATA_FINDING_ITEM (object);
  const StrataProfileFinding *row = self->row;

  switch (id)
    {
    case FINDING_RULE:
      g_value_set_string (value, row->rule);
      break;
    case FINDING_SEVERITY:
      g_value_set_int (value, row->severity);
      break;
    case FINDING_LAYER:
      g_value_set_int (value, row->layer);
      break;
    case FINDING_LAYER_NAME:
      g_value_set_string (value, row->layer >= 0 ? self->profile->rows->layers[row->layer].name : "");
      break;
    case FINDING_EVIDENCE:
      g_value_set_string (value, row->evidence);
      break;
    case FINDING_ACTION:
      g_value_set_string (value, row->action);
      break;
    case FINDING_GAIN:
      g_value_set_double (value, row->gain);
      break;
    case FINDING_GAIN_OF:
      g_value_set_string (value, row->gain_of);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    }
}

static void
strata_finding_item_finalize (GObject *object)
{
  g_clear_object (&STRATA_FINDING_ITEM (object)->profile);
  G_OBJECT_CLASS (strata_finding_item_parent_class)->finalize (object);
}

static void
strata_finding_item_class_init (StrataFindingItemClass *klass)
{
  const StrataItemProperty properties[] = {
    { "rule", "Rule", "Stable name of the rule", G_TYPE_STRING },
    { "severity", "Severity", "0 note, 1 advice, 2 warning", G_TYPE_INT },
    { "layer", "Layer", "Number of the layer; -1: the run", G_TYPE_INT },
    { "layer-name", "Layer", "Name of the layer; empty: the run", G_TYPE_STRING },
    { "evidence", "Evidence", "What was seen", G_TYPE_STRING },
    { "action", "Action", "What to do", G_TYPE_STRING },
    { "gain", "Gain", "Expected fraction gained; NaN: unknown", G_TYPE_DOUBLE },
    { "gain-of", "Of", "What is gained", G_TYPE_STRING },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (properties) == N_FINDING_PROPERTIES - 1);
  G_OBJECT_CLASS (klass)->get_property = strata_finding_item_get_property;
  G_OBJECT_CLASS (klass)->finalize = strata_finding_item_finalize;
  strata_item_install (G_OBJECT_CLASS (klass), properties, G_N_ELEMENTS (properties));
}

static void
strata_finding_item_init (StrataFindingItem *self)
{
}

const StrataProfileFinding *
strata_finding_item_get_row (StrataFindingItem *self)
{
  g_return_val_if_fail (STRATA_IS_FINDING_ITEM (self), NULL);

  return self->row;
}

GListModel *
strata_profile_get_finding_model (StrataProfile *profile)
{
  GListStore *store;

  g_return_val_if_fail (STRATA_IS_PROFILE (profile), NULL);

  store = g_list_store_new (STRATA_TYPE_FINDING_ITEM);
  for (gsize i = 0; i < profile->rows->n_findings; i++)
    {
      g_autoptr (StrataFindingItem) item = g_object_new (STRATA_TYPE_FINDING_ITEM, NULL);

      item->profile = g_object_ref (profile);
      item->row = &profile->rows->findings[i];
      g_list_store_append (store, item);
    }
  return G_LIST_MODEL (store);
}
