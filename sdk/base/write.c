/* SPDX-License-Identifier: Apache-2.0
 *
 * One loop around write (2), for everybody who must know that all of it is written.
 */
#include "base/write.h"

#include <errno.h>
#include <unistd.h>

int
strata_write_all (int fd, const void *bytes, gsize n_bytes)
{
  const guint8 *at = bytes;

  while (n_bytes > 0)
    {
      gssize n = write (fd, at, n_bytes);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return n < 0 ? errno : ENOSPC;
      at += n;
      n_bytes -= (gsize) n;
    }
  return 0;
}
