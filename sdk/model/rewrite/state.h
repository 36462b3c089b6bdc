/* SPDX-License-Identifier: Apache-2.0
 *
 * A graph while it is rewritten. Values and nodes are added at the end of their tables, so ids stay; the order of
 * execution is a list through the nodes; who reads a value is a list through the readers. Every edit costs as much as
 * it changes, whatever the size of the graph.
 */
#pragma once

#include "model/rewrite/rewrite.h"

typedef struct
{
  int before, after; /* in execution order, -1: none */
  int first_read;    /* reads of input 0, 1, … */
  gboolean gone;
} StrataNodeLink;

/* Input @slot of @node, in the list of its value */
typedef struct
{
  int node, slot, before, after;
} StrataRead;

typedef struct
{
  StrataGraph *graph; /* its tables point into @values and @nodes */
  StrataRewriteOptions options;
  GArray *values, *nodes; /* StrataValue, StrataNode */
  GArray *links;          /* StrataNodeLink, per node */
  GArray *reads;          /* StrataRead */
  GArray *first_reads;    /* per value: its first read, -1 */
  GArray *is_output;      /* gboolean, per value */
  GArray *heirs;          /* per node that is gone: the node that has its work in it, -1 */
  GHashTable *blobs;      /* data of a made constant to GBytes */
  GHashTable *names;      /* of values, to id + 1; made when first asked for */
  int first, last;        /* node */
  int n_source;           /* nodes of the source: they come first, in order */
  StrataRewriteLog *log;
  GArray *entries; /* StrataRewriteEntry */
  StrataRule rule; /* being applied */
} StrataRewriting;

/* TRUE if the rule changed something at @node. */
typedef gboolean (*StrataRuleFunc) (StrataRewriting *rw, int node);

#define STRATA_RULE(id, name, function, meaning) gboolean strata_rewrite_##function (StrataRewriting *rw, int node);
#include "model/rewrite/rules.def"
#undef STRATA_RULE

void strata_rewrite_init (StrataRewriting *rw, const StrataGraph *source, const StrataRewriteOptions *options);
void strata_rewrite_clear (StrataRewriting *rw);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StrataRewriting, strata_rewrite_clear)
/* The graph as tables without gaps: only what is reachable. */
StrataGraph *strata_rewrite_finish (StrataRewriting *rw, GError **error);

/* Reading */
StrataNode *strata_rewrite_node (const StrataRewriting *rw, int node);
StrataValue *strata_rewrite_value (const StrataRewriting *rw, int value);
gboolean strata_rewrite_is_constant (const StrataRewriting *rw, int value); /* with bytes or without */
/* TRUE if exactly one input of a node reads @value, and it is no output of the graph. */
gboolean strata_rewrite_is_sole (const StrataRewriting *rw, int value);
int strata_rewrite_reader (const StrataRewriting *rw, int value); /* node of the first read, -1: none */

/* Attributes for the calls below */
StrataAttr strata_rewrite_int (const char *name, gint64 value);
StrataAttr strata_rewrite_float (const char *name, float value);

/* Editing. Arrays are copied. */
void strata_rewrite_set (
  StrataRewriting *rw, int node, StrataOp op, const int *inputs, int n_inputs, const StrataAttr *attrs, int n_attrs);
/* @heir: the node that has its work in it now; -1: none */
void strata_rewrite_remove (StrataRewriting *rw, int node, int heir);
/* Whoever reads @from reads @to then. */
void strata_rewrite_redirect (StrataRewriting *rw, int from, int to);
/* A node before @place in the order, with one output; the output's id. Its type and shape are inferred; -1, and nothing
 * changes, where the rule of the operator refuses. */
int strata_rewrite_insert (StrataRewriting *rw,
                           int place,
                           StrataOp op,
                           const char *name,
                           const int *inputs,
                           int n_inputs,
                           const StrataAttr *attrs,
                           int n_attrs);
/* The place right behind the node that makes @value: the first node where it can be read; -1: none is behind. */
int strata_rewrite_place_behind (const StrataRewriting *rw, int value);
/* A constant named @name, or @name_2 … where that is taken. @data: (transfer full), of g_malloc (). */
int strata_rewrite_constant (
  StrataRewriting *rw, const char *name, StrataDtype dtype, int n_dims, const gint64 *dims, void *data);
int strata_rewrite_floats (
  StrataRewriting *rw, const char *name, StrataDtype dtype, int n_dims, const gint64 *dims, double value);
int strata_rewrite_ints (StrataRewriting *rw, const char *name, const gint64 *ints, int n);
/* A constant with the bytes of constant @value in another shape. */
int strata_rewrite_view (StrataRewriting *rw, int value, int n_dims, const gint64 *dims);
/* The value named @name; -1: none */
int strata_rewrite_find (StrataRewriting *rw, const char *name);
/* Infers the outputs of @node again; FALSE, and they stay as they were, where the operator's rule refuses or an output
 * would be of another type or shape. */
gboolean strata_rewrite_fits (StrataRewriting *rw, int node);
/* Enters an application into the log. @op "": nothing is left. @nodes are sorted by their place in the file. */
void strata_rewrite_note (StrataRewriting *rw, int *nodes, int n_nodes, const char *op, const char *name);
/* Output @i of @node becomes a new value of the same type with dimensions @dims, NAME:suffix; its id. */
int strata_rewrite_reshape_output (StrataRewriting *rw, int node, int i, const char *suffix, const gint64 *dims);
