/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors to exit codes and text, JSON envelopes, option parsing, rows and the progress bar.
 */
#include "cli.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

static int
import_exit (int code)
{
  return code == STRATA_IMPORT_ERROR_NOT_FOUND ? CLI_EXIT_NOT_FOUND : CLI_EXIT_FORMAT;
}

static int
compile_exit (int code)
{
  switch (code)
    {
    case STRATA_COMPILE_ERROR_NOT_FOUND:
      return CLI_EXIT_NOT_FOUND;
    case STRATA_COMPILE_ERROR_CAPACITY:
    case STRATA_COMPILE_ERROR_REQUIREMENT:
      return CLI_EXIT_UNMET;
    default:
      return CLI_EXIT_FORMAT;
    }
}

static int
device_exit (int code)
{
  switch (code)
    {
    case STRATA_DEVICE_ERROR_NOT_FOUND:
      return CLI_EXIT_NO_DEVICE;
    case STRATA_DEVICE_ERROR_LOST:
    case STRATA_DEVICE_ERROR_TIMEOUT:
      return CLI_EXIT_LOST;
    default:
      return CLI_EXIT_FORMAT;
    }
}

static int
profile_exit (int code)
{
  switch (code)
    {
    case STRATA_PROFILE_ERROR_NOT_FOUND:
      return CLI_EXIT_NOT_FOUND;
    case STRATA_PROFILE_ERROR_FORMAT:
    case STRATA_PROFILE_ERROR_VERSION:
      return CLI_EXIT_FORMAT;
    case STRATA_PROFILE_ERROR_QUERY:
      return CLI_EXIT_USAGE;
    default:
      return CLI_EXIT_FAILED;
    }
}

static int
error_exit (const GError *error)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return CLI_EXIT_INTERRUPTED;
  if (error->domain == STRATA_IMPORT_ERROR)
    return import_exit (error->code);
  if (error->domain == STRATA_CHIP_ERROR)
    return error->code == STRATA_CHIP_ERROR_NOT_FOUND ? CLI_EXIT_NOT_FOUND : CLI_EXIT_FORMAT;
  if (error->domain == STRATA_COMPILE_ERROR)
    return compile_exit (error->code);
  if (error->domain == STRATA_DEVICE_ERROR)
    return device_exit (error->code);
  if (error->domain == STRATA_PROFILE_ERROR)
    return profile_exit (error->code);
  if (error->domain == G_OPTION_ERROR)
    return CLI_EXIT_USAGE;
  return CLI_EXIT_FAILED;
}

static const char *
exit_name (int status)
{
  static const char *const names[] = { "done",  "failed",    "usage",       "not-found", "format",
                                       "unmet", "no-device", "device-lost", "partial" };

  return status == CLI_EXIT_INTERRUPTED ? "interrupted" : names[status];
}

static void
print_json (JsonNode *root)
{
  g_autofree char *text = json_to_string (root, TRUE);

  g_print ("%s\n", text);
}

static int
report_error (Cli *cli, int status, const char *message)
{
  const char *split = strstr (message, "; ");

  cli_progress_clear (cli);
  cli_drop_output (cli);
  if (!cli->json)
    {
      g_autofree char *details =
        status == CLI_EXIT_UNMET && cli->certificate != NULL ? cli_describe_certificate (cli->certificate) : NULL;

      g_printerr ("strata: %s\n%s", message, details == NULL ? "" : details);
    }
  else
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();
      g_autoptr (JsonNode) root = NULL;
      g_autofree char *schema = g_strconcat ("strata.", cli->verb, NULL);

      json_builder_begin_object (builder);
      cli_json_string (builder, "schema", schema);
      cli_json_string (builder, "schema_version", "1.0");
      json_builder_set_member_name (builder, "error");
      json_builder_begin_object (builder);
      cli_json_string (builder, "code", exit_name (status));
      cli_json_int (builder, "exit", status);
      cli_json_string (builder, "message", message);
      cli_json_string (builder, "hint", split == NULL ? NULL : split + 2);
      if (status == CLI_EXIT_UNMET && cli->certificate != NULL)
        cli_json_certificate (builder, cli->certificate);
      json_builder_end_object (builder);
      json_builder_end_object (builder);
      root = json_builder_get_root (builder);
      print_json (root);
    }
  return status;
}

int
cli_fail (Cli *cli, GError *error)
{
  int status = error_exit (error);

  report_error (cli, status, status == CLI_EXIT_INTERRUPTED ? "interrupted; nothing was written" : error->message);
  g_error_free (error);
  return status;
}

int
cli_usage (Cli *cli, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  return report_error (cli, CLI_EXIT_USAGE, message);
}

