/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata validate --published`: published numbers beside the model's.
 */
#include "cli.h"

static const char *const kinds[] = {
  [STRATA_VALIDATION_KIND_IDENTITY] = "identity",
  [STRATA_VALIDATION_KIND_FIT] = "fit",
  [STRATA_VALIDATION_KIND_PREDICTION] = "prediction",
};

/* Units that are written out as they are; ratios and counts have none */
static char *
value_text (double value, const char *unit)
{
  static const struct
  {
    const char *unit, *suffix;
    int n_digits;
  } plain[] = { { "TOPS", " TOPS", 4 },
                { "TOPS/W", " TOPS/W", 4 },
                { "K", " K", 6 },
                { "percent", " %", 4 },
                { "ratio", "", 4 },
                { "count", "", 6 },
                { "um2", " µm²", 4 },
                { "uS", " µS", 5 },
                { "mm2", " mm²", 4 },
                { "ns", " ns", 5 },
                { "TOPS/mm2", " TOPS/mm²", 4 } };

  for (guint i = 0; i < G_N_ELEMENTS (plain); i++)
    if (g_str_equal (unit, plain[i].unit))
      return g_strdup_printf ("%.*g%s", plain[i].n_digits, value, plain[i].suffix);
  return strata_quantity_to_text (value, unit);
}

/* Rows by what became of them */
typedef struct
{
  guint n, n_agree, n_known; /* n_known: outside, as declared */
} Count;

static Count
count_rows (const GPtrArray *list)
{
  Count count = { .n = list->len };

  for (guint i = 0; i < list->len; i++)
    {
      const StrataValidation *row = g_ptr_array_index (list, i);
      gboolean agrees = strata_validation_agrees (row);

      count.n_agree += agrees ? 1 : 0;
      count.n_known += !agrees && strata_validation_get_known_miss (row) != NULL ? 1 : 0;
    }
  return count;
}

static char *
verdict_text (const StrataValidation *row)
{
  const char *known = strata_validation_get_known_miss (row);

  if (strata_validation_agrees (row))
    return known != NULL ? g_strdup ("  <- agrees, though declared a miss") : g_strdup ("");
  return known != NULL ? g_strdup_printf ("  <- missed: %s", known) : g_strdup ("  <- missed, which was not known");
}

static void
print_row (const StrataValidation *row)
{
  const char *unit = strata_validation_get_unit (row);
  double ours = strata_validation_get_ours (row), published = strata_validation_get_published (row);
  g_autofree char *published_text = value_text (published, unit), *ours_text = value_text (ours, unit);
  g_autofree char *lowest = value_text (strata_validation_get_lowest (row), unit);
  g_autofree char *highest = value_text (strata_validation_get_highest (row), unit);
  g_autofree char *range = g_strdup_printf ("%s … %s", lowest, highest), *verdict = verdict_text (row);
  /* by characters: µ and … are two bytes and three */
  int pads[] = { 12 - (int) g_utf8_strlen (published_text, -1), 12 - (int) g_utf8_strlen (ours_text, -1),
                 27 - (int) g_utf8_strlen (range, -1) };

  g_print ("%-20s %*s%s %*s%s %+8.2f %%  %s%*s %-10s %s: %s (%s)%s\n", strata_validation_get_name (row),
           MAX (0, pads[0]), "", published_text, MAX (0, pads[1]), "", ours_text,
           100 * strata_validation_get_deviation (row), range, MAX (0, pads[2]), "",
           kinds[strata_validation_get_kind (row)], strata_validation_get_subject (row),
           strata_validation_get_what (row), strata_validation_get_source (row), verdict);
}

static void
print_table (const GPtrArray *list, const Count *count)
{
  guint n_of_kind[G_N_ELEMENTS (kinds)] = { 0 }, n_agree[G_N_ELEMENTS (kinds)] = { 0 };

  g_print ("%-20s %12s %12s %10s  %-27s %-10s %s\n", "", "published", "ours", "difference", "accepted", "kind", "of");
  for (guint i = 0; i < list->len; i++)
    {
      const StrataValidation *row = g_ptr_array_index (list, i);
      StrataValidationKind kind = strata_validation_get_kind (row);

      n_of_kind[kind]++;
      n_agree[kind] += strata_validation_agrees (row) ? 1 : 0;
      print_row (row);
    }
  g_print ("\n");
  for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    cli_row (kinds[kind], "%u of %u within what is accepted", n_agree[kind], n_of_kind[kind]);
  g_print (
    "\nidentity: the published model with the published constants, which tests arithmetic and solvers only. fit: a "
    "constant of the\nmodel was chosen by this number. prediction: nothing in the model was chosen by it. missed: "
    "outside "
    "of what is accepted, which\nis not widened for it. All of ours are modelled.\n\n");
  g_print ("%u of %u within tolerance, %u known %s", count->n_agree, count->n, count->n_known,
           count->n_known == 1 ? "miss" : "misses");
  if (count->n_agree + count->n_known < count->n)
    g_print (", %u not known", count->n - count->n_agree - count->n_known);
  g_print ("\n");
}

static void
print_json (Cli *cli, const GPtrArray *list, const Count *count)
{
  JsonBuilder *builder = cli_json_begin (cli);

  json_builder_set_member_name (builder, "published");
  json_builder_begin_array (builder);
  for (guint i = 0; i < list->len; i++)
    {
      const StrataValidation *row = g_ptr_array_index (list, i);

      json_builder_begin_object (builder);
      cli_json_string (builder, "name", strata_validation_get_name (row));
      cli_json_string (builder, "subject", strata_validation_get_subject (row));
      cli_json_string (builder, "what", strata_validation_get_what (row));
      cli_json_string (builder, "unit", strata_validation_get_unit (row));
      cli_json_string (builder, "source", strata_validation_get_source (row));
      cli_json_string (builder, "kind", kinds[strata_validation_get_kind (row)]);
      cli_json_number (builder, "published", strata_validation_get_published (row));
      cli_json_number (builder, "ours", strata_validation_get_ours (row));
      cli_json_number (builder, "lowest", strata_validation_get_lowest (row));
      cli_json_number (builder, "highest", strata_validation_get_highest (row));
      cli_json_number (builder, "deviation", strata_validation_get_deviation (row));
      cli_json_bool (builder, "agrees", strata_validation_agrees (row));
      cli_json_bool (builder, "missed", !strata_validation_agrees (row));
      cli_json_string (builder, "known_miss", strata_validation_get_known_miss (row));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  cli_json_number (builder, "n_rows", count->n);
  cli_json_number (builder, "n_within", count->n_agree);
  cli_json_number (builder, "n_known_misses", count->n_known);
  cli_json_number (builder, "n_unknown_misses", count->n - count->n_agree - count->n_known);
  cli_json_end (cli, builder);
}

int
cli_validate (Cli *cli, int argc, char **argv)
{
  gboolean published = FALSE;
  const GOptionEntry entries[] = {
    { "published", 0, 0, G_OPTION_ARG_NONE, &published, "Published numbers against the model's", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GPtrArray) list = NULL;
  Count count;
  int status;

  if (!cli_parse (cli, entries, "--published", "Checks the model against what others published.",
                  "  strata validate --published\n\nExits with 5 where a row is missed that is not a known miss.\n",
                  &argc, &argv, &status))
    return status;
  if (argc > 1)
    return cli_usage (cli, "\"%s\": takes no argument; `strata info FILE` checks a file", argv[1]);
  if (!published)
    return cli_usage (cli, "nothing to validate; --published compares published numbers with the model's");
  if (!cli_redirect (cli, NULL, &status))
    return status;
  list = strata_validation_list_published ();
  count = count_rows (list);
  if (cli->json)
    print_json (cli, list, &count);
  else
    print_table (list, &count);
  return count.n_agree + count.n_known < count.n ? CLI_EXIT_UNMET : CLI_EXIT_DONE;
}
