/* SPDX-License-Identifier: Apache-2.0
 *
 * The named numbers of a run with unit, bands, fidelity and formula; its identity; and the verdict on each limit of the
 * program (on nominal, saying whether conservative meets it too: design 7, Requirements). A band without a value is
 * NaN.
 */
#include "simulator/record.h"

#include <math.h>

#include "chip/fields.h"
#include "cost/noise.h"

/* 2 operations per multiply-accumulate; 1 op/fJ = 1000 TOPS/W */
#define TOPS_W_PER_MAC_FJ 2000.0

const char *
strata_record_number (StrataArena *arena, double value, const char *unit)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  double size = fabs (value);

  g_ascii_formatd (text, sizeof text, size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f", value);
  return strata_arena_printf (arena, "%s %s", text, unit);
}

static const char *
scaled (StrataArena *arena, double value, const char *const *units, int n_units)
{
  int i = 0;

  for (; i < n_units - 1 && fabs (value) >= 1000; i++)
    value /= 1000;
  return strata_record_number (arena, value, units[i]);
}

const char *
strata_record_time (StrataArena *arena, double value_ps)
{
  static const char *const units[] = { "ps", "ns", "µs", "ms", "s" };

  return scaled (arena, value_ps, units, G_N_ELEMENTS (units));
}

const char *
strata_record_energy (StrataArena *arena, double value_fj)
{
  static const char *const units[] = { "fJ", "pJ", "nJ", "µJ", "mJ", "J" };

  return scaled (arena, value_fj, units, G_N_ELEMENTS (units));
}

gint64
strata_record_sum (const StrataModelled *modelled, StrataComponent component, StrataBand band)
{
  gint64 sum_fj = 0;

  for (int i = 0; i < modelled->n_energy; i++)
    if (component == STRATA_N_COMPONENTS || modelled->energy[i].component == component)
      sum_fj += modelled->energy[i].energy_fj[band];
  return sum_fj;
}

/* --- figures --- */

typedef struct
{
  StrataArena *arena;
  const StrataImage *image;
  const StrataModelled *modelled;
  GArray *figures;
} Figures;

static void
add_figure (Figures *f,
            const char *name,
            const char *unit,
            const double values[STRATA_N_BANDS],
            StrataFidelity fidelity,
            const char *source)
{
  StrataFigureRecord record = { name, unit, { 0 }, fidelity, source };

  for (int band = 0; band < STRATA_N_BANDS; band++)
    record.value[band] = band == 0 || f->modelled->has_bands ? values[band] : NAN;
  g_array_append_val (f->figures, record);
}

static void
add_times (Figures *f, const char *name, const gint64 values_ps[STRATA_N_BANDS], const char *unit, const char *source)
{
  double values[STRATA_N_BANDS];

  for (int band = 0; band < STRATA_N_BANDS; band++)
    values[band] = (double) values_ps[band];
  add_figure (f, name, unit, values, f->modelled->fidelity, source);
}

/* A figure that the bands do not change: @same, or that only nominal has. */
static void
add_one (Figures *f,
         const char *name,
         const char *unit,
         double value,
         gboolean same,
         StrataFidelity fidelity,
         const char *source)
{
  double values[STRATA_N_BANDS] = { value, same ? value : NAN, same ? value : NAN };

  add_figure (f, name, unit, values, fidelity, source);
}

/* Where the shares of rows that toggle come from */
static const char *
describe_toggles (Figures *f)
{
  const StrataQGraph *graph = f->image->graph;
  int n_products = 0, n_known = 0;

  for (int i = 0; i < graph->n_ops; i++)
    if (graph->ops[i].kind == STRATA_QOP_MVM)
      {
        n_products++;
        n_known += graph->ops[i].x_toggles > 0;
      }
  if (f->image->chip->mode == STRATA_CHIP_LUMPED || n_products == 0)
    return "counters x energy per action";
  return strata_arena_printf (f->arena,
                              "counters x energy per action; rows toggle as the distributions of calibration samples "
                              "say in %d of %d layers on crossbars, as alpha_toggle = %.3g in the rest",
                              n_known, n_products, f->image->chip->alpha_toggle);
}

