/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers in six stages, most of them matrices on arrays, every fourth one a vector operation. Row r of a layer is ready
 * a fixed time after row r of the layer before; a unit does one burst at a time. Energies are integers per action, so
 * that the sums close by construction.
 */
#include "synthetic-profile.h"

#include <math.h>

#define BATCH 4096
#define N_BINS 240
#define ROW_PS 400000   /* 0.4 us per output row */
#define DEPTH_PS 900000 /* a layer starts 0.9 us after the one before */
#define N_STAGES 6
#define LEAKAGE_MW 4
#define CONTROL_MW 2

/* fJ per action by component, nominal; an action is a matrix-vector product, a packet or a vector operation */
static const gint64 mvm_fj[STRATA_N_COMPONENTS] = {
  [STRATA_COMPONENT_ARRAY] = 2100,  [STRATA_COMPONENT_VERTICAL] = 400, [STRATA_COMPONENT_DRIVER] = 900,
  [STRATA_COMPONENT_ADC] = 5200,    [STRATA_COMPONENT_POST] = 700,     [STRATA_COMPONENT_BUFFER] = 800,
  [STRATA_COMPONENT_OVERHEAD] = 350
};
static const gint64 send_fj[STRATA_N_COMPONENTS] = { [STRATA_COMPONENT_NOC] = 620, [STRATA_COMPONENT_SRAM] = 480 };
static const gint64 vector_fj[STRATA_N_COMPONENTS] = {
  [STRATA_COMPONENT_VECTOR] = 1500, [STRATA_COMPONENT_SRAM] = 900
};
#define SWITCH_FJ 30000

typedef struct
{
  const StrataSyntheticOptions *options;
  StrataTraceSink *sink;
  GStringChunk *names;
  int n_stacks, n_units;
  GArray *units, *layers, *tiles, *instructions;
  gint64 *free_ps;   /* per unit */
  int *tier;         /* per stack, the one selected */
  gint64 *energy_fj; /* n_layers x components */
  gint64 *n_actions; /* n_layers x components */
  double *bin_fj;    /* N_BINS x components */
  gint64 bin_ps, end_ps, n_sent;
  StrataEventRecord batch[BATCH];
  gsize n_batch;
} Synthesis;

void
strata_synthetic_options_init (StrataSyntheticOptions *options)
{
  *options = (StrataSyntheticOptions){ .mesh_x = 8, .mesh_y = 8, .n_tiers = 16, .n_layers = 20, .n_events = 10000 };
}

