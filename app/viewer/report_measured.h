/* report_measured.h -- the report's keys "measured" and "histogram". Private to viewer/. */
#ifndef WFVIEW_REPORT_MEASURED_H
#define WFVIEW_REPORT_MEASURED_H

#include <cjson/cJSON.h>

#include "report.h"

void report_add_measured(cJSON *root, const report *report);

#endif
