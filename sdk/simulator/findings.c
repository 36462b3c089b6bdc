/* SPDX-License-Identifier: Apache-2.0
 *
 * Advice from a modelled run: fixed rules over its totals, each with the numbers that made it speak, what to do, and
 * what that would gain at most. A rule says nothing where it does not apply.
 */
#include "simulator/record.h"

#include <math.h>
#include <string.h>

#include "chip/fields.h"
#include "cost/noise.h"

/* Shares above which a rule speaks. Judgement, not physics. */
#define SWITCH_SHARE 0.10 /* hardware-facts 11 point 2 */
#define STATIC_SHARE 0.40
#define WARMER_K 5.0
#define NOC_SHARE 0.20
#define LOW_UTILISATION 0.25
#define DIGITAL_SHARE 0.50
#define BOUND_RATIO 1.5

typedef enum
{
  NOTE,
  ADVICE,
  WARNING,
} Severity;

typedef struct
{
  StrataArena *arena;
  const StrataImage *image;
  const StrataModelled *modelled;
  GArray *list;
} Findings;

static void
add (Findings *f,
     const char *rule,
     Severity severity,
     int layer,
     const char *evidence,
     const char *action,
     double gain,
     const char *gain_of)
{
  StrataFindingRecord record = { rule, severity, layer, evidence, action, gain, gain_of };

  g_array_append_val (f->list, record);
}

static const char *
percent (Findings *f, double share)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  return strata_arena_printf (f->arena, "%s %%", g_ascii_formatd (text, sizeof text, "%.0f", share * 100));
}

static const char *
time_text (Findings *f, gint64 value_ps)
{
  return strata_record_time (f->arena, (double) value_ps);
}

/* Whether @instruction takes @unit */
static gboolean
takes (const Findings *f, const StrataInstruction *instruction, int unit)
{
  if (instruction->n_hops == 0)
    return instruction->unit == unit;
  for (int hop = 0; hop < instruction->n_hops; hop++)
    if (f->image->schedule->routes[instruction->first_route + hop] == unit)
      return TRUE;
  return FALSE;
}

/* Where nothing was executed: the time that the bursts of each layer take @unit for */
static void
add_layer_loads (const Findings *f, int unit, gint64 *sums)
{
  const StrataImage *image = f->image;

  for (int i = 0; i < image->schedule->n_instructions; i++)
    {
      const StrataInstruction *instruction = &image->schedule->instructions[i];

      if (takes (f, instruction, unit))
        sums[instruction->op] +=
          instruction->n_bursts
          * strata_burst_time (instruction, image->graph, image->tiles, image->chip, STRATA_BAND_NOMINAL).occupy_ps;
    }
}

/* Layer that keeps @unit busy longest, and how long */
static int
layer_on_unit (const Findings *f, int unit, gint64 *busy_ps)
{
  const StrataTiming *timing = f->modelled->timing;
  int n_ops = f->image->graph->n_ops, best = -1;
  g_autofree gint64 *sums = g_new0 (gint64, n_ops + 1);

  if (f->modelled->fidelity == STRATA_FIDELITY_ESTIMATE)
    add_layer_loads (f, unit, sums);
  for (gsize i = 0; i < timing->n_events; i++)
    if (timing->events[i].unit == unit && timing->events[i].layer >= 0)
      sums[timing->events[i].layer] += timing->events[i].duration_ps;
  for (int i = 0; i < n_ops; i++)
    if (sums[i] > 0 && (best < 0 || sums[i] > sums[best]))
      best = i;
  *busy_ps = best >= 0 ? sums[best] : 0;
  return best;
}

static const char *
layer_name (const Findings *f, int layer)
{
  return layer >= 0 && f->image->graph->ops[layer].name != NULL ? f->image->graph->ops[layer].name : "none";
}

/* --- time --- */

