/* SPDX-License-Identifier: Apache-2.0
 *
 * The rims touch the edge cells only, so the grid is no longer uniform: conjugate gradients, with the direct solution
 * of the grid without rims as preconditioner. About thirty steps, whatever the grid.
 */
#include "simulator/spreader.h"

#include <math.h>
#include <string.h>

#include "simulator/conduction.h"

#define N_SIDES 4
#define MAX_STEPS 200
#define TOLERANCE 1e-10

struct _StrataSpreader
{
  int nx, ny, n_layers;
  gsize n_plane, n_grid, n_nodes;
  StrataConduction *grid;
  double *store_j_k;           /* per node */
  double edge_w_k[2][N_SIDES]; /* per edge cell of spreader and sink, to the rim beside it */
  double up_w_k[N_SIDES];      /* spreader's rim to the sink's over it */
  double out_w_k[N_SIDES];     /* that to the rim beyond the spreader */
  double air_w_k[STRATA_SPREADER_RIMS];
  double top_w_k;                             /* per cell of the sink, to the air */
  double *residual, *search, *image, *better; /* work space */
};

static double
plate_w_k (const StrataPlate *plate, double length_m, double width_m)
{
  return plate->k_w_mk * plate->thickness_m * width_m / length_m;
}

static double
in_series (double a_w_k, double b_w_k)
{
  return a_w_k * b_w_k / (a_w_k + b_w_k);
}

/* From the sink's node to the air, of the whole sink: by the convention its own thickness comes first */
static double
sink_k_w (const StrataSpreaderSetup *setup)
{
  const StrataPlate *sink = &setup->sink;

  return setup->convection_k_w + sink->thickness_m / (sink->k_w_mk * sink->side_m * sink->side_m);
}

/* The rim on one side: @along_m is the die's length along that side, @across_m across it, @n cells at @cell_w_k each
 * from centre to centre. The ring between die and spreader is four trapezoids, each taken as a bar of its mean width,
 * and its node lies in the middle. */
static void
fill_side (StrataSpreader *spreader, const StrataSpreaderSetup *setup, int side, double along_m, double across_m)
{
  const StrataPlate *plates[2] = { &setup->spreader, &setup->sink };
  double inner_m = setup->spreader.side_m, outer_m = setup->sink.side_m;
  double quarter_m = (inner_m - across_m) / 4, ring_m2 = (inner_m + along_m) * (inner_m - across_m) / 4;
  double beyond_m2 = (outer_m * outer_m - inner_m * inner_m) / 4, sink_m2 = outer_m * outer_m;
  gboolean on_x = side < 2;
  int n = on_x ? setup->ny : setup->nx;
  double cell_along_m = along_m / n, cell_across_m = across_m / (on_x ? setup->nx : setup->ny);
  int near = N_SIDES + side, far = 2 * N_SIDES + side;

  for (int i = 0; i < 2; i++)
    {
      double half_cell_w_k = plate_w_k (plates[i], cell_across_m / 2, cell_along_m);
      double ring_w_k = plate_w_k (plates[i], quarter_m, (inner_m + 3 * along_m) / 4) / n;

      spreader->edge_w_k[i][side] = in_series (half_cell_w_k, ring_w_k);
    }
  spreader->up_w_k[side] = setup->spreader.k_w_mk * ring_m2 / setup->spreader.thickness_m;
  spreader->out_w_k[side] = in_series (plate_w_k (&setup->sink, quarter_m, (3 * inner_m + along_m) / 4),
                                       plate_w_k (&setup->sink, (outer_m - inner_m) / 4, (outer_m + 3 * inner_m) / 4));
  spreader->air_w_k[near] = ring_m2 / sink_m2 / sink_k_w (setup);
  spreader->air_w_k[far] = beyond_m2 / sink_m2 / sink_k_w (setup);
  spreader->store_j_k[spreader->n_grid + (gsize) side] =
    setup->spreader.c_j_m3k * setup->spreader.thickness_m * ring_m2;
  spreader->store_j_k[spreader->n_grid + (gsize) near] =
    setup->sink.c_j_m3k * setup->sink.thickness_m * ring_m2 + setup->convection_j_k * ring_m2 / sink_m2;
  spreader->store_j_k[spreader->n_grid + (gsize) far] =
    setup->sink.c_j_m3k * setup->sink.thickness_m * beyond_m2 + setup->convection_j_k * beyond_m2 / sink_m2;
}

