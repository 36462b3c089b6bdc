/* SPDX-License-Identifier: Apache-2.0
 *
 * Clean-up of a graph: what exporters wrote out becomes the operators that it is, and what does nothing goes. The
 * result is a graph of its own that computes the same; the source is not touched. Names stay those of ONNX: a node that
 * stands for several has the name and index of the one that made its output.
 */
#pragma once

#include "model/graph.h"

typedef enum
{
#define STRATA_RULE(id, ...) STRATA_RULE_##id,
#include "model/rewrite/rules.def"
#undef STRATA_RULE
  STRATA_N_RULES,
} StrataRule;

/* A set of rules */
typedef enum
{
#define STRATA_RULE(id, ...) STRATA_REWRITE_##id = 1 << STRATA_RULE_##id,
#include "model/rewrite/rules.def"
#undef STRATA_RULE
  STRATA_REWRITE_NONE = 0,
  STRATA_REWRITE_ALL = (1 << STRATA_N_RULES) - 1,
  /* The compiler folds factors and terms itself, in double and without copies of weights. */
  STRATA_REWRITE_COMPILER =
    STRATA_REWRITE_ALL & ~(STRATA_REWRITE_BATCH_NORM | STRATA_REWRITE_AFFINE | STRATA_REWRITE_GEMM),
} StrataRewriteSet;

/* One application of a rule */
typedef struct
{
  StrataRule rule;
  const char *const *nodes; /* ONNX names of the nodes that went or changed, in the order of the file */
  int n_nodes;
  const char *op, *name; /* operator and name of what they became; op "": nothing, "constant": a constant */
  const char *text;      /* the same in one line */
} StrataRewriteEntry;

typedef struct
{
  StrataArena *arena;
  StrataRewriteEntry *entries; /* in order of application */
  int n_entries;
  int *became; /* per node of the source: the node of the result that has its work in it; -1: nobody needs it */
  int *origin; /* per node of the result: the node of the source that it was; -1: made by a rule */
  int n_rounds;
  guint64 n_steps; /* nodes, readers and elements looked at: what the time is proportional to */
} StrataRewriteLog;

typedef struct
{
  StrataRewriteSet rules;
  gsize max_folded_bytes; /* of one constant that folding makes */
} StrataRewriteOptions;

#define STRATA_REWRITE_MAX_FOLDED_BYTES ((gsize) 16 << 20)

/* @log: (out) (optional) (transfer full). The result shares memory with @graph, and keeps what it shares: @graph may be
 * freed before. Reentrant: several threads may rewrite one graph. Errors: STRATA_IMPORT_ERROR_FORMAT where @graph is
 * broken. */
StrataGraph *strata_graph_rewrite (const StrataGraph *graph,
                                   StrataRewriteSet rules,
                                   StrataRewriteLog **log,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
StrataGraph *strata_graph_rewrite_with (const StrataGraph *graph,
                                        const StrataRewriteOptions *options,
                                        StrataRewriteLog **log,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

void strata_rewrite_log_free (StrataRewriteLog *log);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataRewriteLog, strata_rewrite_log_free)
/* How many there are, and a line for each */
char *strata_rewrite_log_print (const StrataRewriteLog *log) G_GNUC_WARN_UNUSED_RESULT;
const char *strata_rule_name (StrataRule rule);
