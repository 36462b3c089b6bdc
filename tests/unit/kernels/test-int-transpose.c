/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/int-transpose.h"

#include <string.h>

/* Every shape around the blocks; what lies between the rows of the output is not touched. */
static void
test_shapes (void)
{
  enum
  {
    MOST = 35,
    LD = MOST + 2
  };
  gint16 in[MOST * LD], out[MOST * LD];

  for (int i = 0; i < MOST * LD; i++)
    in[i] = (gint16) (i * 40503 >> 3);
  for (int n_rows = 0; n_rows <= MOST; n_rows++)
    for (int n_columns = 0; n_columns <= MOST; n_columns++)
      {
        memset (out, 0x5a, sizeof out);
        strata_int_transpose (in, LD, n_rows, n_columns, -128, out, LD);
        for (int j = 0; j < MOST; j++)
          for (int i = 0; i < LD; i++)
            g_assert_cmpint (out[j * LD + i], ==,
                             i < n_rows && j < n_columns ? (gint16) (in[i * LD + j] + 128) : 0x5a5a);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/kernels/int-transpose/shapes", test_shapes);
  return g_test_run ();
}
