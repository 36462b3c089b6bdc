/* SPDX-License-Identifier: Apache-2.0
 *
 * Dies in the command: `--die FILE` of every verb that opens a program, devices whose URI names one, `strata chip check
 * DIE`, `strata chip die CHIP`, and `strata explain PROGRAM --what-if PLACE`, which fits the program to a die with that
 * fault, once with its spare tiers and once as if those were used up, and puts what that costs beside the program as it
 * is.
 */
#include "cli.h"

#include <math.h>

/* --- checking --- */

int
cli_check_die (Cli *cli, const char *path, gboolean yaml, GError **error)
{
  g_autoptr (StrataDie) die = strata_die_load (path, error);
  g_autofree char *hash = NULL;
  JsonBuilder *builder;

  if (die == NULL)
    return -1;
  if (yaml)
    {
      g_autofree char *text = strata_die_to_yaml (die);

      g_print ("%s", text);
      return CLI_EXIT_DONE;
    }
  if (!cli->json)
    {
      g_print ("%s: valid, die %s of %s\n", path, strata_die_get_serial (die), strata_die_get_chip_name (die));
      cli_row ("dead", "%d arrays, %d rows and %d columns of others", strata_die_get_count (die, "dead_arrays"),
               strata_die_get_count (die, "dead_rows"), strata_die_get_count (die, "dead_columns"));
      cli_row ("measured", "%d converters; %d stuck cells of %d arrays", strata_die_get_count (die, "converters"),
               strata_die_get_count (die, "stuck_cells"), strata_die_get_count (die, "tested_arrays"));
      cli_row ("repaired", "%d arrays by spare tiers, %d rows and columns by spare ones",
               strata_die_get_count (die, "used_spare_tiers"), strata_die_get_count (die, "repaired_lines"));
      cli_row ("left", "%d arrays are lost, %d have fewer rows or columns than the chip says",
               strata_die_get_count (die, "lost_arrays"), strata_die_get_count (die, "weak_arrays"));
      return CLI_EXIT_DONE;
    }
  builder = cli_json_begin (cli);
  hash = strata_die_get_hash (die);
  cli_json_string (builder, "serial", strata_die_get_serial (die));
  cli_json_string (builder, "chip", strata_die_get_chip_name (die));
  cli_json_string (builder, "hash", hash);
  for (const char *const *name = strata_die_list_counts (); *name != NULL; name++)
    cli_json_int (builder, *name, strata_die_get_count (die, *name));
  cli_json_bool (builder, "valid", TRUE);
  cli_json_end (cli, builder);
  return CLI_EXIT_DONE;
}

/* --- drawing --- */

/* What a die file does not list is drawn where values are computed. */
static void
say_left_out (Cli *cli, StrataDie *die)
{
  const gboolean converters = strata_die_get_count (die, "converters") == 0;
  const gboolean cells = strata_die_get_count (die, "tested_arrays") == 0;

  if ((converters || cells) && !cli->quiet)
    g_printerr ("strata: %s has too many %s to list in a die file; they are drawn with the program\n",
                strata_die_get_chip_name (die),
                !cells       ? "converters"
                : converters ? "converters and cells"
                             : "cells");
}

int
cli_draw_die (Cli *cli, const char *name, const char *band, GError **error)
{
  static const char *const bands[STRATA_N_BANDS] = { "nominal", "optimistic", "conservative" };
  /* a die file finds its chip from where it lies */
  g_autofree char *path = g_file_test (name, G_FILE_TEST_EXISTS) ? g_canonicalize_filename (name, NULL) : NULL;
  g_autoptr (StrataChip) chip = NULL;
  g_autoptr (StrataDie) die = NULL;
  g_autofree char *text = NULL;
  g_autofree char *hash = NULL;
  StrataBand which = STRATA_BAND_NOMINAL;
  JsonBuilder *builder;

  while (band != NULL && which < STRATA_N_BANDS && !g_str_equal (band, bands[which]))
    which++;
  if (which == STRATA_N_BANDS)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--band: %s is none; nominal, optimistic and conservative are accepted", band);
      return -1;
    }
  chip = strata_chip_load (path == NULL ? name : path, error);
  die = chip == NULL ? NULL : strata_die_draw (chip, which, (guint64) cli->seed, error);
  if (die == NULL)
    return -1;
  text = strata_die_to_yaml (die);
  say_left_out (cli, die);
  if (!cli->json)
    {
      g_print ("%s", text);
      return CLI_EXIT_DONE;
    }
  builder = cli_json_begin (cli);
  hash = strata_die_get_hash (die);
  cli_json_string (builder, "serial", strata_die_get_serial (die));
  cli_json_string (builder, "chip", strata_die_get_chip_name (die));
  cli_json_string (builder, "hash", hash);
  cli_json_string (builder, "text", text);
  cli_json_end (cli, builder);
  return CLI_EXIT_DONE;
}

