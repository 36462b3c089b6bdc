/* SPDX-License-Identifier: Apache-2.0
 *
 * Executes an image: values, time, energy, heat. An image is const and may be run by several threads; all state is here.
 * `timing` never reads data, `functional` never computes time. No global state; results do not depend on thread count.
 */
#pragma once

#include "program/image.h"

/* --- functional --- */

typedef struct _StrataFunctional StrataFunctional;

typedef struct
{
  StrataAnalog analog;
  guint64 seed;          /* programming and read noise */
  gboolean measure;      /* keep signal-to-noise and clipping per op (runs the exact integers beside) */
} StrataFunctionalOptions;

/* Programs the arrays (draws programming noise), calibrates converters and per-column affine correction. */
StrataFunctional *strata_functional_new (const StrataImage *image,
                                         const StrataFunctionalOptions *options,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* One inference. @inputs, @outputs as strata_graph_run. @inference numbers the run for the noise key. Thread-safe for
 * distinct @inference, unless options.measure. */
gboolean strata_functional_run (StrataFunctional *functional,
                                guint64 inference,
                                const StrataArray *const *inputs,
                                StrataArray **outputs,
                                GCancellable *cancellable,
                                GError **error);
/* Per op, after runs with options.measure; NaN where none. n_ops entries. */
const StrataAccuracyRecord *strata_functional_accuracy (const StrataFunctional *functional);
void strata_functional_free (StrataFunctional *functional);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataFunctional, strata_functional_free)

/* --- timing, energy, heat --- */

typedef struct
{
  StrataBand band;
  int n_inferences;      /* back to back, input of all available at 0; >= 1 */
  gboolean unlimited;    /* unlimited stacks and links: the critical path */
  GCancellable *cancellable;
} StrataTimingOptions;

/* Every executed burst, sorted by (start, unit, instruction, burst). */
typedef struct
{
  StrataEventRecord *events;
  gsize n_events;
  gint64 latency_ps;   /* end of the first inference, host transfers not counted */
  gint64 interval_ps;  /* between ends of successive inferences; latency for one */
  gint64 host_ps;      /* host transfers of one inference, beside the latency */
  gint64 *unit_busy_ps; /* per unit, first to last inference */
  int n_units;
} StrataTiming;

StrataTiming *strata_timing_run (const StrataImage *image,
                                 const StrataTimingOptions *options,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
void strata_timing_free (StrataTiming *timing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataTiming, strata_timing_free)

/* Everything the modelled run of one inference comes to. */
typedef struct
{
  StrataTiming *timing;            /* nominal; energies filled in; static events appended */
  StrataEnergyRecord *energy;      /* per (layer, component) that is not zero; bands filled */
  int n_energy;
  StrataPowerRecord *power;        /* bins x components */
  int n_power;
  StrataTemperatureRecord *temperature;
  int n_temperature;
  gint64 latency_ps[STRATA_N_BANDS], interval_ps[STRATA_N_BANDS];
  gint64 energy_fj[STRATA_N_BANDS];         /* dynamic + static over one interval */
  gint64 dynamic_fj[STRATA_N_BANDS];
  double static_mw[STRATA_N_BANDS], power_mw[STRATA_N_BANDS];
  double junction_c, skin_c, package_c;     /* steady state at power_mw, nominal */
  gint64 host_ps;
  int n_stacks_on;
} StrataModelled;

/* @max_interval_rate_ps: longest allowed interval is irrelevant here; @min_interval_ps: the rate asked for (0: as fast as
 * the budget allows). Runs the nominal timing with recording, the bands without. */
StrataModelled *strata_model_run (const StrataImage *image,
                                  gint64 min_interval_ps,
                                  gboolean bands,
                                  GCancellable *cancellable,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
void strata_modelled_free (StrataModelled *modelled);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataModelled, strata_modelled_free)

/* Heat: the 1-D ladder of hardware-facts 10.3 with lateral coupling in the silicon. @stack_power_mw[n_stacks * (tiers + 1)]:
 * base first, then tiers. Steady state; fills temperatures per stack node in the same layout. */
typedef struct
{
  double junction_c, package_c, skin_c;
} StrataHeatSummary;

void strata_heat_steady (const StrataChipSpec *chip,
                         const double *stack_power_mw,
                         double *stack_temperature_c,
                         StrataHeatSummary *summary);

/* Sends begin, records and end to @sink: session tables, events, energy, power, temperature, figures, findings. @accuracy:
 * NULL, or per op. On any error the sink gets end (FALSE). */
gboolean strata_modelled_record (const StrataImage *image,
                                 const StrataModelled *modelled,
                                 StrataFidelity fidelity,
                                 const StrataAccuracyRecord *accuracy,
                                 const char *run_name,
                                 StrataTraceSink *sink,
                                 GError **error);
