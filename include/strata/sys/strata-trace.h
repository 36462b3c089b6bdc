/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of a run and the sink they go to: the only door into a profile. Plain fixed-size structs, no GObject.
 *
 * Order: begin (the static tables), then write () of records in any order of kinds, events in order of start within a
 * unit, then end () exactly once, with the outcome. A sink may block; it must have consumed the records when it
 * returns. Strings are borrowed for the call. Times are picoseconds from the start of the run, energies femtojoules.
 * Invariant a sink may check: sum of event energies = sum of energy records = sum of counters in energy (integers).
 */
#pragma once

#include <gio/gio.h>

#include "strata/strata-types.h"

G_BEGIN_DECLS

/* Components of energy, in the order of the stacked area. The first block sums to MVMs. */
#define STRATA_COMPONENTS(X)                                                                                           \
  X (ARRAY, "array", "crossbar rows charged and discharged")                                                           \
  X (VERTICAL, "vertical", "vertical lines through the tiers")                                                         \
  X (DRIVER, "driver", "row drivers")                                                                                  \
  X (ADC, "adc", "column converters")                                                                                  \
  X (POST, "post", "shift-and-add and affine correction behind the converters")                                        \
  X (BUFFER, "buffer", "stack buffers")                                                                                \
  X (OVERHEAD, "overhead", "clock, control and bias of the stacks")                                                    \
  X (SELECT, "select", "tier switches")                                                                                \
  X (NOC, "noc", "network on the base die")                                                                            \
  X (VECTOR, "vector", "vector unit")                                                                                  \
  X (MAC, "mac", "digital multiply-accumulate units")                                                                  \
  X (SRAM, "sram", "activation memory")                                                                                \
  X (DRAM, "dram", "external memory, active")                                                                          \
  X (HOST, "host", "host or sensor link")                                                                              \
  X (CONTROL, "control", "always-on control (static)")                                                                 \
  X (LEAKAGE, "leakage", "leakage (static)")                                                                           \
  X (DRAM_IDLE, "dram-idle", "external memory, idle (static)")

typedef enum
{
#define STRATA_COMPONENT_ENUM(id, name, meaning) STRATA_COMPONENT_##id,
  STRATA_COMPONENTS (STRATA_COMPONENT_ENUM)
#undef STRATA_COMPONENT_ENUM
    STRATA_N_COMPONENTS,
} StrataComponent;

typedef enum
{
  STRATA_UNIT_STACK,  /* one stack; index = stack number */
  STRATA_UNIT_LINK,   /* one directed link of the NoC, or a stack's link to the hub */
  STRATA_UNIT_VECTOR, /* vector unit */
  STRATA_UNIT_MAC,    /* digital MAC units */
  STRATA_UNIT_SRAM,
  STRATA_UNIT_HOST, /* host or sensor port */
  STRATA_UNIT_BASE, /* base die as a whole: control, fixed leakage */
  STRATA_UNIT_DRAM,
} StrataUnitKind;

typedef struct
{
  gint32 id; /* dense from 0 */
  StrataUnitKind kind;
  gint32 index;     /* stack number, link number, ... */
  gint32 x, y;      /* mesh position, -1 where none */
  const char *name; /* "stack 12", "vector" */
} StrataUnitRecord;

/* An operation of the quantised graph; "layer" to the reader. */
typedef struct
{
  gint32 id;         /* op id, dense from 0, in execution order */
  gint32 node;       /* ONNX node index of its main node, -1: made by the compiler */
  const char *name;  /* ONNX node name, or a made name */
  const char *op;    /* "Conv", "Gemm", "Add" … : the ONNX operator */
  const char *kind;  /* "mvm", "mac", "add", "pool", … : what executes it */
  const char *stage; /* stage of the network for colouring, for example "layer2" or "32x32"; never NULL */
  gint32 stage_index, index_in_stage; /* from 0; hue by the first, lightness by the second */
  gint32 n_in_stage;
  gint64 n_macs, n_weights;
  gint32 out_channels, out_height, out_width;
  gint32 k, n; /* matrix, 0 where none */
  gint32 n_tiles, n_copies, n_row_copies, n_reads, n_slices;
  double utilisation;         /* used cells / cells of its arrays; 0 where none */
  gint32 inputs[4], n_inputs; /* ops it reads, -1: network input */
} StrataLayerRecord;

