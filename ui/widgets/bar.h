/* SPDX-License-Identifier: Apache-2.0
 *
 * A cell of the layer table: a swatch of a layer's colour, a bar, or a bar split by component of energy.
 */
#pragma once

#include "view.h"

G_BEGIN_DECLS

#define STRATA_TYPE_BAR (strata_bar_get_type ())
G_DECLARE_FINAL_TYPE (StrataBar, strata_bar, STRATA, BAR, GtkWidget)

typedef enum
{
  STRATA_BAR_SWATCH,
  STRATA_BAR_VALUE,
  STRATA_BAR_SPLIT,
} StrataBarKind;

GtkWidget *strata_bar_new (StrataBarKind kind) G_GNUC_WARN_UNUSED_RESULT;
/* @value: 0 to 1; @component_fj: STRATA_N_COMPONENTS energies for a split, copied, else NULL; @theme: borrowed */
void strata_bar_set (StrataBar *self,
                     double value,
                     guint32 colour,
                     const gint64 *component_fj,
                     double full_fj,
                     const StrataDrawTheme *theme);

G_END_DECLS