static const char *
relief (StrataUnitKind kind)
{
  switch (kind)
    {
    case STRATA_UNIT_STACK:
      return "move one of the stack's layers to a stack that is idle, or copy its busiest layer into free arrays";
    case STRATA_UNIT_LINK:
      return "place the layers that exchange most data nearer to the hub, or choose a chip with wider links";
    case STRATA_UNIT_MAC:
      return "put depthwise layers into grouped or dense form, or choose a chip with more MAC units";
    default:
      return "fuse elementwise layers into their producers, or choose a chip with a faster vector unit";
    }
}

static void
find_busiest (Findings *f)
{
  const StrataSchedule *schedule = f->image->schedule;
  const gint64 *busy_ps = f->modelled->unit_busy_ps;
  gint64 first_ps = 0, second_ps = 0, layer_ps = 0, interval_ps = f->modelled->unit_interval_ps[0];
  int unit = -1, layer;

  for (int i = 0; i < schedule->n_units; i++)
    if (schedule->units[i].kind != STRATA_UNIT_HOST)
      {
        if (busy_ps[i] > first_ps)
          {
            second_ps = first_ps;
            first_ps = busy_ps[i];
            unit = i;
          }
        else
          second_ps = MAX (second_ps, busy_ps[i]);
      }
  if (unit < 0 || interval_ps <= 0)
    return;
  /* of a single inference: selects a tier that the next one finds selected, and drains */
  first_ps = MIN (first_ps, interval_ps), second_ps = MIN (second_ps, interval_ps);
  layer = layer_on_unit (f, unit, &layer_ps);
  layer_ps = MIN (layer_ps, first_ps);
  add (f, "busiest-unit", NOTE, layer,
       strata_arena_printf (f->arena, "%s works %s of the %s between inferences (%s); %s of it for layer %s",
                            schedule->units[unit].name != NULL ? schedule->units[unit].name : "a unit",
                            time_text (f, first_ps), time_text (f, interval_ps),
                            percent (f, (double) first_ps / (double) interval_ps), time_text (f, layer_ps),
                            layer_name (f, layer)),
       relief (schedule->units[unit].kind), 1 - (double) second_ps / (double) first_ps, "interval");
}

/* The first tier of a stack has to be selected once, and stays so where it is the only one. */
static void
find_switches (Findings *f)
{
  const StrataTiming *timing = f->modelled->timing;
  gint64 select_ps = strata_cost_select_ps (f->image->chip, STRATA_BAND_NOMINAL), busy_ps = 0;
  gint64 n_avoidable = MAX (timing->n_switches - f->modelled->n_stacks_on, 0);
  double share, gain;

  for (int i = 0; i < f->image->chip->n_stacks; i++)
    busy_ps += f->modelled->unit_busy_ps[i];
  share = busy_ps > 0 ? (double) (timing->n_switches * select_ps) / (double) busy_ps : 0;
  gain = busy_ps > 0 ? (double) (n_avoidable * select_ps) / (double) busy_ps : 0;
  if (gain > SWITCH_SHARE)
    add (f, "tier-thrash", ADVICE, -1,
         strata_arena_printf (f->arena, "%" G_GINT64_FORMAT " tier switches of %s take %s of the stacks' time",
                              timing->n_switches, time_text (f, select_ps), percent (f, share)),
         "place layers that run at the same time on different stacks, or give each burst more work (wider rows)", gain,
         "interval");
}

static void
find_bound (Findings *f)
{
  gint64 bound_ps = f->image->schedule->lower_bound_ps, latency_ps = f->modelled->latency_ps[0];

  if (bound_ps > 0 && (double) latency_ps > BOUND_RATIO * (double) bound_ps)
    add (f, "far-from-bound", NOTE, -1,
         strata_arena_printf (f->arena, "latency is %s, the lower bound for these tiles and copies %s",
                              time_text (f, latency_ps), time_text (f, bound_ps)),
         "try other placements (another --seed) or more copies of the slowest layers",
         1 - (double) bound_ps / (double) latency_ps, "latency");
}

