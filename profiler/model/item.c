/* SPDX-License-Identifier: Apache-2.0
 *
 * Installs the read-only properties of an item.
 */
#include "model/item-private.h"

#define READABLE (G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)

void
strata_item_install (GObjectClass *klass, const StrataItemProperty *properties, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      const StrataItemProperty *p = &properties[i];
      GParamSpec *spec;

      if (p->type == G_TYPE_STRING)
        spec = g_param_spec_string (p->name, p->nick, p->blurb, NULL, READABLE);
      else if (p->type == G_TYPE_INT64)
        spec = g_param_spec_int64 (p->name, p->nick, p->blurb, G_MININT64, G_MAXINT64, 0, READABLE);
      else if (p->type == G_TYPE_INT)
        spec = g_param_spec_int (p->name, p->nick, p->blurb, G_MININT, G_MAXINT, 0, READABLE);
      else
        spec = g_param_spec_double (p->name, p->nick, p->blurb, -G_MAXDOUBLE, G_MAXDOUBLE, 0, READABLE);
      g_object_class_install_property (klass, i + 1, spec);
    }
}
