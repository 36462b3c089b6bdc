/* SPDX-License-Identifier: Apache-2.0
 *
 * What was done, an entry per application of a rule.
 */

#include "model/rewrite/state.h"

#define MAX_SHOWN 12

static const char *const names[] = {
#define STRATA_RULE(id, name, function, meaning) [STRATA_RULE_##id] = name,
#include "model/rewrite/rules.def"
#undef STRATA_RULE
};

const char *
strata_rule_name (StrataRule rule)
{
  g_return_val_if_fail ((guint) rule < STRATA_N_RULES, NULL);
  return names[rule];
}

static int
by_file (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const StrataRewriting *rw = user_data;
  int left = *(const int *) a, right = *(const int *) b;
  int order = strata_rewrite_node (rw, left)->onnx_index - strata_rewrite_node (rw, right)->onnx_index;

  return order != 0 ? order : left - right;
}

static const char *
tell (StrataArena *arena, const StrataRewriteEntry *entry)
{
  g_autoptr (GString) text = g_string_new (names[entry->rule]);

  g_string_append (text, ": ");
  for (int i = 0; i < MIN (entry->n_nodes, MAX_SHOWN); i++)
    g_string_append_printf (text, "%s%s", i == 0 ? "" : ", ", entry->nodes[i]);
  if (entry->n_nodes > MAX_SHOWN)
    g_string_append_printf (text, " and %d more", entry->n_nodes - MAX_SHOWN);
  if (*entry->op == '\0')
    g_string_append (text, entry->n_nodes == 1 ? " goes" : " go");
  else
    g_string_append_printf (text, " -> %s %s", entry->op, entry->name);
  return strata_arena_strdup (arena, text->str);
}

void
strata_rewrite_note (StrataRewriting *rw, int *nodes, int n_nodes, const char *op, const char *name)
{
  StrataArena *arena = rw->log->arena;
  StrataRewriteEntry entry = { .rule = rw->rule, .n_nodes = n_nodes };
  const char **shown = strata_arena_array (arena, const char *, n_nodes + 1);

  g_qsort_with_data (nodes, n_nodes, sizeof (int), by_file, rw);
  for (int i = 0; i < n_nodes; i++)
    shown[i] = strata_arena_strdup (arena, strata_rewrite_node (rw, nodes[i])->name);
  entry.nodes = shown;
  entry.op = strata_arena_strdup (arena, op);
  entry.name = strata_arena_strdup (arena, name);
  entry.text = tell (arena, &entry);
  g_array_append_val (rw->entries, entry);
}

void
strata_rewrite_log_free (StrataRewriteLog *log)
{
  if (log == NULL)
    return;
  g_clear_pointer (&log->arena, strata_arena_free);
  g_free (log);
}

char *
strata_rewrite_log_print (const StrataRewriteLog *log)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%d rewrites in %d rounds\n", log->n_entries, log->n_rounds);
  for (int i = 0; i < log->n_entries; i++)
    g_string_append_printf (text, "%s\n", log->entries[i].text);
  return g_string_free (text, FALSE);
}