static void
find_digital (Findings *f, StrataUnitKind kind, const char *rule, const char *what)
{
  int unit = strata_schedule_unit (f->image->schedule, kind), layer;
  gint64 latency_ps = f->modelled->latency_ps[0], busy_ps, layer_ps;

  if (unit < 0 || latency_ps <= 0)
    return;
  busy_ps = f->modelled->unit_busy_ps[unit];
  if ((double) busy_ps <= DIGITAL_SHARE * (double) latency_ps)
    return;
  layer = layer_on_unit (f, unit, &layer_ps);
  add (f, rule, ADVICE, layer,
       strata_arena_printf (f->arena, "the %s works %s of the %s latency; most, %s, for layer %s", what,
                            time_text (f, busy_ps), time_text (f, latency_ps), time_text (f, layer_ps),
                            layer_name (f, layer)),
       relief (kind), NAN, "latency");
}

static void
find_host (Findings *f)
{
  gint64 host_ps = f->modelled->host_ps, interval_ps = f->modelled->interval_ps[0];

  if (host_ps > interval_ps)
    add (f, "host-bound", WARNING, -1,
         strata_arena_printf (
           f->arena, "input and output take %s over %s, the chip needs %s between inferences", time_text (f, host_ps),
           f->image->chip->host_link != NULL ? f->image->chip->host_link : "the host link", time_text (f, interval_ps)),
         "feed the chip from its sensor port, send smaller inputs, or use a faster host link",
         1 - (double) interval_ps / (double) host_ps, "rate");
}

/* --- energy and power --- */

static void
find_static (Findings *f)
{
  double energy_fj = (double) f->modelled->energy_fj[0];
  double share = energy_fj > 0 ? 1 - (double) f->modelled->dynamic_fj[0] / energy_fj : 0;

  if (share > STATIC_SHARE && !f->modelled->runs_away[0])
    add (f, "static-energy", ADVICE, -1,
         strata_arena_printf (f->arena, "%s of %s per inference is static: %s over %s", percent (f, share),
                              strata_record_energy (f->arena, energy_fj),
                              strata_record_number (f->arena, f->modelled->static_mw[0], "mW"),
                              time_text (f, f->modelled->latency_ps[0])),
         "shorten the latency with copies of the slowest layers, run inferences back to back, or use fewer stacks",
         share, "energy");
}

static void
find_network (Findings *f)
{
  double noc_fj = (double) strata_record_sum (f->modelled, STRATA_COMPONENT_NOC, 0);
  double share = f->modelled->dynamic_fj[0] > 0 ? noc_fj / (double) f->modelled->dynamic_fj[0] : 0;

  if (share > NOC_SHARE)
    add (f, "network-energy", ADVICE, -1,
         strata_arena_printf (f->arena, "the network takes %s, %s of the dynamic energy",
                              strata_record_energy (f->arena, noc_fj), percent (f, share)),
         "place layers nearer to the hub and the tiles of a layer on one stack", share, "energy");
}

static void
find_budget (Findings *f)
{
  const StrataModelled *m = f->modelled;
  double budget_mw = f->image->chip->p_budget_mw;

  if (budget_mw <= 0)
    return;
  if (m->static_mw[0] >= budget_mw && !m->runs_away[0])
    add (f, "static-over-budget", WARNING, -1,
         strata_arena_printf (f->arena, "static power alone is %s, the chip's budget %s",
                              strata_record_number (f->arena, m->static_mw[0], "mW"),
                              strata_record_number (f->arena, budget_mw, "mW")),
         "use fewer stacks so that more are gated, or choose a chip with a larger budget", NAN, "power");
  else if (m->interval_ps[0] > m->unit_interval_ps[0])
    add (f, "power-limited", ADVICE, -1,
         strata_arena_printf (f->arena, "the budget of %s allows an inference every %s, the units one every %s",
                              strata_record_number (f->arena, budget_mw, "mW"), time_text (f, m->interval_ps[0]),
                              time_text (f, m->unit_interval_ps[0])),
         "lower the dynamic energy: fewer averaged reads or row copies, less traffic",
         1 - (double) m->unit_interval_ps[0] / (double) m->interval_ps[0], "rate");
}

