/* SPDX-License-Identifier: Apache-2.0
 *
 * Executes an image: values, time, energy, heat. An image is const and may be run by several threads; all state is
 * here. `timing` never reads data, `functional` never computes time. No global state; results do not depend on thread
 * count.
 */
#pragma once

#include "chip/die.h"
#include "program/trial.h"
#include "strata/strata-conditions.h"

/* --- functional --- */

typedef struct _StrataFunctional StrataFunctional;
typedef struct _StrataModelled StrataModelled;

/* What programming and calibration do against errors; each can be left out, to show what it is worth. */
typedef enum
{
  STRATA_CORRECT_RESIDUALS = 1 << 0, /* a slice is programmed towards what the slices before it missed */
  STRATA_CORRECT_AFFINE = 1 << 1,    /* gain and offset per column fitted to calibration vectors */
  STRATA_CORRECT_RANGES = 1 << 2,    /* converter ranges of least error, not the peaks */
} StrataCorrection;

typedef struct
{
  StrataAnalog analog;
  guint64 seed;                       /* programming and read noise */
  gboolean measure;                   /* keep signal-to-noise and clipping per op (runs the exact integers beside) */
  guint without;                      /* StrataCorrection that are left out */
  const StrataConditions *conditions; /* copied; NULL: just programmed, at ambient temperature, all physics */
  gboolean spread;                    /* one inference over all processors, for callers that run one at a time */
  const StrataDieState *die;          /* that arrays of levels with noise are made on; not kept; NULL: all is drawn */
  const StrataModelled *modelled;     /* of the image, not kept: how warm arrays are at work; NULL: it is run where
                                         conditions ask for it */
  GCancellable *cancellable;          /* of the programming; nullable, not kept */
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
/* What arrays made of an op against exact integers of the same inputs, summed over output values */
typedef struct
{
  double signal, error; /* squares, accumulator units */
  double largest;       /* error, in output steps */
  gint64 n_clipped, n_conversions;
} StrataMeasure;

void strata_measure_add (StrataMeasure *measure, const StrataMeasure *more);
/* Infinite where there is no error */
double strata_measure_snr_db (const StrataMeasure *measure);
/* As strata_functional_run, whatever options.measure says: adds to @measures (n_ops, nullable), which the caller owns,
 * so that sums need not depend on the order in which threads come. */
gboolean strata_functional_measure (const StrataFunctional *functional,
                                    guint64 inference,
                                    const StrataArray *const *inputs,
                                    StrataArray **outputs,
                                    StrataMeasure *measures,
                                    GCancellable *cancellable,
                                    GError **error);
/* Per op, after runs with options.measure; NaN where none. n_ops entries. */
const StrataAccuracyRecord *strata_functional_accuracy (const StrataFunctional *functional);
void strata_functional_free (StrataFunctional *functional);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataFunctional, strata_functional_free)

/* A StrataTrialFunc: nominal, each array numbered as its tile */
gboolean strata_functional_try (const StrataTrial *trial, double *noise, int *n_changed, GError **error);

/* --- timing, energy, heat --- */

typedef struct
{
  StrataBand band;
  int n_inferences;   /* back to back, input of all available at 0, earlier ones first; >= 1 */
  gboolean unlimited; /* every instruction has units of its own: the critical path */
  gboolean no_events; /* keep times and loads only */
  GCancellable *cancellable;
} StrataTimingOptions;

/* Every executed burst, sorted by (start, unit, instruction, burst). An event lasts from its start, tier switch
 * included, to its result, or to the next event of its unit where that enters the pipeline earlier: events of a unit
 * never overlap. A transfer's event stands on the first link of its route; loads count every link. Host transfers stand
 * on the host's unit beside the rest: nothing waits for them. */