static void
fill_grid (StrataSpreader *spreader, const StrataSpreaderSetup *setup)
{
  double cell_x_m = setup->width_m / setup->nx, cell_y_m = setup->height_m / setup->ny, cell_m2 = cell_x_m * cell_y_m;
  double sink_m2 = setup->sink.side_m * setup->sink.side_m;
  int n = spreader->n_layers;
  g_autofree double *values = g_new (double, 4 * n);
  double *along_x = values, *along_y = values + n, *up = values + 2 * n, *store = values + 3 * n;

  for (int i = 0; i < n; i++)
    {
      const StrataPlate *plate = i == n - 1 ? &setup->sink : &setup->spreader;
      StrataDieLayer layer = { plate->thickness_m, plate->k_w_mk, plate->c_j_m3k, 0 };
      double lateral_w_mk;

      if (i < setup->n_die)
        layer = setup->die[i];
      lateral_w_mk = layer.k_lateral_w_mk > 0 ? layer.k_lateral_w_mk : layer.k_w_mk;
      along_x[i] = lateral_w_mk * layer.thickness_m * cell_y_m / cell_x_m;
      along_y[i] = lateral_w_mk * layer.thickness_m * cell_x_m / cell_y_m;
      up[i] = layer.k_w_mk * cell_m2 / layer.thickness_m;
      store[i] = layer.c_j_m3k * layer.thickness_m * cell_m2;
    }
  up[n - 1] = spreader->top_w_k = cell_m2 / sink_m2 / sink_k_w (setup);
  store[n - 1] += setup->convection_j_k * cell_m2 / sink_m2;
  for (gsize i = 0; i < spreader->n_grid; i++)
    spreader->store_j_k[i] = store[i / spreader->n_plane];
  spreader->grid = strata_conduction_new (&(StrataConductionLayers){ .nx = setup->nx,
                                                                     .ny = setup->ny,
                                                                     .n_layers = n,
                                                                     .lateral_x_w_k = along_x,
                                                                     .lateral_y_w_k = along_y,
                                                                     .up_w_k = up,
                                                                     .store_j_k = store });
}

StrataSpreader *
strata_spreader_new (const StrataSpreaderSetup *setup)
{
  StrataSpreader *spreader = g_new0 (StrataSpreader, 1);

  g_assert (setup->n_die >= 1 && MAX (setup->width_m, setup->height_m) < setup->spreader.side_m
            && setup->spreader.side_m < setup->sink.side_m);
  spreader->nx = setup->nx, spreader->ny = setup->ny;
  spreader->n_layers = setup->n_die + 2;
  spreader->n_plane = (gsize) setup->nx * (gsize) setup->ny;
  spreader->n_grid = spreader->n_plane * (gsize) spreader->n_layers;
  spreader->n_nodes = spreader->n_grid + STRATA_SPREADER_RIMS;
  spreader->store_j_k = g_new0 (double, spreader->n_nodes);
  spreader->residual = g_new (double, spreader->n_nodes);
  spreader->search = g_new (double, spreader->n_nodes);
  spreader->image = g_new (double, spreader->n_nodes);
  spreader->better = g_new (double, spreader->n_nodes);
  fill_grid (spreader, setup);
  for (int side = 0; side < N_SIDES; side++)
    fill_side (spreader, setup, side, side < 2 ? setup->height_m : setup->width_m,
               side < 2 ? setup->width_m : setup->height_m);
  return spreader;
}

void
strata_spreader_free (StrataSpreader *spreader)
{
  if (spreader == NULL)
    return;
  strata_conduction_free (spreader->grid);
  g_free (spreader->store_j_k);
  g_free (spreader->residual);
  g_free (spreader->search);
  g_free (spreader->image);
  g_free (spreader->better);
  g_free (spreader);
}

gsize
strata_spreader_n_nodes (const StrataSpreader *spreader)
{
  return spreader->n_nodes;
}

/* First cell of an edge in its plane, and the distance from one to the next; rows run from north to south. */
static gsize
edge_cell (const StrataSpreader *spreader, int side, int i)
{
  gsize nx = (gsize) spreader->nx, ny = (gsize) spreader->ny, at = (gsize) i;

  return side == 0 ? at * nx : side == 1 ? at * nx + nx - 1 : side == 2 ? at : (ny - 1) * nx + at;
}

static void
exchange (const double *rise_c, double *flow_w, gsize a, gsize b, double w_k)
{
  double w = w_k * (rise_c[a] - rise_c[b]);

  flow_w[a] += w;
  flow_w[b] -= w;
}