static const char *
degrees (Findings *f, double value_c)
{
  return strata_record_number (f->arena, value_c, "°C");
}

/* What the steady state would be, and what the chip can do about it */
static void
find_heat (Findings *f)
{
  const StrataModelled *m = f->modelled;
  gboolean skin = m->throttle == STRATA_THROTTLE_SKIN;
  const char *part = skin ? "skin" : "junction", *rule = skin ? "skin-too-hot" : "junction-too-hot";
  const char *limit, *end, *sustained;
  gint64 interval_ps = MAX (m->interval_ps[0], m->min_interval_ps);

  if (m->throttle == STRATA_THROTTLE_NONE)
    return;
  limit = degrees (f, strata_throttle_limit_c (f->image, m->throttle));
  end = m->runs_away[0]
          ? strata_arena_printf (f->arena,
                                 "at an inference every %s the junction finds no steady state below %s, as its leakage "
                                 "grows with it",
                                 time_text (f, interval_ps), degrees (f, STRATA_MAX_LEAKAGE_C))
          : strata_arena_printf (f->arena, "at %s the %s settles at %s",
                                 strata_record_number (f->arena, m->power_mw[0], "mW"), part,
                                 degrees (f, skin ? m->skin_c : m->junction_c));
  if (m->throttle_interval_ps[0] == 0)
    {
      add (f, m->runs_away[0] ? "thermal-runaway" : rule, WARNING, -1,
           strata_arena_printf (f->arena, "%s; static power alone takes the %s above its limit of %s, so no rate holds",
                                end, part, limit),
           "use fewer stacks so that more are gated, or cool the package better", NAN, "temperature");
      return;
    }
  sustained =
    strata_arena_printf (f->arena, "an inference every %s keeps it there", time_text (f, m->throttle_interval_ps[0]));
  if (m->throttle_after_ps >= 0)
    sustained = strata_arena_printf (f->arena, "%s, one every %s for %s from cold", sustained,
                                     time_text (f, interval_ps), time_text (f, m->throttle_after_ps));
  add (f, rule, WARNING, -1,
       strata_arena_printf (f->arena, "%s, the limit of the %s is %s; %s", end, part, limit, sustained),
       "ask for a lower rate, or lower the energy per inference",
       1 - (double) interval_ps / (double) m->throttle_interval_ps[0], "rate");
}

/* --- mapping and numbers --- */

/* Tiles of one op that share an array count once each, as they always did: their cells are theirs alone. */
static int
count_arrays (const StrataTileSet *tiles, int op)
{
  int n = 0;

  for (int i = tiles->op_first[op]; i < tiles->op_first[op + 1]; i++)
    n += strata_tile_n_tiers (&tiles->tiles[i]);
  return n;
}

static void
find_utilisation (Findings *f)
{
  const StrataTileSet *tiles = f->image->tiles;
  double used = 0;
  int worst = -1, n_worst = 0, n_arrays;

  for (int op = 0; op < tiles->n_ops; op++)
    {
      int n = count_arrays (tiles, op);
      double utilisation = n > 0 ? strata_tile_set_op_utilisation (tiles, op, f->image->chip) : 0;

      used += utilisation * n;
      if (n > 0
          && (1 - utilisation) * n
               > (worst < 0 ? 0 : (1 - strata_tile_set_op_utilisation (tiles, worst, f->image->chip)) * n_worst))
        {
          worst = op;
          n_worst = n;
        }
    }
  n_arrays = (int) strata_tile_set_n_arrays (tiles);
  if (worst >= 0 && used / n_arrays < LOW_UTILISATION)
    add (f, "low-utilisation", NOTE, worst,
         strata_arena_printf (f->arena, "weights fill %s of the cells of %d arrays; layer %s wastes most, on %d",
                              percent (f, used / n_arrays), n_arrays, layer_name (f, worst), n_worst),
         "a chip with smaller arrays, or layers whose sizes are multiples of the array's, would use fewer cells", NAN,
         "energy");
}

