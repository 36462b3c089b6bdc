/* SPDX-License-Identifier: Apache-2.0
 *
 * What a choice of copies costs, in closed forms: no placement, no events. Every number is a lower bound for programs
 * of these tiles with these copies, wherever the tiles lie: rows stream as in schedule/, each transfer over one hop,
 * and no unit is taken by another op. Internal to search/.
 *
 * Times and energies are doubles: exact for whole picoseconds up to 2^53, and large where a chip is out of proportion.
 */
#pragma once

#include "compiler/stages.h"

/* Rows that an op waits for: its burst b for row row[b] of what op makes; op -1: there from the start. Of a digital op
 * also the tensor that lies in memory, and until which burst its rows are read. */
typedef struct
{
  int op;
  int *row;
  int tensor;
  StrataDependence release;
} SearchNeed;

typedef struct SearchOp SearchOp;

struct SearchOp
{
  gboolean runs, is_product;
  int n_rows, first_row; /* bursts, and where they start in the model's rows */
  gint64 n_arrays;       /* of one copy, none of them shared */
  double fill;           /* cells of one copy, in arrays: what perfect packing would take */
  SearchNeed *need;      /* of a product: need[0] of the input rows that are loaded, need[1].row of loaded rows */
  int n_needs, n_loaded;
  double load_ps, select_ps, occupy_ps, result_ps, store_ps; /* of a product, per row, slowest tile */
  double row_ps;                                             /* the digital unit that writes the row */
  double products_ps;                                        /* of a digital op with products: its MAC burst before */
  double fetch_ps, keep_ps;                                  /* and what it reads and writes of external memory */
  int n_chunks;   /* 0: a fetch and products per row; else that many of each, and all rows after them */
  double work_ps; /* all arrays of one copy, all rows */
  double vector_ps, mac_ps, dram_ps, link_out_ps, link_in_ps; /* all rows, on each kind of shared unit */
  double dynamic_fj;
  const SearchOp *other; /* of a product that may as well run on the digital units: that way; NULL: it may not */
};

typedef struct
{
  const StrataQGraph *graph; /* as quantised, with its reads */
  const StrataChipSpec *chip;
  StrataArena *arena;
  SearchOp *ops;
  int n_rows;
  gint64 n_arrays, n_sites; /* of one copy of everything, none of them shared; of the chip */
  double work_ps, vector_ps, mac_ps, dram_ps, link_out_ps, link_in_ps, dynamic_fj;
  int n_links_out, n_links_in;           /* of the hub */
  gint64 reserved_bytes, external_bytes; /* of SRAM for caches and constants; of external memory */
  double *ready_ps, *scratch_ps;
} SearchModel;

/* @tiles: one copy of each matrix; @reads: how often each product is converted, times what @graph
 * says; 0: once. What @graph
 * points to and @chip must outlive the model. */
SearchModel *search_model_new (const StrataQGraph *graph,
                               const StrataTileSet *tiles,
                               const StrataChipSpec *chip,
                               int reads) G_GNUC_WARN_UNUSED_RESULT;
/* The same with products where @sides says so on the digital units; NULL: all as in @graph */
SearchModel *search_model_new_sided (const StrataQGraph *graph,
                                     const StrataTileSet *tiles,
                                     const StrataChipSpec *chip,
                                     int reads,
                                     const StrataSide *sides) G_GNUC_WARN_UNUSED_RESULT;
/* Makes @model a bound for both ways of the ops of @either: no time, load or energy is more than the smaller one.
 * @digital: the model with all of them on the digital units, which must outlive this one. */
void search_model_relax (SearchModel *model, const SearchModel *digital, const gboolean *either);
void search_model_free (SearchModel *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SearchModel, search_model_free)

/* Copies of @op that @n_copies asks for; NULL: one per row, which is the most there can be */
int search_model_copies (const SearchModel *model, const int *n_copies, int op);
gint64 search_model_arrays (const SearchModel *model, const int *n_copies);
/* The least arrays that hold as many cells */
gint64 search_model_least_arrays (const SearchModel *model, const int *n_copies);
/* When the last row is ready. Leaves the times of all rows in ready_ps. */
double search_model_path_ps (SearchModel *model, const int *n_copies);
/* How the time of the last search_model_path_ps () divides among ops: n_ops shares of its result. (transfer full) */
double *search_model_path_shares (const SearchModel *model, const int *n_copies) G_GNUC_WARN_UNUSED_RESULT;

/* What can bind */
typedef enum
{
  SEARCH_BIND_PATH,   /* rows that wait for each other */
  SEARCH_BIND_STACKS, /* all products over all stacks */
  SEARCH_BIND_VECTOR,
  SEARCH_BIND_MAC,
  SEARCH_BIND_DRAM,
  SEARCH_BIND_LINKS, /* between hub and stacks */
  SEARCH_BIND_TILE,  /* one copy's share of an op, of the interval */
  SEARCH_N_BINDS,
} SearchBind;

/* @bind: (out) what it hangs on */
double search_model_latency_ps (SearchModel *model, const int *n_copies, SearchBind *bind);
double search_model_interval_ps (const SearchModel *model, const int *n_copies, SearchBind *bind);
/* Static power with as few stacks on as hold the arrays, at ambient temperature */
double search_model_static_mw (const SearchModel *model, gint64 n_arrays);
/* "the vector unit" */
const char *search_bind_name (SearchBind bind);
/* The load of @op on what binds; for SEARCH_BIND_PATH use the shares */
double search_model_load_ps (const SearchModel *model, SearchBind bind, int op);
