/* SPDX-License-Identifier: Apache-2.0
 *
 * What the ops of a quantised graph ask of the units, row by row: which ops make instructions at all, where a row comes
 * from, how many bytes, operations and partial sums one burst has. Pure functions of graph, tiles and placement; used
 * by the scheduler that emits instructions and by the check that reads them.
 */
#pragma once

#include "program/schedule.h"

/* Sums travel as two bytes (hardware-facts 10.2: 2 c bytes of a tile's results) */
#define STRATA_SUM_BYTES 2

/* Per op: 1 where the chip does nothing: RESHAPE, and QUANTISE and DEQUANTISE on the host side of the port, which is
 * where they stand at the edge of the graph. In its middle both are work of the vector unit. */
guint8 *strata_work_silent (const StrataQGraph *graph) G_GNUC_WARN_UNUSED_RESULT;
/* The tensor that lies in SRAM for @tensor, seen through silent ops; @row, a row of @tensor, becomes a row of it. */
int strata_work_root (const StrataQGraph *graph, const guint8 *silent, int tensor, int *row);

/* One transfer between host and SRAM: a tensor as it lies there, and the op that stands for it in tables. */
typedef struct
{
  gboolean in;
  int op, tensor;
} StrataWorkHost;

/* All host transfers, inputs first: the codes of each quantising port and each input that is read as it is; then the
 * outputs. (transfer full) array of StrataWorkHost */
GArray *
strata_work_host (const StrataQGraph *graph, const guint8 *silent, const guint8 *is_cache) G_GNUC_WARN_UNUSED_RESULT;

/* Bytes of one row of a tensor */
gint64 strata_work_row_bytes (const StrataQTensor *tensor);
/* Operations of the vector unit per burst, on average, rounded up; 0 for an op that does not use it. Of a DIGITAL op
 * with caches strata_stream_vector_ops () counts. */
gint64 strata_work_vector_ops (const StrataQGraph *graph, int op);
/* Operations that convert an element of an integer operand of a DIGITAL op to fp32, and back */
int strata_work_conversion_ops (gboolean output);
/* The same if the op were of @kind */
gint64 strata_work_vector_ops_as (const StrataQGraph *graph, int op, StrataQOpKind kind);
/* Multiply-accumulates per burst of a MAC or DIGITAL op, or of an MVM if it were a MAC; 0 for a DIGITAL op without
 * products */
gint64 strata_work_macs (const StrataQGraph *graph, int op);
/* Bytes an op reads from SRAM per burst, on average, rounded up: each input row once */
gint64 strata_work_read_bytes (const StrataQGraph *graph, int op);
/* Weights that a product on the MAC units reads from memory for every row, one byte each: those of a dense product. The
 * few of a channel of a grouped one stay in the units. */
gint64 strata_work_weight_bytes (const StrataQOp *op);
/* Bytes of its constants that a DIGITAL op reads per burst, wherever they lie; 0 for others */
gint64 strata_work_constant_bytes (const StrataQGraph *graph, int op);
/* Bytes an op writes to SRAM per burst, on average, rounded up */
gint64 strata_work_write_bytes (const StrataQGraph *graph, int op);

/* Until which of its bursts a reader of rows keeps them, as multiply, add, divide of a release: input @input of @op,
 * whose burst b makes output rows first + b step, reads rows of the tensor that lies in SRAM (@root FALSE: of the input
 * itself). */
StrataDependence strata_work_release (
  const StrataQGraph *graph, const guint8 *silent, int op, int input, gboolean root, int first, int step, int n_bursts);
/* The same for what moves rows of @tensor as they are */
StrataDependence strata_work_release_rows (const StrataQGraph *graph, const guint8 *silent, int tensor, int n_bursts);
/* Least rows of its input that a stack's line buffer holds so that @op can run and the next rows come meanwhile */
int strata_work_line_rows (const StrataQGraph *graph, const StrataTileSet *tiles, int op);

/* Per tile: 1 where another lies in the same array */
guint8 *strata_work_shared (const StrataTileSet *tiles,
                            const StrataPlacement *placement,
                            const StrataChipSpec *chip) G_GNUC_WARN_UNUSED_RESULT;

/* Output rows that copy @copy of @n_copies computes */
int strata_work_copy_rows (int n_rows, int copy, int n_copies);
int strata_work_n_copies (const StrataTileSet *tiles, int op);
/* Input channels that the rows of a tile stand for: first, and one past the last. */
void strata_work_channels (const StrataQGraph *graph, const StrataTile *tile, int *from, int *to);
/* Bytes of one input row that the tiles of @op on @stack need; 0: it holds none. */
gint64 strata_work_load_bytes (
  const StrataQGraph *graph, const StrataTileSet *tiles, const StrataPlacement *placement, int op, int stack);
/* First tile of the column block that @tile belongs to; its stack is the block's home. */
int strata_work_home (const StrataTileSet *tiles, int tile);