typedef struct
{
  gint32 id, layer, copy, stack, tier;
  gint32 row0, n_rows, col0, n_cols; /* block of the K x N matrix */
  gint32 n_slices, n_row_copies;
  double utilisation;    /* used cells / cells of the array */
  gint32 array_back;     /* the first tile of its array is the one this many ids before; 0: it is the first, or alone */
  gint32 at_row, at_col; /* its first row and column of cells in the array */
} StrataTileRecord;

typedef struct
{
  gint32 id, layer, tile, unit; /* tile: -1 where none */
  const char *opcode;           /* mnemonic */
  gint32 n_bursts;
  gint64 n_actions; /* per burst */
} StrataInstructionRecord;

typedef struct
{
  gint64 start_ps, duration_ps, energy_fj;
  gint64 n_actions;
  gint32 unit, instruction, layer, burst; /* layer and instruction -1: static energy */
  gint32 tier;                            /* -1 where none */
  gint32 flags;                           /* STRATA_EVENT_… */
} StrataEventRecord;

#define STRATA_EVENT_TIER_SWITCH 1
#define STRATA_EVENT_STATIC 2

/* Energy by layer and component; layer -1: static, belongs to no layer. */
typedef struct
{
  gint32 layer;
  StrataComponent component;
  gint64 energy_fj[STRATA_N_BANDS]; /* nominal closes with the events; the bands are counters x band constants */
  gint64 n_actions;
} StrataEnergyRecord;

/* Mean power of a component over [t, t + step) */
typedef struct
{
  gint64 time_ps, step_ps;
  StrataComponent component;
  double power_mw;
} StrataPowerRecord;

typedef enum
{
  STRATA_HEAT_STACK_TIER, /* a tier slab of a stack */
  STRATA_HEAT_BASE,       /* base CMOS under a stack */
  STRATA_HEAT_JUNCTION,   /* hottest node */
  STRATA_HEAT_PACKAGE,
  STRATA_HEAT_SKIN,
} StrataHeatNode;

typedef struct
{
  gint64 time_ps; /* -1: steady state at the run's mean power */
  StrataHeatNode node;
  gint32 stack, tier; /* -1 where none */
  double temperature_c;
} StrataTemperatureRecord;

/* How the source of a figure begins that has no value because the chip runs away */
#define STRATA_NO_STEADY_STATE "no steady state below 250 °C"

/* What holds the rate in a spell of continuous operation */
#define STRATA_SPELL_REASONS(X)                                                                                        \
  X (NONE, "full rate", "nothing but the units and what was asked for")                                                \
  X (BUDGET, "power budget", "the power budget of the chip")                                                           \
  X (JUNCTION, "junction", "the limit of the junction's temperature")                                                  \
  X (SKIN, "skin", "the limit of the skin's temperature")                                                              \
  X (RUNAWAY, "thermal runaway", "leakage, which would heat the chip without end")

typedef enum
{
#define STRATA_SPELL_REASON_ENUM(id, name, meaning) STRATA_SPELL_##id,
  STRATA_SPELL_REASONS (STRATA_SPELL_REASON_ENUM)
#undef STRATA_SPELL_REASON_ENUM
    STRATA_N_SPELL_REASONS,
} StrataSpellReason;

/* A spell of continuous operation, switched on cold at 0: one rate until a limit is reached. In order, without gaps;
 * the last one lasts for ever. Nominal. Power is the mean of the spell, so that power x duration is its energy; of a
 * spell without end it is the steady state's, as its temperatures are. */
typedef struct
{
  gint64 start_ps;
  gint64 duration_ps; /* -1: for ever */
  gint64 interval_ps; /* between inferences; 0: switched off, as no rate holds */
  StrataSpellReason reason;
  double power_mw, junction_c, skin_c; /* temperatures at its end */
} StrataSpellRecord;

/* Temperatures while the spells run, by time, finer where they change */
typedef struct
{
  gint64 time_ps;
  double junction_c, skin_c;
} StrataWarmingRecord;

/* Figures of a layer that the functional fidelity attaches. NaN: unavailable. */
typedef struct
{
  gint32 layer;
  double snr_db, clip_fraction, max_abs_error; /* against exact integers with the same inputs */
} StrataAccuracyRecord;

/* Analog noise of a layer as the compiler reckoned with it, nominal: signal over noise, dB; infinite where there is
 * none of a kind. */
typedef struct
{
  gint32 layer, n_reads, adc_bits, sound_bits;
  double snr_db, effective_bits, thermal_db, cells_db, converter_db, lasting_db, rounding_db;
  double share;      /* of what arrives at the output, 0 to 1 */
  double drowned_fj; /* energy per inference of converter bits below the noise floor */
} StrataNoiseRecord;