/* SplitMix64 */
static guint64
mix (guint64 seed, guint64 index)
{
  guint64 z = seed * G_GUINT64_CONSTANT (0xd1342543de82ef95) + (index + 1) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static const char *G_GNUC_PRINTF (2, 3) name_of (Synthesis *s, const char *format, ...)
{
  va_list arguments;
  g_autofree char *name = NULL;

  va_start (arguments, format);
  name = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return g_string_chunk_insert (s->names, name);
}

/* --- static tables --- */

static void
add_unit (Synthesis *s, StrataUnitKind kind, int index, int x, int y, const char *name)
{
  StrataUnitRecord unit = { s->units->len, kind, index, x, y, name };

  g_array_append_val (s->units, unit);
}

static void
make_units (Synthesis *s)
{
  int mesh_x = s->options->mesh_x;

  for (int i = 0; i < s->n_stacks; i++)
    add_unit (s, STRATA_UNIT_STACK, i, i % mesh_x, i / mesh_x, name_of (s, "stack %d", i));
  for (int i = 0; i < s->n_stacks; i++)
    add_unit (s, STRATA_UNIT_LINK, i, i % mesh_x, i / mesh_x, name_of (s, "link %d", i));
  add_unit (s, STRATA_UNIT_VECTOR, 0, -1, -1, "vector");
  add_unit (s, STRATA_UNIT_SRAM, 0, -1, -1, "SRAM");
  add_unit (s, STRATA_UNIT_HOST, 0, -1, -1, "host");
  add_unit (s, STRATA_UNIT_BASE, 0, -1, -1, "base die");
  s->n_units = s->units->len;
}

static gboolean
is_vector (int layer)
{
  return layer % 4 == 3;
}

static void
add_instruction (Synthesis *s, int layer, int tile, int unit, const char *opcode, gint64 n_actions)
{
  StrataInstructionRecord instruction = { s->instructions->len, layer, tile, unit, opcode, 1, n_actions };

  g_array_append_val (s->instructions, instruction);
}

static void
make_tiles (Synthesis *s, StrataLayerRecord *layer)
{
  int n_sites = s->n_stacks * s->options->n_tiers;
  gint64 n_pixels = 4 + (gint64) (mix (s->options->seed, layer->id) % 24);

  for (int i = 0; i < layer->n_tiles; i++)
    {
      int site = s->tiles->len % n_sites, stack = site % s->n_stacks;
      double utilisation = 0.35 + 0.65 * (double) (mix (s->options->seed + 1, s->tiles->len) % 1000) / 1000;
      StrataTileRecord tile = { .id = s->tiles->len,
                                .layer = layer->id,
                                .stack = stack,
                                .tier = site / s->n_stacks,
                                .row0 = i / 2 * 256,
                                .n_rows = 256,
                                .col0 = i % 2 * 128,
                                .n_cols = 128,
                                .n_slices = 2,
                                .n_row_copies = 1,
                                .utilisation = utilisation };

      layer->utilisation += utilisation / layer->n_tiles;
      g_array_append_val (s->tiles, tile);
      add_instruction (s, layer->id, tile.id, stack, "MVM", n_pixels);
      add_instruction (s, layer->id, tile.id, s->n_stacks + stack, "SEND", n_pixels);
    }
}

static void
make_layer (Synthesis *s, int id)
{
  int n = s->options->n_layers, stage = (int) ((gint64) id * N_STAGES / n);
  int first = (int) (((gint64) stage * n + N_STAGES - 1) / N_STAGES);
  int next = (int) (((gint64) (stage + 1) * n + N_STAGES - 1) / N_STAGES);
  StrataLayerRecord layer = { .id = id,
                              .node = id,
                              .op = is_vector (id) ? "Add" : "Conv",
                              .kind = is_vector (id) ? "add" : "mvm",
                              .stage = name_of (s, "layer%d", stage + 1),
                              .stage_index = stage,
                              .index_in_stage = id - first,
                              .n_in_stage = next - first,
                              .out_channels = 32 << stage,
                              .out_height = MAX (56 >> stage, 1),
                              .out_width = MAX (56 >> stage, 1),
                              .n_copies = 1,
                              .n_row_copies = 1,
                              .n_reads = 1,
                              .n_slices = 2,
                              .inputs = { id - 1, id - 3 },
                              .n_inputs = is_vector (id) ? 2 : 1 };

  layer.name = name_of (s, "/layer%d/layer%d.%d/%s", stage + 1, stage + 1, (id - first) / 4,
                        is_vector (id) ? "Add" : (const char *[]){ "conv1/Conv", "conv2/Conv", "conv3/Conv" }[id % 4]);
  if (is_vector (id))
    add_instruction (s, id, -1, 2 * s->n_stacks, "VADD", 12);
  else
    {
      layer.k = 256 * (1 + stage / 2);
      layer.n = 128 * (1 + stage % 3);
      layer.n_tiles = 1 + (int) (mix (s->options->seed + 2, id) % (guint) (2 + 2 * stage));
      layer.n_weights = (gint64) layer.k * layer.n;
      layer.n_macs = layer.n_weights * layer.out_height * layer.out_width;
      make_tiles (s, &layer);
    }
  g_array_append_val (s->layers, layer);
}

/* --- events --- */

static gboolean
flush (Synthesis *s, GError **error)
{
  gsize n = s->n_batch;

  s->n_batch = 0;
  return n == 0 || s->sink->write (s->sink, STRATA_RECORD_EVENT, s->batch, n, error);
}

static gint64
charge (Synthesis *s, int layer, const gint64 *per_action_fj, gint64 n_actions, gint64 at_ps)
{
  gint64 sum = 0;
  int bin = (int) MIN (at_ps / s->bin_ps, N_BINS - 1);

  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    {
      gint64 energy = per_action_fj[i] * n_actions;

      sum += energy;
      s->energy_fj[(gsize) layer * STRATA_N_COMPONENTS + i] += energy;
      s->n_actions[(gsize) layer * STRATA_N_COMPONENTS + i] += energy > 0 ? n_actions : 0;
      s->bin_fj[bin * STRATA_N_COMPONENTS + i] += (double) energy;
    }
  return sum;
}

static gboolean
execute (Synthesis *s, const StrataInstructionRecord *instruction, int row, GError **error)
{
  gboolean is_mvm = instruction->unit < s->n_stacks, is_vec = instruction->unit == 2 * s->n_stacks;
  const StrataTileRecord *tile =
    instruction->tile >= 0 ? &g_array_index (s->tiles, StrataTileRecord, instruction->tile) : NULL;
  gint64 ready = (gint64) instruction->layer * DEPTH_PS + (gint64) row * ROW_PS + (is_mvm ? 0 : 200000);
  StrataEventRecord event = { .start_ps = MAX (ready, s->free_ps[instruction->unit]),
                              .duration_ps = instruction->n_actions
                                             * (is_mvm   ? 20000
                                                : is_vec ? 3000
                                                         : 2000),
                              .n_actions = instruction->n_actions,
                              .unit = instruction->unit,
                              .instruction = instruction->id,
                              .layer = instruction->layer,
                              .burst = row,
                              .tier = is_mvm ? tile->tier : -1 };

  event.energy_fj = charge (s, event.layer,
                            is_mvm   ? mvm_fj
                            : is_vec ? vector_fj
                                     : send_fj,
                            event.n_actions, event.start_ps);
  if (is_mvm && s->tier[event.unit] != event.tier)
    {
      static const gint64 switch_fj[STRATA_N_COMPONENTS] = { [STRATA_COMPONENT_SELECT] = SWITCH_FJ };

      event.energy_fj += charge (s, event.layer, switch_fj, 1, event.start_ps);
      event.flags = STRATA_EVENT_TIER_SWITCH;
      s->tier[event.unit] = event.tier;
    }
  s->free_ps[event.unit] = event.start_ps + event.duration_ps;
  s->end_ps = MAX (s->end_ps, s->free_ps[event.unit]);
  if (s->options->n_events == 0)
    return TRUE;
  s->batch[s->n_batch++] = event;
  s->n_sent++;
  return s->n_batch < BATCH || flush (s, error);
}

static gboolean
run_rows (Synthesis *s, GError **error)
{
  gint64 n_events = MAX (s->options->n_events, (gint64) s->instructions->len);
  gint64 n_rows = (n_events + s->instructions->len - 1) / s->instructions->len;

  s->bin_ps = (s->options->n_layers * (gint64) DEPTH_PS + n_rows * (ROW_PS + 200000)) / N_BINS + 1;
  for (gint64 row = 0; row < n_rows; row++)
    for (guint i = 0; i < s->instructions->len; i++)
      {
        if (s->options->n_events > 0 && s->n_sent == s->options->n_events)
          return flush (s, error);
        if (!execute (s, &g_array_index (s->instructions, StrataInstructionRecord, i), (int) row, error))
          return FALSE;
      }
  return flush (s, error);
}

/* --- what is known at the end --- */

static gboolean
write_energy (Synthesis *s, gint64 leakage_fj, gint64 control_fj, gint64 *total_fj, GError **error)
{
  for (gint64 i = 0; i < (gint64) s->layers->len * STRATA_N_COMPONENTS + 2; i++)
    {
      gboolean is_static = i >= (gint64) s->layers->len * STRATA_N_COMPONENTS;
      gboolean is_leakage = is_static && i == (gint64) s->layers->len * STRATA_N_COMPONENTS;
      gint64 energy = !is_static ? s->energy_fj[i] : is_leakage ? leakage_fj : control_fj;
      StrataEnergyRecord record = { is_static ? -1 : (gint32) (i / STRATA_N_COMPONENTS),
                                    is_static ? (is_leakage ? STRATA_COMPONENT_LEAKAGE : STRATA_COMPONENT_CONTROL)
                                              : (StrataComponent) (i % STRATA_N_COMPONENTS),
                                    { energy, energy / 20 * 13, energy / 10 * 17 },
                                    is_static ? 0 : s->n_actions[i] };

      for (int band = 0; band < STRATA_N_BANDS; band++)
        total_fj[band] += record.energy_fj[band];
      if (energy > 0 && !s->sink->write (s->sink, STRATA_RECORD_ENERGY, &record, 1, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
write_power (Synthesis *s, GError **error)
{
  for (gint64 bin = 0; bin * s->bin_ps < s->end_ps && bin < N_BINS; bin++)
    for (int i = 0; i < STRATA_N_COMPONENTS; i++)
      {
        double mw = i == STRATA_COMPONENT_LEAKAGE   ? LEAKAGE_MW
                    : i == STRATA_COMPONENT_CONTROL ? CONTROL_MW
                                                    : s->bin_fj[bin * STRATA_N_COMPONENTS + i] / (double) s->bin_ps;
        StrataPowerRecord record = { bin * s->bin_ps, s->bin_ps, i, mw };

        if (mw > 0 && !s->sink->write (s->sink, STRATA_RECORD_POWER, &record, 1, error))
          return FALSE;
      }
  return TRUE;
}

static gboolean
write_heat (Synthesis *s, GError **error)
{
  int n_tiers = s->options->n_tiers, mesh_x = s->options->mesh_x, mesh_y = s->options->mesh_y;
  StrataTemperatureRecord whole[] = { { -1, STRATA_HEAT_JUNCTION, -1, -1, 41.2 },
                                      { -1, STRATA_HEAT_PACKAGE, -1, -1, 36.5 },
                                      { -1, STRATA_HEAT_SKIN, -1, -1, 33.8 } };

  for (int stack = 0; stack < s->n_stacks; stack++)
    for (int tier = -1; tier < n_tiers; tier++)
      {
        double dx = stack % mesh_x - (mesh_x - 1) / 2.0, dy = stack / mesh_x - (mesh_y - 1) / 2.0;
        double c = 36.8 + 4.2 * exp (-(dx * dx + dy * dy) / 8.0) * (1.0 - 0.4 * (tier + 1.0) / (n_tiers + 1.0));
        StrataTemperatureRecord record = { -1, tier < 0 ? STRATA_HEAT_BASE : STRATA_HEAT_STACK_TIER, stack, tier, c };

        if (!s->sink->write (s->sink, STRATA_RECORD_TEMPERATURE, &record, 1, error))
          return FALSE;
      }
  for (int i = 0; i < 40; i++)
    {
      StrataTemperatureRecord record = { s->end_ps / 40 * i, STRATA_HEAT_JUNCTION, -1, -1,
                                         41.2 - 4.4 * exp (-i / 12.0) };

      if (!s->sink->write (s->sink, STRATA_RECORD_TEMPERATURE, &record, 1, error))
        return FALSE;
    }
  return s->sink->write (s->sink, STRATA_RECORD_TEMPERATURE, whole, G_N_ELEMENTS (whole), error);
}

/* Full rate for a minute, then half of it; the curves are exponentials of a second for the die, of twenty for the rest
 */
static gboolean
write_spells (Synthesis *s, GError **error)
{
  const gint64 turn_ps = G_GINT64_CONSTANT (60) * 1000000000000, interval_ps = MAX (s->end_ps * 6 / 10, 1);
  const StrataSpellRecord spells[] = { { 0, turn_ps, interval_ps, STRATA_SPELL_NONE, 160, 62, 42 },
                                       { turn_ps, -1, 2 * interval_ps, STRATA_SPELL_SKIN, 120, 54, 42 } };

  for (int i = 0; i <= 140; i++)
    {
      double time_s = i == 0 ? 0 : 1e-6 * pow (10, i / 17.0), after_s = MAX (time_s - 60, 0);
      double warm_k = 17.9 * (1 - exp (-MIN (time_s, 60) / 20)), fast_k = 20 * (1 - exp (-time_s / 0.01));
      StrataWarmingRecord record = { (gint64) (time_s * 1e12), 25 + warm_k + fast_k - 8 * (1 - exp (-after_s / 0.01)),
                                     25 + warm_k };

      if (!s->sink->write (s->sink, STRATA_RECORD_WARMING, &record, 1, error))
        return FALSE;
    }
  return s->sink->write (s->sink, STRATA_RECORD_SPELL, spells, G_N_ELEMENTS (spells), error);
}

static gboolean
write_figures (Synthesis *s, const gint64 *total_fj, GError **error)
{
  double end = (double) s->end_ps, fj[] = { (double) total_fj[0], (double) total_fj[1], (double) total_fj[2] };
  StrataFidelity fidelity = s->options->n_events > 0 ? STRATA_FIDELITY_FUNCTIONAL : STRATA_FIDELITY_ESTIMATE;
  const StrataFigureRecord figures[] = {
    { "latency_ps", "ps", { end, end * 0.9, end * 1.25 }, fidelity, "last end of any burst" },
    { "interval_ps", "ps", { end * 0.6, end * 0.5, end * 0.8 }, fidelity, "between ends of two inferences" },
    { "lower_bound_ps", "ps", { end * 0.8, NAN, NAN }, STRATA_FIDELITY_ESTIMATE, "critical path" },
    { "energy_fj", "fj", { fj[0], fj[1], fj[2] }, fidelity, "sum of all events" },
    { "power_mw", "mw", { fj[0] / end, fj[1] / end, fj[2] / end }, fidelity, "energy / latency" },
    { "accuracy", "fraction", { 0.874, NAN, 0.851 }, fidelity, "mean over 8 seeds" },
    { "junction_c", "c", { 41.2, 39.9, 44.0 }, fidelity, "steady state at mean power" },
    { "throttle_junction_c", "c", { 85, 85, 85 }, STRATA_FIDELITY_ESTIMATE, "limit of the chip" },
    { "throttle_skin_c", "c", { 42, 42, 42 }, STRATA_FIDELITY_ESTIMATE, "limit of the chip" },
    { "limit_max_latency_ps", "ps", { end * 1.2, end * 1.2, end * 1.2 }, STRATA_FIDELITY_ESTIMATE, "asked for" },
    { "limit_max_power_mw",
      "mw",
      { fj[0] / end * 0.9, fj[0] / end * 0.9, fj[0] / end * 0.9 },
      STRATA_FIDELITY_ESTIMATE,
      "asked for" },
    { "limit_min_accuracy", "fraction", { 0.85, 0.85, 0.85 }, STRATA_FIDELITY_ESTIMATE, "asked for" },
  };

  return s->sink->write (s->sink, STRATA_RECORD_FIGURE, figures, G_N_ELEMENTS (figures), error);
}

static gboolean
write_advice (Synthesis *s, GError **error)
{
  gint32 last = s->options->n_layers - 1;
  const StrataFindingRecord findings[] = {
    { "unused-tiers", 0, -1, "38 % of the arrays hold nothing", "compile with more copies", 0.04, "latency" },
    { "adc-bound", 1, 0, "converters take 49 % of the energy of the layer", "read fewer columns at once", 0.12,
      "energy" },
    { "tier-thrash", 2, MIN (last, 5), "a stack switches tiers 1,204 times", "put the two layers on different stacks",
      0.21, "latency" },
    { "clipping", 2, last, "1.9 % of the conversions clip", "calibrate with more samples", NAN, "accuracy" },
  };
  const StrataAlternativeRecord others[] = {
    { "2 copies", 900000, 450000, -1, 2, "no limit asks for it" },
    { "digital units", -1, -1, 77, 0, "twice the time" },
    { "stack 1", -1, -1, -1, -1, "further from the hub" },
  };
  const StrataDecisionRecord decisions[] = {
    { "limit", "a limit, and the distance to it", -1, -1, 0, "no limits were asked for", NULL, 0 },
    { "copies", "copies of the matrix that run side by side", 0, -1, 1, "one copy does all rows", others, 2 },
    { "site", "stack and tier of a tile", 0, 0, 3, "stack 0 tier 3", others + 2, 1 },
  };
  const StrataMetaRecord meta[] = { { "program_hash", "8d1f0a3be6024c57" }, { "seed", "0" } };
  gboolean is_fine = TRUE;

  for (gint32 i = 0; is_fine && i < s->options->n_layers && s->options->n_events > 0; i++)
    {
      StrataAccuracyRecord accuracy = { i, 38.0 - 12.0 * i / MAX (last, 1), is_vector (i) ? 0 : 0.001 * (i % 7), 3 };

      is_fine = s->sink->write (s->sink, STRATA_RECORD_ACCURACY, &accuracy, 1, error);
    }
  return is_fine && s->sink->write (s->sink, STRATA_RECORD_FINDING, findings, G_N_ELEMENTS (findings), error)
         && s->sink->write (s->sink, STRATA_RECORD_DECISION, decisions, G_N_ELEMENTS (decisions), error)
         && s->sink->write (s->sink, STRATA_RECORD_META, meta, G_N_ELEMENTS (meta), error);
}

static gboolean
write_results (Synthesis *s, GError **error)
{
  gint64 leakage_fj = LEAKAGE_MW * s->end_ps, control_fj = CONTROL_MW * s->end_ps, total_fj[STRATA_N_BANDS] = { 0 };
  StrataEventRecord statics[2] = { { .energy_fj = leakage_fj }, { .energy_fj = control_fj } };

  for (int i = 0; i < 2; i++)
    {
      statics[i].duration_ps = s->end_ps;
      statics[i].unit = s->n_units - 1;
      statics[i].instruction = statics[i].layer = statics[i].burst = statics[i].tier = -1;
      statics[i].flags = STRATA_EVENT_STATIC;
    }
  if (s->options->n_events > 0
      && !s->sink->write (s->sink, STRATA_RECORD_EVENT, statics, G_N_ELEMENTS (statics), error))
    return FALSE;
  return write_energy (s, leakage_fj, control_fj, total_fj, error)
         && (s->options->n_events == 0 || (write_power (s, error) && write_spells (s, error))) && write_heat (s, error)
         && write_figures (s, total_fj, error) && write_advice (s, error);
}

/* --- all --- */

static gboolean
send (Synthesis *s, GError **error)
{
  const StrataTraceSession session = {
    .run_name = "synthetic",
    .model_name = "synthetic.onnx",
    .chip_name = name_of (s, "%dx%dx%d", s->options->mesh_x, s->options->mesh_y, s->options->n_tiers),
    .chip_yaml = "name: synthetic\n",
    .fidelity = s->options->n_events > 0 ? STRATA_FIDELITY_FUNCTIONAL : STRATA_FIDELITY_ESTIMATE,
    .mesh_x = s->options->mesh_x,
    .mesh_y = s->options->mesh_y,
    .n_stacks = s->n_stacks,
    .n_tiers = s->options->n_tiers,
    .n_rows = 256,
    .n_columns = 256,
    .hub_x2 = s->options->mesh_x - 1,
    .hub_y2 = s->options->mesh_y - 1,
    .power_budget_mw = 300,
    .units = (const StrataUnitRecord *) s->units->data,
    .layers = (const StrataLayerRecord *) s->layers->data,
    .tiles = (const StrataTileRecord *) s->tiles->data,
    .instructions = (const StrataInstructionRecord *) s->instructions->data,
    .n_units = s->units->len,
    .n_layers = s->layers->len,
    .n_tiles = s->tiles->len,
    .n_instructions = s->instructions->len
  };

  return s->sink->begin (s->sink, &session, error) && run_rows (s, error) && write_results (s, error);
}

gboolean
strata_synthetic_run (const StrataSyntheticOptions *options, StrataTraceSink *sink, GError **error)
{
  Synthesis *s = g_new0 (Synthesis, 1);
  gsize n_energies = (gsize) options->n_layers * STRATA_N_COMPONENTS;
  gboolean is_sent;

  s->options = options;
  s->sink = sink;
  s->names = g_string_chunk_new (4096);
  s->n_stacks = options->mesh_x * options->mesh_y;
  s->units = g_array_new (FALSE, TRUE, sizeof (StrataUnitRecord));
  s->layers = g_array_new (FALSE, TRUE, sizeof (StrataLayerRecord));
  s->tiles = g_array_new (FALSE, TRUE, sizeof (StrataTileRecord));
  s->instructions = g_array_new (FALSE, TRUE, sizeof (StrataInstructionRecord));
  make_units (s);
  for (int i = 0; i < options->n_layers; i++)
    make_layer (s, i);
  s->free_ps = g_new0 (gint64, s->n_units);
  s->tier = g_new0 (int, s->n_stacks);
  s->energy_fj = g_new0 (gint64, n_energies);
  s->n_actions = g_new0 (gint64, n_energies);
  s->bin_fj = g_new0 (double, N_BINS *STRATA_N_COMPONENTS);
  is_sent = send (s, error);
  is_sent = sink->end (sink, is_sent, is_sent ? error : NULL) && is_sent;
  g_array_unref (s->units);
  g_array_unref (s->layers);
  g_array_unref (s->tiles);
  g_array_unref (s->instructions);
  g_free (s->free_ps);
  g_free (s->tier);
  g_free (s->energy_fj);
  g_free (s->n_actions);
  g_free (s->bin_fj);
  g_string_chunk_free (s->names);
  g_free (s);
  return is_sent;
}
