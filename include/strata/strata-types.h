/* SPDX-License-Identifier: Apache-2.0
 *
 * Types that every public header shares: element types, fidelities, analog levels, error domains.
 * Units stand in names: _ps picoseconds, _fj femtojoules, _mw milliwatts, _c degrees Celsius.
 */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#ifndef STRATA_API
#define STRATA_API __attribute__ ((visibility ("default"))) extern
#endif

/**
 * StrataDtype:
 *
 * Element type of a tensor, in ONNX terms.
 */
typedef enum
{
  STRATA_DTYPE_INVALID = 0,
  STRATA_DTYPE_F32,
  STRATA_DTYPE_F64,
  STRATA_DTYPE_F16,
  STRATA_DTYPE_I8,
  STRATA_DTYPE_U8,
  STRATA_DTYPE_I16,
  STRATA_DTYPE_U16,
  STRATA_DTYPE_I32,
  STRATA_DTYPE_U32,
  STRATA_DTYPE_I64,
  STRATA_DTYPE_U64,
  STRATA_DTYPE_BOOL,
} StrataDtype;

/**
 * StrataFidelity:
 * @STRATA_FIDELITY_ESTIMATE: closed-form critical path and resource loads; no events
 * @STRATA_FIDELITY_TIMING: event-driven execution of the program; data is never read
 * @STRATA_FIDELITY_FUNCTIONAL: timing, plus values, signal-to-noise and clipping
 * @STRATA_FIDELITY_MEASURED: read from a physical device
 *
 * How a figure was obtained. Every value of a profile carries one.
 */
typedef enum
{
  STRATA_FIDELITY_ESTIMATE,
  STRATA_FIDELITY_TIMING,
  STRATA_FIDELITY_FUNCTIONAL,
  STRATA_FIDELITY_MEASURED,
} StrataFidelity;

/**
 * StrataAnalog:
 * @STRATA_ANALOG_OFF: the quantised program in exact integers: no converter, no noise
 * @STRATA_ANALOG_IDEAL: input phases, cell levels and converter, deterministic
 * @STRATA_ANALOG_NOMINAL: all noise at nominal constants
 * @STRATA_ANALOG_OPTIMISTIC: all noise at optimistic constants
 * @STRATA_ANALOG_CONSERVATIVE: all noise at conservative constants
 *
 * How far the physics of the crossbars is modelled.
 */
typedef enum
{
  STRATA_ANALOG_OFF,
  STRATA_ANALOG_IDEAL,
  STRATA_ANALOG_NOMINAL,
  STRATA_ANALOG_OPTIMISTIC,
  STRATA_ANALOG_CONSERVATIVE,
} StrataAnalog;

/**
 * StrataValidationKind:
 * @STRATA_VALIDATION_KIND_IDENTITY: the published model with the published constants: arithmetic and solvers are tested
 * @STRATA_VALIDATION_KIND_FIT: a constant of the model was chosen by this number
 * @STRATA_VALIDATION_KIND_PREDICTION: nothing in the model was chosen by this number
 *
 * What it says when a published number and the model's agree.
 */
typedef enum
{
  STRATA_VALIDATION_KIND_IDENTITY,
  STRATA_VALIDATION_KIND_FIT,
  STRATA_VALIDATION_KIND_PREDICTION,
} StrataValidationKind;

/**
 * StrataSampleOrigin:
 * @STRATA_SAMPLE_ORIGIN_NONE: there are none
 * @STRATA_SAMPLE_ORIGIN_MADE_UP: random numbers, for nobody gave any
 * @STRATA_SAMPLE_ORIGIN_GIVEN: inputs of the application
 *
 * Where the samples come from that a program's converters are calibrated with.
 */
typedef enum
{
  STRATA_SAMPLE_ORIGIN_NONE,
  STRATA_SAMPLE_ORIGIN_MADE_UP,
  STRATA_SAMPLE_ORIGIN_GIVEN,
} StrataSampleOrigin;

/**
 * StrataNodeKind:
 * @STRATA_NODE_KIND_CROSSBAR: products with constant matrices, which lie in tiers
 * @STRATA_NODE_KIND_MAC: products of computed values and grouped convolutions, on digital multiply-accumulate units
 * @STRATA_NODE_KIND_VECTOR: element by element, along rows or over windows, on vector units
 * @STRATA_NODE_KIND_MOVE: another order or shape of the same elements, or a choice of them
 *
 * Which units of a chip execute an operator.
 */
typedef enum
{
  STRATA_NODE_KIND_CROSSBAR,
  STRATA_NODE_KIND_MAC,
  STRATA_NODE_KIND_VECTOR,
  STRATA_NODE_KIND_MOVE,
} StrataNodeKind;

#define STRATA_N_NODE_KINDS 4

/**
 * StrataBand:
 *
 * Which of the three sets of constants of a chip a figure was computed with.
 */
