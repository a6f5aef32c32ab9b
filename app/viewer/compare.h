/* compare.h -- a run's screenshot and times against earlier ones, for continuous
   integration: --compare, --compare-report. */
#ifndef WFVIEW_COMPARE_H
#define WFVIEW_COMPARE_H

#include <stdio.h>

#include "app/error.h"
#include "app/options.h"
#include "report.h"

/* FLIP above which a pixel's difference is large. */
#define COMPARE_LARGE 0.2f

/* Find out, before the long work, whether what is compared with can be read, and the first whether
   the screenshot will be a file. */
bool compare_check(const options *options, error *error);
bool compare_report_check(const options *options, error *error);

/* The screenshot, which has been written, against --compare's picture: FLIP's mean and the share of pixels above
 * COMPARE_LARGE, a sentence on `said` where neither is above what --tolerance allows. Else false, and F.expected.png,
 * F.actual.png and F.difference.png lie beside the screenshot F.png. --compare-html's page is written in both cases. */
bool compare_screenshot(const options *options, FILE *said, error *error);

/* The stages' medians against those of a report that --report wrote. False: some are more than --slower times
 * as long; a line on stderr for each, and their number in *error. Stages that only one of both has do not
 * count; that none is in both is an error. Where the former run did other work (another size, predictor,
 * device), a warning on stderr says so. */
bool compare_report(const options *options, const report *report, FILE *said, error *error);

#endif
