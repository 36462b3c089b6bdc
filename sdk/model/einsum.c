/* SPDX-License-Identifier: Apache-2.0
 *
 * Einsum-12: letters are labels, an ellipsis stands for dimensions that broadcast, without an arrow the output has the
 * ellipsis and the letters that occur once, in alphabetical order.
 */
#include "model/einsum.h"

#include <string.h>

#include "model/shape/shapes.h"

#define N_SYMBOLS (128 + STRATA_MAX_DIMS) /* characters, then dimensions of the ellipsis from the last to the first */
#define MAX_TERM 32

typedef struct
{
  guint8 symbols[MAX_TERM];
  int n;
} Term;

static gboolean
complain (GError **error, const char *equation)
{
  return strata_shape_fail (error,
                            "its equation %s does not fit its inputs; one term per input and one letter per dimension "
                            "are needed",
                            equation);
}

/* One term up to @end, the ellipsis taken for @n_ellipsis dimensions; FALSE: it is wrong */
static gboolean
read_term (const char *text, const char *end, int n_ellipsis, Term *term)
{
  term->n = 0;
  for (; text < end; text++)
    {
      if (*text == ' ')
        continue;
      if (term->n + n_ellipsis >= MAX_TERM)
        return FALSE;
      if (g_ascii_isalpha (*text))
        term->symbols[term->n++] = (guint8) *text;
      else if (end - text >= 3 && strncmp (text, "...", 3) == 0)
        {
          for (int i = n_ellipsis - 1; i >= 0; i--)
            term->symbols[term->n++] = (guint8) (128 + i);
          text += 2;
        }
      else
        return FALSE;
    }
  return TRUE;
}

static int
count_letters (const char *text, const char *end)
{
  int n = 0;

  for (; text < end; text++)
    n += g_ascii_isalpha (*text) != 0;
  return n;
}

static gboolean
has_ellipsis (const char *text, const char *end)
{
  return g_strstr_len (text, end - text, "...") != NULL;
}

/* Terms of the operands, and how many dimensions the longest ellipsis has */
static gboolean
read_operands (const char *equation, const char *end, int n_operands, const int *n_dims, Term *terms, int *n_ellipsis)
{
  const char *at = equation;

  *n_ellipsis = 0;
  for (int i = 0; i < n_operands; i++)
    {
      const char *comma = memchr (at, ',', (gsize) (end - at));
      const char *stop = i == n_operands - 1 ? end : comma;
      int extra;

      if (stop == NULL || (i == n_operands - 1 && comma != NULL))
        return FALSE;
      extra = n_dims[i] - count_letters (at, stop);
      if (has_ellipsis (at, stop) ? extra < 0 : extra != 0)
        return FALSE;
      if (!read_term (at, stop, extra, &terms[i]) || terms[i].n != n_dims[i])
        return FALSE;
      *n_ellipsis = MAX (*n_ellipsis, extra);
      at = stop + 1;
    }
  return TRUE;
}

static void
imply_output (const Term *terms, int n_operands, int n_ellipsis, Term *out)
{
  int count[N_SYMBOLS] = { 0 };

  out->n = 0;
  for (int i = 0; i < n_operands; i++)
    for (int k = 0; k < terms[i].n; k++)
      count[terms[i].symbols[k]]++;
  for (int i = n_ellipsis - 1; i >= 0; i--)
    out->symbols[out->n++] = (guint8) (128 + i);
  for (int c = 0; c < 128 && out->n < MAX_TERM; c++)
    if (count[c] == 1)
      out->symbols[out->n++] = (guint8) c;
}

/* The label of @symbol, a new one where it has none; -1: too many */
static int
label_of (int *labels, guint8 symbol, StrataEinsum *e)
{
  if (labels[symbol] < 0)
    {
      if (e->n_labels >= STRATA_EINSUM_MAX_LABELS)
        return -1;
      e->size[e->n_labels] = 1;
      labels[symbol] = e->n_labels++;
    }
  return labels[symbol];
}

static gboolean
add_operand (const Term *term, const gint64 *dims, int which, int *labels, StrataEinsum *e)
{
  gint64 stride = 1;

  for (int d = term->n - 1; d >= 0; d--)
    {
      int label = label_of (labels, term->symbols[d], e);

      if (label < 0 || (e->size[label] != 1 && dims[d] != 1 && e->size[label] != dims[d]))
        return FALSE;
      e->size[label] = dims[d] == 1 ? e->size[label] : dims[d];
      e->stride[which][label] += dims[d] == 1 ? 0 : stride; /* twice the same letter: the diagonal */
      stride *= dims[d];
    }
  return TRUE;
}

gboolean
strata_einsum_read (
  const char *equation, int n_operands, const gint64 *const *dims, const int *n_dims, StrataEinsum *e, GError **error)
{
  const char *arrow = strstr (equation, "->"), *end = arrow == NULL ? equation + strlen (equation) : arrow;
  Term terms[STRATA_EINSUM_MAX_OPERANDS], out;
  int labels[N_SYMBOLS], n_ellipsis;

  memset (e, 0, sizeof *e);
  memset (labels, -1, sizeof labels);
  if (n_operands > STRATA_EINSUM_MAX_OPERANDS)
    return strata_shape_lack (error, "it has %d inputs; at most %d are accepted", n_operands,
                              STRATA_EINSUM_MAX_OPERANDS);
  if (!read_operands (equation, end, n_operands, n_dims, terms, &n_ellipsis))
    return complain (error, equation);
  if (arrow == NULL)
    imply_output (terms, n_operands, n_ellipsis, &out);
  else if (!read_term (arrow + 2, arrow + strlen (arrow), n_ellipsis, &out))
    return complain (error, equation);
  e->n_operands = n_operands;
  for (int i = 0; i < out.n; i++)
    if (labels[out.symbols[i]] >= 0 || label_of (labels, out.symbols[i], e) < 0)
      return complain (error, equation);
  e->n_out = out.n;
  for (int i = 0; i < n_operands; i++)
    if (!add_operand (&terms[i], dims[i], i, labels, e))
      return complain (error, equation);
  return TRUE;
}

gboolean
strata_shape_einsum (StrataShape *shape, GError **error)
{
  const gint64 *dims[STRATA_EINSUM_MAX_OPERANDS] = { NULL };
  int n_dims[STRATA_EINSUM_MAX_OPERANDS] = { 0 };
  StrataEinsum einsum;

  for (int i = 0; i < shape->node->n_inputs; i++)
    {
      if (!strata_shape_need (shape, i, STRATA_TYPES_FLOAT, error) || !strata_shape_agree (shape, 0, i, error))
        return FALSE;
      if (i < STRATA_EINSUM_MAX_OPERANDS)
        {
          dims[i] = strata_shape_in (shape, i)->dims;
          n_dims[i] = strata_shape_in (shape, i)->n_dims;
        }
    }
  return strata_einsum_read (strata_node_string (shape->node, "equation", ""), shape->node->n_inputs, dims, n_dims,
                             &einsum, error)
         && strata_shape_set (shape, 0, strata_shape_in (shape, 0)->dtype, einsum.n_out, einsum.size, error);
}
