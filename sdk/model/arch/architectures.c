/* SPDX-License-Identifier: Apache-2.0
 *
 * The table, and the nearest name to one that is not in it.
 */
#include "model/arch/architectures.h"

#include <string.h>

static const StrataArchitecture table[] = {
#define STRATA_ARCHITECTURE(id, name, builder, ...) { name, strata_arch_##builder, __VA_ARGS__ },
#include "model/arch/architectures.def"
#undef STRATA_ARCHITECTURE
  { NULL, NULL, 0, 0, 0, NULL, NULL },
};

/* Insertions, deletions and changes that lead from one to the other */
static guint
edit_distance (const char *a, const char *b)
{
  gsize n = strlen (b);
  g_autofree guint *row = g_new (guint, n + 1);

  for (gsize j = 0; j <= n; j++)
    row[j] = (guint) j;
  for (gsize i = 1; a[i - 1] != '\0'; i++)
    {
      guint diagonal = row[0];

      row[0] = (guint) i;
      for (gsize j = 1; j <= n; j++)
        {
          guint best = MIN (MIN (row[j], row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));

          diagonal = row[j];
          row[j] = best;
        }
    }
  return row[n];
}

/* Letters and digits only, small: "ResNet-18" is as near as it looks. */
static char *
normalise (const char *name)
{
  GString *text = g_string_new (NULL);

  for (; *name != '\0' && text->len < 64; name++)
    if (g_ascii_isalnum (*name))
      g_string_append_c (text, g_ascii_tolower (*name));
  return g_string_free (text, FALSE);
}

static const char *
find_nearest (const char *name)
{
  g_autofree char *wanted = normalise (name);
  const char *nearest = table[0].name;
  guint least = G_MAXUINT;

  for (const StrataArchitecture *row = table; row->name != NULL; row++)
    {
      g_autofree char *there = normalise (row->name);
      guint distance = edit_distance (wanted, there);

      if (distance < least)
        nearest = row->name;
      least = MIN (least, distance);
    }
  return nearest;
}

const StrataArchitecture *
strata_architecture_find (const char *name, GError **error)
{
  for (const StrataArchitecture *row = table; row->name != NULL; row++)
    if (g_str_equal (row->name, name))
      return row;
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND,
               "\"%s\" is no built-in architecture; the nearest is %s, and `strata model list` has them all", name,
               find_nearest (name));
  return NULL;
}

StrataGraph *
strata_architecture_make (const StrataArchitecture *architecture, GArray **fills, GError **error)
{
  g_auto (StrataLayers) layers;

  strata_layers_init (&layers, architecture->opset);
  architecture->build (&layers);
  return strata_layers_finish (&layers, architecture->name, fills, error);
}