typedef struct
{
  const char *rule;     /* stable id, "tier-thrash" */
  gint32 severity;      /* 0 note, 1 advice, 2 warning */
  gint32 layer;         /* -1: the run */
  const char *evidence; /* with numbers and units */
  const char *action;   /* what to do */
  double gain;          /* expected fraction gained, NaN: unknown */
  const char *gain_of;  /* "latency", "energy", "accuracy" */
} StrataFindingRecord;

/* Another way that the compiler tried or computed. -1: not known */
typedef struct
{
  const char *what; /* "2 copies", "digital units" */
  gint64 latency_ps, interval_ps, energy_fj, n_arrays;
  const char *verdict; /* why it was not taken */
} StrataAlternativeRecord;

/* What the compiler decided and why */
typedef struct
{
  const char *reason, *meaning; /* "copies", and a phrase */
  gint32 layer, tile;           /* -1: the run; the whole layer */
  gint64 value;                 /* what was chosen, in the reason's unit */
  const char *text;             /* one sentence with the numbers that decided */
  const StrataAlternativeRecord *alternatives;
  gint32 n_alternatives;
} StrataDecisionRecord;

typedef struct
{
  gint32 unit;
  gint64 from_ps, to_ps, n_dropped;
  const char *reason;
} StrataDropRecord;

/* A named number with its unit, band values and kind. "latency" "ps" … Counters are figures too (unit "count"). A limit
 * the run was asked to keep is the figure "limit_max_X" or "limit_min_X", X the name of the figure it binds, all bands
 * the same value: "limit_max_latency_ps" against "latency_ps". Verdicts come from these pairs. */
typedef struct
{
  const char *name; /* latency_ps, interval_ps, power_mw, energy_fj, lower_bound_ps, accuracy … */
  const char *unit;
  double value[STRATA_N_BANDS]; /* NaN: unavailable */
  StrataFidelity fidelity;
  const char *source; /* formula or measurement, in words */
} StrataFigureRecord;

typedef struct
{
  const char *key; /* model_path, model_digest, program_hash, chip_hash, seed, version … */
  const char *value;
} StrataMetaRecord;

typedef enum
{
  STRATA_RECORD_EVENT,
  STRATA_RECORD_ENERGY,
  STRATA_RECORD_POWER,
  STRATA_RECORD_TEMPERATURE,
  STRATA_RECORD_ACCURACY,
  STRATA_RECORD_FINDING,
  STRATA_RECORD_DROP,
  STRATA_RECORD_FIGURE,
  STRATA_RECORD_META,
  STRATA_RECORD_DECISION,
  STRATA_RECORD_NOISE,
  STRATA_RECORD_SPELL,
  STRATA_RECORD_WARMING,
} StrataRecordKind;

/* The static tables of a run. Borrowed for the call. */
typedef struct
{
  const char *run_name, *model_name, *chip_name, *chip_yaml;
  StrataFidelity fidelity;
  gint32 mesh_x, mesh_y, n_stacks, n_tiers, n_rows, n_columns;
  gint32 hub_x2, hub_y2;
  double power_budget_mw;
  const StrataUnitRecord *units;
  const StrataLayerRecord *layers;
  const StrataTileRecord *tiles;
  const StrataInstructionRecord *instructions;
  gint32 n_units, n_layers, n_tiles, n_instructions;
} StrataTraceSession;

typedef struct _StrataTraceSink StrataTraceSink;

/**
 * StrataTraceSink:
 * @begin: called once, first
 * @write: @records points at @n structs of @kind
 * @end: called once, last; @complete is %FALSE where the run was cut short, and the sink must then leave nothing that
 *   looks like a finished file
 * @free: releases the sink
 *
 * Each function returns %FALSE with @error set when the record could not be kept; the run then stops.
 */
struct _StrataTraceSink
{
  gboolean (*begin) (StrataTraceSink *sink, const StrataTraceSession *session, GError **error);
  gboolean (*write) (StrataTraceSink *sink, StrataRecordKind kind, gconstpointer records, gsize n, GError **error);
  gboolean (*end) (StrataTraceSink *sink, gboolean complete, GError **error);
  void (*free) (StrataTraceSink *sink);
};

STRATA_API const char *strata_component_name (StrataComponent component);
STRATA_API const char *strata_component_meaning (StrataComponent component);
STRATA_API const char *strata_unit_kind_name (StrataUnitKind kind);
STRATA_API const char *strata_spell_reason_name (StrataSpellReason reason);
STRATA_API const char *strata_spell_reason_meaning (StrataSpellReason reason);

G_END_DECLS
