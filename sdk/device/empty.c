/* SPDX-License-Identifier: Apache-2.0 */
typedef int strata_folder_has_no_source_yet;
