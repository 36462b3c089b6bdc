/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata report` and `strata query`: a profile as tables, pages and the answer to SQL.
 */
#include "cli.h"

static gboolean
write_csv (Cli *cli, StrataProfile *profile, const char *what, GError **error)
{
  g_autoptr (GOutputStream) stream = g_memory_output_stream_new_resizable ();
  g_autofree char *text = NULL;
  gboolean ok;

  if (g_str_equal (what, "layers"))
    ok = strata_profile_write_layers_csv (profile, stream, cli->cancellable, error);
  else if (g_str_equal (what, "events"))
    ok = strata_profile_write_events_csv (profile, stream, cli->cancellable, error);
  else if (g_str_equal (what, "spells"))
    ok = strata_profile_write_spells_csv (profile, stream, cli->cancellable, error);
  else
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--csv %s: layers, events or spells is accepted",
                   what);
      return FALSE;
    }
  if (ok && cli->json)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           "--csv or --json: one of the two is accepted");
      return FALSE;
    }
  if (!ok || !g_output_stream_write (stream, "", 1, NULL, error) || !g_output_stream_close (stream, NULL, error))
    return FALSE;
  text = g_memory_output_stream_steal_data (G_MEMORY_OUTPUT_STREAM (stream));
  g_print ("%s", text);
  return TRUE;
}

static int
report (Cli *cli, const char *path, const char *section, gboolean html, const char *csv, GError **error)
{
  g_autoptr (StrataProfile) profile = strata_profile_open (path, cli->cancellable, error);
  g_autofree char *text = NULL;

  if (profile == NULL)
    return -1;
  if (cli->json && csv == NULL)
    {
      g_autoptr (GOutputStream) stream = cli_output_stream ();

      return strata_profile_write_json (profile, section, stream, cli->cancellable, error) ? CLI_EXIT_DONE : -1;
    }
  /* An unknown section is wrong in every form, also in a page, which holds all of them. */
  if (section != NULL && (text = strata_profile_report_text (profile, section, error)) == NULL)
    return -1;
  g_clear_pointer (&text, g_free);
  if (csv != NULL)
    return write_csv (cli, profile, csv, error) ? CLI_EXIT_DONE : -1;
  if (html)
    text = strata_profile_report_html (profile);
  else
    text = strata_profile_report_text (profile, section, error);
  if (text == NULL)
    return -1;
  g_print ("%s", text);
  return CLI_EXIT_DONE;
}

static const char report_examples[] = "  strata report run.strata\n"
                                      "  strata report run.strata --section layers\n"
                                      "  strata report run.strata --html -o run.html\n"
                                      "  strata report run.strata --csv layers > layers.csv\n"
                                      "  strata report --cost phone\n"
                                      "  strata report --cost phone --html -o cost.html\n";

int
cli_report (Cli *cli, int argc, char **argv)
{
  g_autofree char *section = NULL;
  g_autofree char *csv = NULL;
  gboolean html = FALSE, cost = FALSE;
  const GOptionEntry own[] = {
    { "section", 0, 0, G_OPTION_ARG_STRING, &section,
      "Only this: summary, requirements, findings, layers, energy, units, temperature, governor, figures, decisions",
      "NAME" },
    { "html", 0, 0, G_OPTION_ARG_NONE, &html, "A self-contained page", NULL },
    { "csv", 0, 0, G_OPTION_ARG_STRING, &csv, "Comma-separated values: layers, events or spells", "WHAT" },
    { "cost", 0, 0, G_OPTION_ARG_NONE, &cost,
      "Of a chip, or that of a program or profile: yield, cost, what repair buys, all against tiers and spares", NULL },
    { NULL },
  };
  GError *error = NULL;
  int status = CLI_EXIT_DONE;

  if (!cli_parse (cli, own, "PROFILE | --cost CHIP|PROGRAM|PROFILE", "Tables and pages from a profile.",
                  report_examples, &argc, &argv, &status))
    return status;
  if (argc != 2)
    return cli_usage (cli, "report takes one profile; `strata report --help` explains");
  if (csv != NULL && (section != NULL || html))
    return cli_usage (cli, "--csv is a form of its own; leave out --section and --html");
  if (html && cli->json)
    return cli_usage (cli, "--html or --json: one of the two is accepted");
  if (cost && (section != NULL || csv != NULL))
    return cli_usage (cli, "--cost is a report of its own; leave out --section and --csv");
  if (!cli_redirect (cli, argv[1], &status))
    return status;
  status = cost ? cli_report_cost (cli, argv[1], html, &error) : report (cli, argv[1], section, html, csv, &error);
  return status < 0 ? cli_fail (cli, error) : status;
}

static void
query_json (Cli *cli, StrataProfileTable *table)
{
  JsonBuilder *builder = cli_json_begin (cli);

  cli_json_bool (builder, "truncated", strata_profile_table_is_truncated (table));
  json_builder_set_member_name (builder, "rows");
  json_builder_begin_array (builder);
  for (guint row = 0; row < strata_profile_table_get_n_rows (table); row++)
    {
      json_builder_begin_object (builder);
      for (guint column = 0; column < strata_profile_table_get_n_columns (table); column++)
        {
          g_autoptr (GVariant) value = g_variant_ref_sink (strata_profile_table_get_value (table, row, column));
          const char *key = strata_profile_table_get_column_name (table, column);

          if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
            cli_json_int (builder, key, g_variant_get_int64 (value));
          else if (g_variant_is_of_type (value, G_VARIANT_TYPE_DOUBLE))
            cli_json_number (builder, key, g_variant_get_double (value));
          else
            cli_json_string (builder, key,
                             g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ? g_variant_get_string (value, NULL)
                                                                                 : NULL);
        }
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  cli_json_end (cli, builder);
}

static int
query (Cli *cli, const char *path, const char *sql, gboolean csv, GError **error)
{
  g_autoptr (StrataProfile) profile = strata_profile_open (path, cli->cancellable, error);
  g_autoptr (StrataProfileTable) table = NULL;
  g_autofree char *text = NULL;

  if (profile == NULL)
    return -1;
  if (g_str_equal (sql, "schema"))
    {
      if (!cli->json)
        g_print ("%s", strata_profile_get_schema_sql ());
      else
        {
          JsonBuilder *builder = cli_json_begin (cli);

          cli_json_string (builder, "schema_sql", strata_profile_get_schema_sql ());
          cli_json_end (cli, builder);
        }
      return CLI_EXIT_DONE;
    }
  table = strata_profile_query (profile, sql, 0, cli->cancellable, error);
  if (table == NULL)
    return -1;
  if (cli->json)
    {
      query_json (cli, table);
      return CLI_EXIT_DONE;
    }
  text = csv ? strata_profile_table_to_csv (table) : strata_profile_table_to_text (table);
  g_print ("%s", text);
  if (!strata_profile_table_is_truncated (table))
    return CLI_EXIT_DONE;
  g_printerr ("strata: more rows were left out; add LIMIT and OFFSET\n");
  return CLI_EXIT_PARTIAL;
}

static const char query_examples[] =
  "  strata query run.strata 'SELECT name, energy_fj FROM layer_summary ORDER BY energy_fj DESC LIMIT 5'\n"
  "  strata query run.strata schema       (tables, columns and their units)\n";

int
cli_query (Cli *cli, int argc, char **argv)
{
  gboolean csv = FALSE;
  const GOptionEntry own[] = {
    { "csv", 0, 0, G_OPTION_ARG_NONE, &csv, "Comma-separated values", NULL },
    { NULL },
  };
  GError *error = NULL;
  int status = CLI_EXIT_DONE;

  if (!cli_parse (cli, own, "PROFILE SQL|schema", "Read-only SQL over a profile.", query_examples, &argc, &argv,
                  &status))
    return status;
  if (argc != 3)
    return cli_usage (cli, "query takes a profile and one SELECT; `strata query --help` explains");
  if (!cli_redirect (cli, argv[1], &status))
    return status;
  status = query (cli, argv[1], argv[2], csv, &error);
  return status < 0 ? cli_fail (cli, error) : status;
}