/* The lower of the chip's and the one asked for */
static void
add_throttle_limit (Figures *f, const char *name, StrataThrottle part)
{
  double limit_c = strata_throttle_limit_c (f->image, part);

  add_one (f, name, "degC", isfinite (limit_c) ? limit_c : NAN, TRUE, STRATA_FIDELITY_ESTIMATE,
           "the lower of the chip's limit and the one that the program was compiled for");
}

/* What limits of temperature leave of the rate, with the reason in words */
static void
add_throttle (Figures *f)
{
  const StrataModelled *m = f->modelled;
  double limit_c = strata_throttle_limit_c (f->image, m->throttle), interval_ps[STRATA_N_BANDS];
  const char *part = m->throttle == STRATA_THROTTLE_SKIN ? "skin" : "junction", *source;

  for (int band = 0; band < STRATA_N_BANDS; band++)
    interval_ps[band] = m->throttle_interval_ps[band] > 0 ? (double) m->throttle_interval_ps[band] : NAN;
  if (m->throttle == STRATA_THROTTLE_NONE)
    source = "max (interval, interval asked for): junction and skin stay within their limits";
  else if (m->throttle_interval_ps[0] == 0)
    source = strata_arena_printf (f->arena, "%s: static power alone takes it above %s", part,
                                  strata_record_number (f->arena, limit_c, "°C"));
  else
    source = strata_arena_printf (f->arena,
                                  "%s: shortest interval at which it settles at or below %s, leakage at the junction's "
                                  "temperature",
                                  part, strata_record_number (f->arena, limit_c, "°C"));
  add_figure (f, "throttle_interval_ps", "ps", interval_ps, m->fidelity, source);
  add_one (f, "throttle_after_ps", "ps", m->throttle_after_ps >= 0 ? (double) m->throttle_after_ps : NAN, FALSE,
           m->fidelity, "from ambient at full rate until a limit of temperature is reached; none: never");
  add_throttle_limit (f, "throttle_junction_c", STRATA_THROTTLE_JUNCTION);
  add_throttle_limit (f, "throttle_skin_c", STRATA_THROTTLE_SKIN);
}

/* Of the steady state: none where a chip runs away, which the source then says in place of the formula */
static const char *
steady_source (const Figures *f, const char *source)
{
  return f->modelled->runs_away[STRATA_BAND_NOMINAL] ? STRATA_NO_STEADY_STATE : source;
}

static void
add_steady (Figures *f, const char *name, const double values[STRATA_N_BANDS], const char *source)
{
  double steady[STRATA_N_BANDS];

  for (int band = 0; band < STRATA_N_BANDS; band++)
    steady[band] = strata_modelled_steady (f->modelled, band, values[band]);
  add_figure (f, name, "mW", steady, f->modelled->fidelity, steady_source (f, source));
}

static void
add_temperature (Figures *f, const char *name, double value_c, const char *source)
{
  add_one (f, name, "degC", strata_modelled_steady (f->modelled, STRATA_BAND_NOMINAL, value_c), FALSE,
           f->modelled->fidelity, steady_source (f, source));
}

static void
add_run (Figures *f)
{
  const StrataModelled *m = f->modelled;
  gboolean estimate = m->fidelity == STRATA_FIDELITY_ESTIMATE;
  double rate[STRATA_N_BANDS];

  add_times (f, "latency_ps", m->latency_ps, "ps",
             estimate
               ? "max of the longest chain of bursts and, for each unit, of its work between the chains before and "
                 "after it, input in SRAM to output in SRAM"
               : "event-driven execution of one inference, input in SRAM to output in SRAM");
  add_times (f, "interval_ps", m->interval_ps, "ps",
             "steady state between inferences: max (what the units allow, dynamic energy / (budget - static power))");
  add_times (f, "unit_interval_ps", m->unit_interval_ps, "ps",
             "steady state between inferences as the units allow, without the power budget");
  add_times (f, "energy_fj", m->energy_fj, "fJ",
             m->runs_away[0] ? "dynamic energy + static power x latency, from cold with leakage at ambient"
             : estimate      ? "dynamic energy + static power x latency"
                             : "sum of all events: dynamic energy + static power x latency");
  add_times (f, "dynamic_fj", m->dynamic_fj, "fJ", describe_toggles (f));
  add_steady (f, "static_mw", m->static_mw,
              "control + leakage at the junction temperature (gated stacks at f_gate) + DRAM idle");
  add_steady (f, "power_mw", m->power_mw, "static power + dynamic energy / max (interval, interval asked for)");
  for (int band = 0; band < STRATA_N_BANDS; band++)
    rate[band] = m->interval_ps[band] > 0 ? 1e12 / (double) m->interval_ps[band] : NAN;
  add_figure (f, "rate_per_s", "1/s", rate, m->fidelity, "1 / interval");
  add_one (f, "host_ps", "ps", (double) m->host_ps, TRUE, m->fidelity,
           "bytes of input and output / rate of the host link; beside the latency");
  add_times (f, "host_fj", m->host_fj, "fJ", "bytes of input and output x energy per byte; beside the inference's");
  add_temperature (f, "junction_c", m->junction_c, "hottest node of the thermal ladder, steady at power_mw");
  add_temperature (f, "package_c", m->package_c, "ambient + power x package resistance");
  add_temperature (f, "skin_c", m->skin_c, "ambient + f_skin x power x skin resistance");
  add_throttle (f);
  add_one (f, "ambient_c", "degC", f->image->chip->t_ambient_c, TRUE, m->fidelity, "t_ambient of the chip");
}