/* --- --die --- */

static StrataProgram *
fit (Cli *cli, StrataProgram *program, StrataDie *die, GError **error)
{
  StrataDieFit fit;
  StrataProgram *fitted = strata_die_fit (die, program, &fit, cli->cancellable, error);

  if (fitted != NULL && !cli->quiet)
    g_printerr (
      "strata: die %s: of %d arrays of the program %d stand on spare tiers, %d moved within their stack, %d to "
      "another stack\n",
      strata_die_get_serial (die), fit.n_arrays, fit.n_spared, fit.n_moved_tier, fit.n_moved_stack);
  return fitted;
}

StrataProgram *
cli_fit_die (Cli *cli, StrataProgram *program, const char *path, StrataDie **die, GError **error)
{
  g_autoptr (StrataDie) loaded = strata_die_load (path, error);
  StrataProgram *fitted = loaded == NULL ? NULL : fit (cli, program, loaded, error);

  if (fitted != NULL && die != NULL)
    *die = g_steal_pointer (&loaded);
  return fitted;
}

char *
cli_name_chip (StrataProgram *program, StrataDie *die)
{
  const char *chip = strata_program_get_chip_name (program);

  return die == NULL ? g_strdup (chip) : g_strdup_printf ("%s, die %s", chip, strata_die_get_serial (die));
}

void
cli_json_die (JsonBuilder *builder, StrataDie *die)
{
  g_autofree char *hash = die == NULL ? NULL : strata_die_get_hash (die);

  if (die == NULL)
    return;
  cli_json_string (builder, "die", strata_die_get_serial (die));
  cli_json_string (builder, "die_hash", hash);
}

gboolean
cli_use_die (Cli *cli, StrataDevice *device, const char *path, StrataProgram **program, GError **error)
{
  StrataDieUse use;
  StrataDie *own = strata_device_get_die (device, &use);
  StrataProgram *fitted;

  if (path != NULL && own != NULL)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--die %s: the device %s is a die already; leave one of them out", path,
                   strata_device_get_uri (device));
      return FALSE;
    }
  if (path != NULL)
    {
      g_autoptr (StrataDie) die = strata_die_load (path, error);

      return die != NULL
             && (!(strata_device_get_capabilities (device) & STRATA_CAPABILITY_DIE)
                 || strata_device_set_die (device, die, STRATA_DIE_FITTED, error));
    }
  if (own == NULL || use == STRATA_DIE_UNFITTED)
    return TRUE;
  fitted = fit (cli, *program, own, error);
  if (fitted == NULL)
    return FALSE;
  g_object_unref (*program);
  *program = fitted;
  return TRUE;
}

/* --- --what-if --- */

static const struct
{
  const char *label, *name, *unit;
} figures[] = { { "latency", "latency_ps", "ps" },         { "interval", "interval_ps", "ps" },
                { "energy/inference", "energy_fj", "fj" }, { "power", "power_mw", "mw" },
                { "peak power", "peak_power_mw", "mw" },   { "junction", "junction_c", "c" } };

/* One column of the table: the program on a die */
typedef struct
{
  const char *title, *key;
  StrataProgram *program; /* NULL: it does not fit, and why */
  GError *refusal;
  StrataDieFit fit;
} Case;

#define N_CASES 3

static void
clear_cases (Case *cases)
{
  for (int i = 0; i < N_CASES; i++)
    {
      g_clear_object (&cases[i].program);
      g_clear_error (&cases[i].refusal);
    }
}

static double
get (const Case *item, const char *name)
{
  return item->program == NULL ? (double) NAN : strata_program_get_figure (item->program, name, STRATA_BAND_NOMINAL);
}

/* Too few arrays is an answer; anything else is not. */
static gboolean
make_case (Cli *cli, Case *item, StrataProgram *program, StrataDie *die, GError **error)
{
  item->program = strata_die_fit (die, program, &item->fit, cli->cancellable, &item->refusal);
  if (item->program != NULL || g_error_matches (item->refusal, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&item->refusal));
  return FALSE;
}

/* "1.2 ms (+3.4 %)", aligned by characters */
static void
print_cell (const Case *item, const Case *before, const char *name, const char *unit)
{
  double value = get (item, name), old = get (before, name);
  g_autofree char *text = isnan (value) ? g_strdup ("–") : strata_quantity_to_text (value, unit);
  g_autofree char *change = item == before || isnan (value) || !(old > 0) || g_str_equal (unit, "c")
                              ? g_strdup ("")
                              : g_strdup_printf (" (%+.2f %%)", 100 * (value / old - 1));
  g_autofree char *cell = g_strconcat (text, change, NULL);

  g_print (" %s%*s", cell, MAX (0, 26 - (int) g_utf8_strlen (cell, -1)), "");
}