/* What flows out of each node, and what it takes up per second where @per_s > 0 */
static void
apply (const StrataSpreader *spreader, const double *rise_c, double per_s, double *flow_w)
{
  gsize rims = spreader->n_grid;

  strata_conduction_apply (spreader->grid, rise_c, flow_w);
  memset (flow_w + rims, 0, sizeof (double) * STRATA_SPREADER_RIMS);
  for (int side = 0; side < N_SIDES; side++)
    {
      gsize s = (gsize) side, near = rims + N_SIDES + s;

      for (int plate = 0; plate < 2; plate++)
        for (int i = 0; i < (side < 2 ? spreader->ny : spreader->nx); i++)
          exchange (rise_c, flow_w, rims - (gsize) (2 - plate) * spreader->n_plane + edge_cell (spreader, side, i),
                    rims + (gsize) plate * N_SIDES + s, spreader->edge_w_k[plate][side]);
      exchange (rise_c, flow_w, rims + s, near, spreader->up_w_k[side]);
      exchange (rise_c, flow_w, near, near + N_SIDES, spreader->out_w_k[side]);
    }
  for (gsize i = 0; i < STRATA_SPREADER_RIMS; i++)
    flow_w[rims + i] += spreader->air_w_k[i] * rise_c[rims + i];
  if (per_s > 0)
    for (gsize i = 0; i < spreader->n_nodes; i++)
      flow_w[i] += per_s * spreader->store_j_k[i] * rise_c[i];
}

/* Diagonal of @rim */
static double
rim_w_k (const StrataSpreader *spreader, int rim, double per_s)
{
  int side = rim % N_SIDES, ring = rim / N_SIDES, n = side < 2 ? spreader->ny : spreader->nx;
  double w_k = spreader->air_w_k[rim] + per_s * spreader->store_j_k[spreader->n_grid + (gsize) rim];

  w_k += ring < 2 ? n * spreader->edge_w_k[ring][side] + spreader->up_w_k[side] : 0;
  return w_k + (ring > 0 ? spreader->out_w_k[side] : 0);
}

static void
precondition (StrataSpreader *spreader, double per_s)
{
  if (per_s > 0)
    {
      memset (spreader->better, 0, sizeof (double) * spreader->n_grid);
      strata_conduction_step (spreader->grid, spreader->residual, 1 / per_s, spreader->better);
    }
  else
    strata_conduction_solve (spreader->grid, spreader->residual, spreader->better);
  for (int rim = 0; rim < STRATA_SPREADER_RIMS; rim++)
    spreader->better[spreader->n_grid + (gsize) rim] =
      spreader->residual[spreader->n_grid + (gsize) rim] / rim_w_k (spreader, rim, per_s);
}

static double
dot (const double *a, const double *b, gsize n)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += a[i] * b[i];
  return sum;
}

static double
largest (const double *values, gsize n)
{
  double peak = 0;

  for (gsize i = 0; i < n; i++)
    peak = MAX (peak, fabs (values[i]));
  return peak;
}

/* Conjugate gradients from @rise_c; the residual holds the right-hand side at the start. */
static gboolean
descend (StrataSpreader *spreader, double per_s, double *rise_c)
{
  gsize n = spreader->n_nodes;
  double goal = TOLERANCE * largest (spreader->residual, n), product = 0;

  apply (spreader, rise_c, per_s, spreader->image);
  for (gsize i = 0; i < n; i++)
    spreader->residual[i] -= spreader->image[i];
  for (int step = 0; step < MAX_STEPS && largest (spreader->residual, n) > goal; step++)
    {
      double before = product, length;

      precondition (spreader, per_s);
      product = dot (spreader->residual, spreader->better, n);
      for (gsize i = 0; i < n; i++)
        spreader->search[i] = spreader->better[i] + (step > 0 ? product / before * spreader->search[i] : 0);
      apply (spreader, spreader->search, per_s, spreader->image);
      length = product / dot (spreader->search, spreader->image, n);
      for (gsize i = 0; i < n; i++)
        {
          rise_c[i] += length * spreader->search[i];
          spreader->residual[i] -= length * spreader->image[i];
        }
    }
  return largest (spreader->residual, n) <= goal;
}

gboolean
strata_spreader_solve (StrataSpreader *spreader, const double *power_w, double *rise_c)
{
  memcpy (spreader->residual, power_w, sizeof (double) * spreader->n_nodes);
  memset (rise_c, 0, sizeof (double) * spreader->n_nodes);
  return descend (spreader, 0, rise_c);
}

gboolean
strata_spreader_step (StrataSpreader *spreader, const double *power_w, double step_s, double *rise_c)
{
  for (gsize i = 0; i < spreader->n_nodes; i++)
    spreader->residual[i] = power_w[i] + spreader->store_j_k[i] / step_s * rise_c[i];
  return descend (spreader, 1 / step_s, rise_c);
}

double
strata_spreader_stored_j (const StrataSpreader *spreader, const double *rise_c)
{
  return dot (spreader->store_j_k, rise_c, spreader->n_nodes);
}

double
strata_spreader_leaving_w (const StrataSpreader *spreader, const double *rise_c)
{
  double out_w = dot (spreader->air_w_k, rise_c + spreader->n_grid, STRATA_SPREADER_RIMS);

  for (gsize i = spreader->n_grid - spreader->n_plane; i < spreader->n_grid; i++)
    out_w += spreader->top_w_k * rise_c[i];
  return out_w;
}
