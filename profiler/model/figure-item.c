/* SPDX-License-Identifier: Apache-2.0
 *
 * A figure as an object: its profile and its row.
 */
#include "strata-profiler/strata-profile-items.h"

#include "model/item-private.h"
#include "store/schema.h"

struct _StrataFigureItem
{
  GObject parent_instance;
  StrataProfile *profile;
  const StrataProfileFigure *row;
};

G_DEFINE_FINAL_TYPE (StrataFigureItem, strata_figure_item, G_TYPE_OBJECT)

enum
{
  FIGURE_NAME = 1,
  FIGURE_UNIT,
  FIGURE_NOMINAL,
  FIGURE_OPTIMISTIC,
  FIGURE_CONSERVATIVE,
  FIGURE_FIDELITY,
  FIGURE_SOURCE,
  FIGURE_TEXT,
  N_FIGURE_PROPERTIES,
};

static void
strata_figure_item_get_property (GObject *object, guint id, GValue *value, GParamSpec *spec)
{
  const StrataProfileFigure *row = STRATA_FIGURE_ITEM (object)->row;

  switch (id)
    {
    case FIGURE_NAME:
      g_value_set_string (value, row->name);
      break;
    case FIGURE_UNIT:
      g_value_set_string (value, row->unit);
      break;
    case FIGURE_NOMINAL:
    case FIGURE_OPTIMISTIC:
    case FIGURE_CONSERVATIVE:
      g_value_set_double (value, row->value[id - FIGURE_NOMINAL]);
      break;
    case FIGURE_FIDELITY:
      g_value_set_string (value, strata_store_fidelity_name (row->fidelity));
      break;
    case FIGURE_SOURCE:
      g_value_set_string (value, row->source);
      break;
    case FIGURE_TEXT:
      g_value_take_string (value,
                           strata_format_banded (row->value[STRATA_BAND_NOMINAL], row->value[STRATA_BAND_OPTIMISTIC],
                                                 row->value[STRATA_BAND_CONSERVATIVE], row->unit));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, spec);
    }
}

static void
strata_figure_item_finalize (GObject *object)
{
  g_clear_object (&STRATA_FIGURE_ITEM (object)->profile);
  G_OBJECT_CLASS (strata_figure_item_parent_class)->finalize (object);
}

static void
strata_figure_item_class_init (StrataFigureItemClass *klass)
{
  const StrataItemProperty properties[] = {
    { "name", "Figure", "Its name", G_TYPE_STRING },
    { "unit", "Unit", "As in names: ps, fj, mw …", G_TYPE_STRING },
    { "nominal", "Nominal", "NaN: unavailable", G_TYPE_DOUBLE },
    { "optimistic", "Optimistic", "NaN: unavailable", G_TYPE_DOUBLE },
    { "conservative", "Conservative", "NaN: unavailable", G_TYPE_DOUBLE },
    { "fidelity", "Fidelity", "How it was obtained", G_TYPE_STRING },
    { "source", "Source", "Formula or measurement", G_TYPE_STRING },
    { "text", "Value", "Three digits, prefix, unit, band", G_TYPE_STRING },
  };

  G_STATIC_ASSERT (G_N_ELEMENTS (properties) == N_FIGURE_PROPERTIES - 1);
  G_OBJECT_CLASS (klass)->get_property = strata_figure_item_get_property;
  G_OBJECT_CLASS (klass)->finalize = strata_figure_item_finalize;
  strata_item_install (G_OBJECT_CLASS (klass), properties, G_N_ELEMENTS (properties));
}

static void
strata_figure_item_init (StrataFigureItem *self)
{
}

const StrataProfileFigure *
strata_figure_item_get_row (StrataFigureItem *self)
{
  g_return_val_if_fail (STRATA_IS_FIGURE_ITEM (self), NULL);

  return self->row;
}

GListModel *
strata_profile_get_figure_model (StrataProfile *profile)
{
  GListStore *store;

  g_return_val_if_fail (STRATA_IS_PROFILE (profile), NULL);

  store = g_list_store_new (STRATA_TYPE_FIGURE_ITEM);
  for (gsize i = 0; i < profile->rows->n_figures; i++)
    {
      g_autoptr (StrataFigureItem) item = g_object_new (STRATA_TYPE_FIGURE_ITEM, NULL);

      item->profile = g_object_ref (profile);
      item->row = &profile->rows->figures[i];
      g_list_store_append (store, item);
    }
  return G_LIST_MODEL (store);
}