static void
add_program (Figures *f)
{
  const StrataImage *image = f->image;
  const StrataSchedule *schedule = image->schedule;
  const StrataFidelity estimate = STRATA_FIDELITY_ESTIMATE;

  add_one (f, "lower_bound_ps", "ps", (double) schedule->lower_bound_ps, FALSE, estimate,
           "max of critical path, tier work / stacks, load of each shared unit and link, for these tiles as placed");
  add_one (f, "interval_bound_ps", "ps", (double) schedule->interval_bound_ps, FALSE, estimate,
           "max of tier work / stacks, least share of the busiest stack, load of each shared unit and link, dynamic "
           "energy / (budget - static power at ambient temperature)");
  add_one (f, "critical_path_ps", "ps", (double) schedule->critical_path_ps, FALSE, estimate,
           "longest chain of bursts with unlimited stacks and links");
  add_one (f, "arrays_required", "count", (double) image->tiles->arrays_required, TRUE, estimate,
           "sum of ceil (K / R) ceil (N / (C / S)), one copy");
  add_one (f, "arrays_used", "count", (double) strata_tile_set_n_arrays (image->tiles), TRUE, estimate,
           "arrays that hold weights, copies included");
  add_one (f, "arrays_total", "count", (double) strata_chip_arrays (image->chip), TRUE, estimate,
           "stacks x tiers - dead arrays");
  add_one (f, "n_stacks_on", "count", f->modelled->n_stacks_on, TRUE, estimate,
           "stacks that hold a tile; others are gated");
  add_one (f, "n_macs", "count", (double) image->n_macs, TRUE, estimate, "multiply-accumulates of the model, batch 1");
  add_one (f, "n_parameters", "count", (double) image->n_parameters, TRUE, estimate, "weights and biases of the model");
  add_one (f, "sram_peak_bytes", "B", (double) schedule->sram_peak_bytes, TRUE, estimate,
           "rows alive at once under the schedule's times");
}

static void
add_counts (Figures *f)
{
  const StrataSchedule *schedule = f->image->schedule;
  gint64 n_mvms = 0, n_bursts = 0;

  for (int i = 0; i < schedule->n_instructions; i++)
    {
      const StrataInstruction *instruction = &schedule->instructions[i];

      n_bursts += instruction->n_bursts;
      if (instruction->opcode == STRATA_OPCODE_MVM)
        n_mvms += instruction->n_actions * instruction->n_bursts;
    }
  add_one (f, "n_mvms", "count", (double) n_mvms, TRUE, f->modelled->fidelity, "array activations of one inference");
  add_one (f, "n_bursts", "count", (double) n_bursts, TRUE, f->modelled->fidelity, "bursts executed, all units");
  add_one (f, "n_tier_switches", "count", (double) f->modelled->timing->n_switches, FALSE, f->modelled->fidelity,
           "times a stack selected another tier");
}

static void
add_efficiency (Figures *f, const char *name, gint64 n_macs, const double *energy_fj, const char *source)
{
  double values[STRATA_N_BANDS];

  for (int band = 0; band < STRATA_N_BANDS; band++)
    values[band] = energy_fj[band] > 0 ? TOPS_W_PER_MAC_FJ * (double) n_macs / energy_fj[band] : NAN;
  add_figure (f, name, "TOPS/W", values, f->modelled->fidelity, source);
}