static void
find_noise (Findings *f)
{
  int n_copies = 0, n_reads = 0, most_copies = 1, most_reads = 1, worst = -1;

  for (int op = 0; op < f->image->tiles->n_ops; op++)
    {
      int copies = 1, reads = f->image->graph->ops[op].kind == STRATA_QOP_MVM ? f->image->graph->ops[op].n_reads : 1;

      for (int i = f->image->tiles->op_first[op]; i < f->image->tiles->op_first[op + 1]; i++)
        copies = MAX (copies, f->image->tiles->tiles[i].n_row_copies);
      n_copies += copies > 1;
      n_reads += reads > 1;
      most_copies = MAX (most_copies, copies);
      if (reads > most_reads)
        {
          most_reads = reads;
          worst = op;
        }
    }
  if (n_copies > 0 || n_reads > 0)
    add (f, "thermal-noise", NOTE, worst,
         strata_arena_printf (
           f->arena,
           "against kT/C noise the weights of %d %s stand up to %d times in the free rows of their arrays; %s",
           n_copies, n_copies == 1 ? "layer" : "layers", most_copies,
           n_reads > 0 ? strata_arena_printf (f->arena, "%d %s up to %d reads", n_reads,
                                              n_reads == 1 ? "layer averages" : "layers average", most_reads)
                       : "no layer averages reads"),
         "compile with --reads 2 or more where accuracy needs it, with --no-row-copies where energy does", NAN,
         "accuracy");
}

static void
find_calibration (Findings *f)
{
  int n_guessed = 0;

  for (int i = 0; i < f->image->graph->n_tensors; i++)
    n_guessed += f->image->graph->tensors[i].guessed;
  if (f->image->graph->weightless)
    add (f, "no-weights", WARNING, -1,
         "the model came without weights: time, energy and heat are modelled, values are not",
         "put the checkpoint beside the configuration for accuracy", NAN, "accuracy");
  else if (!f->image->graph->quantised_source && !f->image->graph->calibrated)
    add (f, "guessed-ranges", WARNING, -1,
         strata_arena_printf (f->arena, "the ranges of %d of %d tensors come from synthetic samples", n_guessed,
                              f->image->graph->n_tensors),
         "compile with --calibration and inputs from the application; accuracy is unavailable without", NAN,
         "accuracy");
  else if (f->image->sample_origin == STRATA_SAMPLE_ORIGIN_MADE_UP)
    add (
      f, "made-up-samples", WARNING, -1,
      strata_arena_printf (f->arena,
                           "converters take their ranges from %d made-up samples, and corrections from test vectors; "
                           "copies and reads were chosen without knowing what noise does",
                           f->image->n_calibration),
      "compile with --calibration and inputs from the application", NAN, "accuracy");
}

/* Cells older than those that anyone measured */
static void
find_age (Findings *f)
{
  const StrataConditions *conditions = f->modelled->conditions;
  const StrataChipSpec *chip = f->image->chip;
  g_autofree char *told = NULL, *effective = NULL, *measured = NULL;
  const char *known;
  double coolest_c, array_c = strata_record_array_c (f->image, f->modelled, &coolest_c);

  if (f->modelled->analog <= STRATA_ANALOG_IDEAL || conditions == NULL
      || (conditions->physics_off & STRATA_PHYSICS_RETENTION) != 0)
    return;
  known = strata_cost_retention_known (chip, conditions->age_s, array_c);
  if (strcmp (known, "measured") == 0)
    return;
  told = strata_record_conditions (f->image, f->modelled);
  effective = strata_age_to_text (strata_cost_effective_age_s (chip, conditions->age_s, array_c));
  measured = strata_age_to_text (strata_cost_retention_measured_s (chip->cell_model));
  add (f, "extrapolated-age", WARNING, -1,
       strata_arena_printf (f->arena, "%s: like %s at %g °C, and such cells were measured for %s (%s)", told, effective,
                            chip->retention_reference_c, measured, known),
       "take signal to noise as a guess, or program the weights anew before that", NAN, "accuracy");
}

