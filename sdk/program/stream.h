/* SPDX-License-Identifier: Apache-2.0
 *
 * What does not fit the activation memory and lies in external memory where a chip has it: the keys and values that
 * attention keeps from call to call, and constants of digital ops, the smallest of which stay on the chip. Pure
 * functions of graph and chip; used by the scheduler that emits instructions and by the check that reads them.
 *
 * A cache is an input of the network that attention reads as its past and nobody else reads, or an output that is its
 * past with the new keys or values behind. It stays on the device: it does not pass the host, and an inference reads
 * what is there and writes what is new. Reading begins when the op's other operands are there and goes on in chunks,
 * one ahead of the products that use them; so the memory idles while the op before computes, but no more than two
 * chunks are on the chip at once.
 */
#pragma once

#include "program/work.h"

/* Chunks of a cache that the activation memory has room for; two are kept free for them */
#define STRATA_STREAM_SHARE 32

typedef struct
{
  guint32 cache_inputs, cache_outputs; /* bits: operands of the op that are caches */
  gint64 past_bytes, fresh_bytes;      /* of the op's caches: what is there, and what the inference adds */
  gint64 n_fresh;                      /* elements of the latter that are converted to an integer format */
  int n_reads;                         /* bursts of DRAM_READ; 0: the op reads nothing there */
  gint64 read_bytes;                   /* of one of them */
  gboolean in_chunks;                  /* a burst is a chunk of the caches, for all rows; else it is an output row's */
  gint64 write_bytes;                  /* of the one burst of DRAM_WRITE; 0: none */
  gint64 lookup_bytes;                 /* rows of tables per inference, wherever the tables lie */
  gboolean tables_external;            /* the op's constants lie in external memory */
} StrataStream;

typedef struct
{
  guint8 *is_cache;                /* per tensor */
  StrataStream *ops;               /* per op */
  gboolean external;               /* the chip has external memory: caches lie there */
  gint64 cache_bytes, table_bytes; /* of all ops */
  gint64 external_bytes;           /* of the latter, in external memory */
  gint64 reserved_bytes; /* of the activation memory: two chunks, or without external memory caches and tables */
} StrataStreams;

/* Bits of the inputs of a digital op's model that attention reads as its past keys and values; *@present: of the
 * outputs that are the past with the new ones behind. At most 32 of each are looked at. */
guint32 strata_stream_find_caches (const StrataGraph *model, guint32 *present);

StrataStreams *strata_streams_new (const StrataQGraph *graph,
                                   const guint8 *silent,
                                   const StrataChipSpec *chip) G_GNUC_WARN_UNUSED_RESULT;
void strata_streams_free (StrataStreams *streams);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataStreams, strata_streams_free)

/* Its reserved_bytes alone */
gint64 strata_stream_reserved_bytes (const StrataQGraph *graph, const StrataChipSpec *chip);
/* Whether caches and tables fit the memory they lie in; an error with the numbers otherwise. */
gboolean strata_streams_fit (const StrataStreams *streams, const StrataChipSpec *chip, GError **error);

/* Bursts of the products of DIGITAL op @op, and what each does */
int strata_stream_n_products (const StrataStreams *streams, const StrataQGraph *graph, int op);
gint64 strata_stream_macs (const StrataStreams *streams, const StrataQGraph *graph, int op);
/* Operations of the vector unit per burst of DIGITAL op @op: int8 caches go to the MAC units as they are, which scale
 * sums, and of a cache that goes out only what is new is converted */
gint64 strata_stream_vector_ops (const StrataStreams *streams, const StrataQGraph *graph, int op);
/* Bytes of constants, beside looked-up rows, that one of @n_bursts bursts of an op reads from external memory */
gint64 strata_stream_constant_bytes (const StrataStreams *streams, const StrataQGraph *graph, int op, int n_bursts);
/* Bytes that one of @n_bursts bursts of an op reads from, or writes to, SRAM, on average, rounded up */
gint64 strata_stream_sram_read (const StrataStreams *streams, const StrataQGraph *graph, int op, int n_bursts);
gint64 strata_stream_sram_write (const StrataStreams *streams, const StrataQGraph *graph, int op, int n_bursts);