/* Energy per inference in steady state within each boundary: counters and, from the chip on, static power over the
 * interval. The last is power_mw times it. */
static void
sum_boundaries (const StrataModelled *m, StrataBand band, double energy_fj[STRATA_N_BOUNDARIES])
{
  double interval_ps = (double) MAX (m->interval_ps[band], m->min_interval_ps);
  double latency_ps = (double) MAX (m->latency_ps[band], 1);

  energy_fj[STRATA_BOUNDARY_ARRAY] = (double) strata_record_sum (m, STRATA_COMPONENT_ARRAY, band);
  energy_fj[STRATA_BOUNDARY_MACRO] = 0;
  for (int c = STRATA_COMPONENT_ARRAY; c <= STRATA_COMPONENT_SELECT; c++)
    energy_fj[STRATA_BOUNDARY_MACRO] += (double) strata_record_sum (m, c, band);
  energy_fj[STRATA_BOUNDARY_WORKLOAD] = strata_modelled_steady (m, band, m->power_mw[band]) * interval_ps;
  energy_fj[STRATA_BOUNDARY_CHIP] =
    energy_fj[STRATA_BOUNDARY_WORKLOAD] - (double) strata_record_sum (m, STRATA_COMPONENT_DRAM, band)
    - (double) strata_record_sum (m, STRATA_COMPONENT_DRAM_IDLE, band) / latency_ps * interval_ps;
}

/* Four different denominators, never one number: the array alone, the macro around it, the chip at work, the workload.
 */
static void
add_efficiencies (Figures *f)
{
  const StrataModelled *m = f->modelled;
  double energy_fj[STRATA_N_BOUNDARIES][STRATA_N_BANDS];
  gint64 mvm_macs = 0, all_macs = 0;

  for (int i = 0; i < f->image->graph->n_ops; i++)
    {
      gint64 n_macs = strata_record_macs (f->image->graph, i);

      all_macs += n_macs;
      mvm_macs += f->image->graph->ops[i].kind == STRATA_QOP_MVM ? n_macs : 0;
    }
  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      double sums_fj[STRATA_N_BOUNDARIES];

      sum_boundaries (m, band, sums_fj);
      if (f->image->chip->mode == STRATA_CHIP_LUMPED) /* parts of its MVM are not known */
        sums_fj[STRATA_BOUNDARY_ARRAY] = NAN;
      for (int b = 0; b < STRATA_N_BOUNDARIES; b++)
        energy_fj[b][band] = sums_fj[b];
    }
  add_efficiency (f, "array_tops_w", mvm_macs, energy_fj[STRATA_BOUNDARY_ARRAY],
                  "2 MAC on crossbars / energy of the cells' rows alone");
  add_efficiency (
    f, "macro_tops_w", mvm_macs, energy_fj[STRATA_BOUNDARY_MACRO],
    "2 MAC on crossbars / energy of the stacks: array, vertical, driver, ADC, post, buffer, overhead, select");
  add_efficiency (
    f, "chip_tops_w", all_macs, energy_fj[STRATA_BOUNDARY_CHIP],
    steady_source (f, "2 MAC / energy of the chip at this rate: stacks, network, vector, MAC, SRAM, control, leakage"));
  add_efficiency (f, "workload_tops_w", all_macs, energy_fj[STRATA_BOUNDARY_WORKLOAD],
                  steady_source (f, "2 MAC / (power x max (interval, interval asked for)): all of the chip and "
                                    "external memory, active and idle; the host link apart"));
}

/* --- limits --- */

typedef struct
{
  const char *name, *unit;
  double limit;
  double value, conservative; /* NaN: unknown */
} Limit;

#define N_LIMITS 10

/* What has no steady state misses any limit of it. */
static double
endless (const StrataModelled *modelled, StrataBand band, double value)
{
  return modelled->runs_away[band] ? HUGE_VAL : value;
}

