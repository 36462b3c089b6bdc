/* SPDX-License-Identifier: Apache-2.0
 *
 * What a compilation found out about its requirements.
 */
#pragma once

#include <gio/gio.h>
#include <strata/strata-types.h>

G_BEGIN_DECLS

#define STRATA_TYPE_CERTIFICATE (strata_certificate_get_type ())

/**
 * StrataCertificate:
 *
 * The outcome of a compilation under limits: for each limit what was asked, the best that was found and the floor that
 * no program of the model goes below on the chip; and every program that was made on the way, of which the Pareto
 * points are what can be had instead. Immutable and thread-safe.
 */
STRATA_API
G_DECLARE_FINAL_TYPE (StrataCertificate, strata_certificate, STRATA, CERTIFICATE, GObject)

/**
 * strata_certificate_get_verdict:
 * @self: a certificate
 *
 * Returns: what came of all limits together
 */
STRATA_API StrataVerdict strata_certificate_get_verdict (StrataCertificate *self);

/**
 * strata_certificate_get_n_limits:
 * @self: a certificate
 *
 * Returns: number of limits that were asked for
 */
STRATA_API guint strata_certificate_get_n_limits (StrataCertificate *self);

/**
 * strata_certificate_get_limit:
 * @self: a certificate
 * @index: less than strata_certificate_get_n_limits ()
 * @asked: (out) (optional): the limit, in the unit its name ends with
 * @best: (out) (optional): the value of the program that was chosen, else the best of all that were made; NaN where
 *   there is none
 * @floor: (out) (optional): what no program goes below, for a rate or an accuracy above; NaN where no bound is known
 * @verdict: (out) (optional): what came of this limit alone
 *
 * Returns: which limit
 */
STRATA_API StrataLimit strata_certificate_get_limit (
  StrataCertificate *self, guint index, double *asked, double *best, double *floor, StrataVerdict *verdict);

/**
 * strata_certificate_get_reason:
 * @self: a certificate
 * @index: less than strata_certificate_get_n_limits ()
 *
 * Returns: (transfer none): what the floor consists of, in a phrase
 */
STRATA_API const char *strata_certificate_get_reason (StrataCertificate *self, guint index);

/**
 * strata_certificate_get_layers:
 * @self: a certificate
 * @index: less than strata_certificate_get_n_limits ()
 *
 * Returns: (transfer none) (nullable): the layers that make most of the floor, with their shares
 */
STRATA_API const char *strata_certificate_get_layers (StrataCertificate *self, guint index);

/**
 * strata_certificate_get_n_remedies:
 * @self: a certificate
 *
 * Returns: number of changes that would make a model fit which the chip does not hold; 0 where it holds it
 */
STRATA_API guint strata_certificate_get_n_remedies (StrataCertificate *self);

/**
 * strata_certificate_get_remedy:
 * @self: a certificate
 * @index: less than strata_certificate_get_n_remedies ()
 * @limit: (out) (optional): which capacity of the chip it is about
 * @needs: (out) (optional): what the model then takes of it, arrays or bytes
 * @has: (out) (optional): what there then is of it
 *
 * Returns: (transfer none): what to change, in a phrase
 */
STRATA_API const char *
strata_certificate_get_remedy (StrataCertificate *self, guint index, StrataLimit *limit, double *needs, double *has);

/**
 * strata_certificate_get_n_points:
 * @self: a certificate
 *
 * Returns: number of programs that were made, in the order they were
 */
STRATA_API guint strata_certificate_get_n_points (StrataCertificate *self);

/**
 * strata_certificate_get_point_choice:
 * @self: a certificate
 * @index: less than strata_certificate_get_n_points ()
 *
 * Returns: (transfer none): the copies, reads and pace that make the program
 */
STRATA_API const char *strata_certificate_get_point_choice (StrataCertificate *self, guint index);

/**
 * strata_certificate_get_point_refusal:
 * @self: a certificate
 * @index: less than strata_certificate_get_n_points ()
 *
 * Returns: (transfer none) (nullable): why no program came of the choice; %NULL where one did
 */
STRATA_API const char *strata_certificate_get_point_refusal (StrataCertificate *self, guint index);

/**
 * strata_certificate_list_point_figures:
 *
 * Returns: (transfer none) (array zero-terminated=1): names that strata_certificate_get_point_figure() knows
 */
STRATA_API const char *const *strata_certificate_list_point_figures (void);

/**
 * strata_certificate_get_point_figure:
 * @self: a certificate
 * @index: less than strata_certificate_get_n_points ()
 * @name: "latency_ps", "interval_ps", "energy_fj", "arrays_used", …: see strata_certificate_list_point_figures()
 *
 * Returns: the nominal value, in the unit its name ends with; NaN where it is unavailable
 */
STRATA_API double strata_certificate_get_point_figure (StrataCertificate *self, guint index, const char *name);

/**
 * strata_certificate_is_point_met:
 * @self: a certificate
 * @index: less than strata_certificate_get_n_points ()
 *
 * Returns: whether the program meets all limits
 */
STRATA_API gboolean strata_certificate_is_point_met (StrataCertificate *self, guint index);

/**
 * strata_certificate_is_point_chosen:
 * @self: a certificate
 * @index: less than strata_certificate_get_n_points ()
 *
 * Returns: whether it is the program that the compilation returned
 */
STRATA_API gboolean strata_certificate_is_point_chosen (StrataCertificate *self, guint index);

/**
 * strata_certificate_is_point_pareto:
 * @self: a certificate
 * @index: less than strata_certificate_get_n_points ()
 *
 * Returns: whether no other program is as good in latency, interval, energy, power, junction temperature and arrays,
 * and better in one of them
 */
STRATA_API gboolean strata_certificate_is_point_pareto (StrataCertificate *self, guint index);

G_END_DECLS