typedef struct
{
  StrataEventRecord *events;
  gsize n_events;
  gint64 latency_ps;  /* end of the first inference, host transfers not counted */
  gint64 interval_ps; /* steady state: mean difference between ends over the second half of the inferences, and at least
                         the busiest unit's time per inference; latency for one */
  gint64 host_ps;     /* host transfers of one inference, beside the latency */
  gint64 *unit_busy_ps; /* per unit, first to last inference; tier switches included */
  gint64 *ends_ps;      /* per inference */
  int n_units, n_inferences;
  gint64 n_switches; /* tier switches, all inferences */
} StrataTiming;

/* Errors: G_IO_ERROR_CANCELLED, STRATA_DEVICE_ERROR (too large for one run). Thread-safe, deterministic. */
StrataTiming *strata_timing_run (const StrataImage *image,
                                 const StrataTimingOptions *options,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
void strata_timing_free (StrataTiming *timing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataTiming, strata_timing_free)

/* A limit of temperature that a steady state crosses */
typedef enum
{
  STRATA_THROTTLE_NONE,
  STRATA_THROTTLE_JUNCTION,
  STRATA_THROTTLE_SKIN,
} StrataThrottle;

/* The lower of the chip's limit and the one the program was compiled for; HUGE_VAL: none */
double strata_throttle_limit_c (const StrataImage *image, StrataThrottle reason);

/* Everything the modelled run of one inference comes to.
 *
 * Energies are those of one inference from input in SRAM to output in SRAM: dynamic, plus static power times latency.
 * They close: sum of events = sum of energy records = energy_fj, as integers. Host transfers stand beside in energy as
 * in time: their events carry none, host_fj says it. Power is the mean of running on and on: static + dynamic / max
 * (interval, asked minimum). The chip's power budget caps the rate: interval_ps is the interval at which static +
 * dynamic / interval just meets it, where that is longer than the one the units allow. Where static power alone exceeds
 * the budget no rate helps: interval_ps is then the units' and power_mw shows the excess.
 *
 * Heat does not cap interval_ps: the budget holds from the first inference on, a limit of temperature is reached after
 * seconds or minutes, and until then the chip does run at interval_ps. What it keeps up for ever is
 * throttle_interval_ps; temperatures are those it would come to at power_mw if nothing slowed it down.
 *
 * Where a chip runs away there are no such temperatures, and power that includes leakage has no steady value either:
 * static_mw, power_mw, junction_c, package_c and skin_c are then those of leakage held at STRATA_MAX_LEAKAGE_C, to
 * compare what is hopeless and for nobody to read (strata_modelled_steady ()). Energies, power over time and
 * temperatures over time are those of an inference from cold, with leakage at ambient. */
struct _StrataModelled
{
  StrataTiming *timing;       /* nominal; energies filled in; static events merged in */
  StrataEnergyRecord *energy; /* per (layer, component) that is not zero; bands filled; by layer, then component */
  int n_energy;
  StrataPowerRecord *power; /* bins x components that are not zero; from 0 to the latency */
  int n_power;
  StrataTemperatureRecord *temperature; /* steady state first (time -1), then the run from there */
  int n_temperature;
  gint64 latency_ps[STRATA_N_BANDS];
  gint64 interval_ps[STRATA_N_BANDS];      /* as allowed by units, budget and the program's pace */
  gint64 unit_interval_ps[STRATA_N_BANDS]; /* as allowed by units alone */
  /* The shortest interval, not below the one of power_mw, at which junction and skin stay within their limits for ever,
   * leakage as warm as the junction: 0 where not even static power alone does */
  gint64 throttle_interval_ps[STRATA_N_BANDS];
  StrataThrottle throttle;  /* what a shorter one would cross, nominal; NONE: power_mw crosses nothing */
  gint64 throttle_after_ps; /* at power_mw from ambient, until a limit is reached; nominal; -1: never, or no timing */
  /* Continuous operation from cold, and the curve of temperatures it lies on, nominal (governor.c). None at the
   * estimate; one that never throttles has them only with bands. */
  StrataSpellRecord *spells;
  int n_spells;
  StrataWarmingRecord *warming;
  int n_warming;
  gboolean runs_away[STRATA_N_BANDS]; /* power_mw has no steady state below STRATA_MAX_LEAKAGE_C */
  gint64 energy_fj[STRATA_N_BANDS];   /* dynamic + static over the latency */
  gint64 dynamic_fj[STRATA_N_BANDS];
  double static_mw[STRATA_N_BANDS]; /* with leakage at the junction's temperature at power_mw */
  double power_mw[STRATA_N_BANDS];
  double peak_mw;                          /* of the busiest of the power bins of one inference alone, nominal */
  double junction_c, skin_c, package_c;    /* steady state at power_mw, nominal */
  gint64 host_ps, host_fj[STRATA_N_BANDS]; /* transfers of one inference; in no other total */
  double *array_c; /* n_stacks x tiers: steady state of running on and on, at the rate that limits of temperature
                      allow, nominal; NULL: leakage runs away, or the limits allow no rate */
  gint64 min_interval_ps;
  gint64 *unit_busy_ps; /* n_units: one inference alone, nominal */
  int n_stacks_on;
  StrataFidelity fidelity;            /* ESTIMATE or TIMING: of every value here */
  gboolean has_bands;                 /* FALSE: the bands repeat the nominal values */
  int analog;                         /* StrataAnalog of the values beside, for the record; -1: none were computed */
  guint64 noise_seed;                 /* of the analog values, where computed */
  const StrataConditions *conditions; /* of these values, kept by whoever gives them; NULL: none were computed */
  const StrataDieState *die;          /* likewise; NULL: one without faults */
};

/* @min_interval_ps: the interval asked for (1 / rate), at which power is stated if the chip could do more; 0: as fast
 * as units and budget allow. Runs the nominal timing with events, the rest without. Errors: those of strata_timing_run.
 */
StrataModelled *strata_model_run (const StrataImage *image,
                                  gint64 min_interval_ps,
                                  gboolean bands,
                                  GCancellable *cancellable,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same without execution, from the critical path and the loads of units: no events, no power or temperature over
 * time. No time in it is longer than that of strata_model_run (). */
StrataModelled *strata_model_estimate (const StrataImage *image,
                                       gint64 min_interval_ps,
                                       gboolean bands,
                                       GCancellable *cancellable,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Of array_c, those that hold weights. Errors: STRATA_DEVICE_ERROR_UNSUPPORTED where there is none */
gboolean strata_modelled_array_range (
  const StrataImage *image, const StrataModelled *modelled, double *coolest_c, double *hottest_c, GError **error);
void strata_modelled_free (StrataModelled *modelled);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataModelled, strata_modelled_free)
/* A value of the steady state, NaN where there is none */
double strata_modelled_steady (const StrataModelled *modelled, StrataBand band, double value);

/* Heat: the ladder of hardware-facts 10.3 with lateral coupling in the silicon. @stack_power_mw[n_stacks * (tiers +
 * 1)]: base first, then tiers. Steady state; fills temperatures per stack node in the same layout. */
typedef struct
{
  double junction_c, package_c, skin_c;
} StrataHeatSummary;

void strata_heat_steady (const StrataChipSpec *chip,
                         const double *stack_power_mw,
                         double *stack_temperature_c,
                         StrataHeatSummary *summary);

/* Sends begin, records and end to @sink: session tables, events, energy, power, temperature, accuracy, figures,
 * findings, meta. @accuracy: NULL, or per op. On any error the sink gets end (FALSE), and the error is the first one.
 * Does not free the sink. */
gboolean strata_modelled_record (const StrataImage *image,
                                 const StrataModelled *modelled,
                                 StrataFidelity fidelity,
                                 const StrataAccuracyRecord *accuracy,
                                 const char *run_name,
                                 StrataTraceSink *sink,
                                 GError **error);
