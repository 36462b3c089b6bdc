/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataRewrite: entries of the rewriting's log as values.
 */
#include "model/rewrite/rewrite.h"

#include "api/model-private.h"

struct _StrataRewrite
{
  gatomicrefcount n_owners;
  StrataRule rule;
  char **nodes;
  char *op, *name, *text;
};

G_DEFINE_BOXED_TYPE (StrataRewrite, strata_rewrite, strata_rewrite_ref, strata_rewrite_unref)

StrataRewrite *
strata_rewrite_ref (StrataRewrite *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_atomic_ref_count_inc (&self->n_owners);
  return self;
}

void
strata_rewrite_unref (StrataRewrite *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->n_owners))
    return;
  g_strfreev (self->nodes);
  g_free (self->op);
  g_free (self->name);
  g_free (self->text);
  g_free (self);
}

const char *
strata_rewrite_get_rule (const StrataRewrite *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return strata_rule_name (self->rule);
}

const char *const *
strata_rewrite_get_nodes (const StrataRewrite *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return (const char *const *) self->nodes;
}

const char *
strata_rewrite_get_op (const StrataRewrite *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->op;
}

const char *
strata_rewrite_get_name (const StrataRewrite *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->name;
}

const char *
strata_rewrite_get_text (const StrataRewrite *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->text;
}

static StrataRewrite *
from_entry (const StrataRewriteEntry *entry)
{
  StrataRewrite *self = g_new0 (StrataRewrite, 1);
  gboolean left = *entry->op != '\0';

  g_atomic_ref_count_init (&self->n_owners);
  self->rule = entry->rule;
  self->nodes = g_new0 (char *, entry->n_nodes + 1);
  for (int i = 0; i < entry->n_nodes; i++)
    self->nodes[i] = g_strdup (entry->nodes[i]);
  self->op = left ? g_strdup (entry->op) : NULL;
  self->name = left ? g_strdup (entry->name) : NULL;
  self->text = g_strdup (entry->text);
  return self;
}

GPtrArray *
strata_model_list_rewrites (StrataModel *self, GError **error)
{
  g_autoptr (StrataRewriteLog) log = NULL;
  g_autoptr (StrataGraph) graph = NULL;
  GMutexLocker *held;
  GPtrArray *rewrites;

  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  held = strata_model_hold_weights (self);
  graph = strata_graph_rewrite (strata_model_get_graph (self), STRATA_REWRITE_ALL, &log, error);
  g_mutex_locker_free (held);
  if (graph == NULL)
    return NULL;
  rewrites = g_ptr_array_new_full ((guint) log->n_entries, (GDestroyNotify) strata_rewrite_unref);
  for (int i = 0; i < log->n_entries; i++)
    g_ptr_array_add (rewrites, from_entry (&log->entries[i]));
  return rewrites;
}