static int
list_limits (const StrataImage *image, const StrataModelled *m, Limit limits[N_LIMITS])
{
  const StrataLimits *l = &image->limits;
  const int c = STRATA_BAND_CONSERVATIVE;
  const Limit all[] = {
    { "max_latency_ps", "ps", (double) l->max_latency_ps, (double) m->latency_ps[0], (double) m->latency_ps[c] },
    { "max_interval_ps", "ps", (double) l->max_interval_ps, (double) m->interval_ps[0], (double) m->interval_ps[c] },
    { "max_power_mw", "mW", l->max_power_mw, endless (m, 0, m->power_mw[0]), endless (m, c, m->power_mw[c]) },
    { "max_energy_fj", "fJ", l->max_energy_fj, (double) m->energy_fj[0], (double) m->energy_fj[c] },
    { "max_junction_c", "degC", l->max_junction_c, endless (m, 0, m->junction_c), NAN },
    { "max_skin_c", "degC", l->max_skin_c, endless (m, 0, m->skin_c), NAN },
    { "max_peak_mw", "mW", l->max_peak_mw, m->peak_mw, NAN },
    { "max_cost_usd", "USD", l->max_cost_usd, strata_cost_die_usd (image->chip), NAN },
    { "max_arrays", "1", (double) l->max_arrays, (double) strata_tile_set_n_arrays (image->tiles), NAN },
    { "min_accuracy", "1", l->min_accuracy, NAN, NAN },
  };
  int n = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    if (all[i].limit > 0)
      {
        limits[n] = all[i];
        if (!m->has_bands)
          limits[n].conservative = NAN;
        n++;
      }
  return n;
}

static void
add_limits (Figures *f)
{
  Limit limits[N_LIMITS];
  int n = list_limits (f->image, f->modelled, limits);

  for (int i = 0; i < n; i++)
    add_one (f, strata_arena_printf (f->arena, "limit_%s", limits[i].name), limits[i].unit, limits[i].limit, TRUE,
             STRATA_FIDELITY_ESTIMATE, "hard limit the program was compiled for");
}

GArray *
strata_record_figures (StrataArena *arena, const StrataImage *image, const StrataModelled *modelled)
{
  Figures f = { arena, image, modelled, g_array_new (FALSE, FALSE, sizeof (StrataFigureRecord)) };

  add_run (&f);
  add_program (&f);
  add_counts (&f);
  add_efficiencies (&f);
  add_limits (&f);
  return f.figures;
}

/* --- meta --- */

static void
add_meta (GArray *meta, const char *key, const char *value)
{
  StrataMetaRecord record = { key, value != NULL ? value : "" };

  g_array_append_val (meta, record);
}

static const char *
judge (const Limit *limit)
{
  if (isnan (limit->value))
    return "unavailable";
  if (limit->value > limit->limit)
    return "missed";
  if (isnan (limit->conservative))
    return "met; conservative unknown";
  return limit->conservative > limit->limit ? "met; conservative misses" : "met; conservative meets it too";
}

static void
add_verdicts (StrataArena *arena, const StrataImage *image, const StrataModelled *modelled, GArray *meta)
{
  Limit limits[N_LIMITS];
  int n = list_limits (image, modelled, limits);
  gboolean missed = FALSE, unknown = FALSE;

  for (int i = 0; i < n; i++)
    {
      const char *verdict = judge (&limits[i]);

      missed |= g_str_has_prefix (verdict, "missed");
      unknown |= g_str_has_prefix (verdict, "unavailable");
      add_meta (meta, strata_arena_printf (arena, "verdict_%s", limits[i].name), verdict);
    }
  add_meta (meta, "verdict", n == 0 ? "no limits" : missed ? "missed" : unknown ? "unavailable" : "met");
}

double
strata_record_array_c (const StrataImage *image, const StrataModelled *modelled, double *coolest_c)
{
  const StrataConditions *conditions = modelled->conditions;
  double hottest_c =
    conditions == NULL || isnan (conditions->temperature_c) ? image->chip->t_ambient_c : conditions->temperature_c;

  *coolest_c = hottest_c;
  if (conditions == NULL || !strata_conditions_is_at_work (conditions)
      || strata_modelled_array_range (image, modelled, coolest_c, &hottest_c, NULL))
    return hottest_c;
  return *coolest_c = (double) NAN; /* arrays of levels with noise are not made then; exact ones have none */
}

char *
strata_record_conditions (const StrataImage *image, const StrataModelled *modelled)
{
  g_autoptr (StrataConditions) all = strata_conditions_copy (modelled->conditions);
  double coolest_c, hottest_c = strata_record_array_c (image, modelled, &coolest_c);

  return strata_conditions_describe (all, coolest_c, hottest_c);
}