static void
print_cases (const Case *cases, const char *serial)
{
  const struct
  {
    const char *label;
    gsize offset;
  } counts[] = { { "on spare tiers", G_STRUCT_OFFSET (StrataDieFit, n_spared) },
                 { "with fewer rows", G_STRUCT_OFFSET (StrataDieFit, n_kept) },
                 { "moved, same stack", G_STRUCT_OFFSET (StrataDieFit, n_moved_tier) },
                 { "moved, other stack", G_STRUCT_OFFSET (StrataDieFit, n_moved_stack) } };

  g_print ("What if: %s\n\n%-18s", serial, "");
  for (int i = 0; i < N_CASES; i++)
    g_print (" %-26s", cases[i].title);
  for (guint f = 0; f < G_N_ELEMENTS (figures); f++)
    {
      g_print ("\n%-18s", figures[f].label);
      for (int i = 0; i < N_CASES; i++)
        print_cell (&cases[i], &cases[0], figures[f].name, figures[f].unit);
    }
  for (guint c = 0; c < G_N_ELEMENTS (counts); c++)
    {
      g_print ("\n%-18s", counts[c].label);
      for (int i = 0; i < N_CASES; i++)
        {
          g_autofree char *text =
            i == 0 || cases[i].program == NULL
              ? g_strdup (i == 0 ? "" : "–")
              : g_strdup_printf ("%d of %d arrays", G_STRUCT_MEMBER (int, &cases[i].fit, counts[c].offset),
                                 cases[i].fit.n_arrays);

          g_print (" %s%*s", text, MAX (0, 26 - (int) g_utf8_strlen (text, -1)), "");
        }
    }
  g_print ("\n");
  for (int i = 1; i < N_CASES; i++)
    if (cases[i].refusal != NULL)
      g_print ("\n%s: %s", cases[i].title, cases[i].refusal->message);
    else if (cases[i].fit.placed_anew)
      g_print ("\n%s: moving alone did not do; all arrays were placed anew.", cases[i].title);
  g_print ("\nModelled, nominal. Limits of the program are not looked at again.\n");
}

static void
json_cases (Cli *cli, const Case *cases, StrataDie *die)
{
  JsonBuilder *builder = cli_json_begin (cli);

  cli_json_string (builder, "what_if", strata_die_get_serial (die));
  cli_json_string (builder, "chip", strata_die_get_chip_name (die));
  cli_json_string (builder, "fidelity", "timing");
  for (int i = 0; i < N_CASES; i++)
    {
      json_builder_set_member_name (builder, cases[i].key);
      json_builder_begin_object (builder);
      cli_json_bool (builder, "fits", cases[i].program != NULL);
      cli_json_string (builder, "message", cases[i].refusal == NULL ? NULL : cases[i].refusal->message);
      cli_json_string (builder, "program_hash",
                       cases[i].program == NULL ? NULL : strata_program_get_hash (cases[i].program));
      for (guint f = 0; f < G_N_ELEMENTS (figures); f++)
        cli_json_number (builder, figures[f].name, get (&cases[i], figures[f].name));
      cli_json_int (builder, "arrays_spared", cases[i].fit.n_spared);
      cli_json_int (builder, "arrays_kept", cases[i].fit.n_kept);
      cli_json_int (builder, "arrays_moved_tier", cases[i].fit.n_moved_tier);
      cli_json_int (builder, "arrays_moved_stack", cases[i].fit.n_moved_stack);
      cli_json_bool (builder, "placed_anew", cases[i].fit.placed_anew);
      json_builder_end_object (builder);
    }
  cli_json_end (cli, builder);
}

/* A file may be wrong in itself; words that mean no place are an option's. */
static StrataDie *
suppose (StrataProgram *program, const char *what, GError **error)
{
  g_autoptr (GError) reason = NULL;
  StrataDie *die;

  if (strata_die_is_file (what))
    return strata_die_load (what, error);
  die = strata_die_suppose (program, what, &reason);
  if (die == NULL)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--what-if: %s", reason->message);
  return die;
}

int
cli_what_if (Cli *cli, StrataProgram *program, const char *what, GError **error)
{
  Case cases[N_CASES] = { { .title = "as compiled", .key = "before", .program = g_object_ref (program) },
                          { .title = "with spare tiers", .key = "with_spares" },
                          { .title = "spare tiers used up", .key = "without_spares" } };
  g_autoptr (StrataDie) die = suppose (program, what, error);
  gboolean ok = die != NULL && make_case (cli, &cases[1], program, die, error);
  int status = -1;

  if (ok)
    {
      strata_die_set_spare_tiers (die, 0);
      ok = make_case (cli, &cases[2], program, die, error);
    }
  if (ok)
    {
      if (cli->json)
        json_cases (cli, cases, die);
      else
        print_cases (cases, strata_die_get_serial (die));
      status = cases[1].program == NULL ? CLI_EXIT_UNMET : CLI_EXIT_DONE;
    }
  clear_cases (cases);
  return status;
}