typedef enum
{
  STRATA_BAND_NOMINAL,
  STRATA_BAND_OPTIMISTIC,
  STRATA_BAND_CONSERVATIVE,
} StrataBand;

#define STRATA_N_BANDS 3

/**
 * StrataBoundary:
 * @STRATA_BOUNDARY_ARRAY: the cells' rows alone, charged and discharged
 * @STRATA_BOUNDARY_MACRO: whole stacks: vertical lines, drivers, converters, post-processing, buffers, overhead and
 *   tier switches too
 * @STRATA_BOUNDARY_CHIP: network, vector unit, digital multiply-accumulate units, activation memory, control and
 *   leakage too
 * @STRATA_BOUNDARY_WORKLOAD: external memory too, active and idle; the link to the host stands beside it
 *
 * What is counted where energy is set against operations. Figures of one boundary say nothing of another.
 */
typedef enum
{
  STRATA_BOUNDARY_ARRAY,
  STRATA_BOUNDARY_MACRO,
  STRATA_BOUNDARY_CHIP,
  STRATA_BOUNDARY_WORKLOAD,
} StrataBoundary;

#define STRATA_N_BOUNDARIES 4

/**
 * StrataLimit:
 * @STRATA_LIMIT_MAX_LATENCY_PS: input in SRAM to output in SRAM, picoseconds
 * @STRATA_LIMIT_MIN_RATE_PER_S: inferences per second, steady state
 * @STRATA_LIMIT_MAX_POWER_MW: average power, milliwatts
 * @STRATA_LIMIT_MAX_ENERGY_FJ: energy per inference, femtojoules
 * @STRATA_LIMIT_MAX_JUNCTION_C: hottest node, degrees Celsius
 * @STRATA_LIMIT_MAX_SKIN_C: skin of the product, degrees Celsius
 * @STRATA_LIMIT_MAX_PEAK_POWER_MW: power of the busiest 512th of one inference, milliwatts
 * @STRATA_LIMIT_MIN_ACCURACY: share of samples that are classified as labelled, else as the float model does, 0 to 1
 * @STRATA_LIMIT_MAX_ARRAYS: arrays that hold weights
 * @STRATA_LIMIT_MAX_COST_USD: manufacturing cost of the chip, dollars
 * @STRATA_LIMIT_CHIP_ARRAYS: arrays that the chip has; it stands in certificates, and cannot be asked for
 * @STRATA_LIMIT_CHIP_SRAM_BYTES: size of the chip's activation memory, bytes; likewise
 * @STRATA_LIMIT_CHIP_DRAM_BYTES: size of the external memory, bytes; likewise
 *
 * Hard limits of a compilation.
 */
typedef enum
{
  STRATA_LIMIT_MAX_LATENCY_PS,
  STRATA_LIMIT_MIN_RATE_PER_S,
  STRATA_LIMIT_MAX_POWER_MW,
  STRATA_LIMIT_MAX_ENERGY_FJ,
  STRATA_LIMIT_MAX_JUNCTION_C,
  STRATA_LIMIT_MAX_SKIN_C,
  STRATA_LIMIT_MAX_PEAK_POWER_MW,
  STRATA_LIMIT_MIN_ACCURACY,
  STRATA_LIMIT_MAX_ARRAYS,
  STRATA_LIMIT_MAX_COST_USD,
  STRATA_LIMIT_CHIP_ARRAYS,
  STRATA_LIMIT_CHIP_SRAM_BYTES,
  STRATA_LIMIT_CHIP_DRAM_BYTES,
} StrataLimit;

/* That can be asked for */
#define STRATA_N_LIMITS 10

/**
 * StrataObjective:
 * @STRATA_OBJECTIVE_ARRAYS: arrays used: no more copies than the limits ask for
 * @STRATA_OBJECTIVE_LATENCY: time of one inference
 * @STRATA_OBJECTIVE_INTERVAL: time between inferences, steady state
 * @STRATA_OBJECTIVE_ENERGY: energy per inference
 *
 * What a compilation makes small within its limits.
 */
typedef enum
{
  STRATA_OBJECTIVE_ARRAYS,
  STRATA_OBJECTIVE_LATENCY,
  STRATA_OBJECTIVE_INTERVAL,
  STRATA_OBJECTIVE_ENERGY,
} StrataObjective;

/**
 * StrataVerdict:
 * @STRATA_VERDICT_MET: a program that was made meets it
 * @STRATA_VERDICT_NOT_FOUND: no program that was tried meets it, and nothing proves that there is none
 * @STRATA_VERDICT_IMPOSSIBLE: below what any program of this model can reach on this chip
 *
 * What came of a limit.
 */
typedef enum
{
  STRATA_VERDICT_MET,
  STRATA_VERDICT_NOT_FOUND,
  STRATA_VERDICT_IMPOSSIBLE,
} StrataVerdict;

/**
 * StrataProgress:
 * @fraction: 0 to 1
 * @stage: what is being done, a word or two
 * @user_data: what was given with the callback
 *
 * Progress of long work; called in the thread that works.
 */