/* A temperature that was asked for and changes nothing */
static void
find_temperature (Findings *f)
{
  const StrataConditions *conditions = f->modelled->conditions;
  const StrataCellModel cells = f->image->chip->cell_model;
  double coolest_c, array_c = strata_record_array_c (f->image, f->modelled, &coolest_c);

  if (f->modelled->analog <= STRATA_ANALOG_IDEAL || conditions == NULL || isnan (conditions->temperature_c)
      || (conditions->physics_off & STRATA_PHYSICS_RETENTION) != 0 || !strata_cost_ignores_temperature (cells))
    return;
  add (f, "temperature-ignored", WARNING, -1,
       strata_arena_printf (f->arena,
                            "the values at %g °C are those at any temperature: no source says how %s cells age with it",
                            array_c, strata_cell_model_name (cells)),
       "take a chip whose cells have an activation energy where temperature matters", NAN, "accuracy");
}

/* Values are those of arrays at ambient where no temperature is given; a chip at work is warmer. */
static void
find_warmth (Findings *f)
{
  const StrataConditions *conditions = f->modelled->conditions;
  const StrataChipSpec *chip = f->image->chip;
  double hottest_c = strata_modelled_steady (f->modelled, STRATA_BAND_NOMINAL, f->modelled->junction_c);
  double coolest_c, faster;

  if (f->modelled->analog <= STRATA_ANALOG_IDEAL || conditions == NULL || !isnan (conditions->temperature_c))
    return;
  strata_modelled_array_range (f->image, f->modelled, &coolest_c, &hottest_c, NULL);
  if (!(hottest_c - chip->t_ambient_c >= WARMER_K))
    return;
  faster = strata_cost_effective_age_s (chip, 1, hottest_c) / strata_cost_effective_age_s (chip, 1, chip->t_ambient_c);
  add (
    f, "warmer-at-work", NOTE, -1,
    strata_arena_printf (f->arena,
                         "values are those of arrays at the ambient %.1f °C; run on and on they are at up to %.1f °C, "
                         "where cells age %.1f times as fast",
                         chip->t_ambient_c, hottest_c, faster),
    f->modelled->array_c != NULL ? "give --temperature work for values of continuous use, each array at its own"
                                 : "give a temperature such as --temperature 85degC: none is steady at work",
    NAN, "accuracy");
}

static gint
compare_severity (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return ((const StrataFindingRecord *) b)->severity - ((const StrataFindingRecord *) a)->severity;
}

GArray *
strata_record_findings (StrataArena *arena, const StrataImage *image, const StrataModelled *modelled)
{
  Findings f = { arena, image, modelled, g_array_new (FALSE, FALSE, sizeof (StrataFindingRecord)) };

  find_budget (&f);
  find_heat (&f);
  find_calibration (&f);
  find_age (&f);
  find_temperature (&f);
  find_warmth (&f);
  find_host (&f);
  find_switches (&f);
  find_static (&f);
  find_network (&f);
  find_digital (&f, STRATA_UNIT_MAC, "mac-bound", "digital MAC unit");
  find_digital (&f, STRATA_UNIT_VECTOR, "vector-bound", "vector unit");
  find_busiest (&f);
  find_bound (&f);
  find_utilisation (&f);
  find_noise (&f);
  /* g_qsort_with_data is stable: rules of one severity stay in this order. */
  g_qsort_with_data (f.list->data, (gint) f.list->len, sizeof (StrataFindingRecord), compare_severity, NULL);
  return f.list;
}
