/* SPDX-License-Identifier: Apache-2.0
 *
 * How long placing takes, how much memory it needs and how far its objective is from the bound: decoders of a million
 * arrays and of Llama-3.2-3B, one thread, with the start alone and with each search. Not a gate.
 */
#include <stdio.h>
#include <sys/resource.h>

#include "lib/fixtures.h"

typedef struct
{
  int hidden, kv, feed_forward, n_layers, vocabulary; /* vocabulary 0: no head */
} Decoder;

static double
cpu_s (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
         + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static int
add_op (StrataQGraph *graph, StrataQOpKind kind, int a, int b, int n)
{
  StrataQOp *op = &graph->ops[graph->n_ops];

  *op = (StrataQOp){ .kind = kind,
                     .name = "op",
                     .inputs = { a, b },
                     .n_inputs = b >= 0 ? 2 : 1,
                     .window = { 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1 },
                     .n = kind == STRATA_QOP_MVM ? n : 0,
                     .k = kind == STRATA_QOP_MVM ? graph->tensors[a].channels : 0,
                     .n_slices = kind == STRATA_QOP_MVM,
                     .n_reads = kind == STRATA_QOP_MVM,
                     .output = graph->n_tensors };
  graph->tensors[graph->n_tensors] = (StrataQTensor){ "t", n, 1, 1, STRATA_FORMAT_I8, 1, 0, graph->n_ops++, FALSE };
  return graph->n_tensors++;
}

/* Projections of one token; attention itself is digital and no part of placement */
static StrataQGraph *
make_decoder (const Decoder *decoder)
{
  StrataQGraph *graph = g_new0 (StrataQGraph, 1);
  int n = 11 * decoder->n_layers + 2, t = 0;

  graph->arena = strata_arena_new ();
  graph->tensors = strata_arena_array (graph->arena, StrataQTensor, (gsize) n + 1);
  graph->ops = strata_arena_array (graph->arena, StrataQOp, (gsize) n);
  graph->tensors[graph->n_tensors++] =
    (StrataQTensor){ "in", decoder->hidden, 1, 1, STRATA_FORMAT_I8, 1, 0, -1, FALSE };
  for (int layer = 0; layer < decoder->n_layers; layer++)
    {
      int q = add_op (graph, STRATA_QOP_MVM, t, -1, decoder->hidden), k, v, gate, up;

      k = add_op (graph, STRATA_QOP_MVM, t, -1, decoder->kv);
      v = add_op (graph, STRATA_QOP_MVM, t, -1, decoder->kv);
      q = add_op (graph, STRATA_QOP_ADD, q, q, decoder->hidden);
      (void) add_op (graph, STRATA_QOP_ADD, k, v, decoder->kv);
      t = add_op (graph, STRATA_QOP_ADD, t, add_op (graph, STRATA_QOP_MVM, q, -1, decoder->hidden), decoder->hidden);
      gate = add_op (graph, STRATA_QOP_MVM, t, -1, decoder->feed_forward);
      up = add_op (graph, STRATA_QOP_MVM, t, -1, decoder->feed_forward);
      gate = add_op (graph, STRATA_QOP_ADD, gate, up, decoder->feed_forward);
      t = add_op (graph, STRATA_QOP_MVM, gate, -1, decoder->hidden);
    }
  if (decoder->vocabulary > 0)
    t = add_op (graph, STRATA_QOP_MVM, t, -1, decoder->vocabulary);
  return graph;
}

static void
measure (const char *what, const Decoder *decoder, StrataChipSpec *taken)
{
  g_autoptr (StrataChipSpec) chip = taken;
  g_autoptr (StrataQGraph) graph = make_decoder (decoder);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, &error);
  const char *const names[] = { "start", "descent", "annealing", "both" };
  const StrataPlaceOptions options[] = { { .effort = -1 },
                                         { .algorithm = STRATA_PLACE_DESCENT },
                                         { .algorithm = STRATA_PLACE_ANNEAL },
                                         { .algorithm = STRATA_PLACE_BEST } };

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    {
      double start_s = cpu_s ();
      g_autoptr (StrataPlacement) placement = strata_place (graph, tiles, chip, &options[i], &error);
      double took_s = cpu_s () - start_s;
      struct rusage usage;

      g_assert_no_error (error);
      getrusage (RUSAGE_SELF, &usage);
      printf ("%-24s %8d tiles, %4d x %3d, %-9s  %7.3f s  peak %5.0f MB  cost %.6g us, %.3f of the bound\n", what,
              tiles->n_tiles, chip->n_stacks, chip->tiers, names[i], took_s, (double) usage.ru_maxrss / 1024,
              (double) placement->total_ps * 1e-6, (double) placement->total_ps / (double) placement->total_bound_ps);
      for (int k = 0; k < STRATA_N_PLACE_TERMS; k++)
        printf ("%s%s %.4g/%.4g", k == 0 ? "    " : ", ", strata_place_term_name (k),
                (double) placement->cost_ps[k] * 1e-6, (double) placement->bound_ps[k] * 1e-6);
      printf ("\n");
      fflush (stdout);
    }
}

int
main (void)
{
  const Decoder llama = { 3072, 1024, 8192, 28, 128256 }, large = { 16384, 1024, 53248, 82, 0 };

  measure ("Llama-3.2-3B", &llama, fixtures_chip ("phone", 0, 0, 0));
  measure ("82 layers as of 405B", &large, fixtures_chip ("phone", 64, 64, 256));
  return 0;
}
