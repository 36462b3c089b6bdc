/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata info MODEL`: what the model is made of, which units of a chip each part asks for, and which chips hold it; on
 * one screen.
 */
#include "info-model.h"

/* One screen: what stands above the table of layers leaves the rest to it. --verbose shows everything. */
#define SCREEN_LINES 40
#define SCREEN_COLUMNS 118
#define SCREEN_PORTS 3
#define MIN_LAYERS 5
#define LABEL_COLUMNS 19
#define NAME_COLUMNS 40

static const char *const kind_labels[STRATA_N_NODE_KINDS] = { "crossbars", "MAC units", "vector units", "moves" };

const char *
cli_kind_name (StrataNodeKind kind)
{
  static const char *const names[STRATA_N_NODE_KINDS] = { "crossbar", "mac", "vector", "move" };

  return names[kind];
}

void
cli_count_shares (StrataModel *model, CliShare *shares)
{
  for (guint i = 0; i < strata_model_get_n_nodes (model); i++)
    {
      CliShare *share = &shares[strata_model_get_node_kind (model, i)];

      share->n_nodes++;
      share->macs += strata_model_get_node_macs (model, i);
      share->parameters += strata_model_get_node_n_parameters (model, i);
    }
}

static void
count_name (GHashTable *counts, const char *name)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (counts, name));

  g_hash_table_insert (counts, (gpointer) name, GUINT_TO_POINTER (n + 1));
}

GHashTable *
cli_count_operators (StrataModel *model)
{
  GHashTable *counts = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < strata_model_get_n_nodes (model); i++)
    count_name (counts, strata_model_get_node_op (model, i));
  return counts;
}

GList *
cli_sort_names (GHashTable *counts)
{
  return g_list_sort (g_hash_table_get_keys (counts), (GCompareFunc) g_strcmp0);
}

/* "attention 5, rotary 10": how often each rule was applied */
static char *
count_rules (const GPtrArray *rewrites)
{
  g_autoptr (GHashTable) counts = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GList) names = NULL;

  for (guint i = 0; i < rewrites->len; i++)
    count_name (counts, strata_rewrite_get_rule (rewrites->pdata[i]));
  names = cli_sort_names (counts);
  for (GList *l = names; l != NULL; l = l->next)
    g_string_append_printf (text, "%s%s %u", l == names ? "" : ", ", (const char *) l->data,
                            GPOINTER_TO_UINT (g_hash_table_lookup (counts, l->data)));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* A line of the page, as cli_row () writes it */
static void row (GString *page, const char *label, const char *format, ...) G_GNUC_PRINTF (3, 4);

static void
row (GString *page, const char *label, const char *format, ...)
{
  va_list args;

  g_string_append_printf (page, "%-*s ", LABEL_COLUMNS - 1, label);
  va_start (args, format);
  g_string_append_vprintf (page, format, args);
  va_end (args);
  g_string_append_c (page, '\n');
}

/* "1814073344 (1.81 G)" */
static char *
count_text (gint64 n)
{
  static const char *const suffixes[] = { "k", "M", "G", "T" };
  double value = (double) n;
  int suffix = -1;

  while (value >= 999.5 && suffix + 1 < (int) G_N_ELEMENTS (suffixes))
    {
      value /= 1000;
      suffix++;
    }
  if (suffix < 0)
    return g_strdup_printf ("%" G_GINT64_FORMAT, n);
  return g_strdup_printf ("%" G_GINT64_FORMAT " (%.*f %s)", n,
                          value >= 99.95   ? 0
                          : value >= 9.995 ? 1
                                           : 2,
                          value, suffixes[suffix]);
}

static void
add_ports (GString *page, Cli *cli, StrataModel *model, gboolean outputs)
{
  guint n = outputs ? strata_model_get_n_outputs (model) : strata_model_get_n_inputs (model);
  guint n_shown = cli->verbose || n <= SCREEN_PORTS + 1 ? n : SCREEN_PORTS;

  for (guint i = 0; i < n_shown; i++)
    {
      guint n_dims;
      const gint64 *dims =
        outputs ? strata_model_get_output_shape (model, i, &n_dims) : strata_model_get_input_shape (model, i, &n_dims);
      g_autofree char *shape = cli_shape (dims, n_dims);

      row (page,
           i > 0     ? ""
           : outputs ? "outputs"
                     : "inputs",
           "%s  %s %s", outputs ? strata_model_get_output_name (model, i) : strata_model_get_input_name (model, i),
           strata_dtype_name (outputs ? strata_model_get_output_dtype (model, i)
                                      : strata_model_get_input_dtype (model, i)),
           shape);
    }
  if (n_shown < n)
    row (page, "", "… and %u more", n - n_shown);
}

static void
add_shares (GString *page, StrataModel *model)
{
  CliShare shares[STRATA_N_NODE_KINDS] = { 0 };
  double macs = (double) MAX (strata_model_get_n_macs (model), 1);

  cli_count_shares (model, shares);
  for (int kind = 0; kind < STRATA_N_NODE_KINDS; kind++)
    {
      g_autofree char *parameters = count_text (shares[kind].parameters);
      const char *label = kind == 0 ? "runs on" : "";

      if (shares[kind].macs > 0)
        row (page, label, "%-13s %5u operators, %5.1f %% of the MACs, %s parameters", kind_labels[kind],
             shares[kind].n_nodes, 100 * (double) shares[kind].macs / macs, parameters);
      else
        row (page, label, "%-13s %5u operators", kind_labels[kind], shares[kind].n_nodes);
    }
}

static void
add_fit (GString *page, StrataModel *model)
{
  for (const char *const *name = strata_chip_list_names (); *name != NULL; name++)
    {
      g_autoptr (StrataChip) chip = strata_chip_load (*name, NULL);
      gint64 required, total;

      if (chip == NULL)
        continue;
      required = strata_model_get_arrays_required (model, chip);
      total = strata_chip_get_n_arrays (chip);
      row (page, name == strata_chip_list_names () ? "arrays" : "",
           "%-16s %8" G_GINT64_FORMAT " of %6" G_GINT64_FORMAT "  %s", *name, required, total,
           required <= total ? "fits" : "does not fit");
    }
}

/* "Add 32, Cast 1, …", on as many lines as it takes */
static void
add_operators (GString *page, StrataModel *model)
{
  g_autoptr (GHashTable) counts = cli_count_operators (model);
  g_autoptr (GList) names = cli_sort_names (counts);
  g_autoptr (GString) line = g_string_new (NULL);
  const char *label = "operators";

  g_string_printf (line, "%u:", strata_model_get_n_nodes (model));
  for (GList *l = names; l != NULL; l = l->next)
    {
      g_autofree char *item =
        g_strdup_printf (" %s %u%s", (const char *) l->data, GPOINTER_TO_UINT (g_hash_table_lookup (counts, l->data)),
                         l->next == NULL ? "" : ",");

      if (line->len + strlen (item) > SCREEN_COLUMNS - LABEL_COLUMNS)
        {
          row (page, label, "%s", line->str);
          label = "";
          g_string_assign (line, " ");
        }
      g_string_append (line, item);
    }
  row (page, label, "%s", line->str);
}

/* What it was read from, and whether it can be executed */
static void
add_source (GString *page, StrataModel *model)
{
  const char *producer = strata_model_get_producer (model);

  row (page, "model", "%s", strata_model_get_path (model));
  if (!strata_model_is_made (model))
    {
      row (page, "format", "ONNX opset %d%s%s", strata_model_get_opset (model), producer == NULL ? "" : ", written by ",
           producer == NULL ? "" : producer);
      return;
    }
  row (page, "format", "a transformer by its configuration, in operators of ONNX opset %d",
       strata_model_get_opset (model));
  row (page, "weights", "%s",
       strata_model_has_weights (model)
         ? "of the checkpoint beside the configuration"
         : "none beside the configuration: it can be counted; executing and compiling need them");
}

/* The end of a name that is too long says more than its beginning. */
static char *
clip_name (const char *name, glong n_columns)
{
  glong n = g_utf8_strlen (name, -1);

  return n <= n_columns ? g_strdup (name) : g_strconcat ("…", g_utf8_offset_to_pointer (name, n - n_columns + 1), NULL);
}

static glong
name_columns (Cli *cli, StrataModel *model)
{
  glong longest = NAME_COLUMNS;

  for (guint i = 0; cli->verbose && i < strata_model_get_n_nodes (model); i++)
    longest = MAX (longest, g_utf8_strlen (strata_model_get_node_name (model, i), -1));
  return longest;
}

static void
print_layer (StrataModel *model, guint node, glong n_columns)
{
  guint n_dims;
  const gint64 *dims = strata_model_get_node_shape (model, node, &n_dims);
  g_autofree char *shape = cli_shape (dims, n_dims);
  g_autofree char *name = clip_name (strata_model_get_node_name (model, node), n_columns);

  /* × and … are more bytes than columns */
  g_print ("%s%*s %-20s %s%*s %14" G_GINT64_FORMAT " %12" G_GINT64_FORMAT "  %s\n", name,
           (int) (n_columns - g_utf8_strlen (name, -1)), "", strata_model_get_node_op (model, node), shape,
           MAX (18 - (int) g_utf8_strlen (shape, -1), 0), "", strata_model_get_node_macs (model, node),
           strata_model_get_node_n_parameters (model, node), cli_kind_name (strata_model_get_node_kind (model, node)));
}

/* The first @n_rows layers with products, in order; with --verbose, all operators. */
static void
print_layers (Cli *cli, StrataModel *model, guint n_rows)
{
  glong n_columns = name_columns (cli, model);
  guint n_shown = 0, n_more = 0;

  g_print ("\n%-*s %-20s %-18s %14s %12s  %s\n", (int) n_columns, "layer", "operator", "output", "MACs", "parameters",
           "unit");
  for (guint i = 0; i < strata_model_get_n_nodes (model); i++)
    if (cli->verbose || (strata_model_get_node_macs (model, i) > 0 && n_shown < n_rows))
      {
        print_layer (model, i, n_columns);
        n_shown++;
      }
    else if (strata_model_get_node_macs (model, i) > 0)
      n_more++;
  if (n_more > 0)
    g_print ("… and %u more; --verbose lists every operator\n", n_more);
}

/* The log's own line; where that is long, the first operator and how many more there are. */
static void
print_rewrite (Cli *cli, const StrataRewrite *rewrite)
{
  const char *text = strata_rewrite_get_text (rewrite);
  const char *const *nodes = strata_rewrite_get_nodes (rewrite);
  guint n_nodes = g_strv_length ((char **) nodes);
  g_autofree char *first = NULL, *name = NULL;

  if (cli->verbose || n_nodes < 2 || strata_rewrite_get_name (rewrite) == NULL
      || g_utf8_strlen (text, -1) <= SCREEN_COLUMNS)
    {
      g_print ("%s\n", text);
      return;
    }
  first = clip_name (nodes[0], NAME_COLUMNS);
  name = clip_name (strata_rewrite_get_name (rewrite), NAME_COLUMNS);
  g_print ("%s: %s and %u more -> %s %s\n", strata_rewrite_get_rule (rewrite), first, n_nodes - 1,
           strata_rewrite_get_op (rewrite), name);
}

static void
print_rewrites (Cli *cli, const GPtrArray *rewrites)
{
  g_autofree char *rules = count_rules (rewrites);

  cli_row ("clean-up", "%u rewrites%s%s", rewrites->len, rewrites->len == 0 ? "" : ": ", rules);
  g_print (rewrites->len == 0 ? "" : "\n");
  for (guint i = 0; i < rewrites->len; i++)
    print_rewrite (cli, rewrites->pdata[i]);
}

static void
add_counts (GString *page, StrataModel *model)
{
  g_autofree char *trainable = count_text (strata_model_get_n_trainable (model));
  g_autofree char *products = count_text (strata_model_get_n_parameters (model));
  g_autofree char *macs = count_text (strata_model_get_n_macs (model));
  gint64 n_peak, n_written = strata_model_get_n_activations (model, &n_peak);
  gint64 n_active = strata_model_get_n_active_macs (model);
  g_autofree char *active = count_text (n_active);
  g_autofree char *written = count_text (n_written);
  g_autofree char *peak = count_text (n_peak);

  if (strata_model_get_n_folded (model) > 0)
    row (page, "folded", "%u operators of constants and shapes alone", strata_model_get_n_folded (model));
  row (page, "numbers", "%s",
       strata_model_get_n_quantised_layers (model) > 0
         ? "quantised (QDQ)"
         : "float; `strata compile` takes ranges of activations from --calibration, and guesses them without");
  row (page, "parameters", "%s trained; %s of convolutions and products", trainable, products);
  if (n_active < strata_model_get_n_macs (model))
    row (page, "MACs", "%s with every expert; %s with those that are picked", macs, active);
  else
    row (page, "MACs", "%s", macs);
  row (page, "activations", "%s elements written; at most %s alive at once", written, peak);
}

static guint
count_lines (const GString *page)
{
  guint n = 0;

  for (gsize i = 0; i < page->len; i++)
    n += page->str[i] == '\n';
  return n;
}

static void
print_text (Cli *cli, StrataModel *model, const char *digest, const GPtrArray *rewrites)
{
  g_autoptr (GString) page = g_string_new (NULL);
  guint n_above; /* with the blank line, the table's head and what counts the layers left out */

  add_source (page, model);
  if (digest != NULL)
    row (page, "digest", "%s", digest);
  add_operators (page, model);
  add_counts (page, model);
  add_ports (page, cli, model, FALSE);
  add_ports (page, cli, model, TRUE);
  add_shares (page, model);
  add_fit (page, model);
  g_print ("%s", page->str);
  n_above = count_lines (page) + 3;
  if (rewrites == NULL)
    print_layers (cli, model, n_above + MIN_LAYERS < SCREEN_LINES ? SCREEN_LINES - n_above : MIN_LAYERS);
  else
    print_rewrites (cli, rewrites);
}

int
cli_info_model (Cli *cli, const char *path, const CliInfoOptions *options, GError **error)
{
  g_autoptr (StrataModelOptions) shapes = cli_read_shapes (options->shapes, options->bound, error);
  g_autoptr (StrataModel) model =
    shapes == NULL ? NULL : strata_model_open_with (path, shapes, cli->cancellable, error);
  g_autoptr (GPtrArray) rewrites = NULL;
  g_autofree char *digest = NULL;

  if (model == NULL)
    return -1;
  if (options->rewrites && (rewrites = strata_model_list_rewrites (model, error)) == NULL)
    return -1;
  if (options->digest)
    {
      GError *reason = NULL;
      guint64 value = strata_model_compute_digest (model, cli_progress, cli, cli->cancellable, &reason);

      cli_progress_clear (cli);
      if (reason != NULL)
        {
          g_propagate_error (error, reason);
          return -1;
        }
      digest = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", value);
    }
  if (cli->json)
    cli_json_model (cli, model, digest, rewrites);
  else
    print_text (cli, model, digest, rewrites);
  return CLI_EXIT_DONE;
}