JsonBuilder *
cli_json_begin (Cli *cli)
{
  JsonBuilder *builder = json_builder_new ();
  g_autofree char *schema = g_strconcat ("strata.", cli->verb, NULL);

  json_builder_begin_object (builder);
  cli_json_string (builder, "schema", schema);
  cli_json_string (builder, "schema_version", "1.0");
  json_builder_set_member_name (builder, "result");
  json_builder_begin_object (builder);
  return builder;
}

void
cli_json_end (Cli *cli, JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = NULL;

  cli_progress_clear (cli);
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  print_json (root);
  g_object_unref (builder);
}

void
cli_json_string (JsonBuilder *builder, const char *key, const char *value)
{
  json_builder_set_member_name (builder, key);
  if (value == NULL)
    json_builder_add_null_value (builder);
  else
    json_builder_add_string_value (builder, value);
}

void
cli_json_int (JsonBuilder *builder, const char *key, gint64 value)
{
  json_builder_set_member_name (builder, key);
  json_builder_add_int_value (builder, value);
}

void
cli_json_bool (JsonBuilder *builder, const char *key, gboolean value)
{
  json_builder_set_member_name (builder, key);
  json_builder_add_boolean_value (builder, value);
}

void
cli_json_number (JsonBuilder *builder, const char *key, double value)
{
  json_builder_set_member_name (builder, key);
  if (!isfinite (value))
    json_builder_add_null_value (builder);
  else if (value == floor (value) && fabs (value) < 9e15)
    json_builder_add_int_value (builder, (gint64) value);
  else
    json_builder_add_double_value (builder, value);
}

void
cli_json_port (JsonBuilder *builder, const char *name, StrataDtype dtype, const gint64 *dims, guint n_dims)
{
  json_builder_begin_object (builder);
  cli_json_string (builder, "name", name);
  cli_json_string (builder, "dtype", strata_dtype_name (dtype));
  json_builder_set_member_name (builder, "dims");
  json_builder_begin_array (builder);
  for (guint d = 0; d < n_dims; d++)
    json_builder_add_int_value (builder, dims[d]);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

void
cli_row (const char *label, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_print ("%-18s %s\n", label, text);
}

/* The same words as in reports; a band that says nothing is left out. */
char *
cli_band (const double value[STRATA_N_BANDS], const char *unit)
{
  gboolean same = value[STRATA_BAND_OPTIMISTIC] == value[STRATA_BAND_NOMINAL]
                  && value[STRATA_BAND_CONSERVATIVE] == value[STRATA_BAND_NOMINAL];

  return same ? strata_format_quantity (value[STRATA_BAND_NOMINAL], unit)
              : strata_format_banded (value[STRATA_BAND_NOMINAL], value[STRATA_BAND_OPTIMISTIC],
                                      value[STRATA_BAND_CONSERVATIVE], unit);
}

char *
cli_shape (const gint64 *dims, guint n_dims)
{
  GString *text = g_string_new (n_dims == 0 ? "scalar" : NULL);

  for (guint i = 0; i < n_dims; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i == 0 ? "" : "×", dims[i]);
  return g_string_free (text, FALSE);
}

void
cli_progress (double fraction, const char *stage, gpointer data)
{
  Cli *cli = data;
  int filled = (int) (CLAMP (fraction, 0, 1) * 30);

  if (cli->quiet || !isatty (STDERR_FILENO))
    return;
  g_printerr ("\r[%.*s%.*s] %3d %%  %-12s", filled, "##############################", 30 - filled,
              "                              ", (int) (CLAMP (fraction, 0, 1) * 100), stage);
  cli->progress_shown = TRUE;
}

void
cli_progress_clear (Cli *cli)
{
  if (cli->progress_shown)
    g_printerr ("\r%60s\r", "");
  cli->progress_shown = FALSE;
}

static const char *const analog_names[] = { "off", "ideal", "nominal", "optimistic", "conservative", NULL };

gboolean
cli_parse_analog (const char *text, StrataAnalog *analog, GError **error)
{
  for (int i = 0; text != NULL && analog_names[i] != NULL; i++)
    if (g_str_equal (text, analog_names[i]))
      {
        *analog = (StrataAnalog) i;
        return TRUE;
      }
  if (text == NULL)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "--analog %s: unknown level; off, ideal, nominal, optimistic or conservative is accepted", text);
  return FALSE;
}

const char *
cli_analog_name (StrataAnalog analog)
{
  return analog_names[analog];
}

guint
cli_edit_distance (const char *a, const char *b)
{
  gsize n = strlen (b);
  g_autofree guint *row = g_new (guint, n + 1);

  for (gsize j = 0; j <= n; j++)
    row[j] = (guint) j;
  for (gsize i = 1; a[i - 1] != '\0'; i++)
    {
      guint diagonal = row[0];

      row[0] = (guint) i;
      for (gsize j = 1; j <= n; j++)
        {
          guint best = MIN (MIN (row[j], row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));

          diagonal = row[j];
          row[j] = best;
        }
    }
  return row[n];
}