/* In words, and each as a number where there is one */
static void
add_conditions (StrataArena *arena, const StrataImage *image, const StrataModelled *modelled, GArray *meta)
{
  const StrataCellModel cells = image->chip->cell_model;
  g_autoptr (StrataConditions) all = strata_conditions_copy (modelled->conditions);
  g_autofree char *text = strata_record_conditions (image, modelled);
  double coolest_c, temperature_c = strata_record_array_c (image, modelled, &coolest_c);

  add_meta (meta, "conditions", strata_arena_strdup (arena, text));
  add_meta (meta, "age_s", strata_arena_printf (arena, "%.17g", all->age_s));
  add_meta (meta, "calibrated_age_s", strata_arena_printf (arena, "%.17g", all->calibrated_age_s));
  add_meta (meta, "array_temperature_c", strata_arena_printf (arena, "%.17g", temperature_c));
  if (strata_conditions_is_at_work (all))
    add_meta (meta, "array_coolest_c", strata_arena_printf (arena, "%.17g", coolest_c));
  add_meta (meta, "physics_off", strata_arena_printf (arena, "%u", (guint) all->physics_off));
  add_meta (meta, "cell_model", strata_cell_model_name (cells));
  add_meta (meta, "cell_source",
            strata_arena_printf (arena, "%s: %s", strata_cell_model_title (cells), strata_cell_model_source (cells)));
  add_meta (meta, "retention", strata_cost_retention_known (image->chip, all->age_s, temperature_c));
}

static const char *
hash_text (StrataArena *arena, guint64 hash)
{
  return strata_arena_printf (arena, "%016" G_GINT64_MODIFIER "x", hash);
}

static const char *
fidelity_text (StrataFidelity fidelity)
{
  static const char *const names[] = { "estimate", "timing", "functional", "measured" };

  return (guint) fidelity < G_N_ELEMENTS (names) ? names[fidelity] : "";
}

static const char *
analog_text (int analog)
{
  static const char *const names[] = { "off", "ideal", "nominal", "optimistic", "conservative" };

  return analog >= 0 && analog < (int) G_N_ELEMENTS (names) ? names[analog] : "none";
}

GArray *
strata_record_meta (StrataArena *arena,
                    const StrataImage *image,
                    const StrataModelled *modelled,
                    StrataFidelity fidelity)
{
  GArray *meta = g_array_new (FALSE, FALSE, sizeof (StrataMetaRecord));
  const StrataQGraph *graph = image->graph;

  add_meta (meta, "model_path", image->model_path);
  add_meta (meta, "model_digest", hash_text (arena, image->model_digest));
  add_meta (meta, "program_hash", hash_text (arena, image->hash));
  add_meta (meta, "chip_hash", hash_text (arena, image->chip->hash));
  add_meta (meta, "seed", strata_arena_printf (arena, "%" G_GUINT64_FORMAT, image->seed));
  add_meta (meta, "version", STRATA_VERSION);
  add_meta (meta, "fidelity", fidelity_text (fidelity));
  add_meta (meta, "calibration",
            graph->quantised_source ? "from the model"
            : graph->calibrated     ? "user data"
            : graph->weightless     ? "none: no weights"
                                    : "guessed");
  add_meta (meta, "calibration_samples",
            image->sample_origin == STRATA_SAMPLE_ORIGIN_NONE
              ? "none"
              : strata_arena_printf (arena, "%d %s", image->n_calibration,
                                     image->sample_origin == STRATA_SAMPLE_ORIGIN_GIVEN ? "given" : "made up"));
  add_meta (meta, "analog", analog_text (modelled->analog));
  if (modelled->analog >= 0)
    {
      add_meta (meta, "noise_seed", strata_arena_printf (arena, "%" G_GUINT64_FORMAT, modelled->noise_seed));
      add_conditions (arena, image, modelled, meta);
    }
  if (modelled->die != NULL)
    {
      add_meta (meta, "die_serial", modelled->die->spec->serial);
      add_meta (meta, "die_hash", hash_text (arena, modelled->die->spec->hash));
      add_meta (meta, "die_use", modelled->die->repair == NULL ? "unfitted" : "fitted");
    }
  add_verdicts (arena, image, modelled, meta);
  return meta;
}
