/* SPDX-License-Identifier: Apache-2.0
 *
 * --age, --temperature, --recalibrated, --without-physics, --only-physics: under which conditions arrays are read.
 */
#include <math.h>

#include "cli.h"

gboolean
cli_has_conditions (const CliConditionOptions *options)
{
  return options->age != NULL || options->temperature != NULL || options->recalibrated != NULL
         || options->without != NULL || options->only != NULL;
}

CliEntries *
cli_condition_entries (CliConditionOptions *options, const CliEntries *more)
{
  const GOptionEntry own[] = {
    { "age", 0, 0, G_OPTION_ARG_STRING, &options->age,
      "Time since the weights were programmed, such as 30d (default 0)", "TIME" },
    { "temperature", 0, 0, G_OPTION_ARG_STRING, &options->temperature,
      "Of the arrays while they age and are read, such as 55degC, or work: as its own work keeps them (default: the "
      "chip's ambient)",
      "TEMPERATURE" },
    { "recalibrated", 0, 0, G_OPTION_ARG_STRING, &options->recalibrated,
      "Age at which converters and corrections were set last (default 0)", "TIME" },
    { "without-physics", 0, 0, G_OPTION_ARG_STRING, &options->without,
      "Leave terms of the arrays' physics out: programming, retention, read, thermal, …", "TERM,…" },
    { "only-physics", 0, 0, G_OPTION_ARG_STRING, &options->only, "Leave all others out", "TERM,…" },
    { NULL },
  };

  return cli_join_entries (more, own);
}

gboolean
cli_check_conditions (const CliConditionOptions *options, StrataAnalog analog, GError **error)
{
  if (analog > STRATA_ANALOG_IDEAL
      || (options->age == NULL && options->temperature == NULL && options->recalibrated == NULL))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "--age, --temperature and --recalibrated: exact arrays (--analog %s) have none; nominal, optimistic or "
               "conservative does",
               cli_analog_name (analog));
  return FALSE;
}

char *
cli_conditions_text (StrataProgram *program, const StrataConditions *conditions)
{
  double coolest_c = (double) NAN, hottest_c = (double) NAN;

  if (strata_conditions_is_at_work (conditions))
    strata_program_get_array_temperatures (program, &coolest_c, &hottest_c, NULL);
  return strata_conditions_describe (conditions, coolest_c, hottest_c);
}

void
cli_json_conditions (JsonBuilder *builder, StrataProgram *program, const StrataConditions *conditions)
{
  g_autofree char *text = cli_conditions_text (program, conditions);
  double coolest_c, hottest_c;

  cli_json_string (builder, "conditions", text);
  if (!strata_conditions_is_at_work (conditions)
      || !strata_program_get_array_temperatures (program, &coolest_c, &hottest_c, NULL))
    return;
  cli_json_number (builder, "array_coolest_c", coolest_c);
  cli_json_number (builder, "array_hottest_c", hottest_c);
}

StrataConditions *
cli_read_conditions (const CliConditionOptions *options, GError **error)
{
  const struct
  {
    const char *option, *name, *text;
  } given[] = {
    { "--age", "age", options->age },
    { "--recalibrated", "calibrated-age", options->recalibrated },
    { "--temperature", "temperature", options->temperature },
    { "--without-physics", "without", options->without },
    { "--only-physics", "only", options->only },
  };
  g_autoptr (StrataConditions) conditions = strata_conditions_new ();
  g_autoptr (GError) reason = NULL;

  if (options->without != NULL && options->only != NULL)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           "--without-physics and --only-physics: one of the two is accepted");
      return NULL;
    }
  for (guint i = 0; i < G_N_ELEMENTS (given); i++)
    if (given[i].text != NULL && !strata_conditions_set (conditions, given[i].name, given[i].text, &reason))
      {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: %s", given[i].option, reason->message);
        return NULL;
      }
  if (!strata_conditions_check (conditions, &reason))
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, reason->message);
      return NULL;
    }
  return g_steal_pointer (&conditions);
}
