/* SPDX-License-Identifier: Apache-2.0
 *
 * What the verbs of `strata` share: exit codes, errors, JSON, progress, tables. A verb is one file and one function.
 * Results go to stdout, progress and messages to stderr.
 */
#pragma once

#include <json-glib/json-glib.h>
#include <strata-profiler/strata-profiler.h>
#include <strata/strata.h>

typedef enum
{
  CLI_EXIT_DONE = 0,
  CLI_EXIT_FAILED = 1,
  CLI_EXIT_USAGE = 2,
  CLI_EXIT_NOT_FOUND = 3,
  CLI_EXIT_FORMAT = 4,
  CLI_EXIT_UNMET = 5,
  CLI_EXIT_NO_DEVICE = 6,
  CLI_EXIT_LOST = 7,
  CLI_EXIT_PARTIAL = 8,
  CLI_EXIT_INTERRUPTED = 130,
} CliExit;

/* One invocation. Options that every verb has are here; a verb adds its own in its table. */
typedef struct
{
  const char *verb;
  gboolean json, quiet, verbose;
  char *output;
  char *partial; /* while stdout goes to a file, and what it was before */
  int saved_stdout;
  gint64 seed;
  int n_threads;
  GCancellable *cancellable; /* cancelled by SIGINT */
  gboolean progress_shown;
  StrataCertificate *certificate; /* of the last compilation; NULL: none */
} Cli;

typedef int (*CliVerb) (Cli *cli, int argc, char **argv);

int cli_info (Cli *cli, int argc, char **argv);
int cli_chip (Cli *cli, int argc, char **argv);
int cli_model (Cli *cli, int argc, char **argv);
int cli_compile (Cli *cli, int argc, char **argv);
int cli_explain (Cli *cli, int argc, char **argv);
int cli_run (Cli *cli, int argc, char **argv);
int cli_evaluate (Cli *cli, int argc, char **argv);
int cli_profile (Cli *cli, int argc, char **argv);
int cli_report (Cli *cli, int argc, char **argv);
/* Below bands of energy, and values that are an end of the band of noise */
#define CLI_BANDS_NOTE                                                                                                 \
  "Energy and noise take the drive voltage from opposite ends of its band: no one chip has both optimistic ends.\n"

int cli_validate (Cli *cli, int argc, char **argv);
int cli_query (Cli *cli, int argc, char **argv);

/* A NULL-terminated table of options; owns the texts that parsing leaves in the variables it points to. */
typedef GOptionEntry CliEntries;

/* Frees those texts, and a table that cli_join_entries () made. */
void cli_entries_free (CliEntries *entries);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliEntries, cli_entries_free)
/* The rows of both (nullable); free with g_free (), or cli_entries_free () once parsed */
CliEntries *cli_join_entries (const CliEntries *first, const CliEntries *then) G_GNUC_WARN_UNUSED_RESULT;

/* Parses options in place. @entries: the verb's own, NULL-terminated; @usage: arguments in words; @examples: shown
 * below the help. On FALSE the error has been reported and *@status set. */
gboolean cli_parse (Cli *cli,
                    const CliEntries *entries,
                    const char *usage,
                    const char *summary,
                    const char *examples,
                    int *argc,
                    char ***argv,
                    int *status);