typedef void (*StrataProgress) (double fraction, const char *stage, gpointer user_data);

/**
 * StrataImportError:
 * @STRATA_IMPORT_ERROR_NOT_FOUND: the file is not there or not readable
 * @STRATA_IMPORT_ERROR_FORMAT: the bytes are not a well-formed model
 * @STRATA_IMPORT_ERROR_UNSUPPORTED: an operator, type or opset that Strata does not have
 * @STRATA_IMPORT_ERROR_SHAPE: shapes that do not fit each other
 * @STRATA_IMPORT_ERROR_VALUE: a weight that cannot be used, such as NaN
 */
typedef enum
{
  STRATA_IMPORT_ERROR_NOT_FOUND,
  STRATA_IMPORT_ERROR_FORMAT,
  STRATA_IMPORT_ERROR_UNSUPPORTED,
  STRATA_IMPORT_ERROR_SHAPE,
  STRATA_IMPORT_ERROR_VALUE,
} StrataImportError;

/**
 * StrataChipError:
 * @STRATA_CHIP_ERROR_NOT_FOUND: no such file and no shipped chip of that name
 * @STRATA_CHIP_ERROR_SYNTAX: not well-formed YAML
 * @STRATA_CHIP_ERROR_FIELD: an unknown key, a missing or wrong unit, or a value out of range
 * @STRATA_CHIP_ERROR_CONTRADICTION: fields that exclude each other
 */
typedef enum
{
  STRATA_CHIP_ERROR_NOT_FOUND,
  STRATA_CHIP_ERROR_SYNTAX,
  STRATA_CHIP_ERROR_FIELD,
  STRATA_CHIP_ERROR_CONTRADICTION,
} StrataChipError;

/**
 * StrataCompileError:
 * @STRATA_COMPILE_ERROR_UNSUPPORTED: a graph the compiler cannot map on this chip
 * @STRATA_COMPILE_ERROR_CAPACITY: the model needs more arrays or buffer than the chip has
 * @STRATA_COMPILE_ERROR_REQUIREMENT: a hard requirement is not met
 * @STRATA_COMPILE_ERROR_INPUT: calibration data that do not fit the model
 * @STRATA_COMPILE_ERROR_FORMAT: bytes that are not a program of this version
 * @STRATA_COMPILE_ERROR_NOT_FOUND: the program file is not there or not readable
 */
typedef enum
{
  STRATA_COMPILE_ERROR_UNSUPPORTED,
  STRATA_COMPILE_ERROR_CAPACITY,
  STRATA_COMPILE_ERROR_REQUIREMENT,
  STRATA_COMPILE_ERROR_INPUT,
  STRATA_COMPILE_ERROR_FORMAT,
  STRATA_COMPILE_ERROR_NOT_FOUND,
} StrataCompileError;

/**
 * StrataDeviceError:
 * @STRATA_DEVICE_ERROR_NOT_FOUND: no device at this URI
 * @STRATA_DEVICE_ERROR_LOST: the device went away
 * @STRATA_DEVICE_ERROR_TIMEOUT: the device did not answer in time
 * @STRATA_DEVICE_ERROR_INPUT: a tensor of wrong name, type or shape
 * @STRATA_DEVICE_ERROR_PROGRAM: no program is loaded, or it was compiled for another chip
 * @STRATA_DEVICE_ERROR_UNSUPPORTED: the device lacks the capability
 */
typedef enum
{
  STRATA_DEVICE_ERROR_NOT_FOUND,
  STRATA_DEVICE_ERROR_LOST,
  STRATA_DEVICE_ERROR_TIMEOUT,
  STRATA_DEVICE_ERROR_INPUT,
  STRATA_DEVICE_ERROR_PROGRAM,
  STRATA_DEVICE_ERROR_UNSUPPORTED,
} StrataDeviceError;

#define STRATA_IMPORT_ERROR (strata_import_error_quark ())
#define STRATA_CHIP_ERROR (strata_chip_error_quark ())
#define STRATA_COMPILE_ERROR (strata_compile_error_quark ())
#define STRATA_DEVICE_ERROR (strata_device_error_quark ())

STRATA_API GQuark strata_import_error_quark (void);
STRATA_API GQuark strata_chip_error_quark (void);
STRATA_API GQuark strata_compile_error_quark (void);
STRATA_API GQuark strata_device_error_quark (void);

/**
 * strata_dtype_size:
 * @dtype: an element type
 *
 * Returns: bytes of one element; 0 for %STRATA_DTYPE_INVALID
 */
STRATA_API gsize strata_dtype_size (StrataDtype dtype);

/**
 * strata_dtype_name:
 * @dtype: an element type
 *
 * Returns: (transfer none): the name ONNX and NumPy use, such as "float32"
 */
STRATA_API const char *strata_dtype_name (StrataDtype dtype);

G_END_DECLS