/* Reports an error in the form asked for and returns its exit code. Takes @error. */
int cli_fail (Cli *cli, GError *error);
/* The same from text, for wrong usage. */
int cli_usage (Cli *cli, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* -o: FALSE, reported and *@status set, where it cannot mean a file or folder to write. cli_parse () calls it. */
gboolean cli_check_output (Cli *cli, int *status);
/* Whether -o names the ordinary file at @path */
gboolean cli_is_output (const Cli *cli, const char *path);
/* From here stdout goes to -o, if given; @input must not be the same file. */
gboolean cli_redirect (Cli *cli, const char *input, int *status);
/* Gives up the redirection: what follows is printed where stdout was, and nothing is written. */
void cli_drop_output (Cli *cli);
/* At the very end: gives the file its name, or removes it where @status is a failure. Returns the exit code. */
int cli_finish_output (Cli *cli, int status);

/* A stream to where g_print () prints */
GOutputStream *cli_output_stream (void) G_GNUC_WARN_UNUSED_RESULT;

/* {"schema": "strata.VERB", "schema_version": "1.0", "result": …}: begin leaves the builder inside the result object.
 */
JsonBuilder *cli_json_begin (Cli *cli);
void cli_json_end (Cli *cli, JsonBuilder *builder);
void cli_json_string (JsonBuilder *builder, const char *key, const char *value);
void cli_json_int (JsonBuilder *builder, const char *key, gint64 value);
void cli_json_bool (JsonBuilder *builder, const char *key, gboolean value);
/* null for NaN and infinities */
void cli_json_number (JsonBuilder *builder, const char *key, double value);

/* "label    value" on stdout, labels aligned */
void cli_row (const char *label, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* "1.23 ms (0.90–2.1)" from nominal, optimistic, conservative; unit as names carry it */
char *cli_band (const double value[STRATA_N_BANDS], const char *unit);
/* {"name", "dtype", "dims"} of an input or output */
void cli_json_port (JsonBuilder *builder, const char *name, StrataDtype dtype, const gint64 *dims, guint n_dims);
/* Letters to insert, drop or change to make one of the other (Levenshtein), by bytes */
guint cli_edit_distance (const char *a, const char *b);
char *cli_shape (const gint64 *dims, guint n_dims); /* "3×32×32" */

/* A StrataProgress for a Cli: a bar on a terminal, nothing elsewhere. */
void cli_progress (double fraction, const char *stage, gpointer cli);
void cli_progress_clear (Cli *cli);

/* What a number is that was not given, where 0 has a meaning, or none */
#define CLI_NO_INT G_MININT
#define CLI_NO_NUMBER (-G_MAXDOUBLE)

/* Options of every verb that may compile */
typedef struct
{
  char *chip, *max_latency, *min_rate, *max_power, *max_peak_power, *max_energy, *max_temperature, *max_skin;
  char *min_accuracy, *max_arrays, *max_cost, *minimise, *accuracy_inputs, *accuracy_labels, *dump, *quantise, *cache;
  char *die; /* file: programs are fitted to it */
  char **calibration, **shapes, **bound;
  double input_scale, effort; /* CLI_NO_NUMBER where not given; the offset 0 */
  double input_offset;
  int n_calibration, n_reads; /* CLI_NO_INT where not given */
  gboolean no_row_copies;
  gboolean timing_only; /* set by the verb: no values will be computed */
} CliCompileOptions;

/* A table for @options, whose numbers it sets to not given, then @more */
CliEntries *cli_compile_entries (CliCompileOptions *options, const CliEntries *more) G_GNUC_WARN_UNUSED_RESULT;
/* What --shape and --bind say; refuses what is no size and no number. */
StrataModelOptions *cli_read_shapes (char **shapes, char **bound, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A GOptionEntry of --bind, and one of --shape, for verbs that do not compile */
#define CLI_BIND_ENTRY(bound)                                                                                          \
  {                                                                                                                    \
    "bind", 0, 0, G_OPTION_ARG_STRING_ARRAY, (bound),                                                                  \
      "Make an input a constant, which a branch or a shape depends on (sr=16000; shape=1,64)", "NAME=NUMBER,…"       \
  }
#define CLI_SHAPE_ENTRY(shapes)                                                                                        \
  {                                                                                                                    \
    "shape", 0, 0, G_OPTION_ARG_STRING_ARRAY, (shapes),                                                                \
      "Size of an open dimension (sequence=64), or an input's shape (image=1x3x224x224)", "NAME=SIZE"                  \
  }
/* What .npy samples are multiplied by; refuses what is no number. */
gboolean cli_read_scale (const CliCompileOptions *options, double *scale, GError **error);
/* "given", "made up" or "none" */
const char *cli_sample_origin (StrataProgram *program);
/* What samples that were made up leave open, a line; empty where there are others */
const char *cli_sample_note (StrataProgram *program);
/* @path: a program, or a model that is then compiled. @model: (out) (optional): the model where it was compiled here */
StrataProgram *cli_open_program (Cli *cli,
                                 const char *path,
                                 const CliCompileOptions *options,
                                 StrataModel **model,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Fits @program to the die of the file @path, and says on stderr what moved. @die: (out) (optional) */
StrataProgram *cli_fit_die (Cli *cli, StrataProgram *program, const char *path, StrataDie **die, GError **error)
  G_GNUC_WARN_UNUSED_RESULT;
/* Makes @device the die of the file @path, to which *@program is fitted already; NULL: fits *@program, taking it, to
 * the die that the device's URI names, if any. */
gboolean cli_use_die (Cli *cli, StrataDevice *device, const char *path, StrataProgram **program, GError **error);
/* "phone", or "phone, die W07-X12Y08"; @die: nullable */
char *cli_name_chip (StrataProgram *program, StrataDie *die) G_GNUC_WARN_UNUSED_RESULT;
/* "die" and "die_hash"; nothing for NULL */
void cli_json_die (JsonBuilder *builder, StrataDie *die);
/* Prints a die file drawn from the chip's rates. Exit codes, or -1 with @error set */
int cli_draw_die (Cli *cli, const char *chip, const char *band, GError **error);
/* What a die file says and what repair makes of it, or its text. Exit codes, or -1 with @error set */
int cli_check_die (Cli *cli, const char *path, gboolean yaml, GError **error);
/* @what: "tier 7", "stack 3 tier 7" …, or a die file */
int cli_what_if (Cli *cli, StrataProgram *program, const char *what, GError **error);
/* `strata report --cost`; @what: a chip, a program or a profile. Exit codes, or -1 with @error set */
int cli_report_cost (Cli *cli, const char *what, gboolean html, GError **error);
/* What a file is by its first bytes; where it cannot be read, by its name. */
gboolean cli_is_program (const char *path);
gboolean cli_is_profile (const char *path);
/* The model a program was compiled from, as long as the file is there and unchanged; otherwise NULL, and says so. */
StrataModel *cli_reopen_model (Cli *cli, StrataProgram *program) G_GNUC_WARN_UNUSED_RESULT;
/* "certificate": the limits with their verdicts, and the programs that were made */
void cli_json_certificate (JsonBuilder *builder, StrataCertificate *certificate);
/* The same as tables */
char *cli_describe_certificate (StrataCertificate *certificate) G_GNUC_WARN_UNUSED_RESULT;
void cli_program_figures (StrataProgram *program, JsonBuilder *builder);
void cli_print_program (StrataProgram *program);

/* Options of every verb that reads arrays: how old and how warm they are, which physics is left out */
typedef struct
{
  char *age, *temperature, *recalibrated, *without, *only;
} CliConditionOptions;

gboolean cli_has_conditions (const CliConditionOptions *options);
/* @more, then a table for @options */
CliEntries *cli_condition_entries (CliConditionOptions *options, const CliEntries *more) G_GNUC_WARN_UNUSED_RESULT;
/* Whether arrays of @analog have an age and a temperature where one is given */
gboolean cli_check_conditions (const CliConditionOptions *options, StrataAnalog analog, GError **error);
/* In words, of @program, which says how warm "at work" is; "conditions" and, at work, coolest and hottest array */
char *cli_conditions_text (StrataProgram *program, const StrataConditions *conditions) G_GNUC_WARN_UNUSED_RESULT;
void cli_json_conditions (JsonBuilder *builder, StrataProgram *program, const StrataConditions *conditions);
StrataConditions *cli_read_conditions (const CliConditionOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Which physics costs how much: tables; "attribution" */
void cli_print_attribution (StrataAttribution *attribution);
void cli_json_attribution (JsonBuilder *builder, StrataAttribution *attribution);

gboolean cli_parse_analog (const char *text, StrataAnalog *analog, GError **error);
const char *cli_analog_name (StrataAnalog analog);

/* Folders of an ONNX test data set in @path: itself, or its test_data_set_* in order. */
GPtrArray *cli_find_test_data (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Of the tensors of a data set those that @model takes, in its order; the inputs that were made constants when it was
 * opened must be what they are made. */
GPtrArray *
cli_take_inputs (StrataModel *model, GPtrArray *all, const char *folder, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same of a folder */
GPtrArray *cli_load_inputs (StrataModel *model, const char *folder, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Refuses a tensor for input @bound of those that were made constants when it differs. */
gboolean cli_check_bound (StrataModel *model, guint bound, StrataTensor *tensor, GError **error);
/* How many of input_0 … or output_0 … there are without a gap */
guint cli_count_test_data (const char *folder, const char *prefix);
/* input_0 … or output_0 … of one such folder (.pb, else .npy); stops at the first that is missing */
GPtrArray *
cli_load_test_data (const char *folder, const char *prefix, guint n, GError **error) G_GNUC_WARN_UNUSED_RESULT;
